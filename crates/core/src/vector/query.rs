//! A query in every form that a search may need.

use std::cell::OnceCell;

use super::{
    code::CodeQuery,
    int8::{Int8Query, ROUNDING},
    metric::{Metric, length},
    rotation::Rotation,
};

/// A query of a space.
pub(super) struct Query {
    pub(super) metric: Metric,
    /// As it is compared.
    pub(super) floats: Vec<f32>,
    /// Its length, or a little more.
    pub(super) length: f32,
    pub(super) int8: Int8Query,
    rotated: Vec<f32>,
    codes: OnceCell<CodeQuery>,
}

impl Query {
    pub(super) fn new(metric: Metric, rotation: &Rotation, values: &[f32]) -> Query {
        let floats: Vec<f32> = metric.prepared(values).collect();
        let mut rotated = Vec::with_capacity(rotation.padded());
        rotation.apply(&floats, &mut rotated);
        Query {
            metric,
            length: length(&floats) as f32 * (1.0 + f32::EPSILON),
            int8: Int8Query::new(&rotated),
            codes: OnceCell::new(),
            floats,
            rotated,
        }
    }

    pub(super) fn codes(&self) -> &CodeQuery {
        self.codes.get_or_init(|| CodeQuery::new(&self.rotated))
    }

    /// The lowest rank that a row of at least some score can have. A rank grows with the score, and needs no root.
    pub(super) fn rank_floor(&self, score: f32) -> f32 {
        match self.metric {
            Metric::Cosine | Metric::Dot => score,
            Metric::Euclidean if score > 0.0 => f32::INFINITY,
            Metric::Euclidean => -score * score * (1.0 + 4.0 * f32::EPSILON),
        }
    }

    /// The lowest and the highest rank that a row can have, by its integers. `product` is about that of the integers, off
    /// by no more than the error says.
    pub(super) fn bounds(&self, product: f32, scale: f32, error: f32, length: f32) -> (f32, f32) {
        let about = product * (scale * self.int8.scale);
        let off = error * self.length + self.int8.error * (length + error);
        match self.metric {
            Metric::Cosine | Metric::Dot => (about - off, about + off),
            Metric::Euclidean => {
                let squares = self.length * self.length + length * length;
                let (about, off) = (2.0 * about - squares, 2.0 * off + ROUNDING * squares);
                (about - off, about + off)
            }
        }
    }

    /// The highest rank that each of some rows can have, by the high halves of their integers. `lengths` is empty where all
    /// are one.
    pub(super) fn highest(
        &self,
        products: &[i32],
        scales: &[f32],
        errors: &[f32],
        lengths: &[f32],
        highest: &mut [f32],
    ) {
        let rows = products.iter().zip(scales).zip(errors).zip(highest);
        if lengths.is_empty() {
            // As `bounds` says for the cosine.
            rows.for_each(|(((product, scale), error), highest)| {
                let about = self.int8.of_high(*product) * (scale * self.int8.scale);
                *highest = about + (error * self.length + self.int8.error * (1.0 + error));
            });
        } else {
            rows.zip(lengths).for_each(|((((product, scale), error), highest), length)| {
                *highest = self.bounds(self.int8.of_high(*product), *scale, *error, *length).1;
            });
        }
    }

    /// About the rank of a row, by its code. `sum` is that of the tables.
    pub(super) fn estimate(&self, sum: u16, length: f32) -> f32 {
        let about = self.codes().product(sum) * length;
        match self.metric {
            Metric::Cosine | Metric::Dot => about,
            Metric::Euclidean => 2.0 * about - length * length,
        }
    }
}
