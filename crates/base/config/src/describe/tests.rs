//! Tests of descriptions, against what Apache Kafka 4.3.1 answers.

use crate::describe::{
    ConfigEntry, describe_broker, describe_cluster_default, describe_group, describe_topic,
};
use crate::layers::{Layers, Overrides, Source};
use crate::properties::Properties;

fn overrides(pairs: &[(&str, &str)]) -> Overrides {
    pairs
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

/// As `kafka-configs --describe --all` prints an entry.
fn line(entries: &[ConfigEntry], name: &str) -> String {
    let entry = entries.iter().find(|entry| entry.name == name).unwrap();
    let synonyms: Vec<String> = entry
        .synonyms
        .iter()
        .map(|one| {
            format!(
                "{:?}:{}={}",
                one.source,
                one.name,
                one.value.as_deref().unwrap_or("null")
            )
        })
        .collect();
    format!(
        "{}={} {{{}}}",
        entry.name,
        entry.value.as_deref().unwrap_or("null"),
        synonyms.join(", ")
    )
}

#[test]
fn a_topics_keys_name_the_brokers_keys_they_come_from() {
    let file = Properties::default();
    let own = overrides(&[("max.message.bytes", "2000"), ("retention.ms", "1000")]);
    let entries = describe_topic(&own, &Layers::of_file(&file)).unwrap();
    assert_eq!(
        line(&entries, "max.message.bytes"),
        "max.message.bytes=2000 {TopicConfig:max.message.bytes=2000, \
         DefaultConfig:message.max.bytes=1048588}"
    );
    assert_eq!(
        line(&entries, "retention.ms"),
        "retention.ms=1000 {TopicConfig:retention.ms=1000}"
    );
    assert_eq!(
        line(&entries, "flush.ms"),
        "flush.ms=9223372036854775807 {}"
    );
    assert_eq!(line(&entries, "segment.ms"), "segment.ms=604800000 {}");
    assert_eq!(
        line(&entries, "cleanup.policy"),
        "cleanup.policy=delete {DefaultConfig:log.cleanup.policy=delete}"
    );
    assert!(entries.iter().all(|entry| !entry.read_only));
    assert!(
        entries
            .iter()
            .all(|entry| entry.name != "internal.segment.bytes")
    );
}

#[test]
fn a_brokers_secrets_and_unknown_keys_are_not_shown() {
    let file = Properties::from_iter([
        ("node.id", "1"),
        ("process.roles", "broker"),
        ("controller.listener.names", "C"),
        ("ssl.key.password", "hunter2"),
        ("some.plugin.password", "hunter2"),
    ]);
    let entries = describe_broker(&Layers::of_file(&file)).unwrap();
    assert!(!format!("{entries:?}").contains("hunter2"));
    let of = |name: &str| entries.iter().find(|entry| entry.name == name).unwrap();
    assert!(of("some.plugin.password").sensitive);
    assert_eq!(of("some.plugin.password").kind_code(), 0);
    assert!(of("ssl.key.password").sensitive);
    assert_eq!(of("broker.id").value.as_deref(), Some("1"));
    assert!(of("node.id").read_only && !of("log.retention.ms").read_only);
    assert!(
        entries
            .iter()
            .all(|entry| !entry.name.starts_with("ottla."))
    );
}

#[test]
fn what_is_set_while_a_broker_runs_is_shown_also_where_no_file_knows_the_key() {
    let file = Properties::from_iter([
        ("node.id", "1"),
        ("process.roles", "broker"),
        ("controller.listener.names", "C"),
    ]);
    let broker = overrides(&[
        ("leader.replication.throttled.rate", "123"),
        ("some.plugin.password", "hunter2"),
    ]);
    let cluster = overrides(&[("leader.replication.throttled.rate", "456")]);
    let layers = Layers {
        broker: &broker,
        cluster: &cluster,
        file: &file,
    };
    let entries = describe_broker(&layers).unwrap();
    assert_eq!(
        line(&entries, "leader.replication.throttled.rate"),
        "leader.replication.throttled.rate=123 \
         {DynamicBrokerConfig:leader.replication.throttled.rate=123, \
         DynamicDefaultBrokerConfig:leader.replication.throttled.rate=456}"
    );
    assert_eq!(
        line(&entries, "some.plugin.password"),
        "some.plugin.password=null {DynamicBrokerConfig:some.plugin.password=null}"
    );
    let of = |name: &str| entries.iter().find(|entry| entry.name == name);
    assert!(!of("leader.replication.throttled.rate").unwrap().read_only);
    assert!(of("some.plugin.password").unwrap().sensitive);
    assert!(of("follower.replication.throttled.rate").is_none());
    let of_all = describe_cluster_default(&layers);
    assert_eq!(
        line(&of_all, "leader.replication.throttled.rate"),
        "leader.replication.throttled.rate=456 \
         {DynamicDefaultBrokerConfig:leader.replication.throttled.rate=456}"
    );
}

#[test]
fn a_groups_keys_name_the_brokers_keys_they_come_from() {
    let file = Properties::default();
    let own = overrides(&[
        ("share.auto.offset.reset", "earliest"),
        ("share.record.lock.duration.ms", "20000"),
    ]);
    let entries = describe_group(&own, &Layers::of_file(&file)).unwrap();
    assert_eq!(
        line(&entries, "share.auto.offset.reset"),
        "share.auto.offset.reset=earliest {GroupConfig:share.auto.offset.reset=earliest, \
         DefaultConfig:share.auto.offset.reset=latest}"
    );
    assert_eq!(
        line(&entries, "share.record.lock.duration.ms"),
        "share.record.lock.duration.ms=20000 {GroupConfig:share.record.lock.duration.ms=20000, \
         DefaultConfig:group.share.record.lock.duration.ms=30000}"
    );
    let session = entries
        .iter()
        .find(|entry| entry.name == "consumer.session.timeout.ms")
        .unwrap();
    assert_eq!(session.source, Source::DefaultConfig);
}
