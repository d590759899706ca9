//! The engine that tabs share, as its host drives it: `wasm/src/host` has the locks, the messages and the storage.

use std::sync::Arc;

use js_sys::{Function, Object, Promise, Reflect, Uint8Array};
use memfabric_core::{
    Error, ErrorKind, Fabric,
    engine::{Acknowledge, Engine, Hosted, Task},
};
use wasm_bindgen::prelude::*;

use crate::{
    convert::{done, promise},
    error::ToJs,
    fabric::BindingFabric,
    held::Held,
    now,
};

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = "
/** What the host is to do. */
export type HostedTask =
  /** Keep a record after all others, and answer how that ended. */
  | { kind: 'append'; number: number; bytes: Uint8Array }
  /** Keep a snapshot instead of everything so far, and answer. */
  | { kind: 'replace'; number: number; bytes: Uint8Array }
  /** Tell every other member. */
  | { kind: 'tell'; bytes: Uint8Array }
  /** Tell one member. */
  | { kind: 'tellOne'; member: string; bytes: Uint8Array }
  /** Say when this member has ended. */
  | { kind: 'meet'; member: string };
";

/// One member of those that share a memory.
#[wasm_bindgen]
pub struct BindingHosted {
    hosted: Arc<Hosted>,
}

#[wasm_bindgen]
impl BindingHosted {
    /// A member with a name that no other has. `at_once`: writes are acknowledged before they are kept. `wake` is called when
    /// there is something to take.
    #[wasm_bindgen(constructor)]
    pub fn new(
        member: &str,
        at_once: bool,
        #[wasm_bindgen(unchecked_param_type = "() => void")] wake: Function,
    ) -> BindingHosted {
        let acknowledge = if at_once { Acknowledge::AtOnce } else { Acknowledge::Kept };
        BindingHosted { hosted: Arc::new(Hosted::new(now, member, acknowledge, Arc::new(Held::new(wake).caller()))) }
    }

    /// The next thing to do, in order.
    #[wasm_bindgen(unchecked_return_type = "HostedTask | undefined")]
    pub fn take(&self) -> JsValue {
        self.hosted.take().map_or(JsValue::UNDEFINED, |task| to_js(&task))
    }

    /// This member leads from now on. What is kept is handed over, and who lives.
    pub fn lead(&self, snapshot: Option<Vec<u8>>, records: Vec<Uint8Array>, alive: Vec<String>) -> Result<(), JsValue> {
        let records: Vec<Vec<u8>> = records.iter().map(Uint8Array::to_vec).collect();
        let records: Vec<&[u8]> = records.iter().map(Vec::as_slice).collect();
        let alive: Vec<&str> = alive.iter().map(String::as_str).collect();
        self.hosted.lead(snapshot.as_deref(), &records, &alive).to_js()
    }

    /// Asks who leads.
    pub fn follow(&self) {
        self.hosted.follow();
    }

    /// A message of another member.
    pub fn hear(&self, message: &[u8]) {
        self.hosted.hear(message);
    }

    /// How a task with a number ended: with the code and the message of an error, or well.
    pub fn kept(&self, number: f64, code: Option<String>, message: Option<String>) {
        let result = match code {
            None => Ok(()),
            Some(code) => Err(Error::new(kind(&code), message.unwrap_or_default())),
        };
        self.hosted.kept(number as u64, result);
    }

    /// A member has ended.
    pub fn gone(&self, member: &str) {
        self.hosted.gone(member);
    }

    /// Resolves once this member leads or follows.
    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn ready(&self) -> Promise {
        promise(self.hosted.ready(), done)
    }

    /// Tells that time has passed. A fabric that is being closed does not pass it on any more.
    pub fn tick(&self) {
        self.hosted.tick();
    }

    /// A fabric on it.
    pub fn fabric(&self) -> BindingFabric {
        BindingFabric::new(Fabric::new(self.hosted.clone()))
    }
}

fn to_js(task: &Task) -> JsValue {
    let object = Object::new();
    let set = |name: &str, value: JsValue| Reflect::set(&object, &name.into(), &value).is_ok();
    let bytes = |bytes: &[u8]| set("bytes", Uint8Array::from(bytes).into());
    let kind = match task {
        Task::Append { number, record } => {
            set("number", (*number as f64).into());
            bytes(record);
            "append"
        }
        Task::Replace { number, snapshot } => {
            set("number", (*number as f64).into());
            bytes(snapshot);
            "replace"
        }
        Task::Tell { message } => {
            bytes(message);
            "tell"
        }
        Task::TellOne { member, message } => {
            set("member", (&**member).into());
            bytes(message);
            "tellOne"
        }
        Task::Meet { member } => {
            set("member", (&**member).into());
            "meet"
        }
    };
    set("kind", kind.into());
    object.into()
}

fn kind(code: &str) -> ErrorKind {
    ErrorKind::ALL.iter().copied().find(|kind| kind.code() == code).unwrap_or(ErrorKind::Unavailable)
}
