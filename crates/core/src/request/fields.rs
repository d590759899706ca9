//! The fields of a request.

use std::{borrow::Cow, fmt, str::FromStr};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

use crate::{
    context::At,
    error::{Error, ErrorKind, Result},
    json::Json,
    revision::Revision,
    scope::ScopeKind,
    spelling::distance,
};

/// The fields of a JSON object, each as its text. What a verb knows is taken out; what is left is unknown.
pub(super) struct Fields<'a> {
    fields: Vec<(Cow<'a, str>, &'a RawValue)>,
    /// What was asked for, to be named beside an unknown field.
    known: Vec<&'static str>,
}

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
                let mut fields = Vec::with_capacity(8);
                while let Some(Text(name)) = map.next_key::<Text<'de>>()? {
                    fields.push((name, map.next_value::<&'de RawValue>()?));
                }
                Ok(Fields { fields, known: Vec::new() })
            }
        }
        deserializer.deserialize_map(Object)
    }
}

/// A string that borrows where it can.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'a> Fields<'a> {
    /// The fields of a JSON object.
    ///
    /// # Errors
    /// `invalid_option` if the text is not one.
    pub(super) fn parse(text: &'a str) -> Result<Fields<'a>> {
        serde_json::from_str(text).map_err(|error| invalid(format!("the options are not a JSON object: {error}")))
    }

    /// Takes a field out. One that is `null` counts as absent.
    pub(super) fn raw(&mut self, name: &'static str) -> Option<&'a RawValue> {
        self.raw_or_null(name).filter(|raw| raw.get() != "null")
    }

    /// Takes a field out, `null` or not.
    pub(super) fn raw_or_null(&mut self, name: &'static str) -> Option<&'a RawValue> {
        self.known.push(name);
        let at = self.fields.iter().position(|(field, _)| field == name)?;
        Some(self.fields.swap_remove(at).1)
    }

    pub(super) fn string(&mut self, name: &'static str) -> Result<Option<Cow<'a, str>>> {
        self.as_type::<Text<'a>>(name, "a string").map(|text| text.map(|Text(text)| text))
    }

    pub(super) fn flag(&mut self, name: &'static str) -> Result<bool> {
        self.as_type(name, "true or false").map(Option::unwrap_or_default)
    }

    pub(super) fn number(&mut self, name: &'static str) -> Result<Option<f64>> {
        self.as_type(name, "a number")
    }

    /// A whole number that is not negative, however it is written: `2`, `2.0`, `2e0`.
    pub(super) fn whole(&mut self, name: &'static str) -> Result<Option<u64>> {
        const MOST: f64 = crate::limits::REVISION as f64;
        match self.number(name)? {
            None => Ok(None),
            Some(number) if number.trunc() == number && (0.0..=MOST).contains(&number) => Ok(Some(number as u64)),
            Some(number) => Err(invalid(format!("{name} is a whole number from 0 to {MOST}, not {number}"))),
        }
    }

    pub(super) fn size(&mut self, name: &'static str) -> Result<Option<usize>> {
        Ok(self.whole(name)?.map(|number| usize::try_from(number).unwrap_or(usize::MAX)))
    }

    pub(super) fn revision(&mut self, name: &'static str) -> Result<Option<Revision>> {
        Ok(self.whole(name)?.map(Revision))
    }

    pub(super) fn strings(&mut self, name: &'static str) -> Result<Option<Vec<Cow<'a, str>>>> {
        let texts = self.as_type::<Vec<Text<'a>>>(name, "an array of strings")?;
        Ok(texts.map(|texts| texts.into_iter().map(|Text(text)| text).collect()))
    }

    /// A value, `null` included. `undefined` is what a value that is not there is called.
    ///
    /// # Errors
    /// `invalid_value` if it is missing; `too_large` as [`Json::parse`].
    pub(super) fn value(&mut self, name: &'static str) -> Result<Json> {
        let raw = self
            .raw_or_null(name)
            .ok_or_else(|| Error::new(ErrorKind::InvalidValue, format!("{name} is undefined, which is not JSON")))?;
        Json::from_raw(raw)
    }

    /// # Errors
    /// `invalid_key` if it is missing or not a string.
    pub(super) fn key(&mut self) -> Result<Cow<'a, str>> {
        match self.string("key") {
            Ok(Some(key)) => Ok(key),
            _ => Err(Error::new(ErrorKind::InvalidKey, "a key is a string")),
        }
    }

    /// The instance that `scope` and `scopeId` name.
    ///
    /// # Errors
    /// `invalid_scope` if they do not name one.
    pub(super) fn at(&mut self) -> Result<At> {
        let scope = self.string("scope").map_err(in_scope)?;
        let id = self.string("scopeId").map_err(in_scope)?;
        At::parse(scope.as_deref(), id.as_deref())
    }

    /// Checks that nothing is left.
    ///
    /// # Errors
    /// `invalid_option`, naming a field that is left and the nearest that is known.
    pub(super) fn finish(self) -> Result<()> {
        let Some((name, _)) = self.fields.first() else { return Ok(()) };
        let nearest = self.known.iter().map(|known| (distance(name, known), known)).min();
        let advice = match nearest {
            Some((distance, known)) if distance <= 2 && distance < known.len() => format!("did you mean `{known}`?"),
            _ => format!("the options there are {}", self.known.join(", ")),
        };
        Err(invalid(format!("there is no option `{name}`: {advice}")))
    }

    fn as_type<T: Deserialize<'a>>(&mut self, name: &'static str, what: &str) -> Result<Option<T>> {
        let Some(raw) = self.raw(name) else { return Ok(None) };
        serde_json::from_str(raw.get()).map(Some).map_err(|_| invalid(format!("{name} is {what}")))
    }
}

impl At {
    /// The instance that a scope's name and an id name; nowhere in particular without both.
    ///
    /// # Errors
    /// `invalid_scope` if no scope is called so, or if there is an id alone.
    pub fn parse(scope: Option<&str>, id: Option<&str>) -> Result<At> {
        match (scope, id) {
            (None, None) => Ok(At::ANYWHERE),
            (Some(scope), id) => Ok(At { kind: Some(ScopeKind::from_str(scope)?), id: id.map(Into::into) }),
            (None, Some(_)) => Err(Error::new(ErrorKind::InvalidScope, "`scopeId` needs `scope` beside it")),
        }
    }
}

fn in_scope(error: Error) -> Error {
    Error::new(ErrorKind::InvalidScope, error.message())
}

pub(super) fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOption, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_option_is_refused_with_the_nearest_known_one() {
        let mut fields = Fields::parse(r#"{"filters":{}}"#).unwrap();
        assert!(fields.raw("filter").is_none() && fields.raw("topK").is_none());
        let error = fields.finish().unwrap_err();
        assert_eq!(error, ErrorKind::InvalidOption);
        assert!(error.message().contains("`filters`") && error.message().contains("did you mean `filter`"), "{error}");
    }

    #[test]
    fn whole_numbers_are_read_however_they_are_written() {
        for (text, expected) in [("2", 2), ("2.0", 2), ("2e3", 2000), ("0", 0), ("9007199254740991", (1 << 53) - 1)] {
            let text = format!(r#"{{"n":{text}}}"#);
            assert_eq!(Fields::parse(&text).unwrap().whole("n").unwrap(), Some(expected), "{text}");
        }
        for text in ["-1", "1.5", "9007199254740993", "1e400", "\"2\"", "true"] {
            let text = format!(r#"{{"n":{text}}}"#);
            assert_eq!(Fields::parse(&text).unwrap().whole("n").unwrap_err(), ErrorKind::InvalidOption, "{text}");
        }
    }

    #[test]
    fn a_value_is_cut_out_as_it_stands() {
        let text = r#"{ "value" : {"a" :1.50, "b":"\u00e9"} , "key":"k\u0041" }"#;
        let mut fields = Fields::parse(text).unwrap();
        assert_eq!(fields.key().unwrap(), "kA");
        assert_eq!(fields.value("value").unwrap().as_str(), r#"{"a" :1.50, "b":"\u00e9"}"#);
        assert_eq!(fields.value("value").unwrap_err(), ErrorKind::InvalidValue);
    }
}
