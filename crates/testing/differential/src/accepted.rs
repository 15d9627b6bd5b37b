//! The list of what may differ, each line with its reason: `accepted.txt`.

#[cfg(test)]
mod tests;

use anyhow::{Context, bail};
use serde_json::Value;

use crate::compare::{Difference, general};

/// The list as it is in the tree.
pub const LIST: &str = include_str!("../accepted.txt");

/// The rules of the list.
#[derive(Clone, Debug, Default)]
pub struct Accepted(Vec<Rule>);

#[derive(Clone, Debug)]
struct Rule {
    api: String,
    path: String,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    /// The order of a list means nothing.
    Unordered,
    /// A difference between these two values; `None` is any.
    Values(Option<Value>, Option<Value>),
}

impl Accepted {
    /// Reads a list: `api | path | unordered | reason`, or `api | path | Kafka's value | ottla's
    /// value | reason`. `*` stands for any API, any position, any value.
    ///
    /// # Errors
    /// Names the line that is neither.
    pub fn read(text: &str) -> anyhow::Result<Accepted> {
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        let rules = lines.filter(|line| !line.starts_with('#'));
        let rules = rules.map(|line| Rule::read(line).with_context(|| line.to_owned()));
        rules.collect::<anyhow::Result<_>>().map(Accepted)
    }

    /// Whether a difference is on the list.
    pub fn has(&self, api: &str, difference: &Difference) -> bool {
        let path = general(&difference.path);
        self.0.iter().any(|rule| match &rule.kind {
            Kind::Values(kafka, ottla) => {
                let is = |wanted: &Option<Value>, found| {
                    wanted.as_ref().is_none_or(|wanted| wanted == found)
                };
                rule.is_for(api)
                    && rule.path == path
                    && is(kafka, &difference.kafka)
                    && is(ottla, &difference.ottla)
            }
            Kind::Unordered => false,
        })
    }

    /// Calls `sort` on each list of an answer whose order means nothing.
    pub fn sort(&self, api: &str, answer: &mut Value, sort: fn(&mut Value)) {
        for rule in &self.0 {
            if matches!(rule.kind, Kind::Unordered) && rule.is_for(api) {
                let path: Vec<&str> = rule.path.split('/').collect();
                at(answer, &path, sort);
            }
        }
    }
}

impl Rule {
    fn read(line: &str) -> anyhow::Result<Rule> {
        let parts: Vec<&str> = line.split(" | ").map(str::trim).collect();
        let (api, path, kind) = match parts.as_slice() {
            [api, path, "unordered", _reason] => (api, path, Kind::Unordered),
            [api, path, kafka, ottla, _reason] => {
                (api, path, Kind::Values(value(kafka)?, value(ottla)?))
            }
            _ => bail!("neither four parts nor five"),
        };
        Ok(Rule {
            api: (*api).to_owned(),
            path: (*path).to_owned(),
            kind,
        })
    }

    fn is_for(&self, api: &str) -> bool {
        self.api == "*" || self.api == api
    }
}

fn value(text: &str) -> anyhow::Result<Option<Value>> {
    if text == "*" {
        return Ok(None);
    }
    serde_json::from_str(text).map(Some).context("is no JSON")
}

fn at(value: &mut Value, path: &[&str], act: fn(&mut Value)) {
    match (path, value) {
        ([], value) => act(value),
        (["*", rest @ ..], Value::Array(elements)) => {
            for element in elements {
                at(element, rest, act);
            }
        }
        ([name, rest @ ..], Value::Object(object)) => {
            if let Some(value) = object.get_mut(*name) {
                at(value, rest, act);
            }
        }
        _ => {}
    }
}
