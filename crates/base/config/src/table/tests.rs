//! Tests of the table itself.

use std::collections::BTreeSet;

use crate::broker::BrokerConfig;
use crate::error::ConfigError;
use crate::key::{Key, Kind, Preset, Status};
use crate::layers::{Layers, Overrides};
use crate::properties::Properties;
use crate::table::{
    broker_key, broker_keys, client_metrics_keys, group_keys, throttles, topic_keys,
};
use crate::topic::TopicConfig;

fn every_key() -> impl Iterator<Item = &'static Key> {
    let brokers = broker_keys()
        .chain(throttles())
        .chain(client_metrics_keys());
    brokers.chain(topic_keys()).chain(group_keys())
}

#[test]
fn every_preset_is_a_value_its_key_takes() {
    for key in every_key() {
        if let Preset::Is(text) = key.preset {
            // Kafka lets a preset be what nobody may set: this one list may not be empty once it is
            // written.
            if let Err(error) = key.parse(text) {
                assert!(text.is_empty(), "{}: {error}", key.name);
            }
        }
    }
}

#[test]
fn every_key_says_what_it_means_in_one_sentence() {
    for key in every_key() {
        let sentence = key.documentation;
        assert!(
            sentence.ends_with('.') && sentence.len() < 200,
            "{}",
            key.name
        );
        assert_eq!(key.name, key.name.trim());
    }
}

#[test]
fn no_key_is_in_two_areas() {
    let names: BTreeSet<&str> = broker_keys().map(|key| key.name).collect();
    assert_eq!(
        names.len(),
        super::AREAS.iter().map(|area| area.len()).sum::<usize>()
    );
}

#[test]
fn every_key_of_kafka_4_3_is_there() {
    assert!(
        broker_keys()
            .filter(|key| !key.name.starts_with("ottla."))
            .count()
            >= 360
    );
    assert!(topic_keys().count() >= 34);
    assert!(group_keys().count() >= 17);
    assert!(broker_key("log.retention.hours").is_some());
    assert!(broker_key("no.such.key").is_none());
}

type Settings = &'static [(&'static str, &'static str)];

/// Values of keys that other keys must agree with, and what must be set beside them.
const AGREEING: &[(&str, &str, Settings)] = &[
    ("node.id", "2", &[]),
    (
        "process.roles",
        "controller",
        &[("listeners", "CONTROLLER://localhost:9093")],
    ),
    (
        "listeners",
        "PLAINTEXT://localhost:1,CONTROLLER://localhost:9093",
        &[],
    ),
    ("advertised.listeners", "PLAINTEXT://elsewhere:9092", &[]),
    (
        "listener.security.protocol.map",
        "OUT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        &[
            (
                "listeners",
                "OUT://localhost:9092,CONTROLLER://localhost:9093",
            ),
            ("inter.broker.listener.name", "OUT"),
        ],
    ),
    (
        "inter.broker.listener.name",
        "IN",
        &[
            (
                "listeners",
                "PLAINTEXT://localhost:9092,IN://localhost:1,CONTROLLER://localhost:9093",
            ),
            (
                "listener.security.protocol.map",
                "IN:PLAINTEXT,PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            ),
        ],
    ),
    (
        "controller.listener.names",
        "INNER",
        &[
            (
                "listeners",
                "PLAINTEXT://localhost:9092,INNER://localhost:9093",
            ),
            (
                "listener.security.protocol.map",
                "INNER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
            ),
        ],
    ),
    ("controller.quorum.bootstrap.servers", "elsewhere:1", &[]),
    ("controller.quorum.voters", "1@elsewhere:1", &[]),
    (
        "security.inter.broker.protocol",
        "SSL",
        &[
            (
                "listeners",
                "PLAINTEXT://localhost:9092,SSL://localhost:1,CONTROLLER://localhost:9093",
            ),
            (
                "listener.security.protocol.map",
                "PLAINTEXT:PLAINTEXT,SSL:SSL,CONTROLLER:PLAINTEXT",
            ),
        ],
    ),
    ("cleanup.policy", "compact", &[]),
    ("log.dirs", "/a", &[]),
    ("log.dir", "/a", &[]),
    ("metadata.log.dir", "/a", &[]),
    ("broker.rack", "r", &[]),
    ("ottla.metrics.listener", "localhost:1", &[]),
    ("connections.max.idle.ms", "700000", &[]),
    // Levels are those of the codec that is chosen.
    (
        "compression.gzip.level",
        "3",
        &[("compression.type", "gzip")],
    ),
    (
        "compression.zstd.level",
        "4",
        &[("compression.type", "zstd")],
    ),
];

