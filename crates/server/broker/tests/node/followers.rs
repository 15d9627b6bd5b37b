//! A broker with a replica that another broker leads.

use ottla_messages::create_topics_request::{
    CreatableReplicaAssignment, CreatableTopic, CreateTopicsRequest,
};
use ottla_messages::describe_log_dirs_request::DescribeLogDirsRequest;
use ottla_messages::describe_producers_request::{DescribeProducersRequest, TopicRequest};
use ottla_messages::list_offsets_request::{
    ListOffsetsPartition, ListOffsetsRequest, ListOffsetsTopic,
};
use ottla_messages::offset_for_leader_epoch_request::{
    OffsetForLeaderEpochRequest, OffsetForLeaderPartition, OffsetForLeaderTopic,
};
use ottla_messages::{ErrorCode, KafkaString};
use ottla_test_node::{Client, TestNode, fetch_request, only_fetched};

const CONSUMER: i32 = -1;
const DEBUGGER: i32 = -2;
const EARLIEST: i64 = -2;
const NO_EPOCH: i32 = -1;

/// A controller that is a broker, too, and another broker.
struct Cluster {
    leader: TestNode,
    follower: TestNode,
}

impl Cluster {
    /// With a topic "orders" of one partition that the first leads and the second follows, and
    /// "theirs" that is the first's alone.
    fn start() -> Cluster {
        let leader = TestNode::start();
        let follower = TestNode::broker_of(&leader, &[]);
        let mut client = follower.client();
        create(&mut client, "orders", &[1, 2]);
        create(&mut client, "theirs", &[1]);
        Cluster { leader, follower }
    }
}

fn create(client: &mut Client, name: &str, brokers: &[i32]) {
    let response = client.ask(&CreateTopicsRequest {
        topics: vec![CreatableTopic {
            name: KafkaString::copy_from(name),
            num_partitions: -1,
            replication_factor: -1,
            assignments: vec![CreatableReplicaAssignment {
                partition_index: 0,
                broker_ids: brokers.to_vec(),
            }],
            ..CreatableTopic::default()
        }],
        timeout_ms: 10_000,
        validate_only: false,
    });
    assert_eq!(ErrorCode(response.topics[0].error_code), ErrorCode::NONE);
}

fn first_offset(client: &mut Client, topic: &str, replica_id: i32, epoch: i32) -> ErrorCode {
    let response = client.ask(&ListOffsetsRequest {
        replica_id,
        topics: vec![ListOffsetsTopic {
            name: KafkaString::copy_from(topic),
            partitions: vec![ListOffsetsPartition {
                partition_index: 0,
                current_leader_epoch: epoch,
                timestamp: EARLIEST,
            }],
        }],
        ..ListOffsetsRequest::default()
    });
    ErrorCode(response.topics[0].partitions[0].error_code)
}

fn end_of_first_epoch(client: &mut Client, current_leader_epoch: i32) -> ErrorCode {
    let response = client.ask(&OffsetForLeaderEpochRequest {
        replica_id: CONSUMER,
        topics: vec![OffsetForLeaderTopic {
            topic: "orders".into(),
            partitions: vec![OffsetForLeaderPartition {
                partition: 0,
                current_leader_epoch,
                leader_epoch: 0,
            }],
        }],
    });
    ErrorCode(response.topics[0].partitions[0].error_code)
}

#[test]
fn only_debuggers_are_told_what_a_follower_has() {
    let cluster = Cluster::start();
    let mut client = cluster.follower.client();
    for (topic, replica_id, expected) in [
        ("orders", CONSUMER, ErrorCode::NOT_LEADER_OR_FOLLOWER),
        ("orders", 2, ErrorCode::NOT_LEADER_OR_FOLLOWER),
        ("orders", DEBUGGER, ErrorCode::NONE),
        ("theirs", CONSUMER, ErrorCode::NOT_LEADER_OR_FOLLOWER),
        ("theirs", DEBUGGER, ErrorCode::NOT_LEADER_OR_FOLLOWER),
    ] {
        let answer = first_offset(&mut client, topic, replica_id, NO_EPOCH);
        assert_eq!(answer, expected, "{topic} asked by {replica_id}");
    }
    let of_leader = first_offset(&mut cluster.leader.client(), "orders", DEBUGGER, NO_EPOCH);
    assert_eq!(of_leader, ErrorCode::NONE);
}

#[test]
fn a_wrong_epoch_is_told_before_that_another_broker_leads() {
    let cluster = Cluster::start();
    let mut client = cluster.follower.client();
    for (epoch, expected) in [
        (NO_EPOCH, ErrorCode::NOT_LEADER_OR_FOLLOWER),
        (0, ErrorCode::NOT_LEADER_OR_FOLLOWER),
        (1, ErrorCode::UNKNOWN_LEADER_EPOCH),
    ] {
        let listed = first_offset(&mut client, "orders", CONSUMER, epoch);
        assert_eq!(listed, expected, "ListOffsets in epoch {epoch}");
        let ended = end_of_first_epoch(&mut client, epoch);
        assert_eq!(ended, expected, "OffsetForLeaderEpoch in epoch {epoch}");
        let mut request = fetch_request("orders", 0, 0);
        request.topics[0].partitions[0].current_leader_epoch = epoch;
        let fetched = only_fetched(client.call(12, &request));
        let fetched = ErrorCode(fetched.error_code);
        assert_eq!(fetched, expected, "Fetch in epoch {epoch}");
    }
    let debugged = first_offset(&mut client, "orders", DEBUGGER, 1);
    assert_eq!(debugged, ErrorCode::UNKNOWN_LEADER_EPOCH);
}

#[test]
fn a_follower_tells_of_its_log_and_its_producers() {
    let cluster = Cluster::start();
    let mut client = cluster.follower.client();
    let described = client.ask(&DescribeLogDirsRequest { topics: None });
    let topics = described.results.iter().flat_map(|dir| &dir.topics);
    let names: Vec<&str> = topics.map(|topic| topic.name.as_str()).collect();
    assert_eq!(names, ["orders"]);
    for (topic, expected) in [
        ("orders", ErrorCode::NONE),
        ("theirs", ErrorCode::NOT_LEADER_OR_FOLLOWER),
    ] {
        let answer = client.ask(&DescribeProducersRequest {
            topics: vec![TopicRequest {
                name: KafkaString::copy_from(topic),
                partition_indexes: vec![0],
            }],
        });
        let partition = &answer.topics[0].partitions[0];
        assert_eq!(ErrorCode(partition.error_code), expected, "{topic}");
    }
}
