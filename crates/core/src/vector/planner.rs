//! The planner: which way a search goes, by how many rows take part.
//!
//! | rows that take part | way |
//! |---|---|
//! | few | compared in full |
//! | up to 2 MiB of integers, a small part of a large space, or `exact` | integers with bounds: what is found is what comparing in full finds |
//! | more | codes of all rows, the best by code in integers, the best of those in full |
//! | in a large space in partitions | the same for the partitions nearest to the query |
//!
//! Sizes are in bytes, so that more dimensions mean fewer rows. The choice depends on the rows alone: whoever has the same
//! rows goes the same way.

use super::search::Search;
use crate::limits::LARGE_SPACE;

/// Bytes of floats up to which rows are simply compared in full.
const FLOAT_BYTES: usize = 384 << 10;
/// Bytes of integers up to which all are looked at.
const INT8_BYTES: usize = 2 << 20;
/// Up to this share of a space the rows that a filter takes are looked at one by one. At a million rows that is slower than
/// all codes; see `docs/benchmarks-vectors.md`.
const INT8_SHARE: f64 = 0.06;
/// Rows that the codes choose for a closer look, for up to ten hits.
const CANDIDATES: usize = 150;
/// The same in a large space, where more rows are level.
const CANDIDATES_LARGE: usize = 200;
/// The same where a filter picks rows that lie together: then many of them are near.
const CANDIDATES_DENSE: usize = 400;
/// The same for each further hit.
const CANDIDATES_PER_HIT: usize = 15;
/// Rows whose codes are looked at in a space in partitions, for up to ten hits.
const PROBED: usize = 32_000;

/// The way of a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// Every row in full.
    Floats,
    /// Every row by its integers.
    Int8,
    /// Every row by its code.
    Codes {
        /// Rows that get a closer look.
        candidates: usize,
    },
    /// The rows of the nearest partitions by their codes.
    Partitions {
        /// Rows whose codes are looked at.
        probed: usize,
        /// Rows that get a closer look.
        candidates: usize,
    },
}

/// What the planner goes by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    /// Rows of the space.
    pub(super) rows: usize,
    /// Rows that take part.
    pub(super) taking: usize,
    pub(super) dimensions: usize,
    /// Bytes of the integers of a row.
    pub(super) padded: usize,
    /// Whether the rows lie in partitions.
    pub(super) partitioned: bool,
    /// Whether a filter picks rows that lie together, so that a few partitions hold them all.
    pub(super) dense: bool,
}

/// How many rows an index without numbers looks up, of those that take part: all of them if they are few or the search is
/// to be exact.
pub(super) fn looked_up(search: &Search, rows: usize, taking: usize) -> usize {
    let candidates = candidates(search, rows, false);
    if search.exact || taking <= 2 * candidates { taking } else { candidates }
}

/// Rows that the codes choose for a closer look.
fn candidates(search: &Search, rows: usize, dense: bool) -> usize {
    let for_ten = if dense {
        CANDIDATES_DENSE
    } else if rows > LARGE_SPACE {
        CANDIDATES_LARGE
    } else {
        CANDIDATES
    };
    for_ten.max(CANDIDATES_PER_HIT * search.top_k)
}

/// Chooses the way.
pub(super) fn plan(search: &Search, sizes: Sizes) -> Way {
    let Sizes { rows, taking, dimensions, padded, partitioned, dense } = sizes;
    if taking * dimensions * size_of::<f32>() <= FLOAT_BYTES {
        return Way::Floats;
    }
    let few = taking < rows && taking as f64 <= INT8_SHARE * rows as f64;
    if search.exact || taking * padded <= INT8_BYTES || few {
        return Way::Int8;
    }
    let candidates = candidates(search, rows, dense);
    if candidates * 4 > taking {
        return Way::Int8;
    }
    let probed = PROBED.max(20 * candidates);
    if partitioned && !dense && 2 * probed < taking {
        return Way::Partitions { probed, candidates };
    }
    Way::Codes { candidates }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(rows: usize, taking: usize) -> Sizes {
        Sizes { rows, taking, dimensions: 384, padded: 384, partitioned: rows > LARGE_SPACE, dense: false }
    }

    fn way(rows: usize, taking: usize) -> Way {
        plan(&Search::default(), sizes(rows, taking))
    }

    #[test]
    fn the_way_goes_with_the_size() {
        assert_eq!(way(256, 256), Way::Floats);
        assert_eq!(way(5_000, 5_000), Way::Int8);
        assert_eq!(way(10_000, 10_000), Way::Codes { candidates: CANDIDATES });
        assert_eq!(way(100_000, 100_000), Way::Codes { candidates: CANDIDATES });
        assert_eq!(way(1_000_000, 1_000_000), Way::Partitions { probed: PROBED, candidates: CANDIDATES_LARGE });
    }

    #[test]
    fn a_selective_filter_leads_to_a_list() {
        assert_eq!(way(1_000_000, 200), Way::Floats);
        assert_eq!(way(1_000_000, 50_000), Way::Int8);
        assert!(matches!(way(1_000_000, 500_000), Way::Partitions { .. }));
        let dense = Sizes { dense: true, ..sizes(1_000_000, 100_000) };
        assert_eq!(plan(&Search::default(), dense), Way::Codes { candidates: CANDIDATES_DENSE });
    }

    #[test]
    fn exact_never_goes_by_codes() {
        for rows in [100, 10_000, 1_000_000] {
            let way = plan(&Search { exact: true, ..Search::default() }, sizes(rows, rows));
            assert!(matches!(way, Way::Floats | Way::Int8));
        }
    }

    #[test]
    fn many_hits_need_many_candidates() {
        let many = Search { top_k: 1000, ..Search::default() };
        assert_eq!(plan(&many, sizes(20_000, 20_000)), Way::Int8);
        assert_eq!(plan(&many, sizes(100_000, 100_000)), Way::Codes { candidates: 15_000 });
    }
}
