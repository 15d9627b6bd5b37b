//! What DescribeConfigs answers, as data.
//!
//! *Kafka*: `ConfigHelper`.

use std::collections::BTreeSet;

use crate::error::ConfigError;
use crate::group::{broker_synonym as synonym_of_group, group_value};
use crate::key::{Key, Kind, UpdateMode};
use crate::layers::{Layers, Overrides, Source, Synonym};
use crate::table::{
    broker_key, broker_keys, client_metrics_keys, group_keys, recorded_broker_key, topic_keys,
};
use crate::topic::{TopicValues, broker_synonym as synonym_of_topic};
use crate::value::Value;

/// One key of a described resource.
#[derive(Clone, Debug, PartialEq)]
pub struct ConfigEntry {
    /// The key's name.
    pub name: String,
    /// Its effective value; `None` if there is none or it must not be shown.
    pub value: Option<String>,
    /// Where the value comes from.
    pub source: Source,
    /// Whether it cannot be changed while the broker runs.
    pub read_only: bool,
    /// Whether its value must not be shown.
    pub sensitive: bool,
    /// All values it has in the layers, the effective one first. An answer leaves them out unless
    /// they are asked for.
    pub synonyms: Vec<Synonym>,
    /// Its type; `None` for a key that is in no table.
    pub kind: Option<Kind>,
    /// What it means. An answer leaves it out unless it is asked for.
    pub documentation: Option<&'static str>,
}

impl ConfigEntry {
    /// The type's number in an answer; 0 for an unknown one.
    #[must_use]
    pub fn kind_code(&self) -> i8 {
        self.kind.map_or(0, Kind::code)
    }

    fn new(key: &'static Key, value: &Value, read_only: bool, synonyms: Vec<Synonym>) -> Self {
        let sensitive = key.is_sensitive();
        ConfigEntry {
            name: key.name.to_owned(),
            value: value.described().filter(|_| !sensitive),
            source: synonyms
                .first()
                .map_or(Source::DefaultConfig, |first| first.source),
            read_only,
            sensitive,
            synonyms,
            kind: Some(key.kind),
            documentation: Some(key.documentation),
        }
    }
}

/// The keys of a topic with these overrides.
///
/// # Errors
/// Kafka's sentence for a value that its key does not take.
pub fn describe_topic(
    overrides: &Overrides,
    layers: &Layers<'_>,
) -> Result<Vec<ConfigEntry>, ConfigError> {
    let values = TopicValues::new(overrides, layers);
    topic_keys()
        .filter(|key| !key.internal || overrides.contains_key(key.name))
        .map(|key| {
            let value = values.get(key.name)?;
            let mut synonyms = own_value(key, &value, overrides, Source::TopicConfig);
            if let Some(synonym) = synonym_of_topic(key.name) {
                synonyms.extend(layers.synonyms(synonym));
            }
            Ok(ConfigEntry::new(key, &value, false, synonyms))
        })
        .collect()
}

/// The keys of a group with these overrides.
///
/// # Errors
/// Kafka's sentence for a value that its key does not take.
pub fn describe_group(
    overrides: &Overrides,
    layers: &Layers<'_>,
) -> Result<Vec<ConfigEntry>, ConfigError> {
    group_keys()
        .map(|key| {
            let value = group_value(key, overrides, layers)?;
            let mut synonyms = own_value(key, &value, overrides, Source::GroupConfig);
            match synonym_of_group(key.name) {
                Some(synonym) => synonyms.extend(layers.synonyms(synonym)),
                None => synonyms.extend(key.preset_value()?.described().map(|preset| Synonym {
                    name: key.name.to_owned(),
                    value: Some(preset),
                    source: Source::DefaultConfig,
                })),
            }
            Ok(ConfigEntry::new(key, &value, false, synonyms))
        })
        .collect()
}

/// The keys of a subscription of client metrics with these overrides.
///
/// # Errors
/// Kafka's sentence for a value that its key does not take.
pub fn describe_client_metrics(overrides: &Overrides) -> Result<Vec<ConfigEntry>, ConfigError> {
    client_metrics_keys()
        .map(|key| {
            let value = match overrides.get(key.name) {
                Some(text) => key.parse(text)?,
                None => key.preset_value()?,
            };
            let synonyms = own_value(key, &value, overrides, Source::ClientMetricsConfig);
            Ok(ConfigEntry::new(key, &value, false, synonyms))
        })
        .collect()
}

fn own_value(key: &Key, value: &Value, overrides: &Overrides, source: Source) -> Vec<Synonym> {
    if !overrides.contains_key(key.name) {
        return Vec::new();
    }
    vec![Synonym {
        name: key.name.to_owned(),
        value: value.described().filter(|_| !key.is_sensitive()),
        source,
    }]
}

/// The keys of the broker itself. What is set without its being in the table comes first; without a
/// value, unless it is one of those that exist only while a broker runs.
///
/// # Errors
/// Kafka's sentence for a value that its key does not take.
pub fn describe_broker(layers: &Layers<'_>) -> Result<Vec<ConfigEntry>, ConfigError> {
    let is_set = |name: &str| layers.text(name).is_some();
    let set = layers.file.iter().map(|(name, _)| name);
    let set: BTreeSet<&str> = set
        .chain(layers.cluster.keys().map(String::as_str))
        .chain(layers.broker.keys().map(String::as_str))
        .collect();
    let mut entries: Vec<ConfigEntry> = set
        .into_iter()
        .filter(|name| broker_key(name).is_none())
        .filter_map(|name| Some(as_set(name, layers.text(name)?, layers.synonyms(name))))
        .collect();
    for key in broker_keys() {
        let hidden = key.internal || key.name.starts_with("ottla.");
        if hidden && !is_set(key.name) {
            continue;
        }
        let value = layers.value(key)?;
        let read_only = key.update_mode == UpdateMode::ReadOnly;
        let synonyms = layers.synonyms(key.name);
        entries.push(ConfigEntry::new(key, &value, read_only, synonyms));
    }
    Ok(entries)
}

/// What is set for all brokers while they run.
#[must_use]
pub fn describe_cluster_default(layers: &Layers<'_>) -> Vec<ConfigEntry> {
    let set = layers.cluster.iter();
    set.map(|(name, text)| {
        let mut synonyms = layers.synonyms(name);
        synonyms.retain(|synonym| synonym.source == Source::DynamicDefaultBrokerConfig);
        as_set(name, text, synonyms)
    })
    .collect()
}

/// A key with the text that is set for it. Of one that is in no table nothing is known, so nothing
/// is shown.
fn as_set(name: &str, text: &str, synonyms: Vec<Synonym>) -> ConfigEntry {
    if let Some(key) = recorded_broker_key(name) {
        let read_only = key.update_mode == UpdateMode::ReadOnly;
        return ConfigEntry::new(key, &Value::Text(text.to_owned()), read_only, synonyms);
    }
    ConfigEntry {
        name: name.to_owned(),
        value: None,
        source: synonyms
            .first()
            .map_or(Source::DefaultConfig, |first| first.source),
        read_only: true,
        sensitive: true,
        synonyms,
        kind: None,
        documentation: None,
    }
}

#[cfg(test)]
mod tests;
