//! Notebooks: lists of entries that only grow, one for each scope instance, which agents read as one text.
//!
//! Entries are part of the change log like everything else: watchers hear of them as `note`, by the key [`NOTEBOOK`].

mod additions;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
mod inject;
mod note;
mod read;
mod text;
mod write;

use crate::{memory::Memory, scope::Scope};

pub use additions::additions;
pub use inject::{FOOTER, HEADER, InjectOptions, NOTICE};
pub use note::{NOTEBOOK, Note};
pub(crate) use note::{author, entry, key, retry_key, seed};
pub use read::{NotesOptions, Reading};
pub use text::write_note;

/// The notebook of one scope instance. Cheap to clone.
///
/// ```
/// use memfabric_core::{At, Context, Fabric};
///
/// # memfabric_testing::block_on(async {
/// let fabric = Fabric::in_memory(|| 1_774_874_096_000);
/// let notebook = fabric.memory(Context::workflow("wf-123")?).notebook(&At::ANYWHERE)?;
/// notebook.begin_with("# Findings").await?;
/// notebook.write("scout", "the cache is never invalidated").await?;
/// assert_eq!(
///     notebook.read().await?,
///     "# Findings\n[2026-03-30T12:34:56Z] [scout] the cache is never invalidated\n"
/// );
/// # Ok::<(), memfabric_core::Error>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct Notebook {
    memory: Memory,
    scope: Scope,
}

impl Notebook {
    pub(crate) fn new(memory: Memory, scope: Scope) -> Notebook {
        Notebook { memory, scope }
    }

    /// The instance that it belongs to.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// The handle that it was made from.
    pub fn memory(&self) -> &Memory {
        &self.memory
    }
}
