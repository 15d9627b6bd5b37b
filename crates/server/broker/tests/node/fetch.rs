//! Fetch: what is read, from where, and how long it is waited for.

use std::time::{Duration, Instant};

use ottla_messages::ErrorCode;
use ottla_messages::delete_topics_request::{DeleteTopicState, DeleteTopicsRequest};
use ottla_messages::fetch_request::{FetchPartition, FetchRequest};
use ottla_test_node::{Client, FETCH_BY_NAME, TestNode, fetch_request, only_fetched, values_of};

/// Far beyond what a test may take.
const LONG_MS: i32 = 60_000;

const READ_COMMITTED: i8 = 1;

fn long_poll(topic: &str, offset: i64, min_bytes: i32) -> FetchRequest {
    FetchRequest {
        max_wait_ms: LONG_MS,
        min_bytes,
        ..fetch_request(topic, 0, offset)
    }
}

/// Produces on a reactor of its own choice, again and again in turn.
fn producers(node: &TestNode) -> [Client; 2] {
    [node.client(), node.client()]
}

#[test]
fn a_long_poll_is_woken_by_a_producer_on_any_reactor() {
    let node = TestNode::start();
    let mut consumer = node.client();
    consumer.create_topic("orders", 1, &[]);
    for (offset, producer) in (0..).zip(&mut producers(&node)) {
        let waiting = consumer.send(FETCH_BY_NAME, &long_poll("orders", offset, 1));
        // Whoever asks for the topics on the same connection is behind the long poll.
        let value = format!("value {offset}");
        producer.produce_values("orders", 0, &[&value]);
        let fetched = only_fetched(consumer.receive(waiting));
        assert_eq!(values_of(&fetched), [value]);
    }
}

#[test]
fn many_long_polls_are_woken_by_one_batch() {
    let node = TestNode::start();
    let mut consumers: Vec<Client> = (0..20).map(|_| node.client()).collect();
    let mut producer = node.client();
    producer.create_topic("orders", 1, &[]);
    let waiting: Vec<_> = consumers
        .iter_mut()
        .map(|consumer| consumer.send(FETCH_BY_NAME, &long_poll("orders", 0, 1)))
        .collect();
    producer.produce_values("orders", 0, &["one"]);
    for (consumer, waiting) in consumers.iter_mut().zip(waiting) {
        let fetched = only_fetched(consumer.receive(waiting));
        assert_eq!(values_of(&fetched), ["one"]);
    }
}

#[test]
fn a_long_poll_waits_until_there_are_enough_bytes() {
    let node = TestNode::start();
    let mut consumer = node.client();
    let mut producer = node.client();
    producer.create_topic("orders", 1, &[]);
    let waiting = consumer.send(FETCH_BY_NAME, &long_poll("orders", 0, 200));
    let mut sent = Vec::new();
    while sent.len() < 3 {
        assert!(!consumer.has_answer(), "answered after {sent:?}");
        let value = format!("value {}", sent.len());
        producer.produce_values("orders", 0, &[&value]);
        sent.push(value);
    }
    let fetched = only_fetched(consumer.receive(waiting));
    assert_eq!(values_of(&fetched), sent);
}

#[test]
fn a_long_poll_that_finds_nothing_is_answered_when_its_time_is_up() {
    let node = TestNode::start();
    let mut client = node.client();
    client.create_topic("orders", 1, &[]);
    let started = Instant::now();
    let short = FetchRequest {
        max_wait_ms: 50,
        ..fetch_request("orders", 0, 0)
    };
    let fetched = only_fetched(client.call(FETCH_BY_NAME, &short));
    assert_eq!(values_of(&fetched), Vec::<String>::new());
    assert_eq!(fetched.high_watermark, 0);
    assert!(started.elapsed() >= Duration::from_millis(50));
}

