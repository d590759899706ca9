//! How selective a condition is, and how hard to evaluate.

/// What an answer is expected to be.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Estimate {
    /// About how many rows are in the answer.
    pub(super) rows: usize,
    /// Slots to go through, one by one.
    pub(super) work: usize,
}

impl Estimate {
    pub(super) fn all(rows: usize, parts: impl Iterator<Item = Estimate>) -> Estimate {
        parts.fold(Estimate { rows, work: 0 }, |all, part| Estimate {
            rows: all.rows.min(part.rows),
            work: all.work + part.work,
        })
    }

    pub(super) fn any(parts: impl Iterator<Item = Estimate>) -> Estimate {
        parts.fold(Estimate::default(), |all, part| Estimate {
            rows: all.rows.saturating_add(part.rows),
            work: all.work.saturating_add(part.work),
        })
    }

    pub(super) fn not(self, rows: usize) -> Estimate {
        Estimate { rows: rows.saturating_sub(self.rows), ..self }
    }
}
