//! Offsets: those that groups commit, those that time stands for, those at which epochs end.

use ottla_messages::list_offsets_request::{
    ListOffsetsPartition, ListOffsetsRequest, ListOffsetsTopic,
};
use ottla_messages::offset_commit_request::{
    OffsetCommitRequest, OffsetCommitRequestPartition, OffsetCommitRequestTopic,
};
use ottla_messages::offset_delete_request::{
    OffsetDeleteRequest, OffsetDeleteRequestPartition, OffsetDeleteRequestTopic,
};
use ottla_messages::offset_fetch_request::{
    OffsetFetchRequest, OffsetFetchRequestGroup, OffsetFetchRequestTopics,
};
use ottla_messages::offset_for_leader_epoch_request::{
    OffsetForLeaderEpochRequest, OffsetForLeaderPartition, OffsetForLeaderTopic,
};
use ottla_messages::{ErrorCode, KafkaString};
use ottla_records::{BatchBuilder, BatchOptions};
use ottla_test_node::{Client, TestNode};
use ottla_types::TimestampMs;

const GROUP: &str = "readers";
/// The newest versions that name topics.
const BY_NAME: i16 = 9;

fn commit(client: &mut Client, topic: &str, offset: i64) -> ErrorCode {
    let response = client.call(
        BY_NAME,
        &OffsetCommitRequest {
            group_id: GROUP.into(),
            generation_id_or_member_epoch: -1,
            topics: vec![OffsetCommitRequestTopic {
                name: KafkaString::copy_from(topic),
                partitions: vec![OffsetCommitRequestPartition {
                    committed_offset: offset,
                    committed_metadata: Some("note".into()),
                    ..OffsetCommitRequestPartition::default()
                }],
                ..OffsetCommitRequestTopic::default()
            }],
            ..OffsetCommitRequest::default()
        },
    );
    ErrorCode(response.topics[0].partitions[0].error_code)
}

/// What the group has committed of a topic's first partition, with its metadata.
fn committed(client: &mut Client, topic: &str) -> (i64, String) {
    let response = client.call(
        BY_NAME,
        &OffsetFetchRequest {
            groups: vec![OffsetFetchRequestGroup {
                group_id: GROUP.into(),
                topics: Some(vec![OffsetFetchRequestTopics {
                    name: KafkaString::copy_from(topic),
                    partition_indexes: vec![0],
                    ..OffsetFetchRequestTopics::default()
                }]),
                ..OffsetFetchRequestGroup::default()
            }],
            ..OffsetFetchRequest::default()
        },
    );
    let group = &response.groups[0];
    assert_eq!(ErrorCode(group.error_code), ErrorCode::NONE);
    let partition = &group.topics[0].partitions[0];
    let metadata = partition.metadata.as_deref().unwrap_or_default();
    (partition.committed_offset, metadata.to_owned())
}

#[test]
fn what_a_group_commits_is_found_after_a_stop_and_after_a_kill() {
    let node = TestNode::start();
    let mut client = node.client();
    client.create_topic("orders", 1, &[]);
    client.find_coordinator(GROUP);
    assert_eq!(committed(&mut client, "orders"), (-1, String::new()));
    assert_eq!(commit(&mut client, "orders", 7), ErrorCode::NONE);
    assert_eq!(committed(&mut client, "orders"), (7, "note".to_owned()));
    let killed = node.killed_and_restarted();
    let mut client = killed.client();
    client.find_coordinator(GROUP);
    assert_eq!(committed(&mut client, "orders"), (7, "note".to_owned()));
    assert_eq!(commit(&mut client, "orders", 8), ErrorCode::NONE);
    let stopped = killed.restarted();
    let mut client = stopped.client();
    client.find_coordinator(GROUP);
    assert_eq!(committed(&mut client, "orders"), (8, "note".to_owned()));
}

#[test]
fn an_offset_can_be_deleted_and_goes_with_its_topic() {
    let node = TestNode::start();
    let mut client = node.client();
    client.create_topic("orders", 1, &[]);
    client.find_coordinator(GROUP);
    commit(&mut client, "orders", 7);
    let response = client.ask(&OffsetDeleteRequest {
        group_id: GROUP.into(),
        topics: vec![OffsetDeleteRequestTopic {
            name: "orders".into(),
            partitions: vec![OffsetDeleteRequestPartition { partition_index: 0 }],
        }],
    });
    assert_eq!(ErrorCode(response.error_code), ErrorCode::NONE);
    assert_eq!(committed(&mut client, "orders").0, -1);
}

#[test]
fn a_commit_without_a_topic_or_a_coordinator_is_refused() {
    let node = TestNode::start();
    let mut client = node.client();
    client.create_topic("orders", 1, &[]);
    assert_eq!(commit(&mut client, "orders", 7), ErrorCode::NOT_COORDINATOR);
    client.find_coordinator(GROUP);
    assert_eq!(
        commit(&mut client, "nowhere", 7),
        ErrorCode::UNKNOWN_TOPIC_OR_PARTITION
    );
}

/// The offset and timestamp that stand for a timestamp.
fn offset_at(client: &mut Client, topic: &str, timestamp: i64) -> (ErrorCode, i64, i64) {
    let response = client.ask(&ListOffsetsRequest {
        replica_id: -1,
        topics: vec![ListOffsetsTopic {
            name: KafkaString::copy_from(topic),
            partitions: vec![ListOffsetsPartition {
                current_leader_epoch: -1,
                timestamp,
                ..ListOffsetsPartition::default()
            }],
        }],
        ..ListOffsetsRequest::default()
    });
    let partition = &response.topics[0].partitions[0];
    let error = ErrorCode(partition.error_code);
    (error, partition.offset, partition.timestamp)
}

