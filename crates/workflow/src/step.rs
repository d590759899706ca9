//! Steps.

use serde::Serialize;

use crate::{
    condition::Condition,
    diagnostic::{Report, advice, quoted},
    duration,
    fields::Fields,
    limits,
    mark::{Mark, Placed},
    node::Node,
    shared_memory::MemoryChoice,
    template::{Name, Places},
};

/// A step as the file has it.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// Where it stands.
    pub(crate) mark: Mark,
    pub(crate) id: Placed<String>,
    pub(crate) agent: Placed<String>,
    pub(crate) prompt: Placed<String>,
    /// What the prompt asks for, and where.
    pub(crate) references: Vec<Placed<Reference>>,
    pub(crate) depends_on: Vec<Placed<String>>,
    pub(crate) condition: Option<Condition>,
    pub(crate) on_error: Option<OnError>,
    pub(crate) retry_count: u64,
    pub(crate) timeout_ms: Option<u64>,
    pub(crate) model: Option<String>,
    pub(crate) extra_dirs: Vec<Placed<String>>,
    pub(crate) interactive: Option<bool>,
    pub(crate) memory: MemoryChoice,
}

/// What a prompt asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reference {
    Step(String),
    Input(String),
}

impl Reference {
    pub(crate) fn name(&self) -> Name<'_> {
        match self {
            Reference::Step(id) => Name::Step(id),
            Reference::Input(name) => Name::Input(name),
        }
    }
}

/// `on_error`: what a failure leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum OnError {
    /// The run stops after this level.
    Fail,
    /// The run goes on.
    Skip,
    /// Whatever the error is, the step is tried again.
    Retry,
}

const ON_ERROR: [(&str, OnError); 3] = [("fail", OnError::Fail), ("skip", OnError::Skip), ("retry", OnError::Retry)];

impl Step {
    /// Reads the step at a place of the list. `memory`: there is a notebook.
    pub(crate) fn read(
        node: &Node,
        at: usize,
        memory: bool,
        places: &Places<'_>,
        report: &mut Report<'_>,
    ) -> Option<Step> {
        let mut fields = Fields::of(node, format!("steps[{at}]"), report)?;
        let prompt_node = fields.get("prompt");
        let absent = Placed { value: String::new(), mark: node.mark };
        let prompt = fields.string("prompt", report).unwrap_or_else(|| absent.clone());
        let step = Step {
            mark: node.mark,
            id: fields.string("id", report).unwrap_or_else(|| absent.clone()),
            agent: fields.string("agent", report).unwrap_or(absent),
            references: prompt_node.map(|node| find_references(node, &prompt.value, places)).unwrap_or_default(),
            prompt,
            depends_on: fields.strings("depends_on", report).unwrap_or_default(),
            condition: fields.fields("condition", report).map(|fields| Condition::read(fields, report)),
            on_error: read_on_error(&mut fields, report),
            retry_count: read_retry_count(&mut fields, report),
            timeout_ms: read_timeout(&mut fields, report),
            model: fields.filled("model", report).map(|model| model.value),
            extra_dirs: fields.strings("extra_dirs", report).unwrap_or_default(),
            interactive: fields.flag("interactive", report),
            memory: MemoryChoice::read(&mut fields, memory, report),
        };
        fields.unused("skills", report);
        fields.finish(report);
        Some(step)
    }
}

fn find_references(node: &Node, prompt: &str, places: &Places<'_>) -> Vec<Placed<Reference>> {
    let owned = |(name, mark)| {
        let value = match name {
            Name::Step(id) => Reference::Step(id.to_owned()),
            Name::Input(name) => Reference::Input(name.to_owned()),
        };
        Placed { value, mark }
    };
    places.of(node, prompt).into_iter().map(owned).collect()
}

fn read_on_error(fields: &mut Fields<'_>, report: &mut Report<'_>) -> Option<OnError> {
    let Placed { value, mark } = fields.filled("on_error", report)?;
    let known = ON_ERROR.iter().find(|(name, _)| *name == value).map(|(_, on_error)| *on_error);
    if known.is_none() {
        let advice = advice(&value, ON_ERROR.map(|(name, _)| name), "choices");
        report.warning(mark, fields.name_of("on_error"), format!("{} is not known{advice}", quoted(&value)));
    }
    known
}

fn read_retry_count(fields: &mut Fields<'_>, report: &mut Report<'_>) -> u64 {
    let Some(Placed { value, mark }) = fields.count("retry_count", report) else { return 0 };
    if value > limits::RETRIES {
        let message = format!("a step is tried again {} times at most, not {value}", limits::RETRIES);
        report.warning(mark, fields.name_of("retry_count"), message);
    }
    value.min(limits::RETRIES)
}

/// A timeout in milliseconds, rounded up: there is no timeout of less than one.
fn read_timeout(fields: &mut Fields<'_>, report: &mut Report<'_>) -> Option<u64> {
    let Placed { value, mark } = fields.filled("timeout", report)?;
    let found = duration::parse(&value);
    let message = match found {
        None => format!("there is no timeout: {} is not a duration such as \"90s\" or \"1h30m\"", quoted(&value)),
        Some(time) if time.is_zero() => "there is no timeout: it is 0".into(),
        Some(time) => return u64::try_from(time.as_nanos().div_ceil(1_000_000)).ok(),
    };
    report.warning(mark, fields.name_of("timeout"), message);
    None
}
