//! DeleteRecords, and the producers that a partition remembers.

use std::fs;

use ottla_messages::delete_records_request::{
    DeleteRecordsPartition, DeleteRecordsRequest, DeleteRecordsTopic,
};
use ottla_messages::delete_topics_request::{DeleteTopicState, DeleteTopicsRequest};
use ottla_messages::describe_producers_request::{DescribeProducersRequest, TopicRequest};
use ottla_messages::describe_producers_response::PartitionResponse;
use ottla_messages::{ErrorCode, KafkaString};
use ottla_test_node::{Client, TestNode, batch_with};

fn delete(client: &mut Client, topic: &str, offset: i64) -> (ErrorCode, i64) {
    let response = client.ask(&DeleteRecordsRequest {
        topics: vec![DeleteRecordsTopic {
            name: KafkaString::copy_from(topic),
            partitions: vec![DeleteRecordsPartition {
                partition_index: 0,
                offset,
            }],
        }],
        timeout_ms: 10_000,
    });
    let partition = &response.topics[0].partitions[0];
    (ErrorCode(partition.error_code), partition.low_watermark)
}

fn producers(client: &mut Client, topic: &str) -> PartitionResponse {
    let mut response = client.ask(&DescribeProducersRequest {
        topics: vec![TopicRequest {
            name: KafkaString::copy_from(topic),
            partition_indexes: vec![0],
        }],
    });
    response.topics.remove(0).partitions.remove(0)
}

