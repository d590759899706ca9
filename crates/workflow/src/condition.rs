//! Conditions: whether a step is to run, by the output of another.

use serde::Serialize;

use crate::{
    diagnostic::{Report, quoted},
    fields::Fields,
    mark::Placed,
    state::{StepState, StepStatus},
};

/// `condition` of a step.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Condition {
    /// The step whose output is looked at.
    pub(crate) step: Placed<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    contains: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_contains: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    equals: Option<String>,
}

impl Condition {
    pub(crate) fn read(mut fields: Fields<'_>, report: &mut Report<'_>) -> Condition {
        let step = fields.string("step", report).unwrap_or(Placed { value: String::new(), mark: fields.mark });
        let mut operator = |name| fields.filled(name, report).map(|text| text.value);
        let (contains, not_contains, equals) = (operator("contains"), operator("not_contains"), operator("equals"));
        let condition = Condition { step, contains, not_contains, equals };
        let set = [&condition.contains, &condition.not_contains, &condition.equals].into_iter().flatten().count();
        match set {
            0 => report.warning(
                fields.mark,
                fields.path(),
                "this always holds: it has no contains, not_contains or equals",
            ),
            1 => {}
            _ => report.warning(
                fields.mark,
                fields.path(),
                "only the first of contains, not_contains and equals is looked at",
            ),
        }
        fields.finish(report);
        condition
    }

    /// Why it does not hold, or `None` if it does.
    pub(crate) fn objection(&self, state: &StepState) -> Option<String> {
        let step = quoted(&self.step.value);
        match state.status {
            // An output that was never made says nothing, not even by what it lacks.
            StepStatus::Failed => return Some(format!("its condition looks at the output of {step}, which failed")),
            StepStatus::Skipped => {
                return Some(format!("its condition looks at the output of {step}, which was skipped"));
            }
            StepStatus::Completed => {}
        }
        let output = state.output();
        if let Some(text) = &self.contains {
            return (!output.contains(text.as_str()))
                .then(|| format!("the output of {step} does not contain {}", quoted(text)));
        }
        if let Some(text) = &self.not_contains {
            return output.contains(text.as_str()).then(|| format!("the output of {step} contains {}", quoted(text)));
        }
        let text = self.equals.as_ref()?;
        (output.trim() != text.trim()).then(|| format!("the output of {step} is not {}", quoted(text.trim())))
    }
}
