//! Settings of consumers.

use std::time::Duration;

use ottla_consumer::OffsetReset;

use super::value::{FromText, invalid};
use super::{ClientConfig, ConfigError, settings};

/// `isolation.level`: which records of transactions are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum IsolationLevel {
    /// All.
    #[default]
    ReadUncommitted,
    /// Those of committed transactions, up to the first open one.
    ReadCommitted,
}

impl IsolationLevel {
    /// The number on the wire.
    #[must_use]
    pub fn number(self) -> i8 {
        match self {
            IsolationLevel::ReadUncommitted => 0,
            IsolationLevel::ReadCommitted => 1,
        }
    }
}

impl FromText for IsolationLevel {
    fn from_text(key: &str, value: &str) -> Result<IsolationLevel, ConfigError> {
        match value.trim() {
            "read_uncommitted" => Ok(IsolationLevel::ReadUncommitted),
            "read_committed" => Ok(IsolationLevel::ReadCommitted),
            _ => Err(invalid(
                key,
                value,
                "String must be one of: read_committed, read_uncommitted",
            )),
        }
    }
}

/// `auto.offset.reset`: where to start without a valid position.
pub type OffsetResetPolicy = OffsetReset;

impl FromText for OffsetReset {
    fn from_text(key: &str, value: &str) -> Result<OffsetReset, ConfigError> {
        match value.trim().to_ascii_lowercase().as_str() {
            "earliest" => return Ok(OffsetReset::Earliest),
            "latest" => return Ok(OffsetReset::Latest),
            "none" => return Ok(OffsetReset::None),
            _ => {}
        }
        value
            .trim()
            .strip_prefix("by_duration:")
            .and_then(parse_iso_duration)
            .map(OffsetReset::ByDuration)
            .ok_or_else(|| {
                let reason = "must be earliest, latest, none or by_duration:PnDTnHnMn.nS";
                invalid(key, value, reason)
            })
    }
}

/// A duration of ISO 8601 with days, hours, minutes and seconds; `None` for anything else.
fn parse_iso_duration(text: &str) -> Option<Duration> {
    let text = text.strip_prefix(['P', 'p'])?;
    let (days, time) = match text.split_once(['T', 't']) {
        Some((days, time)) if !time.is_empty() => (days, time),
        Some(_) => return None,
        None => (text, ""),
    };
    let mut total = Duration::ZERO;
    let mut empty = true;
    for (part, units) in [(days, "D"), (time, "HMS")] {
        let mut rest = part;
        let mut units = units.chars();
        while !rest.is_empty() {
            let end = rest.find(|c: char| c.is_ascii_alphabetic())?;
            let (number, unit) = rest.split_at(end);
            let unit_letter = unit.chars().next()?.to_ascii_uppercase();
            units.find(|allowed| *allowed == unit_letter)?;
            let seconds = match unit_letter {
                'D' => 86_400.0,
                'H' => 3_600.0,
                'M' => 60.0,
                _ => 1.0,
            };
            let plain = number.bytes().all(|c| c.is_ascii_digit());
            let number: f64 = number.parse().ok()?;
            if !number.is_finite() || number < 0.0 || (unit_letter != 'S' && !plain) {
                return None;
            }
            total = total.checked_add(Duration::try_from_secs_f64(number * seconds).ok()?)?;
            empty = false;
            rest = unit.get(1..)?;
        }
    }
    (!empty).then_some(total)
}

settings! {
    /// Settings of a [`Consumer`](crate::Consumer).
    pub struct ConsumerConfig {
        /// `auto.offset.reset`.
        auto_offset_reset: OffsetReset = OffsetReset::Latest, "auto.offset.reset";
        /// `check.crcs`: whether the checksum of every batch is verified.
        check_crcs: bool = true, "check.crcs";
        /// `fetch.max.bytes`: of one answer; a larger first batch still comes.
        fetch_max_bytes: u32 = 52_428_800, "fetch.max.bytes";
        /// `fetch.max.wait.ms`: how long a broker waits for `fetch.min.bytes`.
        fetch_max_wait_ms: Duration = Duration::from_millis(500), "fetch.max.wait.ms";
        /// `fetch.min.bytes`: what a broker waits for.
        fetch_min_bytes: u32 = 1, "fetch.min.bytes";
        /// `isolation.level`.
        isolation_level: IsolationLevel = IsolationLevel::ReadUncommitted, "isolation.level";
        /// `max.partition.fetch.bytes`: per partition of one answer.
        max_partition_fetch_bytes: u32 = 1_048_576, "max.partition.fetch.bytes";
        /// `max.poll.records`: how many records one `poll` returns at most.
        max_poll_records: u32 = 500, "max.poll.records";
        /// `allow.auto.create.topics`: whether asking for a topic may create it.
        allow_auto_create_topics: bool = true, "allow.auto.create.topics";
        /// `client.rack`: where this client is, for brokers that prefer near replicas.
        client_rack: String = String::new(), "client.rack";
    }
    within client: ClientConfig
}

impl ConsumerConfig {
    /// The defaults, with these brokers to ask first: `host:port`, separated by commas.
    #[must_use]
    pub fn new(bootstrap_servers: &str) -> ConsumerConfig {
        ConsumerConfig {
            client: ClientConfig::new(bootstrap_servers),
            ..ConsumerConfig::default()
        }
    }
}
