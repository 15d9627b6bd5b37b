//! The Prometheus endpoint.

use ottla_messages::offset_commit_request::{
    OffsetCommitRequest, OffsetCommitRequestPartition, OffsetCommitRequestTopic,
};
use ottla_test_node::TestNode;

/// The value of the one line that starts with this.
fn value(text: &str, line: &str) -> f64 {
    let mut found = text.lines().filter_map(|found| found.strip_prefix(line));
    let value = found
        .next()
        .unwrap_or_else(|| panic!("no {line} in\n{text}"));
    assert_eq!(found.next(), None, "more than one {line}");
    value.trim().parse().unwrap()
}

#[test]
fn what_is_produced_and_fetched_is_counted_over_all_reactors() {
    let node = TestNode::start();
    node.client().create_topic("orders", 1, &[]);
    for mut client in [node.client(), node.client(), node.client()] {
        client.produce_values("orders", 0, &["one", "two"]);
        client.fetch_values("orders", 0, 0);
    }
    let text = node.metrics();
    assert!(text.starts_with("HTTP/1.1 200 OK\r\n"), "{text}");
    let messages = value(&text, "kafka_server_brokertopicmetrics_messagesin_total ");
    assert_eq!(messages, 6.0);
    let bytes = value(&text, "kafka_server_brokertopicmetrics_bytesin_total ");
    let size = value(
        &text,
        "kafka_log_log_size{topic=\"orders\",partition=\"0\"} ",
    );
    assert_eq!(bytes, size);
    let read = value(&text, "kafka_server_brokertopicmetrics_bytesout_total ");
    assert_eq!(read, bytes / 3.0 * (1.0 + 2.0 + 3.0));
}

#[test]
fn a_group_is_as_far_behind_as_it_has_not_committed() {
    let node = TestNode::start();
    let mut client = node.client();
    client.create_topic("orders", 1, &[]);
    client.produce_values("orders", 0, &["one", "two", "three"]);
    client.find_coordinator("readers");
    client.call(
        9,
        &OffsetCommitRequest {
            group_id: "readers".into(),
            generation_id_or_member_epoch: -1,
            topics: vec![OffsetCommitRequestTopic {
                name: "orders".into(),
                partitions: vec![OffsetCommitRequestPartition {
                    committed_offset: 1,
                    ..OffsetCommitRequestPartition::default()
                }],
                ..OffsetCommitRequestTopic::default()
            }],
            ..OffsetCommitRequest::default()
        },
    );
    let lag = "kafka_consumergroup_lag{group=\"readers\",topic=\"orders\",partition=\"0\"} ";
    assert_eq!(value(&node.metrics(), lag), 2.0);
}

#[test]
fn the_lines_of_a_family_stand_together() {
    let node = TestNode::start();
    let mut client = node.client();
    client.create_topic("orders", 2, &[]);
    client.create_topic("payments", 2, &[]);
    let text = node.metrics();
    let lines = text.lines().skip_while(|line| !line.is_empty()).skip(1);
    let mut families: Vec<&str> = lines
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split(['{', ' ']).next().unwrap())
        .map(|name| name.trim_end_matches("_bucket").trim_end_matches("_count"))
        .map(|name| name.trim_end_matches("_sum"))
        .collect();
    families.dedup();
    let count = families.len();
    families.sort_unstable();
    families.dedup();
    assert_eq!(families.len(), count, "{text}");
}
