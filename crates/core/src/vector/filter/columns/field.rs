//! One field of a metadata text, without the rest of it.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{
        DeserializeSeed, Error, MapAccess, SeqAccess, Visitor,
        value::{MapAccessDeserializer, SeqAccessDeserializer},
    },
};
use serde_json::{Number, Value};

use super::found::Found;
use crate::vector::filter::eval;

/// Names by which serde_json passes things to itself. An object that begins with one is not read as what it says.
const PRIVATE: &str = "$serde_json::private";

/// The field at a path, as filters find it; `None` if it is missing or the text cannot be read as a [`Value`].
pub(super) fn find<'a>(text: &'a str, path: &str) -> Option<Found<'a>> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let found = At(Some(path)).deserialize(&mut deserializer).and_then(|found| deserializer.end().map(|()| found));
    found.unwrap_or_else(|_| {
        let value: Value = serde_json::from_str(text).ok()?;
        eval::field(&value, path).map(|value| Found::from(value.clone()))
    })
}

/// Reads a value and keeps only what is at the path; nothing if there is none.
///
/// What is not kept is still read as strictly as a [`Value`] is: a number out of range anywhere makes a text that has no
/// fields, and `IgnoredAny` would not see it.
struct At<'p>(Option<&'p str>);

impl<'de> DeserializeSeed<'de> for At<'_> {
    type Value = Option<Found<'de>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for At<'_> {
    type Value = Option<Found<'de>>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut whole = None;
        let mut nested = None;
        // Of a name that comes twice, the last one counts.
        while let Some(name) = map.next_key_seed(NameOf(self.0))? {
            match name {
                Name::Whole => whole = Some(map.next_value_seed(All)?),
                Name::First(rest) => nested = map.next_value_seed(At(Some(rest)))?,
                Name::Other => map.next_value_seed(At(None)).map(drop)?,
            }
        }
        Ok(whole.or(nested))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element_seed(At(None))?.is_some() {}
        Ok(None)
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Self::Value, E> {
        Ok(None)
    }
}

/// What a name in an object is to a path.
enum Name<'p> {
    /// The path, dots and all.
    Whole,
    /// Its first name; this is the rest.
    First(&'p str),
    Other,
}

/// Reads a name of an object.
struct NameOf<'p>(Option<&'p str>);

impl<'de, 'p> DeserializeSeed<'de> for NameOf<'p> {
    type Value = Name<'p>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Name<'p>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'p> Visitor<'_> for NameOf<'p> {
    type Value = Name<'p>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Name<'p>, E> {
        if name.starts_with(PRIVATE) {
            return Err(E::custom("only serde_json itself can read this"));
        }
        let Some(path) = self.0 else { return Ok(Name::Other) };
        Ok(match path.strip_prefix(name) {
            Some("") => Name::Whole,
            // A name with dots in it is never the first one of a path.
            Some(rest) if !name.contains('.') => rest.strip_prefix('.').map_or(Name::Other, Name::First),
            _ => Name::Other,
        })
    }
}

/// Reads all of a value.
struct All;

impl<'de> DeserializeSeed<'de> for All {
    type Value = Found<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Found<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for All {
    type Value = Found<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Found<'de>, A::Error> {
        Value::deserialize(MapAccessDeserializer::new(map)).map(Found::from)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Found<'de>, A::Error> {
        Value::deserialize(SeqAccessDeserializer::new(seq)).map(Found::from)
    }

    fn visit_unit<E: Error>(self) -> Result<Found<'de>, E> {
        Ok(Found::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Found<'de>, E> {
        Ok(Found::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Found<'de>, E> {
        Ok(Found::number(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Found<'de>, E> {
        Ok(Found::number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Found<'de>, E> {
        Ok(Number::from_f64(value).map_or(Found::Null, Found::number))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Found<'de>, E> {
        Ok(Found::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Found<'de>, E> {
        Ok(Found::Text(Cow::Owned(text.to_owned())))
    }
}
