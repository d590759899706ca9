//! In the place of images, where no index is kept.

use std::{
    io::{Seek, Write},
    sync::Arc,
};

use crate::vector::{partitions::Partitions, planes::View};

/// Bytes that do not change while somebody holds them.
pub type Bytes = Arc<dyn AsRef<[u8]> + Send + Sync>;

/// Where an image is written to.
pub trait Sink: Write + Seek {}

impl<T: Write + Seek> Sink for T {}

/// What there is none of.
#[derive(Debug)]
pub(crate) enum Image {}

impl Image {
    pub(crate) fn name_bytes(&self) -> usize {
        match *self {}
    }

    pub(in crate::vector) fn partitions(&self) -> Option<&Partitions> {
        match *self {}
    }

    pub(in crate::vector) fn view(&self) -> View<'_> {
        match *self {}
    }
}
