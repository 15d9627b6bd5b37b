//! Which of a broker's keys may be changed while it runs, and to what.
//!
//! *Kafka*: `DynamicBrokerConfig.validateConfigs`.

use crate::broker::BrokerConfig;
use crate::error::{ConfigError, require};
use crate::key::{Key, Status, UpdateMode};
use crate::layers::{Layers, Overrides};
use crate::table::{broker_key, recorded_broker_key, topic_key};
use crate::value::Value;

/// Keys that are honoured in the file, and that Kafka changes while it runs.
const FILE_ONLY: &[&str] = &["listener.security.protocol.map", "listeners"];

/// Whether Kafka would let a key be changed while the broker runs, and ottla does not.
pub(crate) fn is_file_only(name: &str) -> bool {
    FILE_ONLY.contains(&name)
}

/// Checks what somebody wants to set while the broker runs: all overrides of the resource as they
/// would be, for one broker or for all. `layers` are those of the answering broker without the
/// change.
///
/// # Errors
/// Kafka's sentence for the first that is wrong; and a sentence of ours if a key that protects
/// something would be set without anything happening.
pub fn validate_broker_configs(
    proposed: &Overrides,
    of_one_broker: bool,
    layers: &Layers<'_>,
) -> Result<(), ConfigError> {
    let chosen = |wanted: &dyn Fn(&str) -> bool| -> Vec<&str> {
        proposed
            .keys()
            .map(String::as_str)
            .filter(|name| wanted(name))
            .collect()
    };
    refuse_all(
        &chosen(&|name| is_mode(name, UpdateMode::ReadOnly)),
        "Cannot update these configs dynamically",
    )?;
    refuse_all(
        &chosen(&|name| name.starts_with("ssl.") && broker_key(name).is_some()),
        "These security configs can be dynamically updated only per-listener using the listener \
         prefix",
    )?;
    for (name, text) in proposed {
        check_one(name, text)?;
        require(
            !is_file_only(name) || layers.text(name) == Some(text),
            || format!("{name} cannot be changed while the broker runs: set it in its file."),
        )?;
    }
    if !of_one_broker {
        refuse_all(
            &chosen(&|name| {
                is_mode(name, UpdateMode::PerBroker) || name.starts_with("listener.name.")
            }),
            "Cannot update these configs at default cluster level, broker id must be specified",
        )?;
    }
    let changed = if of_one_broker {
        Layers {
            broker: proposed,
            ..*layers
        }
    } else {
        Layers {
            cluster: proposed,
            ..*layers
        }
    };
    BrokerConfig::from_layers(changed).map(drop)
}

/// What to say of keys that are set for this broker or for all while they run, by a Kafka that ran
/// here before or in spite of having no effect yet.
#[must_use]
pub fn warn_of_broker_configs(layers: &Layers<'_>) -> Vec<String> {
    let overrides = layers.broker.iter().chain(layers.cluster);
    let mut warnings: Vec<String> = overrides
        .filter_map(|(name, text)| match recorded_broker_key(name) {
            _ if is_file_only(name) && layers.file.get(name) != Some(text) => Some(format!(
                "{name} is set for the running broker, but it is used as it stands in the file."
            )),
            _ if name.starts_with("listener.name.") => Some(without_effect(name)),
            Some(key) => warn_of(key, text),
            None => None,
        })
        .collect();
    warnings.sort_unstable();
    warnings.dedup();
    warnings
}

/// What to say of keys that are set for a topic and have no effect yet.
#[must_use]
pub fn warn_of_topic_configs(overrides: &Overrides) -> Vec<String> {
    overrides
        .iter()
        .filter_map(|(name, text)| warn_of(topic_key(name)?, text))
        .collect()
}

fn warn_of(key: &Key, text: &str) -> Option<String> {
    match key.status {
        Status::Honoured | Status::WithoutMeaning => None,
        Status::HonouredInPart => without_full_effect(key, text),
        Status::NotYet | Status::Protects => {
            (!key.is_preset(text)).then(|| without_effect(key.name))
        }
    }
}

/// What to say of a key that is honoured in part, if `text` asks for what is missing. A topic's
/// `cleanup.policy` is no concern of this: whoever loads the topic says it, wherever it is set.
pub(crate) fn without_full_effect(key: &Key, text: &str) -> Option<String> {
    let Ok(Value::List(policies)) = key.parse(text) else {
        return None;
    };
    let is_compacted = policies.iter().any(|policy| policy == "compact");
    (key.name == "log.cleanup.policy" && is_compacted).then(|| {
        format!(
            "{} contains compact, but ottla does not compact yet: topics without a cleanup.policy \
             of their own are neither cleaned nor expired.",
            key.name
        )
    })
}

/// The sentence of a start and of a running broker alike.
pub(crate) fn without_effect(name: &str) -> String {
    format!("{name} is set, but ottla does not implement it yet: it has no effect.")
}

fn is_mode(name: &str, mode: UpdateMode) -> bool {
    broker_key(name).is_some_and(|key| key.update_mode == mode)
}

fn refuse_all(names: &[&str], message: &str) -> Result<(), ConfigError> {
    require(names.is_empty(), || {
        format!("{message}: [{}]", names.join(", "))
    })
}

fn check_one(name: &str, text: &str) -> Result<(), ConfigError> {
    let unprotected = |name: &str| {
        ConfigError::new(format!(
            "{name} protects the broker, and ottla does not implement it yet: it cannot be set."
        ))
    };
    if name.starts_with("listener.name.") {
        return Err(unprotected(name));
    }
    let Some(key) = recorded_broker_key(name) else {
        return Ok(());
    };
    key.parse(text)?;
    if key.status == Status::Protects && !key.is_preset(text) {
        return Err(unprotected(name));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
