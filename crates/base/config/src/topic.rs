//! The configuration of a topic: its own overrides over what the broker says.
//!
//! *Kafka*: `LogConfig` and `ServerTopicConfigSynonyms`.

use crate::broker::Durability;
use crate::error::{ConfigError, require};
use crate::key::Key;
use crate::layers::{Layers, Overrides};
use crate::table::{broker_key, topic_key, topic_keys};
use crate::value::Value;

/// What happens to a topic's old records. Neither: they are kept for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CleanupPolicy {
    /// Old segments are deleted.
    pub delete: bool,
    /// Of each key only the last record is kept.
    pub compact: bool,
}

/// How a broker stores batches (`compression.type`), with the level where there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BrokerCompression {
    /// As the producer sent them.
    Producer,
    /// Without compression.
    Uncompressed,
    /// gzip, level 1 to 9, or -1 for the library's default.
    Gzip(i32),
    /// snappy.
    Snappy,
    /// lz4, level 1 to 17.
    Lz4(i32),
    /// zstd, level -131072 to 22.
    Zstd(i32),
}

/// Which time records carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageTimestampType {
    /// That of their creation.
    CreateTime,
    /// That of their appending.
    LogAppendTime,
}

/// A topic's configuration as its logs use it. Sizes are in bytes, times in milliseconds.
#[derive(Clone, Debug, PartialEq)]
pub struct TopicConfig {
    /// `cleanup.policy`
    pub cleanup_policy: CleanupPolicy,
    /// `compression.type` with its level.
    pub compression: BrokerCompression,
    /// `message.timestamp.type`
    pub message_timestamp_type: MessageTimestampType,
    /// `message.timestamp.before.max.ms`
    pub message_timestamp_before_max_ms: i64,
    /// `message.timestamp.after.max.ms`
    pub message_timestamp_after_max_ms: i64,
    /// `max.message.bytes`
    pub max_message_bytes: i32,
    /// `max.decompressed.message.bytes`
    pub max_decompressed_message_bytes: i32,
    /// `min.insync.replicas`
    pub min_insync_replicas: i32,
    /// What acks=all rests on: `flush.messages` if it is 1 or the largest value, or else
    /// `ottla.durability`.
    pub durability: Durability,
    /// The keys that shape segments.
    pub segment: SegmentConfig,
    /// The keys that expire records.
    pub retention: RetentionConfig,
}

/// How a log is cut into segments and flushed.
#[derive(Clone, Debug, PartialEq)]
pub struct SegmentConfig {
    /// `segment.bytes`, or `internal.segment.bytes`
    pub bytes: i32,
    /// `segment.ms`
    pub ms: i64,
    /// `segment.jitter.ms`
    pub jitter_ms: i64,
    /// `segment.index.bytes`
    pub index_bytes: i32,
    /// `index.interval.bytes`
    pub index_interval_bytes: i32,
    /// `flush.messages`; `i64::MAX` for never.
    pub flush_messages: i64,
    /// `flush.ms`; `i64::MAX` for never.
    pub flush_ms: i64,
    /// `file.delete.delay.ms`
    pub file_delete_delay_ms: i64,
}

/// How long records are kept.
#[derive(Clone, Debug, PartialEq)]
pub struct RetentionConfig {
    /// `retention.ms`; `None` for ever.
    pub ms: Option<i64>,
    /// `retention.bytes`; `None` without limit.
    pub bytes: Option<i64>,
    /// `delete.retention.ms`
    pub delete_retention_ms: i64,
    /// `min.compaction.lag.ms`
    pub min_compaction_lag_ms: i64,
    /// `max.compaction.lag.ms`
    pub max_compaction_lag_ms: i64,
    /// `min.cleanable.dirty.ratio`
    pub min_cleanable_dirty_ratio: f64,
}

/// A topic's keys read through its overrides and the broker's layers.
pub(crate) struct TopicValues<'a> {
    overrides: &'a Overrides,
    layers: &'a Layers<'a>,
}

