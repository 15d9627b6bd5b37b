//! Requests that no client of Kafka's would send: each is refused by its error or ends its own
//! connection, and nobody else notices.

use bytes::Bytes;
use ottla_messages::create_topics_request::{CreatableTopic, CreateTopicsRequest};
use ottla_messages::fetch_request::FetchRequest;
use ottla_messages::join_group_request::{JoinGroupRequest, JoinGroupRequestProtocol};
use ottla_messages::list_offsets_request::{
    ListOffsetsPartition, ListOffsetsRequest, ListOffsetsTopic,
};
use ottla_messages::metadata_request::{MetadataRequest, MetadataRequestTopic};
use ottla_messages::offset_commit_request::{
    OffsetCommitRequest, OffsetCommitRequestPartition, OffsetCommitRequestTopic,
};
use ottla_messages::{ErrorCode, KafkaString};
use ottla_test_node::{
    Client, FETCH_BY_NAME, PRODUCE_BY_NAME, TestNode, batch, fetch_request, only_fetched,
    produce_request, request_frame, values_of,
};

use crate::connections::api_versions;

/// Two connections after each other are served by different reactors.
fn bystanders(node: &TestNode) -> [Client; 2] {
    [node.client(), node.client()]
}

fn join_group() -> JoinGroupRequest {
    JoinGroupRequest {
        group_id: KafkaString::from("readers"),
        session_timeout_ms: 10_000,
        rebalance_timeout_ms: 10_000,
        protocol_type: KafkaString::from("consumer"),
        protocols: vec![JoinGroupRequestProtocol {
            name: KafkaString::from("range"),
            metadata: Bytes::from_static(b"metadata"),
        }],
        ..JoinGroupRequest::default()
    }
}

fn offset_commit() -> OffsetCommitRequest {
    OffsetCommitRequest {
        group_id: KafkaString::from("readers"),
        generation_id_or_member_epoch: -1,
        topics: vec![OffsetCommitRequestTopic {
            name: KafkaString::from("orders"),
            partitions: vec![OffsetCommitRequestPartition {
                committed_metadata: Some(KafkaString::from("metadata")),
                ..OffsetCommitRequestPartition::default()
            }],
            ..OffsetCommitRequestTopic::default()
        }],
        ..OffsetCommitRequest::default()
    }
}

fn list_offsets(timestamp: i64) -> ListOffsetsRequest {
    ListOffsetsRequest {
        replica_id: -1,
        topics: vec![ListOffsetsTopic {
            name: KafkaString::from("orders"),
            partitions: vec![ListOffsetsPartition {
                partition_index: 0,
                current_leader_epoch: -1,
                timestamp,
            }],
        }],
        ..ListOffsetsRequest::default()
    }
}

fn metadata(name: &str) -> MetadataRequest {
    MetadataRequest {
        topics: Some(vec![MetadataRequestTopic {
            name: Some(KafkaString::copy_from(name)),
            ..MetadataRequestTopic::default()
        }]),
        ..MetadataRequest::default()
    }
}

fn create_topic(name: &str) -> CreateTopicsRequest {
    CreateTopicsRequest {
        topics: vec![CreatableTopic {
            name: KafkaString::copy_from(name),
            num_partitions: 1,
            replication_factor: 1,
            ..CreatableTopic::default()
        }],
        timeout_ms: 10_000,
        validate_only: true,
    }
}

#[test]
fn a_request_that_is_cut_anywhere_or_has_a_wrong_byte_harms_nobody() {
    let node = TestNode::start();
    let mut bystanders = bystanders(&node);
    bystanders[0].create_topic("orders", 1, &[]);
    bystanders[0].find_coordinator("readers");
    let whole = [
        request_frame(1, 9, &produce_request("orders", 0, 1, batch(&["value"]))),
        request_frame(1, FETCH_BY_NAME, &fetch_request("orders", 0, 0)),
        request_frame(1, 10, &list_offsets(-1)),
        request_frame(1, 13, &metadata("orders")),
        request_frame(1, 1, &metadata("orders")),
        request_frame(1, 9, &join_group()),
        request_frame(1, 9, &offset_commit()),
        request_frame(1, 7, &create_topic("others")),
    ];
    for frame in &whole {
        for length in 0..frame.len() {
            node.client().send_frame(&frame[..length]);
        }
        for place in 0..frame.len() {
            for wrong in [0xff, 0x80] {
                let mut frame = frame.clone();
                frame[place] ^= wrong;
                node.client().send_frame(&frame);
            }
        }
        for bystander in &mut bystanders {
            api_versions(bystander);
        }
    }
    bystanders[1].produce_values("orders", 0, &["whole"]);
}

