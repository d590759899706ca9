//! One field of all rows.

use std::ops::Range;

use super::{Metadata, estimate::Estimate, field, interner::Interner, postings::Postings, values::Values};
use crate::vector::{bitmap::Bitmap, filter::Test};

/// The values that one field has in the rows, each with the rows that have it.
///
/// A row whose field is an array has the array as a value, and each of its elements.
#[derive(Debug)]
pub(super) struct Column {
    path: Box<str>,
    /// The rows that have the field. Its length is that of the bitmaps of `postings`.
    present: Bitmap,
    values: Values,
    postings: Postings,
    /// Whether a row may have more values than one.
    several: bool,
    /// The rows that changed since, of those that were read and are still there.
    stale: Bitmap,
    stale_rows: usize,
}

impl Column {
    /// The column of a field that has read no row.
    pub(super) fn new(path: &str) -> Column {
        Column::read(path, 0, [], &|_| None)
    }

    /// The field in these rows, of `rows`.
    fn read(path: &str, rows: usize, slots: impl IntoIterator<Item = u32>, metadata: Metadata<'_, '_>) -> Column {
        let mut present = Bitmap::new(rows);
        let mut interner = Interner::new();
        for slot in slots {
            if let Some(found) = metadata(slot).and_then(|text| field::find(text, path)) {
                present.insert(slot);
                interner.add(slot, &found);
            }
        }
        let (values, postings, several) = interner.finish(rows);
        Column { path: path.into(), present, values, postings, several, stale: Bitmap::new(rows), stale_rows: 0 }
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    pub(super) fn bytes(&self) -> usize {
        let bitmaps = self.present.bytes() + self.stale.bytes();
        size_of::<Column>() + self.path.len() + bitmaps + self.values.bytes() + self.postings.bytes()
    }

    pub(super) fn touch(&mut self, slot: u32) {
        if (slot as usize) < self.stale.len() && !self.stale.get(slot) {
            self.stale.insert(slot);
            self.stale_rows += 1;
        }
    }

    pub(super) fn truncate(&mut self, rows: usize) {
        if rows < self.stale.len() {
            self.stale_rows -= self.stale.count_range(rows as u32..self.stale.len() as u32);
            self.stale.resize(rows);
        }
    }

    /// Adds the rows of which the column knows nothing.
    pub(super) fn add_stale(&self, stale: &mut Bitmap) {
        stale.or(&self.stale);
        (self.stale.len()..stale.len()).for_each(|slot| stale.insert(slot as u32));
    }

    /// Whether the column need not be refreshed.
    ///
    /// A refresh costs a little for each row, an evaluation costs more for each stale row: the square root balances them.
    /// A column that is mostly about rows that are gone gives their memory back.
    pub(super) fn is_fresh(&self, rows: usize) -> bool {
        let stale = self.stale_rows + rows.saturating_sub(self.stale.len());
        stale <= rows.isqrt() && self.present.len() / 2 <= rows
    }

    /// The column with its stale rows read again.
    pub(super) fn refreshed(self, rows: usize, metadata: Metadata<'_, '_>) -> Column {
        let stale = self.stale.ones().chain(self.stale.len() as u32..rows as u32);
        let mut new = Column::read(&self.path, rows, stale, metadata);
        let mut kept = self.stale;
        kept.not();
        kept.resize(self.present.len());
        let (values, postings) = Postings::merge((self.values, self.postings), (new.values, new.postings), &kept, rows);
        let mut present = self.present;
        present.and(&kept);
        new.present.or(&present);
        Column { values, postings, several: self.several || new.several, ..new }
    }

    /// The rows for which the test holds, as long as the column was made for.
    pub(super) fn answer(&self, test: &Test) -> Bitmap {
        if let Some(run) = self.run(test) {
            return self.rows_of(run);
        }
        let mut found = Bitmap::new(self.present.len());
        match test {
            Test::All(tests) => {
                found.not();
                tests.iter().for_each(|test| found.and(&self.answer(test)));
            }
            Test::Not(test) => {
                found = self.answer(test);
                found.not();
            }
            Test::Exists => found = self.present.clone(),
            Test::Member(members) => {
                members.values().for_each(|value| self.postings.add(self.values.find(value), &mut found));
            }
            Test::Equal(_) | Test::Ordered(..) => unreachable!("their values are a run"),
        }
        found
    }

    /// About how many rows [`Column::answer`] will find, and how hard that is.
    pub(super) fn estimate(&self, test: &Test) -> Estimate {
        if let Some(run) = self.run(test) {
            let work = self.work(&run);
            return Estimate { rows: self.postings.count(run), work };
        }
        let rows = self.present.len();
        match test {
            Test::All(tests) => Estimate::all(rows, tests.iter().map(|test| self.estimate(test))),
            Test::Not(test) => self.estimate(test).not(rows),
            Test::Member(members) => Estimate::any(members.values().map(|value| {
                let run = self.values.find(value);
                Estimate { rows: self.postings.count(run.clone()), work: self.postings.listed(run) }
            })),
            _ => Estimate { rows: self.present.count(), work: 0 },
        }
    }

    /// The values that satisfy the test, if the rows that have one of them are those that satisfy it.
    fn run(&self, test: &Test) -> Option<Range<usize>> {
        match test {
            Test::Equal(operand) => Some(self.values.find(operand)),
            Test::Ordered(bound, operand) => Some(self.values.ordered(*bound, operand)),
            // Different elements of an array may satisfy different tests.
            Test::All(tests) if !self.several => {
                let runs = tests.iter().map(|test| self.run(test)).collect::<Option<Vec<_>>>()?;
                runs.into_iter().reduce(|a, b| a.start.max(b.start)..a.end.min(b.end))
            }
            _ => None,
        }
        .map(|run| run.start..run.end.max(run.start))
    }

    fn rows_of(&self, run: Range<usize>) -> Bitmap {
        if self.is_wide(&run) {
            let mut found = self.present.clone();
            self.postings.remove(0..run.start, &mut found);
            self.postings.remove(run.end..self.values.len(), &mut found);
            return found;
        }
        let mut found = Bitmap::new(self.present.len());
        self.postings.add(run, &mut found);
        found
    }

    /// Whether it is less work to take out the rows that have other values. That needs rows with one value each.
    fn is_wide(&self, run: &Range<usize>) -> bool {
        !self.several && 2 * self.postings.listed(run.clone()) > self.postings.listed(0..self.values.len())
    }

    fn work(&self, run: &Range<usize>) -> usize {
        let listed = self.postings.listed(run.clone());
        if self.is_wide(run) { self.postings.listed(0..self.values.len()) - listed } else { listed }
    }
}