impl TopicConfig {
    /// The configuration of a topic with these overrides on a broker with these layers.
    ///
    /// # Errors
    /// Kafka's sentence for a value that its key does not take, in the overrides or below them.
    pub fn new(overrides: &Overrides, layers: &Layers<'_>) -> Result<TopicConfig, ConfigError> {
        let values = TopicValues { overrides, layers };
        check_log_values(&values)?;
        let policies = match values.get("cleanup.policy")? {
            Value::List(policies) => policies,
            _ => Vec::new(),
        };
        let has = |policy: &str| policies.iter().any(|one| one.eq_ignore_ascii_case(policy));
        Ok(TopicConfig {
            cleanup_policy: CleanupPolicy {
                delete: has("delete"),
                compact: has("compact"),
            },
            compression: values.compression()?,
            message_timestamp_type: match values.text("message.timestamp.type")?.as_str() {
                "LogAppendTime" => MessageTimestampType::LogAppendTime,
                _ => MessageTimestampType::CreateTime,
            },
            message_timestamp_before_max_ms: values.i64("message.timestamp.before.max.ms")?,
            message_timestamp_after_max_ms: values.i64("message.timestamp.after.max.ms")?,
            max_message_bytes: values.i32("max.message.bytes")?,
            max_decompressed_message_bytes: values.i32("max.decompressed.message.bytes")?,
            min_insync_replicas: values.i32("min.insync.replicas")?,
            durability: values.durability()?,
            segment: values.segment()?,
            retention: values.retention()?,
        })
    }
}

