//! Which values a key takes, and Kafka's sentence for those it does not.

use crate::error::ConfigError;
use crate::listeners::{HostAndPort, parse_voter};
use crate::value::Value;

/// A rule about a key's value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Validator {
    /// Any value of the type, or none.
    Any,
    /// Any text, but not none.
    NonNull,
    /// Text, if any, that is not empty.
    NonEmpty,
    /// A number not below this one.
    AtLeast(i64),
    /// A number not outside these two.
    Between(i64, i64),
    /// A number from 0 to this one.
    Fraction(f64),
    /// A level of gzip: 1 to 9, or -1.
    GzipLevel,
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// One of these texts, in any case.
    OneOfIgnoringCase(&'static [&'static str]),
    /// Items among these (all, if none are named).
    ListOf(&'static [&'static str]),
    /// The same, and at least one item.
    NonEmptyListOf(&'static [&'static str]),
    /// The same as `ListOf`, or no value at all.
    NullableListOf(&'static [&'static str]),
    /// The same as `NonEmptyListOf`, or no value at all.
    NullableNonEmptyListOf(&'static [&'static str]),
    /// Items `partition:broker`, or the single item `*`.
    ThrottledReplicas,
    /// Items `id@host:port`.
    QuorumVoters,
    /// Items `host:port`.
    BootstrapServers,
    /// `earliest`, `latest` or `by_duration:` with an ISO 8601 duration.
    ShareOffsetReset,
}

impl Validator {
    /// Whether the rule is about items, of which repetitions are dropped first.
    #[must_use]
    pub fn is_list(self) -> bool {
        matches!(
            self,
            Validator::ListOf(_)
                | Validator::NonEmptyListOf(_)
                | Validator::NullableListOf(_)
                | Validator::NullableNonEmptyListOf(_)
        )
    }

    /// Checks `value` for the key called `name`.
    ///
    /// # Errors
    /// Kafka's sentence if the key does not take the value.
    pub fn check(self, name: &str, value: &Value) -> Result<(), ConfigError> {
        let refuse = |reason: &str| {
            Err(ConfigError::invalid_value(
                name,
                &value.in_a_message(),
                reason,
            ))
        };
        match (self, value) {
            (Validator::Any, _) => Ok(()),
            (Validator::NonNull, Value::Null) => refuse("entry must be non null"),
            (Validator::NonEmpty, Value::Text(text)) if text.is_empty() => {
                refuse("String must be non-empty")
            }
            (
                Validator::AtLeast(_)
                | Validator::Between(..)
                | Validator::Fraction(_)
                | Validator::GzipLevel,
                _,
            ) => self.check_number(value).or_else(|reason| refuse(&reason)),
            (Validator::OneOf(allowed), _) => one_of(allowed, name, value),
            (Validator::OneOfIgnoringCase(allowed), _) => match value {
                Value::Text(text) if allowed.iter().any(|one| one.eq_ignore_ascii_case(text)) => {
                    Ok(())
                }
                _ => refuse(&format!(
                    "String must be one of (case insensitive): {}",
                    allowed.join(", ")
                )),
            },
            (Validator::ListOf(allowed), _) => list_of(allowed, true, false, name, value),
            (Validator::NonEmptyListOf(allowed), _) => list_of(allowed, false, false, name, value),
            (Validator::NullableListOf(allowed), _) => list_of(allowed, true, true, name, value),
            (Validator::NullableNonEmptyListOf(allowed), _) => {
                list_of(allowed, false, true, name, value)
            }
            (Validator::ThrottledReplicas, Value::List(items)) if !throttled_replicas(items) => {
                refuse(&format!(
                    "{name} must be the literal '*' or a list of replicas in the following format: \
                     [partitionId]:[brokerId],[partitionId]:[brokerId],..."
                ))
            }
            (Validator::QuorumVoters, Value::List(items)) => items
                .iter()
                .try_for_each(|item| parse_voter(item).map(drop)),
            (Validator::BootstrapServers, Value::List(items)) => items
                .iter()
                .try_for_each(|item| HostAndPort::parse_bootstrap(item).map(drop)),
            (Validator::ShareOffsetReset, Value::Text(text)) if !is_share_offset_reset(text) => {
                refuse(&format!(
                    "Invalid value `{text}` for configuration {name}. The value must be either \
                     'earliest', 'latest' or of the format 'by_duration:<PnDTnHnMn.nS>'."
                ))
            }
            _ => Ok(()),
        }
    }

