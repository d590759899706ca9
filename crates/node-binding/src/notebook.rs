//! Notebooks.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use memfabric_core::{
    Error, ErrorKind,
    notebook::{InjectOptions, Notebook, NotesOptions},
    wire,
};
use memfabric_engine::NotebookFile;
use napi::{
    Result,
    bindgen_prelude::{AsyncTask, Env, Task},
};
use napi_derive::napi;

use crate::{
    convert::{answer, at},
    error::ToJs,
    memory::BindingMemory,
};

#[napi]
impl BindingMemory {
    /// The text of a notebook, as JSON.
    #[napi]
    pub fn read_notebook(&self, options: String) -> Result<Option<String>> {
        let NotesOptions { at, since, .. } = NotesOptions::parse(&options).to_js()?;
        answer(self.memory.now().reading(&at, since), |reading| wire::reading(&reading))
    }

    /// Entries of a notebook, as JSON.
    #[napi]
    pub fn notes(&self, options: String) -> Result<Option<String>> {
        let options = NotesOptions::parse(&options).to_js()?;
        answer(self.memory.now().notes(&options), |notes| wire::notes(&notes))
    }

    /// A prompt with a notebook before it.
    #[napi]
    pub fn inject(&self, prompt: String, options: String) -> Result<Option<String>> {
        let (at, options) = InjectOptions::parse(&options).to_js()?;
        answer(self.memory.now().inject(&prompt, &at, &options), |text| text)
    }

    /// The file that shows a notebook to people, opened off the main thread.
    #[napi(ts_return_type = "Promise<BindingNotebookFile>")]
    pub fn notebook_file(
        &self,
        directory: String,
        initial_content: String,
        scope: Option<String>,
        scope_id: Option<String>,
    ) -> Result<AsyncTask<OpenFile>> {
        let notebook = self.memory.notebook(&at(scope, scope_id)?).to_js()?;
        Ok(AsyncTask::new(OpenFile { notebook, directory: directory.into(), initial_content }))
    }
}

/// The file that shows a notebook to people.
#[napi]
pub struct BindingNotebookFile {
    path: String,
    absolute: String,
    file: Mutex<Option<Arc<NotebookFile>>>,
}

#[napi]
impl BindingNotebookFile {
    /// Where it is, as its directory was named.
    #[napi(getter)]
    pub fn path(&self) -> String {
        self.path.clone()
    }

    /// Where it is, whatever becomes of the working directory.
    #[napi(getter)]
    pub fn absolute(&self) -> String {
        self.absolute.clone()
    }

    /// Brings it up to date, off the main thread. Fails as `locked` if another process is at it for longer than a moment.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn refresh(&self) -> AsyncTask<Refresh> {
        AsyncTask::new(Refresh(self.file.lock().unwrap_or_else(PoisonError::into_inner).clone()))
    }

    /// Lets go of it, once nothing is under way. Nothing happens to it any more.
    #[napi]
    pub fn close(&self) {
        *self.file.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// Opening, which may wait for other processes.
pub struct OpenFile {
    notebook: Notebook,
    directory: PathBuf,
    initial_content: String,
}

impl Task for OpenFile {
    type Output = NotebookFile;
    type JsValue = BindingNotebookFile;

    fn compute(&mut self) -> Result<NotebookFile> {
        NotebookFile::open(self.notebook.clone(), &self.directory, &self.initial_content).to_js()
    }

    fn resolve(&mut self, _env: Env, file: NotebookFile) -> Result<BindingNotebookFile> {
        let [path, absolute] = [file.path(), file.absolute()].map(|path| path.to_string_lossy().into_owned());
        Ok(BindingNotebookFile { path, absolute, file: Mutex::new(Some(Arc::new(file))) })
    }
}

/// How long a thread of the pool waits for another process. JavaScript asks again.
const PATIENCE: Duration = Duration::from_millis(10);

/// Bringing a file up to date.
pub struct Refresh(Option<Arc<NotebookFile>>);

impl Task for Refresh {
    type Output = ();
    type JsValue = ();

    fn compute(&mut self) -> Result<()> {
        let closed = || Error::new(ErrorKind::Closed, "this notebook was closed");
        self.0.as_ref().ok_or_else(closed).and_then(|file| file.catch_up_within(PATIENCE)).to_js()
    }

    fn resolve(&mut self, _env: Env, (): ()) -> Result<()> {
        Ok(())
    }
}
