//! What is held of JavaScript. The core takes callbacks that may go to any thread, and JavaScript's values stay on one: so
//! they stay here, and a number goes.

use std::{cell::RefCell, collections::BTreeMap};

use js_sys::Function;
use wasm_bindgen::JsValue;

thread_local! {
    static HELD: RefCell<Table> = const { RefCell::new(Table { next: 0, functions: BTreeMap::new() }) };
}

struct Table {
    next: u32,
    functions: BTreeMap<u32, Function>,
}

/// The name of a function that is held. Dropped, it lets go of it.
pub(crate) struct Held(u32);

impl Held {
    /// Holds a function.
    pub(crate) fn new(function: Function) -> Held {
        HELD.with_borrow_mut(|table| {
            let number = table.next;
            table.next = table.next.wrapping_add(1);
            table.functions.insert(number, function);
            Held(number)
        })
    }

    /// The function.
    pub(crate) fn get(&self) -> Option<Function> {
        HELD.with_borrow(|table| table.functions.get(&self.0).cloned())
    }

    /// What calls it without arguments. It must not throw.
    pub(crate) fn caller(self) -> impl Fn() + Send + Sync {
        move || {
            if let Some(function) = self.get() {
                let _ = function.call0(&JsValue::UNDEFINED);
            }
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        HELD.with_borrow_mut(|table| table.functions.remove(&self.0));
    }
}
