//! Fetch sessions (KIP-227): what a client need not say again, and what it is not told again.

use ottla_messages::ErrorCode;
use ottla_messages::fetch_request::{FetchRequest, FetchTopic, ForgottenTopic};
use ottla_messages::fetch_response::FetchResponse;
use ottla_test_node::{Client, FETCH_BY_NAME, TestNode, fetch_request, values_of};

/// The request that opens a session on these topics.
fn opening(topics: &[&str]) -> FetchRequest {
    let one = |topic: &&str| fetch_request(topic, 0, 0).topics.remove(0);
    FetchRequest {
        session_epoch: 0,
        topics: topics.iter().map(one).collect(),
        ..fetch_request("", 0, 0)
    }
}

fn incremental(session_id: i32, session_epoch: i32, topics: Vec<FetchTopic>) -> FetchRequest {
    FetchRequest {
        session_id,
        session_epoch,
        topics,
        ..fetch_request("", 0, 0)
    }
}

fn told(response: &FetchResponse) -> Vec<(String, Vec<String>)> {
    let one = |topic: &ottla_messages::fetch_response::FetchableTopicResponse| {
        let values = topic.partitions.iter().flat_map(values_of).collect();
        (topic.topic.to_string(), values)
    };
    response.responses.iter().map(one).collect()
}

fn two_topics(node: &TestNode) -> Client {
    let mut client = node.client();
    client.create_topic("orders", 1, &[]);
    client.create_topic("payments", 1, &[]);
    client
}

fn value(topic: &str, values: &[&str]) -> (String, Vec<String>) {
    let values = values.iter().map(|value| (*value).to_owned()).collect();
    (topic.to_owned(), values)
}

#[test]
fn a_session_tells_only_what_has_changed() {
    let node = TestNode::start();
    let mut client = two_topics(&node);
    let opened = client.call(FETCH_BY_NAME, &opening(&["orders", "payments"]));
    assert_ne!(opened.session_id, 0);
    let both = [value("orders", &[]), value("payments", &[])];
    assert_eq!(told(&opened), both);
    client.produce_values("payments", 0, &["paid"]);
    let next = incremental(opened.session_id, 1, Vec::new());
    let next = client.call(FETCH_BY_NAME, &next);
    assert_eq!(told(&next), [value("payments", &["paid"])]);
    // The next offset is the client's to say; nothing else is.
    let ahead = fetch_request("payments", 0, 1).topics;
    let quiet = client.call(FETCH_BY_NAME, &incremental(opened.session_id, 2, ahead));
    assert_eq!(told(&quiet), []);
}

#[test]
fn a_session_lives_on_another_connection_of_the_same_reactor_or_is_not_found() {
    let node = TestNode::start();
    let mut client = two_topics(&node);
    let opened = client.call(FETCH_BY_NAME, &opening(&["orders"]));
    for mut other in [node.client(), node.client()] {
        let next = incremental(opened.session_id, 1, Vec::new());
        let next = other.call(FETCH_BY_NAME, &next);
        let error = ErrorCode(next.error_code);
        assert!(
            error == ErrorCode::NONE
                || error == ErrorCode::FETCH_SESSION_ID_NOT_FOUND
                || error == ErrorCode::INVALID_FETCH_SESSION_EPOCH,
            "{error:?}"
        );
    }
}

#[test]
fn a_forgotten_topic_is_told_no_more() {
    let node = TestNode::start();
    let mut client = two_topics(&node);
    let opened = client.call(FETCH_BY_NAME, &opening(&["orders", "payments"]));
    client.produce_values("orders", 0, &["order"]);
    client.produce_values("payments", 0, &["paid"]);
    let next = FetchRequest {
        forgotten_topics_data: vec![ForgottenTopic {
            topic: "orders".into(),
            partitions: vec![0],
            ..ForgottenTopic::default()
        }],
        ..incremental(opened.session_id, 1, Vec::new())
    };
    let next = client.call(FETCH_BY_NAME, &next);
    assert_eq!(told(&next), [value("payments", &["paid"])]);
}

#[test]
fn a_topic_can_join_a_session() {
    let node = TestNode::start();
    let mut client = two_topics(&node);
    client.produce_values("payments", 0, &["paid"]);
    let opened = client.call(FETCH_BY_NAME, &opening(&["orders"]));
    let more = fetch_request("payments", 0, 0).topics;
    let next = client.call(FETCH_BY_NAME, &incremental(opened.session_id, 1, more));
    assert_eq!(told(&next), [value("payments", &["paid"])]);
}

#[test]
fn an_epoch_that_was_skipped_or_repeated_is_refused() {
    let node = TestNode::start();
    let mut client = two_topics(&node);
    let opened = client.call(FETCH_BY_NAME, &opening(&["orders"]));
    let skipped = incremental(opened.session_id, 5, Vec::new());
    let skipped = client.call(FETCH_BY_NAME, &skipped);
    assert_eq!(
        ErrorCode(skipped.error_code),
        ErrorCode::INVALID_FETCH_SESSION_EPOCH
    );
    let unknown = incremental(opened.session_id.wrapping_add(1), 1, Vec::new());
    let unknown = client.call(FETCH_BY_NAME, &unknown);
    assert_eq!(
        ErrorCode(unknown.error_code),
        ErrorCode::FETCH_SESSION_ID_NOT_FOUND
    );
}

#[test]
fn a_closed_session_is_not_found() {
    let node = TestNode::start();
    let mut client = two_topics(&node);
    let opened = client.call(FETCH_BY_NAME, &opening(&["orders"]));
    let last = incremental(opened.session_id, -1, fetch_request("orders", 0, 0).topics);
    let last = client.call(FETCH_BY_NAME, &last);
    assert_eq!((last.error_code, last.session_id), (0, 0));
    let after = incremental(opened.session_id, 1, Vec::new());
    let after = client.call(FETCH_BY_NAME, &after);
    assert_eq!(
        ErrorCode(after.error_code),
        ErrorCode::FETCH_SESSION_ID_NOT_FOUND
    );
}

#[test]
fn a_long_poll_of_a_session_is_woken_by_any_of_its_topics() {
    let node = TestNode::start();
    let mut client = two_topics(&node);
    let mut producer = node.client();
    let opened = client.call(FETCH_BY_NAME, &opening(&["orders", "payments"]));
    let long = FetchRequest {
        max_wait_ms: 60_000,
        ..incremental(opened.session_id, 1, Vec::new())
    };
    let waiting = client.send(FETCH_BY_NAME, &long);
    producer.produce_values("payments", 0, &["paid"]);
    assert_eq!(
        told(&client.receive(waiting)),
        [value("payments", &["paid"])]
    );
}
