//! Partitions: rows of a large space grouped by nearness, so that a search looks at the nearest groups only.
//!
//! The centres come from k-means on a sample, over rows of length one. Rows keep their codes: moving one to another
//! partition copies it and computes nothing anew. Which centre a row is nearest to is itself a small search by codes and
//! integers. Source: the inverted file of Jégou et al., "Product quantization for nearest neighbor search", 2011.

use std::ops::Range;

use memfabric_kernels::Kernels;

use super::{
    flat::Cut,
    metric::Metric,
    part::{At, Damage, Part, Slots, Sound},
    planes::{Planes, View},
    query::Query,
    search::Search,
    shortlist::Hunt,
};
use crate::json::Json;

/// Rows of a partition, on average.
const ROWS: usize = 300;
/// Rows that centres are learned from.
const SAMPLE: usize = 40_000;
/// How often centres are moved to the middle of their rows.
const ROUNDS: usize = 8;
/// Centres that get a closer look when a row looks for its own.
const CANDIDATES: usize = 24;
/// Rows between two looks whether the work is still wanted.
const SLICE: usize = 256;

/// Rows in groups, each around a centre. The rows of a group have neighbouring slots.
#[derive(Debug)]
pub(crate) struct Partitions {
    /// The first slot of each group, and the number of rows.
    starts: Vec<u32>,
    centroids: Planes,
}

/// Centres without rows.
pub(super) struct Centroids(Planes);

impl Partitions {
    /// Partitions out of an image; `None` if they do not fit its rows.
    pub(super) fn from_stored(
        metric: Metric,
        dimensions: usize,
        rows: usize,
        starts: &[u32],
        centroids: &[f32],
    ) -> Option<Partitions> {
        let ascend = starts.windows(2).all(|pair| pair[0] <= pair[1]);
        let ends = starts.first() == Some(&0) && starts.last().is_some_and(|last| *last as usize == rows);
        if !ascend || !ends || !centroids.iter().all(|number| number.is_finite() && number.abs() <= 1.0) {
            return None;
        }
        let mut planes = Planes::new(metric, dimensions);
        centroids.chunks_exact(dimensions).for_each(|centroid| planes.push(centroid));
        Some(Partitions { starts: starts.to_vec(), centroids: planes })
    }

    pub(super) fn starts(&self) -> &[u32] {
        &self.starts
    }

    pub(super) fn centroids(&self) -> View<'_> {
        self.centroids.view()
    }

    pub(super) fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// The slots of a partition.
    pub(super) fn range(&self, partition: usize) -> Range<u32> {
        self.starts[partition]..self.starts[partition + 1]
    }

    /// The same centres, for rows to be grouped anew.
    pub(super) fn to_centroids(&self) -> Centroids {
        let view = self.centroids.view();
        let mut planes = Planes::new(view.metric, view.dimensions);
        view.floats.chunks_exact(view.dimensions).for_each(|centroid| planes.push(centroid));
        Centroids(planes)
    }

    /// The slots of the partitions nearest to a query, until enough rows take part.
    pub(super) fn probe(
        &self,
        kernels: &Kernels,
        query: &Query,
        wanted: usize,
        taking: impl Fn(&Range<u32>) -> usize,
    ) -> Vec<Range<u32>> {
        let view = self.centroids.view();
        let mut products = vec![0; self.len()];
        kernels.int4_dots(view.high, &query.int8.numbers, &mut products);
        let products = products.iter().zip(view.scales).map(|(product, scale)| query.int8.of_high(*product) * scale);
        let mut nearest: Vec<(f32, u32)> = products.zip(0..).collect();
        let (mut ranges, mut rows) = (Vec::new(), 0);
        let mut rest = &mut nearest[..];
        // In order, but sorted only as far as needed.
        while !rest.is_empty() && rows < wanted {
            let some = (wanted / ROWS + 16).min(rest.len());
            if some < rest.len() {
                rest.select_nth_unstable_by(some, |a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            }
            let (now, later) = rest.split_at_mut(some);
            now.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            for (_, partition) in now {
                let range = self.range(*partition as usize);
                let count = taking(&range);
                if count > 0 {
                    rows += count;
                    ranges.push(range);
                }
                if rows >= wanted {
                    break;
                }
            }
            rest = later;
        }
        // Neighbours in memory one after the other.
        ranges.sort_unstable_by_key(|range| range.start);
        ranges
    }
}

