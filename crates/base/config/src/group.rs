//! The configuration of a group: which values it may have, and the bounds the broker sets.
//!
//! *Kafka*: `GroupConfig` and the bounds in `GroupCoordinatorConfig` and `ShareGroupConfig`.

use crate::error::{ConfigError, require};
use crate::key::Key;
use crate::layers::{Layers, Overrides};
use crate::table::{broker_key, group_key};
use crate::value::Value;

/// A group's key, and the broker's keys that bound it below and above.
struct Bound {
    key: &'static str,
    least: Option<&'static str>,
    most: Option<&'static str>,
    /// Checked only if the group sets it.
    only_if_set: bool,
}

const fn bound(key: &'static str, least: &'static str, most: &'static str) -> Bound {
    Bound {
        key,
        least: Some(least),
        most: Some(most),
        only_if_set: false,
    }
}

const fn bound_if_set(key: &'static str, least: &'static str, most: &'static str) -> Bound {
    Bound {
        key,
        least: Some(least),
        most: Some(most),
        only_if_set: true,
    }
}

/// In Kafka's order, which decides which complaint comes first.
const BOUNDS: &[Bound] = &[
    bound(
        "consumer.heartbeat.interval.ms",
        "group.consumer.min.heartbeat.interval.ms",
        "group.consumer.max.heartbeat.interval.ms",
    ),
    bound(
        "consumer.session.timeout.ms",
        "group.consumer.min.session.timeout.ms",
        "group.consumer.max.session.timeout.ms",
    ),
    bound_if_set(
        "consumer.assignment.interval.ms",
        "group.consumer.min.assignment.interval.ms",
        "group.consumer.max.assignment.interval.ms",
    ),
    bound(
        "share.heartbeat.interval.ms",
        "group.share.min.heartbeat.interval.ms",
        "group.share.max.heartbeat.interval.ms",
    ),
    bound(
        "share.session.timeout.ms",
        "group.share.min.session.timeout.ms",
        "group.share.max.session.timeout.ms",
    ),
    bound(
        "share.record.lock.duration.ms",
        "group.share.min.record.lock.duration.ms",
        "group.share.max.record.lock.duration.ms",
    ),
    bound(
        "share.delivery.count.limit",
        "group.share.min.delivery.count.limit",
        "group.share.max.delivery.count.limit",
    ),
    bound(
        "share.partition.max.record.locks",
        "group.share.min.partition.max.record.locks",
        "group.share.max.partition.max.record.locks",
    ),
    bound_if_set(
        "share.assignment.interval.ms",
        "group.share.min.assignment.interval.ms",
        "group.share.max.assignment.interval.ms",
    ),
    bound(
        "streams.heartbeat.interval.ms",
        "group.streams.min.heartbeat.interval.ms",
        "group.streams.max.heartbeat.interval.ms",
    ),
    bound(
        "streams.session.timeout.ms",
        "group.streams.min.session.timeout.ms",
        "group.streams.max.session.timeout.ms",
    ),
    Bound {
        key: "streams.num.standby.replicas",
        least: None,
        most: Some("group.streams.max.standby.replicas"),
        only_if_set: false,
    },
    bound_if_set(
        "streams.assignment.interval.ms",
        "group.streams.min.assignment.interval.ms",
        "group.streams.max.assignment.interval.ms",
    ),
];

/// The broker's key that holds for groups that do not set the group's key.
pub(crate) fn broker_synonym(group_key: &str) -> Option<&'static str> {
    const WITHOUT: &[&str] = &[
        "share.auto.offset.reset",
        "share.isolation.level",
        "share.renew.acknowledge.enable",
    ];
    if WITHOUT.contains(&group_key) {
        return None;
    }
    broker_key(&format!("group.{group_key}")).map(|key| key.name)
}

/// The value of a group's key through its overrides and the broker's layers.
pub(crate) fn group_value(
    key: &'static Key,
    overrides: &Overrides,
    layers: &Layers<'_>,
) -> Result<Value, ConfigError> {
    if let Some(text) = overrides.get(key.name) {
        return key.parse(text);
    }
    match broker_synonym(key.name).and_then(broker_key) {
        Some(synonym) => layers.value(synonym),
        None => key.preset_value(),
    }
}

fn number(value: &Value) -> i64 {
    match value {
        Value::Number(number) => *number,
        _ => 0,
    }
}

fn broker_number(name: &str, layers: &Layers<'_>) -> Result<i64, ConfigError> {
    let key = broker_key(name).expect("the bounds are in the table");
    layers.value(key).map(|value| number(&value))
}

fn at_least(low: i64, named: &str, bound: i64, by: &str) -> Result<(), ConfigError> {
    require(low >= bound, || {
        format!("{named} must be greater than or equal to {by}")
    })
}

fn at_most(high: i64, named: &str, bound: i64, by: &str) -> Result<(), ConfigError> {
    require(high <= bound, || {
        format!("{named} must be less than or equal to {by}")
    })
}

/// Checks overrides that somebody wants to set for a group.
///
/// # Errors
/// Kafka's sentence for the first that is wrong; the answer's error code is INVALID_CONFIG.
pub fn validate_group_configs(
    proposed: &Overrides,
    layers: &Layers<'_>,
) -> Result<(), ConfigError> {
    for (name, text) in proposed {
        let key = group_key(name)
            .ok_or_else(|| ConfigError::new(format!("Unknown group config name: {name}")))?;
        key.parse(text)?;
    }
    let value = |name: &str| {
        let key = group_key(name).expect("the bounded keys are in the table");
        group_value(key, proposed, layers).map(|value| number(&value))
    };
    for bound in BOUNDS {
        if bound.only_if_set && !proposed.contains_key(bound.key) {
            continue;
        }
        let set = value(bound.key)?;
        if let Some(least) = bound.least {
            at_least(set, bound.key, broker_number(least, layers)?, least)?;
        }
        if let Some(most) = bound.most {
            at_most(set, bound.key, broker_number(most, layers)?, most)?;
        }
    }
    for protocol in ["consumer", "share", "streams"] {
        let session = format!("{protocol}.session.timeout.ms");
        let heartbeat = format!("{protocol}.heartbeat.interval.ms");
        let (longer, shorter) = (value(&session)?, value(&heartbeat)?);
        require(longer > shorter, || {
            format!("{session} must be greater than {heartbeat}")
        })?;
    }
    Ok(())
}

/// Checks that the broker's own values for groups lie within the bounds it sets.
pub(crate) fn check_group_bounds(layers: &Layers<'_>) -> Result<(), ConfigError> {
    for bound in BOUNDS {
        let name = format!("group.{}", bound.key);
        let set = broker_number(&name, layers)?;
        if let (Some(least), Some(most)) = (bound.least, bound.most) {
            at_least(
                broker_number(most, layers)?,
                most,
                broker_number(least, layers)?,
                least,
            )?;
        }
        if let Some(least) = bound.least {
            at_least(set, &name, broker_number(least, layers)?, least)?;
        }
        if let Some(most) = bound.most {
            at_most(set, &name, broker_number(most, layers)?, most)?;
        }
    }
    for protocol in ["consumer", "share", "streams"] {
        let session = format!("group.{protocol}.session.timeout.ms");
        let heartbeat = format!("group.{protocol}.heartbeat.interval.ms");
        let longer = broker_number(&session, layers)?;
        let shorter = broker_number(&heartbeat, layers)?;
        require(shorter < longer, || {
            format!("{heartbeat} must be less than {session}")
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
