//! How a notebook is written.

use super::Notebook;
use crate::{
    context::At,
    error::Result,
    memory::{Memory, Steps},
    operation::{Operation, Outcome},
    revision::Revision,
};

impl Steps<'_> {
    /// Writes an entry. One that its author wrote before under the same retry key stands, and nothing happens.
    ///
    /// # Errors
    /// `invalid_option` if the author's name or the retry key is malformed; `invalid_value` if the entry is blank; `too_large`;
    /// `invalid_scope`, `forbidden`.
    pub fn note(&mut self, author: &str, entry: &str, retry_key: Option<&str>, at: &At) -> Result<&mut Self> {
        let note = Operation::Note {
            scope: self.scope(at)?,
            author: Some(super::author(author)?),
            text: super::entry(entry)?,
            retry_key: retry_key.map(super::retry_key).transpose()?,
        };
        Ok(self.push(note))
    }

    /// Writes what a notebook begins with, if it is empty. A blank text does nothing.
    ///
    /// # Errors
    /// `too_large`, `invalid_scope`, `forbidden`.
    pub fn begin_notebook(&mut self, text: &str, at: &At) -> Result<&mut Self> {
        let scope = self.scope(at)?;
        if let Some(text) = super::seed(text)? {
            self.push(Operation::Note { scope, author: None, text, retry_key: None });
        }
        Ok(self)
    }
}

impl Notebook {
    /// Writes an entry.
    ///
    /// # Errors
    /// As [`Steps::note`], and whatever the engine fails with.
    pub async fn write(&self, author: &str, entry: &str) -> Result<Revision> {
        self.note(author, entry, None).await
    }

    /// Writes an entry once: again by the same author under the same key, it stands as it was written first, and that revision
    /// is the answer.
    ///
    /// # Errors
    /// As [`Notebook::write`]; `conflict` if the entry said something else.
    pub async fn write_once(&self, author: &str, entry: &str, retry_key: &str) -> Result<Revision> {
        self.note(author, entry, Some(retry_key)).await
    }

    /// Writes what it begins with, if it is empty.
    ///
    /// # Errors
    /// As [`Notebook::write`].
    pub async fn begin_with(&self, text: &str) -> Result<()> {
        let mut steps = self.memory.steps();
        steps.begin_notebook(text, &self.at())?;
        if !steps.is_empty() {
            self.memory.batch(steps).await?;
        }
        Ok(())
    }

    async fn note(&self, author: &str, entry: &str, retry_key: Option<&str>) -> Result<Revision> {
        let mut steps = self.memory.steps();
        steps.note(author, entry, retry_key, &self.at())?;
        revision(&self.memory, steps).await
    }
}

async fn revision(memory: &Memory, steps: Steps<'_>) -> Result<Revision> {
    match memory.batch(steps).await?.outcomes[..] {
        [Outcome::Set(revision)] => Ok(revision),
        ref other => unreachable!("an engine answered a note with {other:?}"),
    }
}