#[test]
fn what_comes_behind_a_request_in_its_frame_is_not_read() {
    let node = TestNode::start();
    let mut client = node.client();
    for version in [1, 13] {
        let frame = request_frame(7, version, &MetadataRequest::default());
        client.send_frame(&[&frame[..], b"behind"].concat());
        client.receive_at::<MetadataRequest>(7, version);
    }
}

#[test]
fn requests_before_the_garbage_are_answered_and_what_is_behind_it_is_not() {
    let node = TestNode::start();
    let mut bystanders = bystanders(&node);
    let mut client = node.client();
    let waiting = client.send(13, &MetadataRequest::default());
    client.send_frame(&[0, 3, 0, 99]);
    client.send_unanswered(13, &MetadataRequest::default());
    client.receive(waiting);
    assert_eq!(client.until_closed(), b"");
    for bystander in &mut bystanders {
        api_versions(bystander);
    }
}

#[test]
fn more_tagged_fields_than_anybody_needs_end_the_connection() {
    let node = TestNode::start();
    let mut bystanders = bystanders(&node);
    let unsigned = |mut value: u32| {
        let mut bytes = Vec::new();
        while value >= 0x80 {
            bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        bytes.push(value as u8);
        bytes
    };
    let mut frame = request_frame(1, 13, &MetadataRequest::default());
    assert_eq!(frame.pop(), Some(0), "no tagged fields");
    frame.extend(unsigned(1_000_000));
    for tag in 1000..1_001_000 {
        frame.extend(unsigned(tag));
        frame.push(0);
    }
    let mut client = node.client();
    client.send_frame(&frame);
    assert_eq!(client.until_closed(), b"");
    for bystander in &mut bystanders {
        api_versions(bystander);
    }
}

#[test]
fn the_limits_of_a_fetch_are_taken_for_the_nearest_that_make_sense() {
    let node = TestNode::start();
    let mut client = node.client();
    client.create_topic("orders", 1, &[]);
    client.produce_values("orders", 0, &["value"]);
    let mut partition_max = fetch_request("orders", 0, 0);
    partition_max.topics[0].partitions[0].partition_max_bytes = i32::MIN;
    let bytes = |max_bytes| FetchRequest {
        max_bytes,
        max_wait_ms: i32::MAX,
        ..fetch_request("orders", 0, 0)
    };
    let mut epoch = fetch_request("orders", 0, 0);
    epoch.topics[0].partitions[0].current_leader_epoch = i32::MIN;
    for request in [bytes(-1), bytes(0), bytes(i32::MAX), partition_max, epoch] {
        let fetched = only_fetched(client.call(FETCH_BY_NAME, &request));
        assert_eq!(values_of(&fetched), ["value"]);
    }
    let at_once = FetchRequest {
        min_bytes: i32::MIN,
        max_wait_ms: i32::MAX,
        ..fetch_request("orders", 0, 1)
    };
    let fetched = only_fetched(client.call(FETCH_BY_NAME, &at_once));
    assert_eq!(values_of(&fetched), Vec::<String>::new());
}

#[test]
fn offsets_far_from_the_log_are_out_of_range() {
    let node = TestNode::start();
    let mut client = node.client();
    client.create_topic("orders", 1, &[]);
    for offset in [i64::MIN, -1, 1, i64::MAX] {
        let fetched = client.fetch("orders", 0, offset);
        let expected = ErrorCode::OFFSET_OUT_OF_RANGE;
        assert_eq!(ErrorCode(fetched.error_code), expected, "{offset}");
    }
}

#[test]
fn an_isolation_level_that_does_not_exist_reads_nothing() {
    let node = TestNode::start();
    let mut client = node.client();
    client.create_topic("orders", 1, &[]);
    client.produce_values("orders", 0, &["value"]);
    for isolation_level in [-1, 2, i8::MAX] {
        let fetch = FetchRequest {
            isolation_level,
            ..fetch_request("orders", 0, 0)
        };
        for version in [4, FETCH_BY_NAME] {
            let fetched = client.call(version, &fetch).responses.remove(0);
            let partition = &fetched.partitions[0];
            let error = ErrorCode(partition.error_code);
            assert_eq!(error, ErrorCode::INVALID_REQUEST);
            assert!(partition.records.as_ref().is_none_or(Bytes::is_empty));
        }
        let list = ListOffsetsRequest {
            isolation_level,
            ..list_offsets(-1)
        };
        let listed = client.call(10, &list).topics.remove(0);
        let error = ErrorCode(listed.partitions[0].error_code);
        assert_eq!(error, ErrorCode::INVALID_REQUEST);
    }
}

#[test]
fn timestamps_without_a_meaning_yet_are_not_looked_up() {
    let node = TestNode::start();
    let mut client = node.client();
    client.create_topic("orders", 1, &[]);
    client.produce_values("orders", 0, &["value"]);
    for timestamp in [-7, -100, i64::MIN] {
        let listed = client.call(10, &list_offsets(timestamp)).topics.remove(0);
        let error = ErrorCode(listed.partitions[0].error_code);
        assert_eq!(error, ErrorCode::UNSUPPORTED_VERSION, "{timestamp}");
    }
}

#[test]
fn a_client_that_claims_to_be_a_replica_is_told_that_it_is_none() {
    let node = TestNode::start();
    let mut client = node.client();
    client.create_topic("orders", 1, &[]);
    client.produce_values("orders", 0, &["value"]);
    for replica_id in [0, 1, 5, i32::MAX] {
        let request = FetchRequest {
            replica_id,
            ..fetch_request("orders", 0, 0)
        };
        let fetched = only_fetched(client.call(FETCH_BY_NAME, &request));
        let error = ErrorCode(fetched.error_code);
        assert_eq!(error, ErrorCode::NOT_LEADER_OR_FOLLOWER, "{replica_id}");
    }
}

#[test]
fn names_that_no_topic_can_have() {
    let node = TestNode::start();
    let mut client = node.client();
    client.create_topic("taken.name", 1, &[]);
    let longest = "x".repeat(249);
    let too_long = "x".repeat(250);
    for (name, expected) in [
        ("", ErrorCode::INVALID_TOPIC_EXCEPTION),
        (".", ErrorCode::INVALID_TOPIC_EXCEPTION),
        ("..", ErrorCode::INVALID_TOPIC_EXCEPTION),
        ("../up", ErrorCode::INVALID_TOPIC_EXCEPTION),
        ("a/b", ErrorCode::INVALID_TOPIC_EXCEPTION),
        ("a\0b", ErrorCode::INVALID_TOPIC_EXCEPTION),
        ("a b", ErrorCode::INVALID_TOPIC_EXCEPTION),
        ("ü", ErrorCode::INVALID_TOPIC_EXCEPTION),
        ("taken_name", ErrorCode::INVALID_TOPIC_EXCEPTION),
        (&too_long, ErrorCode::INVALID_TOPIC_EXCEPTION),
        ("taken.name", ErrorCode::TOPIC_ALREADY_EXISTS),
        (&longest, ErrorCode::NONE),
        ("...", ErrorCode::NONE),
    ] {
        let created = client.call(7, &create_topic(name)).topics.remove(0);
        assert_eq!(ErrorCode(created.error_code), expected, "{name:?}");
        assert_eq!(created.error_message.is_some(), expected != ErrorCode::NONE);
    }
}

#[test]
fn a_negative_partition_is_as_unknown_as_one_too_many() {
    let node = TestNode::start();
    let mut client = node.client();
    client.create_topic("orders", 1, &[]);
    let unknown = ErrorCode::UNKNOWN_TOPIC_OR_PARTITION;
    for partition in [i32::MIN, -1, 1, i32::MAX] {
        let request = produce_request("orders", partition, 1, batch(&["value"]));
        let produced = client.call(PRODUCE_BY_NAME, &request).responses.remove(0);
        let error = ErrorCode(produced.partition_responses[0].error_code);
        assert_eq!(error, unknown, "{partition}");
        let fetched = client.fetch("orders", partition, 0);
        assert_eq!(ErrorCode(fetched.error_code), unknown, "{partition}");
    }
}
