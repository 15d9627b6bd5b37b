//! Changes of a partition.

use super::*;

const DIRECTORIES: [Uuid; 2] = [Uuid(1 << 70), Uuid(2 << 70)];

fn partition() -> Partition {
    Partition::from_record(&PartitionRecord {
        partition_id: 3,
        topic_id: Uuid(7 << 70),
        replicas: vec![1, 2],
        isr: vec![1, 2],
        leader: 1,
        leader_epoch: 5,
        partition_epoch: 9,
        directories: DIRECTORIES.to_vec(),
        ..PartitionRecord::default()
    })
    .unwrap()
}

fn change() -> PartitionChangeRecord {
    PartitionChangeRecord {
        partition_id: 3,
        topic_id: Uuid(7 << 70),
        ..PartitionChangeRecord::default()
    }
}

#[test]
fn every_change_raises_the_partition_epoch_and_only_a_named_leader_the_leader_epoch() {
    let shrunk = partition()
        .merge(&PartitionChangeRecord {
            isr: Some(vec![1]),
            ..change()
        })
        .unwrap();
    assert_eq!((shrunk.leader_epoch.0, shrunk.partition_epoch), (5, 10));
    assert_eq!(shrunk.isr, [NodeId(1)]);

    let same_leader = partition()
        .merge(&PartitionChangeRecord {
            leader: 1,
            ..change()
        })
        .unwrap();
    assert_eq!(
        (same_leader.leader_epoch.0, same_leader.partition_epoch),
        (6, 10)
    );

    let no_leader = partition()
        .merge(&PartitionChangeRecord {
            leader: -1,
            isr: Some(vec![]),
            eligible_leader_replicas: Some(vec![1, 2]),
            last_known_elr: Some(vec![1]),
            ..change()
        })
        .unwrap();
    assert_eq!(no_leader.leader, NodeId::NONE);
    assert_eq!(no_leader.leader_epoch.0, 6);
    assert_eq!(no_leader.elr, [NodeId(1), NodeId(2)]);
    assert_eq!(no_leader.last_known_elr, [NodeId(1)]);
}

#[test]
fn a_partition_without_directories_counts_as_migrating() {
    let mut record = partition().to_record(Uuid(7 << 70), 3);
    record.directories = Vec::new();
    let partition = Partition::from_record(&record).unwrap();
    assert_eq!(partition.directories, [Uuid::ZERO, Uuid::ZERO]);
    let grown = partition
        .merge(&PartitionChangeRecord {
            replicas: Some(vec![1, 2, 3]),
            ..change()
        })
        .unwrap();
    assert_eq!(grown.directories.len(), 3);
}

#[test]
fn directories_that_do_not_match_the_replicas_are_refused() {
    let error = partition()
        .merge(&PartitionChangeRecord {
            replicas: Some(vec![1, 2, 3]),
            ..change()
        })
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "a partition of 3 replicas cannot have 2 directories"
    );
}

#[test]
fn an_unknown_recovery_state_is_refused() {
    let record = PartitionChangeRecord {
        leader_recovery_state: 2,
        ..change()
    };
    assert!(partition().merge(&record).is_err());
}

#[test]
fn a_partition_becomes_a_record_and_back() {
    let record = partition().to_record(Uuid(7 << 70), 3);
    assert_eq!(Partition::from_record(&record).unwrap(), partition());
    assert_eq!(partition().directory(NodeId(2)), Some(DIRECTORIES[1]));
    assert_eq!(partition().directory(NodeId(3)), None);
}
