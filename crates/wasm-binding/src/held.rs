//! What is held of JavaScript. The core takes callbacks that may go to any thread, and JavaScript's values stay on one: so
//! they stay here, and a number goes.

use std::cell::RefCell;

use js_sys::Function;
use wasm_bindgen::JsValue;

thread_local! {
    static HELD: RefCell<Vec<Option<Function>>> = const { RefCell::new(Vec::new()) };
}

/// The name of a function that is held. Dropped, it lets go of it.
pub(crate) struct Held(usize);

impl Held {
    /// Holds a function.
    pub(crate) fn new(function: Function) -> Held {
        HELD.with_borrow_mut(|held| {
            let free = held.iter().position(Option::is_none).unwrap_or(held.len());
            held.resize(held.len().max(free + 1), None);
            held[free] = Some(function);
            Held(free)
        })
    }

    /// The function.
    pub(crate) fn get(&self) -> Option<Function> {
        HELD.with_borrow(|held| held[self.0].clone())
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
        HELD.with_borrow_mut(|held| held[self.0] = None);
    }
}