impl<'a> TopicValues<'a> {
    pub(crate) fn new(overrides: &'a Overrides, layers: &'a Layers<'a>) -> TopicValues<'a> {
        TopicValues { overrides, layers }
    }

    /// The value of a topic's key; a name that is not in the table is a mistake in this crate.
    pub(crate) fn get(&self, name: &str) -> Result<Value, ConfigError> {
        let key = topic_key(name).expect("this crate asks only for names that are in its table");
        match self.overrides.get(name) {
            Some(text) => key.parse(text),
            None => self.broker_value(key),
        }
    }

    /// What the broker says about a topic's key.
    fn broker_value(&self, key: &'static Key) -> Result<Value, ConfigError> {
        let converted = |family: &[(&str, i64)]| {
            for (name, factor) in family {
                let key = broker_key(name).expect("the members of a family are in the table");
                if let Value::Number(number) = self.layers.value(key)? {
                    return Ok(Value::Number(number.saturating_mul(*factor)));
                }
            }
            key.preset_value()
        };
        const HOUR: i64 = 3_600_000;
        const MINUTE: i64 = 60_000;
        match key.name {
            "segment.ms" => converted(&[("log.roll.ms", 1), ("log.roll.hours", HOUR)]),
            "segment.jitter.ms" => {
                converted(&[("log.roll.jitter.ms", 1), ("log.roll.jitter.hours", HOUR)])
            }
            "flush.ms" => converted(&[
                ("log.flush.interval.ms", 1),
                ("log.flush.scheduler.interval.ms", 1),
            ]),
            "retention.ms" => {
                let kept = converted(&[
                    ("log.retention.ms", 1),
                    ("log.retention.minutes", MINUTE),
                    ("log.retention.hours", HOUR),
                ])?;
                Ok(match kept {
                    Value::Number(ms) if ms < 0 => Value::Number(-1),
                    other => other,
                })
            }
            name => match broker_synonym(name).and_then(broker_key) {
                Some(synonym) => self.layers.value(synonym),
                None => key.preset_value(),
            },
        }
    }

    fn i64(&self, name: &str) -> Result<i64, ConfigError> {
        match self.get(name)? {
            Value::Number(number) => Ok(number),
            other => Err(ConfigError::invalid_value(
                name,
                &other.in_a_message(),
                "Value must be non-null",
            )),
        }
    }

    fn i32(&self, name: &str) -> Result<i32, ConfigError> {
        let number = self.i64(name)?;
        i32::try_from(number).map_err(|_| {
            ConfigError::invalid_value(name, &number.to_string(), "Not a number of type INT")
        })
    }

    fn boolean(&self, name: &str) -> Result<bool, ConfigError> {
        Ok(self.get(name)? == Value::Boolean(true))
    }

    fn text(&self, name: &str) -> Result<String, ConfigError> {
        Ok(self.get(name)?.described().unwrap_or_default())
    }

    fn compression(&self) -> Result<BrokerCompression, ConfigError> {
        Ok(match self.text("compression.type")?.as_str() {
            "uncompressed" => BrokerCompression::Uncompressed,
            "gzip" => BrokerCompression::Gzip(self.i32("compression.gzip.level")?),
            "snappy" => BrokerCompression::Snappy,
            "lz4" => BrokerCompression::Lz4(self.i32("compression.lz4.level")?),
            "zstd" => BrokerCompression::Zstd(self.i32("compression.zstd.level")?),
            _ => BrokerCompression::Producer,
        })
    }

    /// `flush.messages` decides where somebody has set it, for the topic or for the broker: 1 asks
    /// for the disk, the largest value for the page cache. Anything between leaves the choice to
    /// `ottla.durability`.
    fn durability(&self) -> Result<Durability, ConfigError> {
        let is_set = self.overrides.contains_key("flush.messages")
            || self.layers.text("log.flush.interval.messages").is_some();
        match self.i64("flush.messages")? {
            1 => Ok(Durability::Fsync),
            i64::MAX if is_set => Ok(Durability::Os),
            _ => {
                let key = broker_key("ottla.durability").expect("the key is in the table");
                let chosen = self.layers.value(key)?;
                if chosen == Value::Text("os".to_owned()) {
                    Ok(Durability::Os)
                } else {
                    Ok(Durability::Fsync)
                }
            }
        }
    }

    fn segment(&self) -> Result<SegmentConfig, ConfigError> {
        let bytes = match self.get("internal.segment.bytes")? {
            Value::Number(_) => self.i32("internal.segment.bytes")?,
            _ => self.i32("segment.bytes")?,
        };
        Ok(SegmentConfig {
            bytes,
            ms: self.i64("segment.ms")?,
            jitter_ms: self.i64("segment.jitter.ms")?,
            index_bytes: self.i32("segment.index.bytes")?,
            index_interval_bytes: self.i32("index.interval.bytes")?,
            flush_messages: self.i64("flush.messages")?,
            flush_ms: self.i64("flush.ms")?,
            file_delete_delay_ms: self.i64("file.delete.delay.ms")?,
        })
    }

    fn retention(&self) -> Result<RetentionConfig, ConfigError> {
        let unless_negative =
            |name: &str| self.i64(name).map(|number| (number >= 0).then_some(number));
        Ok(RetentionConfig {
            ms: unless_negative("retention.ms")?,
            bytes: unless_negative("retention.bytes")?,
            delete_retention_ms: self.i64("delete.retention.ms")?,
            min_compaction_lag_ms: self.i64("min.compaction.lag.ms")?,
            max_compaction_lag_ms: self.i64("max.compaction.lag.ms")?,
            min_cleanable_dirty_ratio: match self.get("min.cleanable.dirty.ratio")? {
                Value::Double(ratio) => ratio,
                _ => 0.5,
            },
        })
    }
}

/// The broker's key that stands above all others for a topic's key.
pub(crate) fn broker_synonym(topic_key: &str) -> Option<&'static str> {
    const SYNONYMS: &[(&str, &str)] = &[
        ("cleanup.policy", "log.cleanup.policy"),
        ("compression.gzip.level", "compression.gzip.level"),
        ("compression.lz4.level", "compression.lz4.level"),
        ("compression.type", "compression.type"),
        ("compression.zstd.level", "compression.zstd.level"),
        ("delete.retention.ms", "log.cleaner.delete.retention.ms"),
        ("file.delete.delay.ms", "log.segment.delete.delay.ms"),
        ("flush.messages", "log.flush.interval.messages"),
        ("flush.ms", "log.flush.interval.ms"),
        ("index.interval.bytes", "log.index.interval.bytes"),
        ("local.retention.bytes", "log.local.retention.bytes"),
        ("local.retention.ms", "log.local.retention.ms"),
        ("max.compaction.lag.ms", "log.cleaner.max.compaction.lag.ms"),
        (
            "max.decompressed.message.bytes",
            "max.decompressed.message.bytes",
        ),
        ("max.message.bytes", "message.max.bytes"),
        (
            "message.timestamp.after.max.ms",
            "log.message.timestamp.after.max.ms",
        ),
        (
            "message.timestamp.before.max.ms",
            "log.message.timestamp.before.max.ms",
        ),
        ("message.timestamp.type", "log.message.timestamp.type"),
        (
            "min.cleanable.dirty.ratio",
            "log.cleaner.min.cleanable.ratio",
        ),
        ("min.compaction.lag.ms", "log.cleaner.min.compaction.lag.ms"),
        ("min.insync.replicas", "min.insync.replicas"),
        ("preallocate", "log.preallocate"),
        ("remote.copy.lag.bytes", "log.remote.copy.lag.bytes"),
        ("remote.copy.lag.ms", "log.remote.copy.lag.ms"),
        ("retention.bytes", "log.retention.bytes"),
        ("retention.ms", "log.retention.ms"),
        ("segment.bytes", "log.segment.bytes"),
        ("segment.index.bytes", "log.index.size.max.bytes"),
        ("segment.jitter.ms", "log.roll.jitter.ms"),
        ("segment.ms", "log.roll.ms"),
        (
            "unclean.leader.election.enable",
            "unclean.leader.election.enable",
        ),
    ];
    SYNONYMS
        .iter()
        .find(|(name, _)| *name == topic_key)
        .map(|(_, synonym)| *synonym)
}

