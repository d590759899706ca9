//! In the place of partitions, where no index is kept.

use std::ops::Range;

use memfabric_kernels::Kernels;

use crate::vector::{planes::View, query::Query};

/// What there are none of.
#[derive(Debug)]
pub(crate) enum Partitions {}

impl Partitions {
    pub(super) fn centroids(&self) -> View<'_> {
        match *self {}
    }

    pub(super) fn probe(
        &self,
        _kernels: &Kernels,
        _query: &Query,
        _wanted: usize,
        _taking: impl Fn(&Range<u32>) -> usize,
    ) -> Vec<Range<u32>> {
        match *self {}
    }
}
