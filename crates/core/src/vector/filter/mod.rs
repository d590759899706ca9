//! Filters: conditions on the metadata of vectors.
//!
//! A filter is a JSON object. All of its conditions must hold; `{}` holds always.
//!
//! ```json
//! { "source": "contracts.pdf", "page": { "$gte": 3, "$lt": 9 }, "$or": [{ "lang": "en" }, { "author.name": "Ada" }] }
//! ```
//!
//! | condition | holds if |
//! |---|---|
//! | `{ field: value }`, `{ field: { "$eq": value } }` | the field equals the value |
//! | `{ field: { "$gt": x } }`, `$gte`, `$lt`, `$lte` | the field is ordered so; `x` is a number, a string or a boolean |
//! | `{ field: { "$in": [..] } }` | the field equals one of the values |
//! | `{ field: { "$exists": true } }` | the field is there, `null` included; `false`: it is not |
//! | `{ field: { "$ne": value } }`, `$nin` | `$eq`, `$in` do not hold |
//! | `{ field: { "$not": condition } }` | the condition does not hold |
//! | `{ "$and": [filter, ..] }`, `$or`, `{ "$not": filter }` | all, at least one, not; of no filters, `$and` holds and `$or` does not |
//!
//! **Fields.** A field is a path of names with dots between them. At each object the whole rest of the path is tried as
//! one name first, then its first name: `a.b` is the field `"a.b"` if there is one, else `b` of `a`. A path through
//! anything but an object is a missing field, so array elements have no names. A missing field satisfies only
//! `{ "$exists": false }`, `$ne`, `$nin` and a `$not` of what does not hold. Metadata that is not an object, or is not
//! there, has no fields.
//!
//! **Values.** Nothing is converted: a number never equals a string, and neither is above the other. Numbers are compared
//! by value (`1` is `1.0`), strings by their code points, `false` is below `true`. Arrays and objects are equal if
//! everything in them is; `null` equals only a `null` that is there. Only numbers, strings and booleans have an order.
//!
//! **Arrays.** A field that is an array satisfies `$eq`, `$in` or an order if it does as a whole or if one of its elements
//! does, each condition for itself. So `$ne` and `$nin` ask that no element is equal.
//!
//! An object without operators is a value to be equal to, so `{ "a": { "b": 1 } }` wants an `a` that is just `{ "b": 1 }`;
//! `{ "a.b": 1 }` looks at one field of it. A value whose own names begin with `$` has to stand behind `$eq`.

pub(crate) mod columns;
mod compare;
mod eval;
mod parse;

use std::{cmp::Ordering, sync::Arc};

use compare::Members;
use serde_json::Value;

use crate::error::Result;

/// A condition on metadata. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Filter(Arc<Node>);

impl Filter {
    /// A filter from its JSON text.
    ///
    /// # Errors
    /// `invalid_filter` if the text is not a JSON object, names an unknown operator (the message has the nearest known
    /// one), gives an operator an operand that it cannot work on, or goes beyond [`FILTER_DEPTH`] filters within filters,
    /// [`FILTER_NODES`] conditions or [`VALUE_BYTES`] of text.
    ///
    /// [`FILTER_DEPTH`]: crate::limits::FILTER_DEPTH
    /// [`FILTER_NODES`]: crate::limits::FILTER_NODES
    /// [`VALUE_BYTES`]: crate::limits::VALUE_BYTES
    pub fn parse(json_text: &str) -> Result<Filter> {
        parse::filter(json_text).map(|root| Filter(Arc::new(root)))
    }

    /// Whether metadata satisfies the filter.
    pub fn matches(&self, metadata: &Value) -> bool {
        self.0.holds(metadata)
    }
}

/// A condition on the whole metadata.
#[derive(Debug)]
enum Node {
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    Field(Box<str>, Test),
}

/// A condition on one field.
#[derive(Debug)]
enum Test {
    All(Vec<Test>),
    Not(Box<Test>),
    Exists,
    Equal(Value),
    Member(Members),
    Ordered(Bound, Value),
}

/// Which orders of field and operand satisfy a comparison.
#[derive(Clone, Copy, Debug)]
enum Bound {
    Above,
    AtLeast,
    Below,
    AtMost,
}

impl Bound {
    fn admits(self, order: Ordering) -> bool {
        match self {
            Bound::Above => order.is_gt(),
            Bound::AtLeast => order.is_ge(),
            Bound::Below => order.is_lt(),
            Bound::AtMost => order.is_le(),
        }
    }
}
