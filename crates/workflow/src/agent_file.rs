//! Files of agents: front matter between two lines of `---`, then the prompt.

use memfabric_core::Result;

use crate::{
    agent::Definition,
    diagnostic::{Diagnostic, Report},
    fields::Fields,
    mark::Mark,
    options::Options,
    yaml,
};

/// What agents' files have for other programs.
const FOR_OTHERS: [&str; 9] = [
    "name",
    "agents",
    "mcp-servers",
    "handoffs",
    "hooks",
    "argument-hint",
    "user-invocable",
    "disable-model-invocation",
    "target",
];

/// What a file makes of an agent, and what is odd in it.
///
/// # Errors
/// `invalid_value` if something is wrong, with its place.
pub(crate) fn read(text: &str, memory: bool, options: &Options) -> Result<(Definition, Vec<Diagnostic>)> {
    let mut report = Report::new(options);
    let definition = definition(text, memory, &mut report);
    report.finish().map(|warnings| (definition, warnings))
}

fn definition(text: &str, memory: bool, report: &mut Report<'_>) -> Definition {
    if text.len() > crate::limits::FILE_BYTES {
        let message = format!("the file has {} bytes, and {} at most are read", text.len(), crate::limits::FILE_BYTES);
        report.error(Mark::START, "", message);
        return Definition::default();
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let Some((front, body)) = split(text) else {
        report.warning(Mark::START, "", "there is no front matter between two lines of ---: all of it is the prompt");
        return Definition { prompt: text.to_owned(), ..Definition::default() };
    };
    let mut definition = front_matter(front, memory, report);
    definition.prompt = body.trim_start_matches(['\n', '\r']).to_owned();
    definition
}

/// The front matter and what follows it.
fn split(text: &str) -> Option<(&str, &str)> {
    let (first, rest) = text.split_once('\n')?;
    if first.trim() != "---" {
        return None;
    }
    let mut at = 0;
    for line in rest.split_inclusive('\n') {
        let end = at + line.len();
        if line.trim() == "---" {
            return Some((&rest[..at], &rest[end..]));
        }
        at = end;
    }
    None
}

fn front_matter(text: &str, memory: bool, report: &mut Report<'_>) -> Definition {
    let root = match yaml::parse(text, 2) {
        Ok(parsed) => parsed.root.filter(|root| !root.is_null()),
        Err(fault) => {
            report.error(fault.mark, "", fault.message);
            None
        }
    };
    let Some(mut fields) = root.as_ref().and_then(|root| Fields::of(root, "", report)) else {
        return Definition::default();
    };
    let definition = Definition::read_open(&mut fields, memory, report);
    if fields.get("prompt").is_some() {
        report.warning(
            fields.mark_of("prompt"),
            "prompt",
            "this is not used: the prompt is what follows the front matter",
        );
    }
    fields.pass(&FOR_OTHERS);
    fields.finish(report);
    definition
}
