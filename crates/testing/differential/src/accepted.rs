//! The list of what may differ, each line with its reason: `accepted.txt`.

#[cfg(test)]
mod tests;

use anyhow::{Context, bail};
use serde_json::Value;

use crate::compare::{Difference, general};
use crate::normal::{group, sort};

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
    /// Only the partitions of a list of topics mean something: not their order, how often the same
    /// is said, or a topic without any.
    Grouped,
    /// Elements of a list that only one side has, by name.
    Elements(Vec<String>),
    /// A difference between two texts in nothing but numbers.
    Numbers,
    /// A difference between these two values; `None` is any.
    Values(Option<Value>, Option<Value>),
}

impl Accepted {
    /// Reads a list: `api | path | unordered | reason`, `api | path | grouped | reason`,
    /// `api | path | numbers | reason`, `api | path | without NAME … | reason`, or
    /// `api | path | Kafka's value | ottla's value | reason`; `api | reason` is no rule. `*` stands
    /// for any API, any position, any value.
    ///
    /// # Errors
    /// Names the line that is neither.
    pub fn read(text: &str) -> anyhow::Result<Accepted> {
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        let rules = lines.filter(|line| !line.starts_with('#'));
        let rules = rules.filter(|line| line.matches(" | ").count() > 1);
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
            Kind::Numbers => {
                let rest = |value: &Value| value.as_str().map(without_digits);
                let (kafka, ottla) = (rest(&difference.kafka), rest(&difference.ottla));
                rule.is_for(api) && rule.path == path && kafka.is_some() && kafka == ottla
            }
            Kind::Unordered | Kind::Grouped | Kind::Elements(_) => false,
        })
    }

    /// Brings the lists of an answer into the form in which they are compared.
    pub fn prepare(&self, api: &str, answer: &mut Value) {
        for rule in self.0.iter().filter(|rule| rule.is_for(api)) {
            let path: Vec<&str> = rule.path.split('/').collect();
            match &rule.kind {
                Kind::Unordered => at(answer, &path, &sort),
                Kind::Grouped => at(answer, &path, &group),
                Kind::Elements(names) => at(answer, &path, &|list| leave_out(list, names)),
                Kind::Numbers | Kind::Values(..) => {}
            }
        }
    }
}

impl Rule {
    fn read(line: &str) -> anyhow::Result<Rule> {
        let parts: Vec<&str> = line.split(" | ").map(str::trim).collect();
        let (api, path, kind) = match parts.as_slice() {
            [api, path, "unordered", _reason] => (api, path, Kind::Unordered),
            [api, path, "numbers", _reason] => (api, path, Kind::Numbers),
            [api, path, "grouped", _reason] => (api, path, Kind::Grouped),
            [api, path, names, _reason] => {
                let names = names.strip_prefix("without ").context("is no rule")?;
                let names = names.split(' ').map(str::to_owned).collect();
                (api, path, Kind::Elements(names))
            }
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

fn without_digits(text: &str) -> String {
    text.replace(|letter: char| letter.is_ascii_digit(), "")
}

fn leave_out(list: &mut Value, names: &[String]) {
    if let Value::Array(elements) = list {
        elements.retain(|element| {
            let name = element.get("name").or_else(|| element.get("apiKey"));
            let name = name.map(|name| name.as_str().map_or(name.to_string(), str::to_owned));
            !name.is_some_and(|name| names.contains(&name))
        });
    }
}

fn at(value: &mut Value, path: &[&str], act: &dyn Fn(&mut Value)) {
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