#[test]
fn who_asks_for_the_producers_of_nothing_is_told_so() {
    let node = TestNode::start();
    let described = producers(&mut node.client(), "nowhere");
    let error = ErrorCode(described.error_code);
    assert_eq!(error, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    let message = described.error_message.unwrap();
    assert_eq!(&*message, "This server does not host this topic-partition.");
}

fn filled(node: &TestNode) -> Client {
    let mut client = node.client();
    client.create_topic("orders", 1, &[]);
    for value in ["a", "b", "c"] {
        client.produce_values("orders", 0, &[value]);
    }
    client
}

#[test]
fn the_log_starts_where_it_was_told_to_and_does_so_after_a_stop() {
    let node = TestNode::start();
    let mut client = filled(&node);
    assert_eq!(delete(&mut client, "orders", 1), (ErrorCode::NONE, 1));
    let gone = client.fetch("orders", 0, 0);
    assert_eq!(ErrorCode(gone.error_code), ErrorCode::OFFSET_OUT_OF_RANGE);
    assert_eq!(client.fetch_values("orders", 0, 1), ["b", "c"]);
    assert_eq!(client.fetch("orders", 0, 1).log_start_offset, 1);
    let node = node.restarted();
    let mut client = node.client();
    assert_eq!(client.fetch("orders", 0, 1).log_start_offset, 1);
    // Up to the high watermark, whatever that is: nothing is left, and the offsets go on.
    assert_eq!(delete(&mut client, "orders", -1), (ErrorCode::NONE, 3));
    assert_eq!(client.produce_values("orders", 0, &["d"]), 3);
    assert_eq!(client.fetch_values("orders", 0, 3), ["d"]);
}

/// The names in a checkpoint of the node's directory.
fn named(node: &TestNode, checkpoint: &str) -> Vec<String> {
    let text = fs::read_to_string(node.directory().join(checkpoint)).unwrap();
    let lines = text.lines().skip(2);
    lines
        .map(|line| line.split(' ').next().unwrap().to_owned())
        .collect()
}

#[test]
fn a_topic_made_again_knows_nothing_of_where_the_first_one_started() {
    let node = TestNode::start();
    let mut client = filled(&node);
    assert_eq!(delete(&mut client, "orders", 2), (ErrorCode::NONE, 2));
    // The stop stores where the log starts.
    let node = node.restarted();
    assert_eq!(named(&node, "log-start-offset-checkpoint"), ["orders"]);
    let mut client = node.client();
    client.ask(&DeleteTopicsRequest {
        topics: vec![DeleteTopicState {
            name: Some(KafkaString::from("orders")),
            ..DeleteTopicState::default()
        }],
        timeout_ms: 10_000,
        ..DeleteTopicsRequest::default()
    });
    for checkpoint in [
        "log-start-offset-checkpoint",
        "recovery-point-offset-checkpoint",
        "replication-offset-checkpoint",
    ] {
        let named = named(&node, checkpoint);
        assert!(!named.contains(&"orders".to_owned()), "{checkpoint}");
    }
    client.create_topic("orders", 1, &[]);
    for value in ["d", "e", "f"] {
        client.produce_values("orders", 0, &[value]);
    }
    let node = node.killed_and_restarted();
    let mut client = node.client();
    assert_eq!(client.fetch_values("orders", 0, 0), ["d", "e", "f"]);
}

#[test]
fn a_checkpoint_that_names_what_is_not_there_means_nothing() {
    let mut node = TestNode::start();
    node.stop();
    for checkpoint in [
        "log-start-offset-checkpoint",
        "recovery-point-offset-checkpoint",
        "replication-offset-checkpoint",
    ] {
        fs::write(node.directory().join(checkpoint), "0\n1\norders 0 2\n").unwrap();
    }
    let node = node.restarted();
    let mut client = filled(&node);
    assert_eq!(client.fetch_values("orders", 0, 0), ["a", "b", "c"]);
    let node = node.killed_and_restarted();
    let mut client = node.client();
    assert_eq!(client.fetch_values("orders", 0, 0), ["a", "b", "c"]);
}

#[test]
fn what_is_gone_already_is_not_brought_back() {
    let node = TestNode::start();
    let mut client = filled(&node);
    assert_eq!(delete(&mut client, "orders", 2), (ErrorCode::NONE, 2));
    assert_eq!(delete(&mut client, "orders", 1), (ErrorCode::NONE, 2));
}

#[test]
fn what_cannot_be_deleted_is_refused() {
    let node = TestNode::start();
    let mut client = filled(&node);
    client.create_topic("keys", 1, &[("cleanup.policy", "compact")]);
    client.find_coordinator("readers");
    for (topic, offset, expected) in [
        ("orders", 4, ErrorCode::OFFSET_OUT_OF_RANGE),
        ("orders", -2, ErrorCode::OFFSET_OUT_OF_RANGE),
        ("nowhere", 0, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION),
        ("keys", 0, ErrorCode::POLICY_VIOLATION),
        ("__consumer_offsets", 0, ErrorCode::INVALID_TOPIC_EXCEPTION),
    ] {
        let refused = delete(&mut client, topic, offset);
        assert_eq!(refused, (expected, -1), "{topic} {offset}");
    }
    assert_eq!(client.fetch_values("orders", 0, 0), ["a", "b", "c"]);
}

#[test]
fn the_producers_of_a_partition_are_described() {
    let node = TestNode::start();
    let mut client = filled(&node);
    assert_eq!(producers(&mut client, "orders").active_producers, []);
    let first = client.idempotent_batch();
    client.produce("orders", 0, batch_with(first, &["d", "e"]));
    let described = producers(&mut client, "orders").active_producers;
    assert_eq!(described.len(), 1);
    assert_eq!(described[0].producer_id, first.producer_id.0);
    assert_eq!(described[0].last_sequence, 1);
    assert_eq!(described[0].current_txn_start_offset, -1);
    for (topic, expected) in [
        ("nowhere", ErrorCode::UNKNOWN_TOPIC_OR_PARTITION),
        ("a/b", ErrorCode::INVALID_TOPIC_EXCEPTION),
    ] {
        let refused = producers(&mut client, topic);
        assert_eq!(ErrorCode(refused.error_code), expected, "{topic}");
    }
}
