//! The Node.js addon: unpacks what JavaScript hands over, calls the core, converts what comes back. `npm/src/api/contract.ts`
//! says what each method means; nothing is decided here.

mod convert;
mod error;
mod fabric;
mod memory;
mod notebook;
mod vector;
mod watch;
mod workflow;

use memfabric_core::{Fabric, pattern};
use memfabric_engine::Settings;
use memfabric_workflow::{Options, Workflow};
use napi::{
    Result,
    bindgen_prelude::{AsyncTask, Env, Task},
};
use napi_derive::napi;

use crate::{error::ToJs, fabric::BindingFabric, workflow::BindingWorkflow};

/// The version of the package that the binding was built for.
#[napi]
pub fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// A memory of its own, gone with the process.
#[napi]
pub fn in_memory() -> BindingFabric {
    BindingFabric::new(Fabric::new(memfabric_engine::in_memory()))
}

/// A memory of its own that begins with what another one exported.
#[napi]
pub fn from_bytes(bytes: &[u8]) -> Result<BindingFabric> {
    memfabric_engine::import(bytes).map(|engine| BindingFabric::new(Fabric::new(engine))).to_js()
}

/// Whether a pattern matches a key.
#[napi]
pub fn matches(pattern: String, key: String) -> Result<bool> {
    pattern::matches(&pattern, &key).to_js()
}

/// A workflow, out of the text of its file.
#[napi]
pub fn workflow(text: String, options: String) -> Result<BindingWorkflow> {
    let options = Options::parse(&options).to_js()?;
    Workflow::parse(&text, options).map(BindingWorkflow::new).to_js()
}

/// A directory, opened off the main thread.
#[napi(ts_return_type = "Promise<BindingFabric>")]
pub fn open(path: String, options: String) -> AsyncTask<Open> {
    AsyncTask::new(Open { path, options })
}

/// Opening, which may wait for other processes.
pub struct Open {
    path: String,
    options: String,
}

impl Task for Open {
    type Output = Fabric;
    type JsValue = BindingFabric;

    fn compute(&mut self) -> Result<Fabric> {
        let settings = Settings::parse(&self.options).to_js()?;
        let directory = memfabric_engine::Directory::open(&self.path, settings).to_js()?;
        Ok(Fabric::new(std::sync::Arc::new(directory)))
    }

    fn resolve(&mut self, _env: Env, fabric: Fabric) -> Result<BindingFabric> {
        Ok(BindingFabric::new(fabric))
    }
}
