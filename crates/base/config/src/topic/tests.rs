//! Tests of topics' configurations.

use crate::broker::Durability;
use crate::layers::{Layers, Overrides};
use crate::properties::Properties;
use crate::topic::{BrokerCompression, MessageTimestampType, TopicConfig, validate_topic_configs};

fn overrides(pairs: &[(&str, &str)]) -> Overrides {
    pairs
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

fn topic(own: &[(&str, &str)], file: &[(&'static str, &'static str)]) -> TopicConfig {
    let file: Properties = file.iter().copied().collect();
    TopicConfig::new(&overrides(own), &Layers::of_file(&file)).unwrap()
}

fn complaint(own: &[(&str, &str)]) -> String {
    let file = Properties::default();
    let layers = Layers::of_file(&file);
    validate_topic_configs(&overrides(own), &Overrides::new(), &layers)
        .unwrap_err()
        .message()
        .to_owned()
}

#[test]
fn a_topic_without_overrides_has_kafkas_defaults() {
    let config = topic(&[], &[]);
    assert!(config.cleanup_policy.delete && !config.cleanup_policy.compact);
    assert_eq!(config.compression, BrokerCompression::Producer);
    assert_eq!(
        config.message_timestamp_type,
        MessageTimestampType::CreateTime
    );
    assert_eq!(config.max_message_bytes, 1_048_588);
    assert_eq!(config.segment.bytes, 1 << 30);
    assert_eq!(config.segment.ms, 604_800_000);
    assert_eq!(config.segment.flush_ms, i64::MAX);
    assert_eq!(config.retention.ms, Some(604_800_000));
    assert_eq!(config.retention.bytes, None);
    assert_eq!(config.durability, Durability::Fsync);
}

#[test]
fn the_brokers_hours_give_way_to_minutes_and_these_to_milliseconds() {
    assert_eq!(
        topic(&[], &[("log.retention.hours", "2")]).retention.ms,
        Some(7_200_000)
    );
    let minutes = [("log.retention.hours", "2"), ("log.retention.minutes", "3")];
    assert_eq!(topic(&[], &minutes).retention.ms, Some(180_000));
    let milliseconds = [("log.retention.minutes", "3"), ("log.retention.ms", "-1")];
    assert_eq!(topic(&[], &milliseconds).retention.ms, None);
    assert_eq!(
        topic(&[("retention.ms", "5")], &milliseconds).retention.ms,
        Some(5)
    );
}

#[test]
fn what_is_set_while_the_broker_runs_holds_for_topics() {
    let file = Properties::default();
    let cluster = overrides(&[("log.retention.ms", "777")]);
    let layers = Layers {
        cluster: &cluster,
        ..Layers::of_file(&file)
    };
    let config = TopicConfig::new(&Overrides::new(), &layers).unwrap();
    assert_eq!(config.retention.ms, Some(777));
}

#[test]
fn flush_messages_chooses_what_acks_all_rests_on() {
    let longest = "9223372036854775807";
    let os = [("ottla.durability", "os")];
    assert_eq!(topic(&[], &os).durability, Durability::Os);
    assert_eq!(
        topic(&[("flush.messages", "1")], &os).durability,
        Durability::Fsync
    );
    assert_eq!(
        topic(&[("flush.messages", longest)], &[]).durability,
        Durability::Os
    );
    assert_eq!(
        topic(&[("flush.messages", "10")], &[]).durability,
        Durability::Fsync
    );
    assert_eq!(
        topic(&[("flush.messages", "10")], &os).durability,
        Durability::Os
    );
    assert_eq!(
        topic(
            &[],
            &[
                ("log.flush.interval.messages", "1"),
                ("ottla.durability", "os")
            ]
        )
        .durability,
        Durability::Fsync
    );
}

#[test]
fn compression_comes_with_its_level() {
    let config = topic(
        &[
            ("compression.type", "zstd"),
            ("compression.zstd.level", "-5"),
        ],
        &[],
    );
    assert_eq!(config.compression, BrokerCompression::Zstd(-5));
}

#[test]
fn wrong_overrides_are_refused_in_kafkas_words() {
    for (name, value, message) in [
        (
            "retention.mss",
            "1",
            "Unknown topic config name: retention.mss",
        ),
        (
            "retention.ms",
            "-2",
            "Invalid value -2 for configuration retention.ms: Value must be at least -1",
        ),
        (
            "cleanup.policy",
            "delete,burn",
            "Invalid value burn for configuration cleanup.policy: String must be one of: \
             compact, delete",
        ),
        (
            "preallocate",
            "maybe",
            "Invalid value maybe for configuration preallocate: Expected value to be either true \
             or false",
        ),
        (
            "max.compaction.lag.ms",
            "0",
            "Invalid value 0 for configuration max.compaction.lag.ms: Value must be at least 1",
        ),
        (
            "remote.storage.enable",
            "true",
            "Tiered Storage functionality is disabled in the broker. Topic cannot be configured \
             with remote log storage.",
        ),
    ] {
        assert_eq!(complaint(&[(name, value)]), message);
    }
    assert_eq!(
        complaint(&[
            ("min.compaction.lag.ms", "5"),
            ("max.compaction.lag.ms", "4")
        ]),
        "conflict topic config setting min.compaction.lag.ms (5) > max.compaction.lag.ms (4)"
    );
}

#[test]
fn retention_of_a_topic_may_be_zero_where_the_brokers_may_not() {
    assert_eq!(topic(&[("retention.ms", "0")], &[]).retention.ms, Some(0));
}