/// `broker.id` may only repeat `node.id`, and the controller asks the metadata themselves about
/// unclean elections.
const WITHOUT_A_VIEW: [&str; 2] = ["broker.id", "unclean.leader.election.enable"];

fn honoured(keys: impl Iterator<Item = &'static Key>) -> impl Iterator<Item = &'static Key> {
    keys.filter(|key| key.status == Status::Honoured && !WITHOUT_A_VIEW.contains(&key.name))
}

/// Something else than the preset that the key takes.
fn another_value(key: &Key) -> String {
    let numbers = [7, 1, 2, 3, 4, 1 << 20, 14 << 20, 200_000_000, 123_456_789];
    let texts = match key.validator {
        crate::validator::Validator::OneOf(texts)
        | crate::validator::Validator::OneOfIgnoringCase(texts) => texts,
        _ => &[],
    };
    let candidates = match key.kind {
        Kind::Boolean => vec!["true".to_owned(), "false".to_owned()],
        Kind::String | Kind::Class | Kind::Password | Kind::List => {
            texts.iter().map(|text| (*text).to_owned()).collect()
        }
        _ => numbers.iter().map(ToString::to_string).collect(),
    };
    let mut takes = candidates
        .into_iter()
        .filter(|text| key.parse(text).is_ok() && !key.is_preset(text));
    takes
        .next()
        .unwrap_or_else(|| panic!("a value for {}", key.name))
}

/// What the rest of the program sees of a node's file, and of a topic's own settings.
fn view(file: &[(&str, &str)], topic: &[(&str, &str)]) -> Result<String, ConfigError> {
    let combined = [
        ("process.roles", "broker,controller"),
        ("node.id", "1"),
        (
            "listeners",
            "PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093",
        ),
        ("controller.listener.names", "CONTROLLER"),
        ("controller.quorum.bootstrap.servers", "localhost:9093"),
    ];
    let file: Properties = combined.iter().chain(file).copied().collect();
    let overrides: Overrides = topic
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect();
    let broker = BrokerConfig::from_properties(&file)?;
    let topic = TopicConfig::new(&overrides, &Layers::of_file(&file))?;
    Ok(format!("{broker:?} {topic:?}"))
}

fn agreeing(name: &str) -> Option<(&'static str, Settings)> {
    let found = AGREEING.iter().find(|(key, _, _)| *key == name);
    found.map(|(_, value, beside)| (*value, *beside))
}

#[test]
fn every_honoured_key_of_a_broker_changes_what_the_program_sees() {
    for key in honoured(broker_keys()) {
        let other = another_or_agreeing(key);
        let beside = agreeing(key.name).map_or(&[][..], |(_, beside)| beside);
        let before = view(beside, &[]);
        let mut file = beside.to_vec();
        file.push((key.name, &other));
        let after =
            view(&file, &[]).unwrap_or_else(|error| panic!("{}={other}: {error}", key.name));
        assert!(before != Ok(after), "{}={other} changes nothing", key.name);
    }
}

fn another_or_agreeing(key: &Key) -> String {
    agreeing(key.name).map_or_else(|| another_value(key), |(value, _)| value.to_owned())
}

#[test]
fn every_honoured_key_of_a_topic_changes_what_the_program_sees() {
    for key in honoured(topic_keys()) {
        let other = another_or_agreeing(key);
        let beside = agreeing(key.name).map_or(&[][..], |(_, beside)| beside);
        let before = view(&[], beside).unwrap();
        let mut topic = beside.to_vec();
        topic.push((key.name, &other));
        let after = view(&[], &topic).unwrap();
        assert!(before != after, "{}={other} changes nothing", key.name);
    }
}