impl Centroids {
    /// Learns centres from rows given by where they are, in an order that depends on the rows alone. `None` if the work is
    /// no longer wanted.
    pub(super) fn train(parts: &[Part<'_>], rows: &[At], unwanted: &dyn Fn() -> bool) -> Sound<Option<Centroids>> {
        let view = parts[0].view;
        let (metric, dimensions) = (view.metric, view.dimensions);
        let count = (rows.len() / ROWS).max(1);
        let step = (rows.len() / SAMPLE).max(1);
        let sample: Vec<At> = rows.iter().copied().step_by(step).collect();
        let floats = |at: At| -> Sound<&[f32]> {
            let part = &parts[usize::from(at.part)];
            part.slots.check_floats(at.slot)?;
            Ok(part.view.floats(at.slot))
        };
        let mut centroids = Planes::new(metric, dimensions);
        for i in 0..count {
            centroids.push(floats(sample[i * sample.len() / count])?);
        }
        let mut centroids = Centroids(centroids);
        for round in 0..ROUNDS {
            let mut sums = vec![0.0f64; count * dimensions];
            let mut sizes = vec![0u32; count];
            for (i, at) in sample.iter().enumerate() {
                if i % SLICE == 0 && unwanted() {
                    return Ok(None);
                }
                let row = floats(*at)?;
                let centroid = centroids.nearest(row)? as usize;
                sizes[centroid] += 1;
                let sum = &mut sums[centroid * dimensions..][..dimensions];
                sum.iter_mut().zip(row).for_each(|(sum, number)| *sum += f64::from(*number));
            }
            for (i, (sum, size)) in sums.chunks_exact(dimensions).zip(&sizes).enumerate() {
                if *size == 0 {
                    // A centre without rows starts again at one of them.
                    centroids.0.set(i, floats(sample[(i * 7919 + round) % sample.len()])?);
                } else {
                    let middle: Vec<f32> = sum.iter().map(|sum| (sum / f64::from(*size)) as f32).collect();
                    centroids.0.set(i, &middle);
                }
            }
        }
        Ok(Some(centroids))
    }

    /// Groups rows. The answer has them in the order of their groups, each group in the order given.
    pub(super) fn group(
        self,
        parts: &[Part<'_>],
        rows: &[At],
        unwanted: &dyn Fn() -> bool,
    ) -> Sound<Option<(Partitions, Vec<At>)>> {
        let count = self.0.view().rows;
        let mut of = Vec::with_capacity(rows.len());
        let mut starts = vec![0u32; count + 1];
        for (i, at) in rows.iter().enumerate() {
            if i % SLICE == 0 && unwanted() {
                return Ok(None);
            }
            let part = &parts[usize::from(at.part)];
            part.slots.check_floats(at.slot)?;
            let centroid = self.nearest(part.view.floats(at.slot))?;
            starts[centroid as usize + 1] += 1;
            of.push(centroid);
        }
        for i in 0..count {
            starts[i + 1] += starts[i];
        }
        let mut next = starts.clone();
        let mut grouped = vec![At { part: 0, slot: 0 }; rows.len()];
        for (at, centroid) in rows.iter().zip(of) {
            let place = &mut next[centroid as usize];
            grouped[*place as usize] = *at;
            *place += 1;
        }
        Ok(Some((Partitions { starts, centroids: self.0 }, grouped)))
    }

    /// The centre nearest to a row. A row that is not of numbers is near to none.
    fn nearest(&self, row: &[f32]) -> Sound<u32> {
        let view = self.0.view();
        let query = Query::new(view.metric, self.0.rotation(), row);
        let parts = [Part { number: 0, view, slots: &Nameless, taking: None, count: view.rows }];
        let search = Search { top_k: 1, ..Search::default() };
        let hunt = Hunt { kernels: Kernels::best(), query: &query, search: &search, parts: &parts, hidden: None };
        let mut cut = Cut::new(CANDIDATES);
        hunt.scan(&parts[0], None, &mut cut)?;
        let found = hunt.among(&cut.finish())?;
        found.first().map(|found| found.at.slot).ok_or(Damage("a row is not of numbers that can be compared"))
    }
}

/// Centres have no names.
struct Nameless;

impl Slots for Nameless {
    fn key(&self, _slot: u32) -> Sound<&str> {
        Ok("")
    }

    fn metadata(&self, _slot: u32) -> Sound<Option<&str>> {
        Ok(None)
    }

    fn json(&self, _slot: u32) -> Sound<Option<Json>> {
        Ok(None)
    }
}
