//! Planes: the same rows three times over, from coarse to fine.
//!
//! | plane | a row takes | is |
//! |---|---|---|
//! | codes | a bit per number | the signs of the rotated row, in blocks of 32 rows, column by column |
//! | int8 | a byte per number, and 12 | the rotated row in integers, with its scale and the bounds of its error: the high halves of the bytes, then the low ones |
//! | floats | 4 bytes per number | the row as it is compared: at length one for the cosine |
//!
//! Metrics that mind lengths have 4 more bytes for the length of the row. Rows are numbered by slots without a gap; a row
//! that is removed has its slot taken by the last one.

use memfabric_kernels::BLOCK;

use super::{
    code::{self, code, columns},
    int8::{Scaled, bytes_of, quantise, row_bytes},
    metric::{Metric, length},
    rotation::Rotation,
};

/// Planes to read, wherever their bytes are.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'a> {
    pub(super) metric: Metric,
    pub(super) rows: usize,
    pub(super) dimensions: usize,
    pub(super) padded: usize,
    pub(super) codes: &'a [u8],
    pub(super) high: &'a [u8],
    pub(super) low: &'a [u8],
    pub(super) scales: &'a [f32],
    pub(super) errors: &'a [f32],
    pub(super) high_errors: &'a [f32],
    /// Empty where every row has length one or is zero.
    pub(super) lengths: &'a [f32],
    pub(super) floats: &'a [f32],
}

impl<'a> View<'a> {
    /// The row as it is compared.
    pub(super) fn floats(&self, slot: u32) -> &'a [f32] {
        let at = slot as usize * self.dimensions;
        &self.floats[at..at + self.dimensions]
    }

    /// What the planes take: codes, integers with what it takes to read them, floats.
    pub(super) fn bytes(&self) -> [usize; 3] {
        let scales = [self.scales, self.errors, self.high_errors, self.lengths];
        let integers = self.high.len() + self.low.len() + scales.into_iter().map(size_of_val).sum::<usize>();
        [self.codes.len(), integers, size_of_val(self.floats)]
    }
}

/// Which planes there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Which {
    /// All three.
    #[default]
    All,
    /// The codes, for those who have the numbers elsewhere.
    Codes,
}

/// Planes in memory of their own.
#[derive(Debug)]
pub(super) struct Planes {
    which: Which,
    metric: Metric,
    dimensions: usize,
    rotation: Rotation,
    rows: usize,
    codes: Vec<u8>,
    high: Vec<u8>,
    low: Vec<u8>,
    scales: Vec<f32>,
    errors: Vec<f32>,
    high_errors: Vec<f32>,
    lengths: Vec<f32>,
    floats: Vec<f32>,
    /// What a row looks like on its way into the planes.
    row: Vec<f32>,
    rotated: Vec<f32>,
}

impl Planes {
    pub(super) fn new(metric: Metric, dimensions: usize) -> Planes {
        Planes::with(Which::All, metric, dimensions)
    }

    pub(super) fn with(which: Which, metric: Metric, dimensions: usize) -> Planes {
        Planes {
            which,
            metric,
            dimensions,
            rotation: Rotation::new(dimensions),
            rows: 0,
            codes: Vec::new(),
            high: Vec::new(),
            low: Vec::new(),
            scales: Vec::new(),
            errors: Vec::new(),
            high_errors: Vec::new(),
            lengths: Vec::new(),
            floats: Vec::new(),
            row: Vec::new(),
            rotated: Vec::new(),
        }
    }

    pub(super) fn rotation(&self) -> &Rotation {
        &self.rotation
    }

