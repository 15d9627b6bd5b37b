//! A sequence of requests as text: one JSON object per line, lines that begin with `#` are remarks.
//!
//! A string may hold `{s}`, which is a name of this play's own. In place of a value may stand
//! * `{"$of": ["label", "/json/pointer"], "plus": 1, "or": 0}`: a value of an earlier answer;
//! * `{"$now": -1000}`: a wall-clock time ten minutes before the play, in milliseconds, and this
//!   much;
//! * `{"$batches": [{"records": [{"key": "k", "value": "v", "at": 0}], …}]}`: record batches.

use anyhow::Context;
use serde_json::{Map, Value, json};

/// One request.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The connection that it goes through.
    pub connection: String,
    /// The API's name.
    pub api: String,
    /// The version in the header.
    pub version: i16,
    /// Under which name later steps refer to the answer.
    pub label: Option<String>,
    /// Whether the answer is awaited only when its connection is used again, or at the end.
    pub deferred: bool,
    /// The fields, with references.
    pub body: Value,
}

impl Step {
    /// A request on the first connection.
    pub fn new(api: &str, version: i16, body: Value) -> Step {
        Step {
            connection: "a".to_owned(),
            api: api.to_owned(),
            version,
            label: None,
            deferred: false,
            body,
        }
    }

    /// The same, its answer under a name.
    #[must_use]
    pub fn labelled(mut self, label: &str) -> Step {
        self.label = Some(label.to_owned());
        self
    }

    /// Whether a broker never answers it: Produce with acks=0.
    pub fn is_unanswered(&self) -> bool {
        self.api == "Produce" && self.body.get("acks").is_none_or(|acks| acks == &json!(0))
    }

    fn to_line(&self) -> String {
        let mut line = Map::new();
        line.insert("on".to_owned(), json!(self.connection));
        line.insert("api".to_owned(), json!(self.api));
        line.insert("version".to_owned(), json!(self.version));
        if let Some(label) = &self.label {
            line.insert("as".to_owned(), json!(label));
        }
        if self.deferred {
            line.insert("deferred".to_owned(), json!(true));
        }
        line.insert("body".to_owned(), self.body.clone());
        Value::Object(line).to_string()
    }

    fn from_line(line: &str) -> anyhow::Result<Step> {
        let line: Value = serde_json::from_str(line)?;
        let text = |name: &str| line.get(name).and_then(Value::as_str).map(str::to_owned);
        let version = line.get("version").and_then(Value::as_i64);
        Ok(Step {
            connection: text("on").context("\"on\" names no connection")?,
            api: text("api").context("\"api\" names no API")?,
            version: i16::try_from(version.context("\"version\" is no number")?)?,
            label: text("as"),
            deferred: line.get("deferred") == Some(&Value::Bool(true)),
            body: line.get("body").cloned().context("there is no \"body\"")?,
        })
    }
}

/// The text of steps.
pub fn to_text(steps: &[Step]) -> String {
    steps.iter().map(|step| step.to_line() + "\n").collect()
}

/// The steps of a text.
///
/// # Errors
/// Names the line that is not a step.
pub fn from_text(text: &str) -> anyhow::Result<Vec<Step>> {
    let lines = text.lines().enumerate();
    let steps = lines.filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
    steps
        .map(|(index, line)| Step::from_line(line).with_context(|| format!("line {}", index + 1)))
        .collect()
}
