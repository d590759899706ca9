//! In the place of the base of an index, where no index is kept: there never is one, and what would work on it is not built.

use std::sync::Arc;

use crate::vector::{
    filter::Filter,
    image::Image,
    part::{Part, Sound},
    partitions::Partitions,
};

/// What there is none of.
#[derive(Debug)]
pub(super) enum Base {}

impl Base {
    pub(super) fn image(&self) -> &Arc<Image> {
        match *self {}
    }

    pub(super) fn len(&self) -> usize {
        match *self {}
    }

    pub(super) fn contains(&self, _key: &str) -> Sound<bool> {
        match *self {}
    }

    pub(super) fn remove(&mut self, _key: &str) -> Sound<bool> {
        match *self {}
    }

    pub(super) fn keys(&self) -> std::iter::Empty<Sound<&str>> {
        match *self {}
    }

    pub(super) fn part(&self, _number: u8, _filter: Option<&Filter>) -> Sound<Part<'_>> {
        match *self {}
    }

    pub(super) fn is_ready(&self, _filter: &Filter) -> bool {
        match *self {}
    }

    pub(super) fn filter_bytes(&self) -> usize {
        match *self {}
    }
}

pub(super) fn is_dense(partitions: &Partitions, _part: &Part<'_>) -> bool {
    match *partitions {}
}
