//! Records, one by one.

use ottla_messages::broker_registration_change_record::BrokerRegistrationChangeRecord;
use ottla_messages::clear_elr_record::ClearElrRecord;
use ottla_messages::config_record::ConfigRecord;
use ottla_messages::feature_level_record::FeatureLevelRecord;
use ottla_messages::metadata_record::MetadataRecord;
use ottla_messages::partition_change_record::PartitionChangeRecord;
use ottla_messages::partition_record::PartitionRecord;
use ottla_messages::producer_ids_record::ProducerIdsRecord;
use ottla_messages::register_broker_record::RegisterBrokerRecord;
use ottla_messages::remove_access_control_entry_record::RemoveAccessControlEntryRecord;
use ottla_messages::remove_topic_record::RemoveTopicRecord;
use ottla_messages::topic_record::TopicRecord;
use ottla_messages::unregister_broker_record::UnregisterBrokerRecord;
use ottla_types::{NodeId, PartitionIndex, Uuid};

use crate::{ConfigResource, MetadataImage};

const TOPIC: Uuid = Uuid(5 << 70);

fn topic(name: &'static str, topic_id: Uuid) -> MetadataRecord {
    TopicRecord {
        name: name.into(),
        topic_id,
    }
    .into()
}

fn partition(partition_id: i32) -> MetadataRecord {
    PartitionRecord {
        partition_id,
        topic_id: TOPIC,
        replicas: vec![1],
        isr: vec![1],
        leader: 1,
        leader_epoch: 0,
        partition_epoch: 0,
        directories: vec![Uuid(9 << 70)],
        ..PartitionRecord::default()
    }
    .into()
}

fn config(name: &'static str, value: Option<&'static str>) -> MetadataRecord {
    ConfigRecord {
        resource_type: 2,
        resource_name: "plain".into(),
        name: name.into(),
        value: value.map(Into::into),
    }
    .into()
}

fn broker(broker_epoch: i64) -> MetadataRecord {
    RegisterBrokerRecord {
        broker_id: 1,
        broker_epoch,
        incarnation_id: Uuid(3 << 70),
        log_dirs: vec![Uuid(9 << 70), Uuid(8 << 70)],
        ..RegisterBrokerRecord::default()
    }
    .into()
}

fn image(records: &[MetadataRecord]) -> MetadataImage {
    let mut image = MetadataImage::default();
    for record in records {
        image.replay(record).unwrap();
    }
    image
}

fn refused(image: &MetadataImage, record: impl Into<MetadataRecord>) -> String {
    let mut next = image.clone();
    let error = next.replay(&record.into()).unwrap_err();
    assert_eq!(&next, image, "a refused record changes nothing");
    error.to_string()
}

#[test]
fn removing_a_topic_takes_its_configuration_with_it() {
    let mut image = image(&[
        topic("plain", TOPIC),
        config("retention.ms", Some("1")),
        partition(0),
    ]);
    assert!(image.topics.partition("plain", PartitionIndex(0)).is_some());
    image
        .replay(&RemoveTopicRecord { topic_id: TOPIC }.into())
        .unwrap();
    assert_eq!(image, MetadataImage::default());
}

#[test]
fn an_older_image_keeps_what_a_newer_one_changes() {
    let old = image(&[topic("plain", TOPIC), partition(0)]);
    let mut new = old.clone();
    let record = PartitionChangeRecord {
        partition_id: 0,
        topic_id: TOPIC,
        leader: -1,
        ..PartitionChangeRecord::default()
    };
    new.replay(&record.into()).unwrap();
    let leader = |image: &MetadataImage| {
        image
            .topics
            .partition("plain", PartitionIndex(0))
            .unwrap()
            .leader
    };
    assert_eq!((leader(&old), leader(&new)), (NodeId(1), NodeId::NONE));
}

#[test]
fn records_that_contradict_the_topics_are_refused() {
    let image = image(&[topic("plain", TOPIC), partition(0)]);
    assert!(refused(&image, topic("plain", Uuid(6 << 70))).contains("exists with id"));
    assert!(refused(&image, topic("other", TOPIC)).contains("the id of topic plain"));
    let unknown = Uuid(6 << 70);
    assert!(refused(&image, RemoveTopicRecord { topic_id: unknown }).contains("does not exist"));
    let change = PartitionChangeRecord {
        partition_id: 1,
        topic_id: TOPIC,
        ..PartitionChangeRecord::default()
    };
    assert_eq!(
        refused(&image, change),
        "partition 1 of topic plain is changed but does not exist"
    );
    let clear = ClearElrRecord {
        topic_name: "other".into(),
    };
    assert!(refused(&image, clear).contains("topic other"));
}

