//! Subscriptions of client metrics: which clients report which of their metrics how often
//! (KIP-714).
//!
//! *Not here*: whether the second half of a match is a regular expression; nobody matches with it
//! yet.
//!
//! *Kafka*: `ClientMetricsConfigs`.

use crate::error::ConfigError;
use crate::layers::Overrides;
use crate::table::client_metrics_key;
use crate::value::Value;

/// What a client can be matched by.
const MATCHERS: [&str; 6] = [
    "client_instance_id",
    "client_id",
    "client_software_name",
    "client_software_version",
    "client_source_address",
    "client_source_port",
];

/// What is wrong with a subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvalidSubscription {
    /// It cannot be asked for so: INVALID_REQUEST.
    Request(ConfigError),
    /// It has a value that makes no sense: INVALID_CONFIG.
    Value(ConfigError),
}

/// Checks everything that would be set for the subscription called `name`.
///
/// # Errors
/// Kafka's sentence for the first that is wrong.
pub fn validate_client_metrics_configs(
    name: &str,
    proposed: &Overrides,
) -> Result<(), InvalidSubscription> {
    let refuse = |message: String| Err(InvalidSubscription::Request(ConfigError::new(message)));
    if name.is_empty() {
        return refuse("Subscription name can't be empty".to_owned());
    }
    let unknown = proposed
        .keys()
        .find(|key| client_metrics_key(key).is_none());
    if let Some(key) = unknown {
        return refuse(format!("Unknown client metrics configuration: {key}"));
    }
    for (name, text) in proposed {
        let key = client_metrics_key(name);
        let Some(value) = key.map(|key| key.parse(text)) else {
            continue;
        };
        match value.map_err(InvalidSubscription::Value)? {
            Value::Number(interval) if !(100..=3_600_000).contains(&interval) => {
                return refuse(format!(
                    "Invalid value {interval} for {name}, interval must be between 100 and \
                     3600000 (1 hour)"
                ));
            }
            Value::List(patterns) if name == "match" => {
                patterns
                    .iter()
                    .try_for_each(|pattern| check_match(pattern))?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn check_match(pattern: &str) -> Result<(), InvalidSubscription> {
    let matcher = match pattern.split_once('=') {
        Some((matcher, value)) if !value.is_empty() && !value.contains('=') => matcher.trim(),
        _ => "",
    };
    if MATCHERS.contains(&matcher) {
        return Ok(());
    }
    let message = format!("Illegal client matching pattern: {pattern}");
    Err(InvalidSubscription::Value(ConfigError::new(message)))
}

#[cfg(test)]
mod tests;
