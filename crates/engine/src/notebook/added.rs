//! What people added to the file, on its way into the notebook.

use std::collections::HashMap;

use memfabric_core::{
    At, Batch, Result, limits,
    notebook::{NOTEBOOK, Notebook},
};

use super::wait;
use crate::digest::digest;

/// Who wrote what people add to the file.
const HUMAN: &str = "human";

/// Makes entries of what people added. Until the file is written anew the same lines are found in it again, between others
/// too: in one generation each is written once.
pub(super) fn take_in(notebook: &Notebook, added: &[String], generation: u64) -> Result<()> {
    let (memory, scope) = (notebook.memory(), notebook.scope());
    let at = At::instance(scope.kind(), scope.id());
    let pieces = added.iter().flat_map(|text| pieces(text)).filter(|piece| !piece.trim().is_empty());
    let mut batches: Vec<Batch> = Vec::new();
    let mut steps = memory.steps();
    let mut bytes = 0;
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for piece in pieces {
        if steps.len() == limits::BATCH_OPERATIONS / 2 || bytes + piece.len() > limits::BATCH_BYTES / 2 {
            batches.push(memory.to_batch(std::mem::replace(&mut steps, memory.steps()))?);
            bytes = 0;
        }
        bytes += piece.len();
        let count = counts.entry(piece).or_default();
        *count += 1;
        let key = format!("{NOTEBOOK}:{generation:x}:{count}:{:x}", digest(piece.bytes()));
        steps.note(HUMAN, piece, Some(&key), &at)?;
    }
    batches.push(memory.to_batch(steps)?);
    let done = memory.fabric().submit(batches);
    wait(async { Ok(done.await) })?.into_iter().try_for_each(|result| result.map(drop))
}

/// Where a piece that is an entry ends at most.
fn boundary(text: &str) -> usize {
    (0..=limits::VALUE_BYTES).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default()
}

/// A text in pieces that are entries by their length.
fn pieces(mut text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    while text.len() > limits::VALUE_BYTES {
        let (piece, rest) = text.split_at(boundary(text));
        pieces.push(piece);
        text = rest;
    }
    pieces.push(text);
    pieces
}