/// What Kafka checks of the broker's times before any topic is looked at, and of a topic's lags.
fn check_log_values(values: &TopicValues<'_>) -> Result<(), ConfigError> {
    let least = values.i64("min.compaction.lag.ms")?;
    let most = values.i64("max.compaction.lag.ms")?;
    require(least <= most, || {
        format!(
            "conflict topic config setting min.compaction.lag.ms ({least}) > \
             max.compaction.lag.ms ({most})"
        )
    })?;
    require(values.i64("segment.ms")? >= 1, || {
        "log.roll.ms must be greater than or equal to 1".to_owned()
    })?;
    require(values.i64("segment.jitter.ms")? >= 0, || {
        "log.roll.jitter.ms must be greater than or equal to 0".to_owned()
    })?;
    let kept = values.i64("retention.ms")?;
    let of_the_topic = values.overrides.contains_key("retention.ms");
    require(of_the_topic || kept >= 1 || kept == -1, || {
        "log.retention.ms must be unlimited (-1) or, greater than or equal to 1".to_owned()
    })
}

/// Checks overrides that somebody wants to set for a topic. `existing` are those it has now (none
/// for a new topic).
///
/// # Errors
/// Kafka's sentence for the first that is wrong; the answer's error code is INVALID_CONFIG.
pub fn validate_topic_configs(
    proposed: &Overrides,
    existing: &Overrides,
    layers: &Layers<'_>,
) -> Result<(), ConfigError> {
    for name in proposed.keys() {
        if topic_key(name).is_none() {
            return Err(ConfigError::new(format!(
                "Unknown topic config name: {name}"
            )));
        }
    }
    let values = TopicValues::new(proposed, layers);
    for key in topic_keys() {
        values.get(key.name)?;
    }
    check_log_values(&values)?;
    check_remote_storage(&values, existing)
}

/// Remote storage is never on here, so a topic can neither use it nor leave it silently.
fn check_remote_storage(values: &TopicValues<'_>, existing: &Overrides) -> Result<(), ConfigError> {
    if values.boolean("remote.storage.enable")? {
        return Err(ConfigError::new(
            "Tiered Storage functionality is disabled in the broker. Topic cannot be configured \
             with remote log storage.",
        ));
    }
    let was_on = existing
        .get("remote.storage.enable")
        .is_some_and(|text| text.eq_ignore_ascii_case("true"));
    let deletes = values.boolean("remote.log.delete.on.disable")?;
    require(!was_on || deletes, || {
        "It is invalid to disable remote storage without deleting remote data. If you want to \
         keep the remote data and turn to read only, please set \
         `remote.storage.enable=true,remote.log.copy.disable=true`. If you want to disable remote \
         storage and delete all remote data, please set \
         `remote.storage.enable=false,remote.log.delete.on.disable=true`."
            .to_owned()
    })
}

#[cfg(test)]
mod tests;