#[test]
fn a_long_poll_ends_with_its_topic() {
    let node = TestNode::start();
    let mut consumer = node.client();
    let mut client = node.client();
    let topic_id = client.create_topic("orders", 1, &[]);
    let waiting = consumer.send(FETCH_BY_NAME, &long_poll("orders", 0, 1));
    client.ask(&DeleteTopicsRequest {
        topics: vec![DeleteTopicState {
            name: None,
            topic_id,
        }],
        timeout_ms: 10_000,
        ..DeleteTopicsRequest::default()
    });
    let fetched = only_fetched(consumer.receive(waiting));
    assert_ne!(ErrorCode(fetched.error_code), ErrorCode::NONE);
}

#[test]
fn what_cannot_be_read_is_answered_at_once() {
    let node = TestNode::start();
    let mut client = node.client();
    client.create_topic("orders", 1, &[]);
    client.produce_values("orders", 0, &["one"]);
    let epoch = |current_leader_epoch| {
        let mut request = long_poll("orders", 0, 1);
        request.topics[0].partitions[0].current_leader_epoch = current_leader_epoch;
        request
    };
    let mut elsewhere = long_poll("orders", 0, 1);
    elsewhere.topics[0].partitions[0].partition = 9;
    for (request, expected) in [
        (long_poll("orders", 2, 1), ErrorCode::OFFSET_OUT_OF_RANGE),
        (long_poll("orders", -1, 1), ErrorCode::OFFSET_OUT_OF_RANGE),
        (
            long_poll("nowhere", 0, 1),
            ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
        ),
        (elsewhere, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION),
        (epoch(99), ErrorCode::UNKNOWN_LEADER_EPOCH),
    ] {
        let request = FetchRequest {
            isolation_level: READ_COMMITTED,
            ..request
        };
        let fetched = only_fetched(client.call(FETCH_BY_NAME, &request));
        assert_eq!(ErrorCode(fetched.error_code), expected);
        // As in Kafka, whose answers about what does not exist are made in another place.
        let exists = expected != ErrorCode::UNKNOWN_TOPIC_OR_PARTITION;
        assert_eq!(
            fetched.aborted_transactions.is_none(),
            exists,
            "{expected:?}"
        );
    }
}

#[test]
fn the_first_batch_is_given_whole_however_little_is_asked_for() {
    let node = TestNode::start();
    let mut client = node.client();
    client.create_topic("orders", 2, &[]);
    for partition in [0, 1] {
        client.produce_values("orders", partition, &["first"]);
        client.produce_values("orders", partition, &["second"]);
    }
    let mut little = fetch_request("orders", 0, 0);
    little.max_bytes = 1;
    let second = FetchPartition {
        partition: 1,
        ..little.topics[0].partitions[0].clone()
    };
    little.topics[0].partitions.push(second);
    let response = client.call(FETCH_BY_NAME, &little);
    let read: Vec<_> = response.responses[0]
        .partitions
        .iter()
        .map(values_of)
        .collect();
    assert_eq!(read, [vec!["first".to_owned()], Vec::new()]);
}

#[test]
fn topics_are_found_by_their_id_too() {
    let node = TestNode::start();
    let mut client = node.client();
    let id = client.create_topic("orders", 1, &[]);
    client.produce_values("orders", 0, &["one"]);
    let by_id = |id| {
        let mut request = fetch_request("", 0, 0);
        request.topics[0].topic_id = id;
        request
    };
    assert_eq!(values_of(&only_fetched(client.ask(&by_id(id)))), ["one"]);
    let unknown = only_fetched(client.ask(&by_id(ottla_types::Uuid(7))));
    assert_eq!(ErrorCode(unknown.error_code), ErrorCode::UNKNOWN_TOPIC_ID);
}

#[test]
fn a_broker_that_is_no_replica_is_told_so() {
    let node = TestNode::start();
    let mut client = node.client();
    client.create_topic("orders", 1, &[]);
    let follower = FetchRequest {
        replica_id: 2,
        ..fetch_request("orders", 0, 0)
    };
    let fetched = only_fetched(client.call(FETCH_BY_NAME, &follower));
    assert_ne!(ErrorCode(fetched.error_code), ErrorCode::NONE);
}