    /// The reason against a number, if there is one.
    fn check_number(self, value: &Value) -> Result<(), String> {
        let number = match value {
            Value::Number(number) => *number as f64,
            Value::Double(number) => *number,
            _ => return Err("Value must be non-null".to_owned()),
        };
        let (least, most) = match self {
            Validator::AtLeast(least) => (least as f64, f64::INFINITY),
            Validator::Between(least, most) => (least as f64, most as f64),
            Validator::Fraction(most) => (0.0, most),
            Validator::GzipLevel if number == -1.0 || (1.0..=9.0).contains(&number) => {
                return Ok(());
            }
            Validator::GzipLevel => {
                return Err("Value must be between 1 and 9 or equal to -1".to_owned());
            }
            _ => return Ok(()),
        };
        if number < least {
            return Err(format!("Value must be at least {least}"));
        }
        if number > most {
            return Err(format!("Value must be no more than {most}"));
        }
        Ok(())
    }
}

fn one_of(allowed: &[&str], name: &str, value: &Value) -> Result<(), ConfigError> {
    match value {
        Value::Text(text) if allowed.contains(&text.as_str()) => Ok(()),
        _ => Err(ConfigError::invalid_value(
            name,
            &value.in_a_message(),
            &format!("String must be one of: {}", allowed.join(", ")),
        )),
    }
}

fn list_of(
    allowed: &[&str],
    may_be_empty: bool,
    may_be_null: bool,
    name: &str,
    value: &Value,
) -> Result<(), ConfigError> {
    let items = match value {
        Value::List(items) => items,
        _ if may_be_null => return Ok(()),
        _ => {
            return Err(ConfigError::new(format!(
                "Configuration '{name}' values must not be null."
            )));
        }
    };
    if items.is_empty() && !may_be_empty {
        let valid = if allowed.is_empty() {
            "any non-empty value".to_owned()
        } else {
            format!("[{}]", allowed.join(", "))
        };
        return Err(ConfigError::new(format!(
            "Configuration '{name}' must not be empty. Valid values include: {valid}"
        )));
    }
    for item in items {
        if item.is_empty() {
            return Err(ConfigError::new(format!(
                "Configuration '{name}' values must not be empty."
            )));
        }
        if !allowed.is_empty() {
            one_of(allowed, name, &Value::Text(item.clone()))?;
        }
    }
    Ok(())
}

fn throttled_replicas(items: &[String]) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    items.concat() == "*"
        || items.iter().all(|item| {
            item.is_empty()
                || item
                    .split_once(':')
                    .is_some_and(|(partition, broker)| is_number(partition) && is_number(broker))
        })
}

fn is_share_offset_reset(text: &str) -> bool {
    match text.split_once(':') {
        None => matches!(text, "earliest" | "latest"),
        Some((word, duration)) => word == "by_duration" && is_duration(duration),
    }
}

/// Whether `text` is an ISO 8601 duration of days, hours, minutes and seconds that is not negative.
fn is_duration(text: &str) -> bool {
    let Some(rest) = text.strip_prefix(['P', 'p']) else {
        return false;
    };
    let (days, time) = match rest.split_once(['T', 't']) {
        Some((days, time)) => (days, Some(time)),
        None => (rest, None),
    };
    let days_fit = days.is_empty() || units_in_order(days, "D");
    match time {
        Some(time) => days_fit && units_in_order(time, "HMS"),
        None => !days.is_empty() && days_fit,
    }
}

/// Whether `text` is one number or more, each with a unit of `units`, in their order; only seconds
/// have a fraction.
fn units_in_order(text: &str, units: &str) -> bool {
    let mut rest = text;
    let mut left = units;
    while !rest.is_empty() {
        let Some(end) = rest.find(|c: char| c.is_ascii_alphabetic()) else {
            return false;
        };
        let (number, tail) = rest.split_at(end);
        let unit = tail.chars().next().unwrap_or_default().to_ascii_uppercase();
        let Some(place) = left.find(unit) else {
            return false;
        };
        let whole = number.split('.').next().unwrap_or_default();
        let well_formed = !whole.is_empty()
            && number
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'.')
            && number.matches('.').count() <= usize::from(unit == 'S');
        if !well_formed {
            return false;
        }
        left = left.get(place + 1..).unwrap_or_default();
        rest = tail.get(1..).unwrap_or_default();
    }
    !text.is_empty()
}

#[cfg(test)]
mod tests;