#[test]
fn a_change_of_a_broker_must_carry_its_epoch() {
    let image = image(&[broker(13)]);
    let change = |broker_id, broker_epoch| BrokerRegistrationChangeRecord {
        broker_id,
        broker_epoch,
        fenced: -1,
        ..BrokerRegistrationChangeRecord::default()
    };
    assert!(refused(&image, change(1, 12)).contains("registered at 13"));
    assert!(refused(&image, change(2, 13)).contains("not registered"));
    let unregister = UnregisterBrokerRecord {
        broker_id: 1,
        broker_epoch: 12,
    };
    assert!(refused(&image, unregister).contains("registered at 13"));
    let mut unfenced = image.clone();
    unfenced.replay(&change(1, 13).into()).unwrap();
    let broker = unfenced.brokers.get(&NodeId(1)).unwrap();
    assert!(broker.is_active());
    assert_eq!(broker.log_directories, [Uuid(8 << 70), Uuid(9 << 70)]);
}

#[test]
fn levels_and_features_this_release_lacks_are_refused() {
    let level = |name: &'static str, feature_level| FeatureLevelRecord {
        name: name.into(),
        feature_level,
    };
    let empty = MetadataImage::default();
    assert_eq!(
        refused(&empty, level("metadata.version", 32)),
        "metadata.version 32 is not supported: this release replays 7 to 31"
    );
    assert!(refused(&empty, level("group.version", 2)).contains("group.version at level 2"));
    assert!(refused(&empty, level("unheard.of", 1)).contains("unheard.of"));
    let mut image = empty.clone();
    image.replay(&level("kraft.version", 1).into()).unwrap();
    image.replay(&level("group.version", 1).into()).unwrap();
    image.replay(&level("group.version", 0).into()).unwrap();
    assert_eq!(image, empty);
}

#[test]
fn producer_ids_only_rise() {
    let ids = |next_producer_id| ProducerIdsRecord {
        broker_id: 1,
        broker_epoch: 13,
        next_producer_id,
    };
    let image = image(&[ids(1000).into(), ids(2000).into()]);
    assert_eq!(image.next_producer_id, 2000);
    assert!(refused(&image, ids(2000)).contains("not above"));
}

#[test]
fn removing_what_is_not_there_is_refused() {
    let empty = MetadataImage::default();
    let entry = RemoveAccessControlEntryRecord { id: TOPIC };
    assert!(refused(&empty, entry).contains("does not exist"));
}

#[test]
fn clearing_eligible_leader_replicas_is_a_change_of_the_partitions_that_had_any() {
    let mut image = image(&[topic("plain", TOPIC), partition(0), partition(1)]);
    let shrink = PartitionChangeRecord {
        partition_id: 1,
        topic_id: TOPIC,
        isr: Some(vec![]),
        eligible_leader_replicas: Some(vec![1]),
        ..PartitionChangeRecord::default()
    };
    image.replay(&shrink.into()).unwrap();
    image.replay(&ClearElrRecord::default().into()).unwrap();
    let epochs: Vec<i32> = (0..2)
        .map(|index| {
            let partition = image
                .topics
                .partition("plain", PartitionIndex(index))
                .unwrap();
            assert!(partition.elr.is_empty());
            partition.partition_epoch
        })
        .collect();
    assert_eq!(epochs, [0, 2]);
}

#[test]
fn a_config_without_a_value_is_removed() {
    let image = image(&[
        config("retention.ms", Some("1")),
        config("retention.ms", None),
        config("segment.ms", Some("2")),
        config("segment.ms", Some("3")),
    ]);
    let values = image.configs.of(&ConfigResource::topic("plain")).unwrap();
    let values: Vec<(&str, &str)> = values.iter().map(|(k, v)| (&**k, &**v)).collect();
    assert_eq!(values, [("segment.ms", "3")]);
}