    pub(super) fn view(&self) -> View<'_> {
        View {
            metric: self.metric,
            rows: self.rows,
            dimensions: self.dimensions,
            padded: self.rotation.padded(),
            codes: &self.codes,
            high: &self.high,
            low: &self.low,
            scales: &self.scales,
            errors: &self.errors,
            high_errors: &self.high_errors,
            lengths: &self.lengths,
            floats: &self.floats,
        }
    }

    /// Adds a row in the next slot.
    pub(super) fn push(&mut self, values: &[f32]) {
        let (slot, padded) = (self.rows, self.rotation.padded());
        self.rows += 1;
        self.codes.resize(self.rows.next_multiple_of(BLOCK) * columns(padded), 0);
        if self.which == Which::All {
            self.high.resize(self.rows * row_bytes(padded), 0);
            self.low.resize(self.rows * row_bytes(padded), 0);
            self.scales.push(0.0);
            self.errors.push(0.0);
            self.high_errors.push(0.0);
            self.floats.resize(self.rows * self.dimensions, 0.0);
        }
        if self.metric != Metric::Cosine {
            self.lengths.push(0.0);
        }
        self.set(slot, values);
    }

    /// Puts a row in the place of another.
    pub(super) fn set(&mut self, slot: usize, values: &[f32]) {
        let padded = self.rotation.padded();
        let row = match self.which {
            Which::All => &mut self.floats[slot * self.dimensions..][..self.dimensions],
            Which::Codes => {
                self.row.resize(self.dimensions, 0.0);
                &mut self.row[..]
            }
        };
        row.iter_mut().zip(self.metric.prepared(values)).for_each(|(old, new)| *old = new);
        self.rotation.apply(row, &mut self.rotated);

        let code_at = code::place(slot, columns(padded));
        let column = self.codes[code_at..].iter_mut().step_by(BLOCK);
        column.zip(code(&self.rotated)).for_each(|(old, new)| *old = new);

        // Rounded up, as a bound has to be.
        let length = length(row) as f32 * (1.0 + f32::EPSILON);
        if self.which == Which::All {
            let bytes = bytes_of(slot..slot + 1, padded);
            let (high, low) = (&mut self.high[bytes.clone()], &mut self.low[bytes]);
            let Scaled { scale, error, high_error } = quantise(&self.rotated, length, high, low);
            (self.scales[slot], self.errors[slot], self.high_errors[slot]) = (scale, error, high_error);
        }
        if let Some(old) = self.lengths.get_mut(slot) {
            *old = length;
        }
    }

    /// Removes a row; the last one takes its slot.
    pub(super) fn swap_remove(&mut self, slot: usize) {
        let (last, padded) = (self.rows - 1, self.rotation.padded());
        let (from, to) = (code::place(last, columns(padded)), code::place(slot, columns(padded)));
        for column in 0..columns(padded) {
            self.codes[to + column * BLOCK] = self.codes[from + column * BLOCK];
            self.codes[from + column * BLOCK] = 0;
        }
        if self.which == Which::All {
            let (from, to) = (bytes_of(last..last + 1, padded), bytes_of(slot..slot + 1, padded).start);
            self.high.copy_within(from.clone(), to);
            self.low.copy_within(from, to);
            self.floats.copy_within(last * self.dimensions.., slot * self.dimensions);
            self.scales.swap_remove(slot);
            self.errors.swap_remove(slot);
            self.high_errors.swap_remove(slot);
        }
        if !self.lengths.is_empty() {
            self.lengths.swap_remove(slot);
        }
        self.truncate(last);
    }

    fn truncate(&mut self, rows: usize) {
        let padded = self.rotation.padded();
        self.rows = rows;
        self.codes.truncate(rows.next_multiple_of(BLOCK) * columns(padded));
        self.high.truncate(rows * row_bytes(padded));
        self.low.truncate(rows * row_bytes(padded));
        self.floats.truncate(rows * self.dimensions);
    }

    /// Lets go of memory that only a larger crowd needed.
    pub(super) fn shrink(&mut self) {
        let (rows, padded) = (2 * self.rows, self.rotation.padded());
        self.codes.shrink_to(rows.next_multiple_of(BLOCK) * columns(padded));
        self.high.shrink_to(rows * row_bytes(padded));
        self.low.shrink_to(rows * row_bytes(padded));
        self.scales.shrink_to(rows);
        self.errors.shrink_to(rows);
        self.high_errors.shrink_to(rows);
        self.lengths.shrink_to(rows);
        self.floats.shrink_to(rows * self.dimensions);
    }

    /// Rows for which there is memory.
    pub(super) fn capacity(&self) -> usize {
        self.codes.capacity() / columns(self.rotation.padded())
    }

    pub(super) fn which(&self) -> Which {
        self.which
    }
}
