//! Start, clean stop, kill, and what is found afterwards.

use ottla_messages::ErrorCode;
use ottla_messages::delete_topics_request::{DeleteTopicState, DeleteTopicsRequest};
use ottla_test_node::{TestNode, batch_with};

const CLEAN_SHUTDOWN: &str = ".kafka_cleanshutdown";

#[test]
fn what_was_acknowledged_is_there_after_a_clean_stop() {
    let node = TestNode::start();
    let mut client = node.client();
    client.create_topic("orders", 2, &[]);
    client.produce_values("orders", 1, &["one", "two"]);
    let node = node.restarted();
    let mut client = node.client();
    assert_eq!(client.fetch_values("orders", 1, 0), ["one", "two"]);
    assert_eq!(client.produce_values("orders", 1, &["three"]), 2);
}

#[test]
fn what_was_acknowledged_is_there_after_a_kill() {
    let first = TestNode::start();
    let mut client = first.client();
    client.create_topic("orders", 2, &[]);
    client.produce_values("orders", 1, &["one", "two"]);
    let node = first.killed_and_restarted();
    let mut client = node.client();
    assert_eq!(client.fetch_values("orders", 1, 0), ["one", "two"]);
    assert_eq!(client.produce_values("orders", 1, &["three"]), 2);
}

#[test]
fn a_batch_that_is_sent_again_after_a_kill_is_not_appended_again() {
    let first = TestNode::start();
    let mut client = first.client();
    client.create_topic("orders", 1, &[]);
    let batch = batch_with(client.idempotent_batch(), &["once"]);
    let before = client.produce("orders", 0, batch.clone());
    let node = first.killed_and_restarted();
    let mut client = node.client();
    let after = client.produce("orders", 0, batch);
    assert_eq!(ErrorCode(after.error_code), ErrorCode::NONE);
    assert_eq!(after.base_offset, before.base_offset);
    assert_eq!(client.fetch_values("orders", 0, 0), ["once"]);
}

#[test]
fn producer_ids_are_never_given_out_twice() {
    let first = TestNode::start();
    let before = first.client().idempotent_batch().producer_id;
    let second = first.killed_and_restarted();
    let between = second.client().idempotent_batch().producer_id;
    let third = second.restarted();
    let after = third.client().idempotent_batch().producer_id;
    assert!(
        before < between && between < after,
        "{before:?} {between:?} {after:?}"
    );
}

#[test]
fn the_marker_of_a_clean_stop_is_there_only_while_the_node_is_not() {
    let mut node = TestNode::start();
    let marker = node.directory().join(CLEAN_SHUTDOWN);
    assert!(!marker.exists());
    node.stop();
    assert!(marker.exists());
    let node = node.restarted();
    let marker = node.directory().join(CLEAN_SHUTDOWN);
    node.client().create_topic("orders", 1, &[]);
    assert!(
        !marker.exists(),
        "a kill now must not look like a clean stop"
    );
}

#[test]
fn a_topic_that_was_deleted_stays_away_after_a_kill() {
    let first = TestNode::start();
    let mut client = first.client();
    let topic_id = client.create_topic("orders", 1, &[]);
    client.produce_values("orders", 0, &["gone"]);
    let deleted = client.ask(&DeleteTopicsRequest {
        topics: vec![DeleteTopicState {
            name: None,
            topic_id,
        }],
        timeout_ms: 10_000,
        ..DeleteTopicsRequest::default()
    });
    assert_eq!(deleted.responses[0].error_code, ErrorCode::NONE.0);
    let node = first.killed_and_restarted();
    let mut client = node.client();
    assert_ne!(client.create_topic("orders", 1, &[]), topic_id);
    assert_eq!(client.fetch_values("orders", 0, 0), Vec::<String>::new());
}

#[test]
fn a_stopped_node_lets_its_clients_go() {
    let mut node = TestNode::start();
    let mut client = node.client();
    client.create_topic("orders", 1, &[]);
    node.stop();
    assert_eq!(client.until_closed(), b"");
}
