//! Which of a broker's keys may be changed while it runs, and to what.
//!
//! *Kafka*: `DynamicBrokerConfig.validateConfigs`.

use crate::broker::BrokerConfig;
use crate::error::{ConfigError, require};
use crate::key::{Status, UpdateMode};
use crate::layers::{Layers, Overrides};
use crate::table::broker_key;
use crate::value::Value;

/// Keys that exist only as records; they bound the traffic of moving replicas. In bytes per second.
const THROTTLES: &[&str] = &[
    "follower.replication.throttled.rate",
    "leader.replication.throttled.rate",
    "replica.alter.log.dirs.io.max.bytes.per.second",
];

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

fn is_mode(name: &str, mode: UpdateMode) -> bool {
    broker_key(name).is_some_and(|key| key.update_mode == mode)
}

fn refuse_all(names: &[&str], message: &str) -> Result<(), ConfigError> {
    require(names.is_empty(), || {
        format!("{message}: [{}]", names.join(", "))
    })
}

fn check_one(name: &str, text: &str) -> Result<(), ConfigError> {
    if THROTTLES.contains(&name) {
        return match Value::parse(name, crate::key::Kind::Long, text)? {
            Value::Number(rate) if rate < 0 => Err(ConfigError::invalid_value(
                name,
                text,
                "Value must be at least 0",
            )),
            _ => Ok(()),
        };
    }
    let unprotected = |name: &str| {
        ConfigError::new(format!(
            "{name} protects the broker, and ottla does not implement it yet: it cannot be set."
        ))
    };
    if name.starts_with("listener.name.") {
        return Err(unprotected(name));
    }
    let Some(key) = broker_key(name) else {
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
