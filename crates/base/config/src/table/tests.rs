//! Tests of the table itself.

use std::collections::BTreeSet;

use crate::key::{Key, Preset};
use crate::table::{
    broker_key, broker_keys, client_metrics_keys, group_keys, throttles, topic_keys,
};

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