/// A fetch that reads two partitions at once, and does not wait.
fn of_two_partitions() -> FetchRequest {
    let mut request = FetchRequest {
        max_wait_ms: 0,
        ..fetch_request("orders", 0, 0)
    };
    let second = FetchPartition {
        partition: 1,
        ..request.topics[0].partitions[0].clone()
    };
    request.topics[0].partitions.push(second);
    request
}

#[test]
fn what_is_not_in_memory_is_read_even_by_a_fetch_that_does_not_wait() {
    let first = TestNode::start();
    let mut client = first.client();
    // Segments so small that each batch has its own: after a restart none of them is open.
    let small = [("segment.bytes", "1048576")];
    client.create_topic("orders", 2, &small);
    let large = "x".repeat(700_000);
    for partition in [0, 1] {
        for _ in 0..3 {
            client.produce_values("orders", partition, &[&large]);
        }
    }
    let node = first.restarted();
    let mut client = node.client();
    client.produce_values("orders", 1, &["hot"]);
    let mut request = of_two_partitions();
    // The second partition begins with what was just written.
    request.topics[0].partitions[1].fetch_offset = 3;
    let response = client.call(FETCH_BY_NAME, &request);
    let read: Vec<usize> = response.responses[0]
        .partitions
        .iter()
        .map(|partition| values_of(partition).len())
        .collect();
    assert_eq!(read, [1, 1], "the cold one and the hot one");
    assert_eq!(client.fetch_values("orders", 1, 1).len(), 1);
}

#[test]
fn what_is_read_from_the_disk_keeps_to_the_bytes_that_are_left() {
    let first = TestNode::start();
    let mut client = first.client();
    client.create_topic("orders", 2, &[("segment.bytes", "1048576")]);
    let large = "x".repeat(700_000);
    for partition in [0, 1] {
        for _ in 0..3 {
            client.produce_values("orders", partition, &[&large]);
        }
    }
    let node = first.restarted();
    let mut request = of_two_partitions();
    request.max_bytes = 800_000;
    let response = node.client().call(FETCH_BY_NAME, &request);
    let read: Vec<usize> = response.responses[0]
        .partitions
        .iter()
        .map(|partition| values_of(partition).len())
        .collect();
    assert_eq!(read, [1, 0]);
}

#[test]
fn a_fetch_that_wants_more_than_it_may_have_does_not_wait_for_it() {
    let node = TestNode::start();
    let mut client = node.client();
    client.create_topic("orders", 1, &[]);
    client.produce_values("orders", 0, &["one"]);
    let mut greedy = long_poll("orders", 0, 1_000_000);
    greedy.max_bytes = 10;
    assert_eq!(
        values_of(&only_fetched(client.call(FETCH_BY_NAME, &greedy))),
        ["one"]
    );
}

#[test]
fn broken_bytes_fail_the_reads_that_meet_them_and_nothing_else() {
    let mut first = TestNode::start();
    let mut client = first.client();
    client.create_topic("orders", 1, &[("segment.bytes", "1048576")]);
    client.create_topic("other", 1, &[]);
    let large = "x".repeat(700_000);
    for _ in 0..3 {
        client.produce_values("orders", 0, &[&large]);
    }
    client.produce_values("other", 0, &["whole"]);
    first.stop();
    let segment = first.directory().join("orders-0/00000000000000000000.log");
    let mut bytes = std::fs::read(&segment).unwrap();
    // The size of the first batch.
    bytes[8] = 0xff;
    std::fs::write(&segment, bytes).unwrap();
    let node = first.restarted();
    let mut client = node.client();
    let broken = client.fetch("orders", 0, 0);
    assert_eq!(ErrorCode(broken.error_code), ErrorCode::CORRUPT_MESSAGE);
    assert_eq!(client.fetch_values("orders", 0, 1).len(), 1);
    assert_eq!(client.fetch_values("other", 0, 0), ["whole"]);
    assert_eq!(client.produce_values("orders", 0, &["on"]), 3);
}
