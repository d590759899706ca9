//! `config`: what holds for a whole workflow.

use serde::Serialize;

use crate::{diagnostic::Report, fields::Fields, mark::Placed, shared_memory::SharedMemory};

/// Where runs are written down, if the file does not say.
const AUDIT_DIR: &str = ".workflow-runs";
/// How much is logged, if the file does not say.
const LOG_LEVEL: &str = "info";

/// `config`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Config {
    pub(crate) model: Option<String>,
    audit_dir: String,
    audit_retention: u64,
    max_concurrency: u64,
    pub(crate) interactive: bool,
    pub(crate) agent_search_paths: Vec<Placed<String>>,
    provider: Option<Provider>,
    streaming: bool,
    log_level: String,
    pub(crate) shared_memory: SharedMemory,
}

#[derive(Clone, Debug, Serialize)]
struct Provider {
    r#type: String,
    base_url: String,
    api_key_env: String,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            model: None,
            audit_dir: AUDIT_DIR.into(),
            audit_retention: 0,
            max_concurrency: 0,
            interactive: false,
            agent_search_paths: Vec::new(),
            provider: None,
            streaming: false,
            log_level: LOG_LEVEL.into(),
            shared_memory: SharedMemory::default(),
        }
    }
}

impl Config {
    pub(crate) fn read(fields: Option<Fields<'_>>, report: &mut Report<'_>) -> Config {
        let Some(mut fields) = fields else { return Config::default() };
        let memory = fields.fields("shared_memory", report);
        let config = Config {
            model: fields.filled("model", report).map(|model| model.value),
            audit_dir: fields.filled("audit_dir", report).map_or_else(|| AUDIT_DIR.into(), |text| text.value),
            audit_retention: fields.count("audit_retention", report).map_or(0, |count| count.value),
            max_concurrency: fields.count("max_concurrency", report).map_or(0, |count| count.value),
            interactive: fields.flag("interactive", report).unwrap_or(false),
            agent_search_paths: fields.strings("agent_search_paths", report).unwrap_or_default(),
            provider: Provider::read(fields.fields("provider", report), report),
            streaming: fields.flag("streaming", report).unwrap_or(false),
            log_level: fields.filled("log_level", report).map_or_else(|| LOG_LEVEL.into(), |text| text.value),
            shared_memory: SharedMemory::read(memory, report),
        };
        ["provider", "streaming", "log_level"].into_iter().for_each(|name| fields.unused(name, report));
        fields.finish(report);
        config
    }
}

impl Provider {
    fn read(fields: Option<Fields<'_>>, report: &mut Report<'_>) -> Option<Provider> {
        let mut fields = fields?;
        let provider = Provider {
            r#type: fields.text("type", report),
            base_url: fields.text("base_url", report),
            api_key_env: fields.text("api_key_env", report),
        };
        fields.finish(report);
        Some(provider)
    }
}
