//! Configurations that change while the node runs, and what is said about them.

use std::io::{Read, Write};
use std::net::TcpStream;

use ottla_messages::describe_configs_request::{DescribeConfigsRequest, DescribeConfigsResource};
use ottla_messages::describe_configs_response::DescribeConfigsResourceResult;
use ottla_messages::incremental_alter_configs_request::{
    AlterConfigsResource, AlterableConfig, IncrementalAlterConfigsRequest,
};
use ottla_messages::list_config_resources_request::ListConfigResourcesRequest;
use ottla_messages::{ErrorCode, KafkaString};
use ottla_test_node::{Client, TestNode, batch};

pub const TOPIC: i8 = 2;
const BROKER: i8 = 4;
const CLIENT_METRICS: i8 = 16;
pub const SET: i8 = 0;
pub const DELETE: i8 = 1;
/// Where a value comes from.
const OF_TOPIC: i8 = 1;
const OF_BROKER: i8 = 2;
const OF_CLUSTER: i8 = 3;
const OF_FILE: i8 = 4;
const OF_DEFAULTS: i8 = 5;
const OF_CLIENT_METRICS: i8 = 7;

pub fn alter(
    client: &mut Client,
    at: (i8, &str),
    operation: i8,
    key: &str,
    value: &str,
) -> ErrorCode {
    alter_or_validate(client, at, operation, (key, value), false)
}

fn alter_or_validate(
    client: &mut Client,
    (resource_type, name): (i8, &str),
    config_operation: i8,
    (key, value): (&str, &str),
    validate_only: bool,
) -> ErrorCode {
    let response = client.ask(&IncrementalAlterConfigsRequest {
        resources: vec![AlterConfigsResource {
            resource_type,
            resource_name: KafkaString::copy_from(name),
            configs: vec![AlterableConfig {
                name: KafkaString::copy_from(key),
                config_operation,
                value: (config_operation == SET).then(|| KafkaString::copy_from(value)),
            }],
        }],
        validate_only,
    });
    ErrorCode(response.responses[0].error_code)
}

fn describe(client: &mut Client, at: (i8, &str), key: &str) -> DescribeConfigsResourceResult {
    let mut response = client.ask(&DescribeConfigsRequest {
        resources: vec![DescribeConfigsResource {
            resource_type: at.0,
            resource_name: KafkaString::copy_from(at.1),
            configuration_keys: Some(vec![KafkaString::copy_from(key)]),
        }],
        include_synonyms: true,
        include_documentation: false,
    });
    let result = &mut response.results[0];
    assert_eq!(ErrorCode(result.error_code), ErrorCode::NONE, "{result:?}");
    assert_eq!(result.error_message.as_deref(), Some(""));
    result.configs.remove(0)
}

fn value_and_source(client: &mut Client, at: (i8, &str), key: &str) -> (String, i8) {
    let config = describe(client, at, key);
    let value = config.value.as_deref().unwrap_or("null").to_owned();
    (value, config.config_source)
}

