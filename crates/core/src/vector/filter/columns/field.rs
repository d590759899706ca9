//! One field of a metadata text, without the rest of it.

use crate::json::{Malformed, Scanner, Value};

/// The field at a path, as filters find it; `None` if it is missing or the text cannot be read as a [`Value`].
pub(super) fn find<'a>(text: &'a str, path: &str) -> Option<Value<'a>> {
    let mut scanner = Scanner::new(text);
    let found = read(&mut scanner, path).ok()?;
    scanner.end().ok()?;
    found
}

/// Reads a value and keeps only what is at the path.
fn read<'a>(scanner: &mut Scanner<'a>, path: &str) -> Result<Option<Value<'a>>, Malformed> {
    if scanner.peek() != b'{' {
        return scanner.pass().map(|()| None);
    }
    let (mut whole, mut nested) = (None, None);
    // Of a name that comes twice, the last one counts.
    scanner.fields(|scanner, name| {
        match path.strip_prefix(&*name) {
            Some("") => whole = Some(scanner.value()?),
            // A name with dots in it is never the first one of a path.
            Some(rest) if rest.starts_with('.') && !name.contains('.') => nested = read(scanner, &rest[1..])?,
            _ => scanner.pass()?,
        }
        Ok(())
    })?;
    Ok(whole.or(nested))
}
