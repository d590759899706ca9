//! `output`: what a run comes to.

use serde::{Serialize, Serializer, ser::SerializeMap};

use crate::{
    diagnostic::{Report, advice, quoted},
    fields::Fields,
    mark::Placed,
    state::{RunState, StepState, StepStatus},
    truncate::Truncate,
};

/// `output`.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Output {
    /// The steps whose outputs are wanted; empty: all that completed.
    pub(crate) steps: Vec<Placed<String>>,
    format: Format,
    pub(crate) truncate: Option<Truncate>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Format {
    #[default]
    Markdown,
    Json,
    Plain,
}

const FORMATS: [(&str, Format); 4] =
    [("markdown", Format::Markdown), ("json", Format::Json), ("plain", Format::Plain), ("text", Format::Plain)];

impl Output {
    pub(crate) fn read(fields: Option<Fields<'_>>, report: &mut Report<'_>) -> Output {
        let Some(mut fields) = fields else { return Output::default() };
        let output = Output {
            steps: fields.strings("steps", report).unwrap_or_default(),
            format: read_format(&mut fields, report),
            truncate: Truncate::read(fields.fields("truncate", report), report),
        };
        fields.finish(report);
        output
    }

    /// The result of a run, of these steps.
    pub(crate) fn text(&self, ids: &[&str], state: &RunState) -> String {
        let found: Vec<Part<'_>> = ids.iter().filter_map(|id| Some(self.part(id, state.steps.get(*id)?))).collect();
        match self.format {
            Format::Markdown => markdown(&found),
            Format::Plain => plain(&found),
            Format::Json => serde_json::to_string_pretty(&Results { steps: Parts(&found) }).expect("texts are JSON"),
        }
    }

    fn part<'a>(&self, id: &'a str, step: &StepState) -> Part<'a> {
        let mut output = String::new();
        self.push_output(&mut output, step);
        Part { id, status: step.status, output }
    }

    /// Adds the output of a step, cut as the file says.
    pub(crate) fn push_output(&self, text: &mut String, step: &StepState) {
        match self.truncate {
            Some(truncate) => truncate.push(text, step.output()),
            None => text.push_str(step.output()),
        }
    }
}

fn read_format(fields: &mut Fields<'_>, report: &mut Report<'_>) -> Format {
    let Some(Placed { value, mark }) = fields.filled("format", report) else { return Format::default() };
    let named = value.trim().to_lowercase();
    let known = FORMATS.iter().find(|(name, _)| *name == named).map(|(_, format)| *format);
    known.unwrap_or_else(|| {
        let advice = advice(&value, FORMATS.map(|(name, _)| name), "formats");
        let message = format!("it is markdown: there is no format {}{advice}", quoted(&value));
        report.warning(mark, fields.name_of("format"), message);
        Format::default()
    })
}

/// What one step adds to the result.
struct Part<'a> {
    id: &'a str,
    status: StepStatus,
    output: String,
}

fn markdown(parts: &[Part<'_>]) -> String {
    let mut text = String::from("# Workflow Results\n");
    for Part { id, status, output } in parts {
        let content = match status {
            StepStatus::Completed => output,
            StepStatus::Failed => "*Failed*",
            StepStatus::Skipped => "*Skipped*",
        };
        text.push_str(&format!("\n## Step: {id}\n\n{content}\n"));
    }
    text
}

fn plain(parts: &[Part<'_>]) -> String {
    let mut text = String::new();
    for Part { id, status, output } in parts {
        let content = match status {
            StepStatus::Completed => output,
            StepStatus::Failed => "(failed)",
            StepStatus::Skipped => "(skipped)",
        };
        let gap = if text.is_empty() { "" } else { "\n" };
        text.push_str(&format!("{gap}=== {id} ===\n\n{content}\n"));
    }
    text
}

#[derive(Serialize)]
struct Results<'a> {
    steps: Parts<'a>,
}

/// Parts by their ids, in order.
struct Parts<'a>(&'a [Part<'a>]);

impl Serialize for Parts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Result<'a> {
            status: StepStatus,
            #[serde(skip_serializing_if = "Option::is_none")]
            output: Option<&'a str>,
        }
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for Part { id, status, output } in self.0 {
            let output = (*status == StepStatus::Completed).then_some(output.as_str());
            map.serialize_entry(id, &Result { status: *status, output })?;
        }
        map.end()
    }
}