/// Whether a batch of 300 bytes is small enough for the topic.
fn takes_300_bytes(client: &mut Client, topic: &str) -> bool {
    let produced = client.produce(topic, 0, batch(&["x".repeat(220).as_str()]));
    match ErrorCode(produced.error_code) {
        ErrorCode::NONE => true,
        ErrorCode::MESSAGE_TOO_LARGE => false,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_topics_configuration_takes_effect_with_the_answer() {
    let node = TestNode::start();
    let mut client = node.client();
    client.create_topic("orders", 1, &[]);
    let orders = (TOPIC, "orders");
    let key = "max.message.bytes";
    assert!(takes_300_bytes(&mut client, "orders"));
    assert_eq!(alter(&mut client, orders, SET, key, "200"), ErrorCode::NONE);
    assert!(!takes_300_bytes(&mut client, "orders"));
    assert_eq!(
        value_and_source(&mut client, orders, key),
        ("200".to_owned(), OF_TOPIC)
    );
    assert_eq!(alter(&mut client, orders, DELETE, key, ""), ErrorCode::NONE);
    assert!(takes_300_bytes(&mut client, "orders"));
}

#[test]
fn what_all_brokers_are_set_to_holds_for_topics_that_say_nothing_else() {
    let node = TestNode::start();
    let mut client = node.client();
    client.create_topic("orders", 1, &[]);
    client.create_topic("wide", 1, &[("max.message.bytes", "5000")]);
    let all = (BROKER, "");
    let key = "message.max.bytes";
    assert_eq!(alter(&mut client, all, SET, key, "200"), ErrorCode::NONE);
    assert!(!takes_300_bytes(&mut client, "orders"));
    assert!(takes_300_bytes(&mut client, "wide"));
    let orders = describe(&mut client, (TOPIC, "orders"), "max.message.bytes");
    assert_eq!(orders.value.as_deref(), Some("200"));
    assert_eq!(orders.config_source, OF_CLUSTER);
    let sources: Vec<i8> = orders
        .synonyms
        .iter()
        .map(|synonym| synonym.source)
        .collect();
    assert_eq!(sources, [OF_CLUSTER, OF_DEFAULTS]);
    assert_eq!(alter(&mut client, all, DELETE, key, ""), ErrorCode::NONE);
    assert!(takes_300_bytes(&mut client, "orders"));
}

#[test]
fn what_was_set_is_still_set_after_a_restart() {
    let first = TestNode::start();
    let mut client = first.client();
    client.create_topic("orders", 1, &[]);
    let orders = (TOPIC, "orders");
    alter(&mut client, orders, SET, "retention.ms", "12345");
    let node = first.restarted();
    let mut client = node.client();
    assert_eq!(
        value_and_source(&mut client, orders, "retention.ms"),
        ("12345".to_owned(), OF_TOPIC)
    );
}

#[test]
fn what_is_only_validated_does_not_happen() {
    let node = TestNode::start();
    let mut client = node.client();
    client.create_topic("orders", 1, &[]);
    let orders = (TOPIC, "orders");
    let entry = ("retention.ms", "12345");
    let validated = alter_or_validate(&mut client, orders, SET, entry, true);
    assert_eq!(validated, ErrorCode::NONE);
    let (_, source) = value_and_source(&mut client, orders, "retention.ms");
    assert_eq!(source, OF_DEFAULTS);
}

#[test]
fn what_makes_no_sense_is_refused() {
    let node = TestNode::start();
    let mut client = node.client();
    client.create_topic("orders", 1, &[]);
    for (at, key, value, expected) in [
        (
            (TOPIC, "orders"),
            "retention.ms",
            "soon",
            ErrorCode::INVALID_CONFIG,
        ),
        (
            (TOPIC, "orders"),
            "no.such.key",
            "1",
            ErrorCode::INVALID_CONFIG,
        ),
        (
            (TOPIC, "nowhere"),
            "retention.ms",
            "1",
            ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
        ),
        (
            (BROKER, "one"),
            "message.max.bytes",
            "1",
            ErrorCode::INVALID_REQUEST,
        ),
        (
            (99, "orders"),
            "retention.ms",
            "1",
            ErrorCode::INVALID_REQUEST,
        ),
    ] {
        let refused = alter(&mut client, at, SET, key, value);
        assert_eq!(refused, expected, "{at:?} {key}={value}");
    }
}

#[test]
fn the_file_is_named_as_the_source_of_what_it_says() {
    let node = TestNode::with(&[("log.retention.ms", "12345")]);
    let mut client = node.client();
    client.create_topic("orders", 1, &[]);
    let retention = describe(&mut client, (TOPIC, "orders"), "retention.ms");
    assert_eq!(retention.value.as_deref(), Some("12345"));
    assert_eq!(retention.config_source, OF_FILE);
    let of_broker = describe(&mut client, (BROKER, "1"), "log.retention.ms");
    assert_eq!(of_broker.config_source, OF_FILE);
    assert!(!of_broker.read_only);
    let ours = describe(&mut client, (BROKER, "1"), "node.id");
    assert!(ours.read_only);
}

/// Whether somebody who connects now is served.
fn is_served(node: &TestNode) -> bool {
    let mut stranger = TcpStream::connect(node.address("PLAINTEXT")).unwrap();
    let _ = stranger.write_all(b"GET / HTTP/1.1\r\n\r\n");
    let mut answer = Vec::new();
    stranger.read_to_end(&mut answer).is_ok() && !answer.is_empty()
}

#[test]
fn the_bound_on_connections_holds_as_soon_as_it_is_set_and_after_a_restart() {
    let node = TestNode::start();
    let mut client = node.client();
    let (all, key) = ((BROKER, ""), "max.connections.per.ip");
    assert!(is_served(&node));
    assert_eq!(alter(&mut client, all, SET, key, "1"), ErrorCode::NONE);
    // The connections of the node's own that are ending count until they are noticed.
    assert!(!is_served(&node));
    drop(client);
    let node = node.restarted();
    let mut client = node.client();
    assert_eq!(
        value_and_source(&mut client, (BROKER, "1"), key),
        ("1".to_owned(), OF_CLUSTER)
    );
    assert!(!is_served(&node));
    assert_eq!(alter(&mut client, all, DELETE, key, ""), ErrorCode::NONE);
    assert!(is_served(&node));
}

#[test]
fn what_is_set_for_a_running_broker_is_shown_whether_or_not_the_key_is_known() {
    let node = TestNode::start();
    let mut client = node.client();
    let (own, rate) = ((BROKER, "1"), "leader.replication.throttled.rate");
    assert_eq!(alter(&mut client, own, SET, rate, "123"), ErrorCode::NONE);
    assert_eq!(
        value_and_source(&mut client, own, rate),
        ("123".to_owned(), OF_BROKER)
    );
    assert_eq!(
        alter(&mut client, own, SET, "plug.in", "2"),
        ErrorCode::NONE
    );
    let unknown = describe(&mut client, own, "plug.in");
    assert!(
        unknown.is_sensitive && unknown.value.is_none(),
        "{unknown:?}"
    );
    assert_eq!(unknown.config_source, OF_BROKER);
    let all = (BROKER, "");
    assert_eq!(
        alter(&mut client, all, SET, "plug.in", "2"),
        ErrorCode::NONE
    );
    assert!(describe(&mut client, all, "plug.in").is_sensitive);
}

#[test]
fn a_subscription_of_client_metrics_is_kept_and_described() {
    let node = TestNode::start();
    let mut client = node.client();
    let (at, key) = ((CLIENT_METRICS, "slow"), "interval.ms");
    let unset = value_and_source(&mut client, at, key);
    assert_eq!(unset, ("300000".to_owned(), OF_DEFAULTS));
    assert_eq!(alter(&mut client, at, SET, key, "500"), ErrorCode::NONE);
    let set = value_and_source(&mut client, at, key);
    assert_eq!(set, ("500".to_owned(), OF_CLIENT_METRICS));
    let refused = alter(&mut client, at, SET, key, "5");
    assert_eq!(refused, ErrorCode::INVALID_REQUEST);
    let refused = alter(&mut client, at, SET, "match", "nothing");
    assert_eq!(refused, ErrorCode::INVALID_CONFIG);
    assert_eq!(alter(&mut client, at, DELETE, key, ""), ErrorCode::NONE);
    assert_eq!(value_and_source(&mut client, at, key), unset);
}

#[test]
fn a_listener_is_not_changed_while_the_node_runs() {
    let node = TestNode::start();
    let mut client = node.client();
    let elsewhere = "PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:1";
    let refused = alter(&mut client, (BROKER, "1"), SET, "listeners", elsewhere);
    assert_eq!(refused, ErrorCode::INVALID_REQUEST);
}

/// Names and types of what has a configuration.
fn listed(client: &mut Client, version: i16, types: &[i8]) -> Result<Vec<(String, i8)>, ErrorCode> {
    let request = ListConfigResourcesRequest {
        resource_types: types.to_vec(),
    };
    let response = client.call(version, &request);
    let resources = response.config_resources.into_iter();
    match ErrorCode(response.error_code) {
        ErrorCode::NONE => Ok(resources
            .map(|found| (found.resource_name.to_string(), found.resource_type))
            .collect()),
        error => Err(error),
    }
}

#[test]
fn what_has_a_configuration_is_listed_by_type() {
    let node = TestNode::start();
    let mut client = node.client();
    client.create_topic("orders", 1, &[]);
    let broker = ("1".to_owned(), BROKER);
    let orders = ("orders".to_owned(), TOPIC);
    assert_eq!(
        listed(&mut client, 1, &[TOPIC]).unwrap(),
        std::slice::from_ref(&orders)
    );
    let both = listed(&mut client, 1, &[TOPIC, BROKER]).unwrap();
    assert_eq!(both, [broker.clone(), orders.clone()]);
    let all = listed(&mut client, 1, &[]).unwrap();
    assert!(all.contains(&broker) && all.contains(&orders), "{all:?}");
    assert_eq!(listed(&mut client, 0, &[]).unwrap(), []);
    for (version, unserved) in [(1, 99), (1, 0)] {
        let refused = listed(&mut client, version, &[unserved]);
        assert_eq!(refused, Err(ErrorCode::UNSUPPORTED_VERSION));
    }
}
