//! Transactions, snapshots and steps.

use ottla_messages::abort_transaction_record::AbortTransactionRecord;
use ottla_messages::begin_transaction_record::BeginTransactionRecord;
use ottla_messages::end_transaction_record::EndTransactionRecord;
use ottla_messages::feature_level_record::FeatureLevelRecord;
use ottla_messages::metadata_record::MetadataRecord;
use ottla_messages::partition_record::PartitionRecord;
use ottla_messages::remove_topic_record::RemoveTopicRecord;
use ottla_messages::topic_record::TopicRecord;
use ottla_types::{LeaderEpoch, Offset, PartitionIndex, TimestampMs, Uuid};

use super::*;

const TOPIC: Uuid = Uuid(5 << 70);

fn create() -> [MetadataRecord; 2] {
    let topic = TopicRecord {
        name: "plain".into(),
        topic_id: TOPIC,
    };
    let partition = PartitionRecord {
        partition_id: 0,
        topic_id: TOPIC,
        replicas: vec![1],
        isr: vec![1],
        leader: 1,
        leader_epoch: 0,
        partition_epoch: 0,
        directories: vec![Uuid(9 << 70)],
        ..PartitionRecord::default()
    };
    [topic.into(), partition.into()]
}

fn at(offset: i64) -> Provenance {
    Provenance {
        last_contained_offset: Offset(offset),
        last_contained_epoch: LeaderEpoch(1),
        last_contained_timestamp: TimestampMs(1),
    }
}

fn replay(loader: &mut MetadataLoader, records: &[MetadataRecord]) {
    for record in records {
        loader.replay(record).unwrap();
    }
}

#[test]
fn nothing_of_a_transaction_is_published_before_it_ends() {
    let mut loader = MetadataLoader::default();
    loader
        .replay(&BeginTransactionRecord::default().into())
        .unwrap();
    replay(&mut loader, &create());
    assert!(loader.publish(at(2)).is_none());
    loader
        .replay(&EndTransactionRecord::default().into())
        .unwrap();
    let delta = loader.publish(at(3)).unwrap();
    assert_eq!(delta.created_topics().count(), 1);
    assert_eq!(delta.provenance, at(3));
}

#[test]
fn an_aborted_transaction_leaves_no_trace() {
    let mut loader = MetadataLoader::default();
    loader
        .replay(&BeginTransactionRecord::default().into())
        .unwrap();
    replay(&mut loader, &create());
    loader
        .replay(&AbortTransactionRecord::default().into())
        .unwrap();
    let delta = loader.publish(at(3)).unwrap();
    assert_eq!(delta.after, MetadataImage::default());
    assert_eq!(delta.changes, Changes::default());
}

#[test]
fn transactions_neither_nest_nor_end_without_a_beginning() {
    let mut loader = MetadataLoader::default();
    assert!(
        loader
            .replay(&EndTransactionRecord::default().into())
            .is_err()
    );
    assert!(
        loader
            .replay(&AbortTransactionRecord::default().into())
            .is_err()
    );
    loader
        .replay(&BeginTransactionRecord::default().into())
        .unwrap();
    assert!(
        loader
            .replay(&BeginTransactionRecord::default().into())
            .is_err()
    );
}

#[test]
fn the_partitions_of_a_removed_topic_are_steps_to_nothing() {
    let mut loader = MetadataLoader::default();
    replay(&mut loader, &create());
    let created = loader.publish(at(2)).unwrap();
    let steps: Vec<_> = created.partitions().collect();
    assert_eq!(steps.len(), 1);
    assert!(steps[0].before.is_none() && steps[0].after.is_some());

    loader
        .replay(&RemoveTopicRecord { topic_id: TOPIC }.into())
        .unwrap();
    let removed = loader.publish(at(3)).unwrap();
    let steps: Vec<_> = removed.partitions().collect();
    assert_eq!(steps.len(), 1);
    assert_eq!(steps[0].partition, PartitionIndex(0));
    assert!(steps[0].before.is_some() && steps[0].after.is_none());
    assert_eq!(removed.removed_topics().count(), 1);
}

#[test]
fn a_snapshot_replaces_everything_and_only_differences_are_steps() {
    let mut loader = MetadataLoader::default();
    let level = FeatureLevelRecord {
        name: "metadata.version".into(),
        feature_level: 30,
    };
    loader.replay(&level.into()).unwrap();
    replay(&mut loader, &create());
    let first = loader.publish(at(2)).unwrap();

    loader.start_snapshot();
    replay(&mut loader, &first.after.to_records());
    let same = loader.publish(at(2)).unwrap();
    assert_eq!(same.after, first.after);
    assert_eq!(same.partitions().count(), 0);

    loader.start_snapshot();
    let empty = loader.publish(at(2)).unwrap();
    assert_eq!(empty.removed_topics().count(), 1);
    assert_eq!(empty.partitions().count(), 1);
}
