//! Inputs: what whoever runs a workflow can give it.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    diagnostic::Report,
    fields::{Fields, below},
    node::Entry,
};

/// An input.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Input {
    pub(crate) description: String,
    /// What it is where nothing is given.
    pub(crate) default: String,
}

impl Input {
    pub(crate) fn read_all(entries: &[Entry], report: &mut Report<'_>) -> BTreeMap<String, Input> {
        entries.iter().map(|entry| (entry.key.clone(), Input::read(entry, report))).collect()
    }

    fn read(Entry { key, value, .. }: &Entry, report: &mut Report<'_>) -> Input {
        if value.is_null() {
            return Input::default();
        }
        let Some(mut fields) = Fields::of(value, below("inputs", key), report) else { return Input::default() };
        let input = Input { description: fields.text("description", report), default: fields.text("default", report) };
        fields.finish(report);
        input
    }
}