#[test]
fn offsets_are_found_by_time() {
    let node = TestNode::start();
    let mut client = node.client();
    client.create_topic("orders", 1, &[]);
    let now = ottla_test_node::now().0;
    for times in [&[now - 50, now - 40][..], &[now - 10, now - 30]] {
        let mut builder = BatchBuilder::new(BatchOptions::default());
        for time in times {
            builder.append(TimestampMs(*time), None, Some(b"v"), &[]);
        }
        let produced = client.produce("orders", 0, builder.build());
        assert_eq!(ErrorCode(produced.error_code), ErrorCode::NONE);
    }
    let none = ErrorCode::NONE;
    for (timestamp, found) in [
        (-2, (none, 0, -1)),
        (-1, (none, 4, -1)),
        (-3, (none, 2, now - 10)),
        (now - 60, (none, 0, now - 50)),
        (now - 45, (none, 1, now - 40)),
        (now - 35, (none, 2, now - 10)),
        (now - 5, (none, -1, -1)),
    ] {
        assert_eq!(
            offset_at(&mut client, "orders", timestamp),
            found,
            "{timestamp}"
        );
    }
    let nowhere = offset_at(&mut client, "nowhere", -1);
    assert_eq!(nowhere.0, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    let symbol = offset_at(&mut client, "nowhere", -7);
    assert_eq!(symbol.0, ErrorCode::UNSUPPORTED_VERSION);
}

#[test]
fn a_partition_that_is_asked_for_twice_is_refused_twice() {
    let node = TestNode::start();
    let mut client = node.client();
    client.create_topic("orders", 2, &[]);
    let of = |partition_index| ListOffsetsPartition {
        partition_index,
        current_leader_epoch: -1,
        timestamp: -1,
    };
    let response = client.ask(&ListOffsetsRequest {
        replica_id: -1,
        topics: vec![ListOffsetsTopic {
            name: "orders".into(),
            partitions: vec![of(0), of(1), of(0)],
        }],
        ..ListOffsetsRequest::default()
    });
    let answers = response.topics[0].partitions.iter();
    let errors: Vec<_> = answers.map(|answer| ErrorCode(answer.error_code)).collect();
    let refused = ErrorCode::INVALID_REQUEST;
    assert_eq!(errors, [refused, ErrorCode::NONE, refused]);
}

#[test]
fn an_epoch_ends_where_the_next_one_begins() {
    let first = TestNode::start();
    let mut client = first.client();
    client.create_topic("orders", 1, &[]);
    client.produce_values("orders", 0, &["a", "b"]);
    let node = first.restarted();
    let mut client = node.client();
    client.produce_values("orders", 0, &["c"]);
    let mut end_of = |leader_epoch| {
        let response = client.ask(&OffsetForLeaderEpochRequest {
            replica_id: -1,
            topics: vec![OffsetForLeaderTopic {
                topic: "orders".into(),
                partitions: vec![OffsetForLeaderPartition {
                    partition: 0,
                    current_leader_epoch: -1,
                    leader_epoch,
                }],
            }],
        });
        let partition = &response.topics[0].partitions[0];
        assert_eq!(ErrorCode(partition.error_code), ErrorCode::NONE);
        (partition.leader_epoch, partition.end_offset)
    };
    let latest = (0..10).rev().map(&mut end_of).find(|(_, end)| *end >= 0);
    assert_eq!(latest.unwrap().1, 3, "the newest epoch ends with the log");
    assert_eq!(end_of(0), (0, 2));
}

#[test]
fn what_is_refused_of_a_topic_stands_with_what_is_taken_of_it() {
    let node = TestNode::start();
    let mut client = node.client();
    client.create_topic("orders", 1, &[]);
    client.find_coordinator(GROUP);
    let topic = |name: &str, partition_index| OffsetCommitRequestTopic {
        name: KafkaString::copy_from(name),
        partitions: vec![OffsetCommitRequestPartition {
            partition_index,
            committed_offset: 1,
            ..OffsetCommitRequestPartition::default()
        }],
        ..OffsetCommitRequestTopic::default()
    };
    let mut topics = vec![topic("orders", 5), topic("gone", 0), topic("orders", 0)];
    // So many that walking over them for each would be felt.
    topics.extend((0..20_000).map(|number| topic(&format!("unknown-{number}"), 0)));
    topics.push(topic("gone", 1));
    let request = OffsetCommitRequest {
        group_id: GROUP.into(),
        generation_id_or_member_epoch: -1,
        topics,
        ..OffsetCommitRequest::default()
    };
    let response = client.call(BY_NAME, &request);
    assert_eq!(response.topics.len(), 20_002);
    let of = |name: &str| {
        let topic = response.topics.iter().find(|topic| &*topic.name == name);
        let mut codes: Vec<(i32, ErrorCode)> = topic
            .unwrap()
            .partitions
            .iter()
            .map(|partition| (partition.partition_index, ErrorCode(partition.error_code)))
            .collect();
        codes.sort_unstable();
        codes
    };
    let unknown = ErrorCode::UNKNOWN_TOPIC_OR_PARTITION;
    assert_eq!(of("orders"), [(0, ErrorCode::NONE), (5, unknown)]);
    assert_eq!(of("gone"), [(0, unknown), (1, unknown)]);
}
