//! Where the value of a broker's key comes from: the layers of configuration, uppermost first.
//!
//! *Kafka*: `DynamicBrokerConfig` and the synonyms of `ConfigHelper`.

use std::collections::BTreeMap;

use crate::error::ConfigError;
use crate::key::Key;
use crate::properties::Properties;
use crate::table::{broker_key, broker_keys, recorded_broker_key};
use crate::value::Value;

/// The configuration records of one resource: names and values as they were set.
pub type Overrides = BTreeMap<String, String>;

static NO_OVERRIDES: Overrides = Overrides::new();

/// Which layer a value was found in. The numbers are those of a DescribeConfigs answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Set for the topic.
    TopicConfig = 1,
    /// Set for this broker while it runs.
    DynamicBrokerConfig = 2,
    /// Set for all brokers while they run.
    DynamicDefaultBrokerConfig = 3,
    /// Set in the broker's file.
    StaticBrokerConfig = 4,
    /// Nobody set it.
    DefaultConfig = 5,
    /// The level of a logger.
    DynamicBrokerLoggerConfig = 6,
    /// Set for a client metrics subscription.
    ClientMetricsConfig = 7,
    /// Set for the group.
    GroupConfig = 8,
}

impl Source {
    /// The source's number in a DescribeConfigs answer.
    #[must_use]
    pub fn code(self) -> i8 {
        self as i8
    }
}

/// A key, or another key that stands for it, with the value it has in one layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Synonym {
    /// The key's name.
    pub name: String,
    /// Its value; `None` when it must not be shown.
    pub value: Option<String>,
    /// The layer.
    pub source: Source,
}

/// The layers that decide what a broker's key is.
#[derive(Clone, Copy, Debug)]
pub struct Layers<'a> {
    /// Set for this broker while it runs.
    pub broker: &'a Overrides,
    /// Set for all brokers while they run.
    pub cluster: &'a Overrides,
    /// The broker's file.
    pub file: &'a Properties,
}

impl<'a> Layers<'a> {
    /// Only the broker's file, nothing having been changed while it runs.
    #[must_use]
    pub fn of_file(file: &'a Properties) -> Layers<'a> {
        Layers {
            broker: &NO_OVERRIDES,
            cluster: &NO_OVERRIDES,
            file,
        }
    }

    /// The text that is set for `name` in the uppermost layer that has it.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&'a str> {
        self.broker
            .get(name)
            .or_else(|| self.cluster.get(name))
            .map(String::as_str)
            .or_else(|| self.file_text(name))
    }

    fn file_text(&self, name: &str) -> Option<&'a str> {
        self.file
            .get(name)
            .or_else(|| self.file.get(same_as(name)?))
    }

    /// The value of `key`, its preset if nobody has set it.
    ///
    /// # Errors
    /// Kafka's sentence if what is set is not a value of the key, or if nothing is set and
    /// something must be.
    pub fn value(&self, key: &Key) -> Result<Value, ConfigError> {
        match self.text(key.name) {
            Some(text) => key.parse(text),
            None => key.preset_value(),
        }
    }

    /// All values that `name` and the keys that stand for it have, uppermost layer first; a list
    /// that begins with another name is cut down to where it begins with `name`, as Kafka's is.
    #[must_use]
    pub fn synonyms(&self, name: &str) -> Vec<Synonym> {
        let names = synonym_names(name);
        let mut found = Vec::new();
        let mut add = |source: Source, layer: &dyn Fn(&str) -> Option<String>| {
            for name in &names {
                if let Some(value) = layer(name) {
                    let sensitive = recorded_broker_key(name).is_none_or(Key::is_sensitive);
                    found.push(Synonym {
                        name: (*name).to_owned(),
                        value: (!sensitive).then_some(value),
                        source,
                    });
                }
            }
        };
        add(Source::DynamicBrokerConfig, &|name| {
            self.broker.get(name).cloned()
        });
        add(Source::DynamicDefaultBrokerConfig, &|name| {
            self.cluster.get(name).cloned()
        });
        add(Source::StaticBrokerConfig, &|name| {
            self.file_text(name).map(str::to_owned)
        });
        add(Source::DefaultConfig, &|name| {
            broker_key(name)?.preset_value().ok()?.described()
        });
        found
            .into_iter()
            .skip_while(|synonym| synonym.name != name)
            .collect()
    }

    /// All keys with their values.
    ///
    /// # Errors
    /// Kafka's sentence for the first that is wrong.
    pub(crate) fn check_values(&self) -> Result<(), ConfigError> {
        broker_keys().try_for_each(|key| self.value(key).map(drop))
    }
}

/// `node.id` and `broker.id` are one key with two names.
fn same_as(name: &str) -> Option<&'static str> {
    match name {
        "node.id" => Some("broker.id"),
        "broker.id" => Some("node.id"),
        _ => None,
    }
}

const LOG_ROLL: &[&str] = &["log.roll.ms", "log.roll.hours"];
const LOG_ROLL_JITTER: &[&str] = &["log.roll.jitter.ms", "log.roll.jitter.hours"];
const LOG_RETENTION: &[&str] = &[
    "log.retention.ms",
    "log.retention.minutes",
    "log.retention.hours",
];
const LOG_FLUSH: &[&str] = &["log.flush.interval.ms", "log.flush.scheduler.interval.ms"];

/// The keys that stand for `name`, the one that wins first.
fn synonym_names(name: &str) -> Vec<&str> {
    for family in [LOG_ROLL, LOG_ROLL_JITTER, LOG_RETENTION] {
        if family.contains(&name) {
            return family.to_vec();
        }
    }
    if LOG_FLUSH.first() == Some(&name) {
        return LOG_FLUSH.to_vec();
    }
    vec![name]
}

#[cfg(test)]
mod tests;
