//! Tests of the typed view of a node's file.

use std::path::PathBuf;

use crate::broker::{BrokerConfig, Durability};
use crate::properties::Properties;

const COMBINED: &[(&str, &str)] = &[
    ("process.roles", "broker,controller"),
    ("node.id", "1"),
    (
        "listeners",
        "PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093",
    ),
    ("controller.listener.names", "CONTROLLER"),
    ("controller.quorum.bootstrap.servers", "127.0.0.1:9093"),
];

fn with(changes: &[(&str, &str)]) -> Result<BrokerConfig, String> {
    let mut file: Properties = COMBINED.iter().copied().collect();
    for (key, value) in changes {
        file.set(*key, *value);
    }
    BrokerConfig::from_properties(&file).map_err(|error| error.message().to_owned())
}

fn complaint(changes: &[(&str, &str)]) -> String {
    with(changes).unwrap_err()
}

#[test]
fn a_combined_node_has_kafkas_defaults() {
    let config = with(&[]).unwrap();
    assert_eq!(config.node.node_id.0, 1);
    assert!(config.node.roles.broker && config.node.roles.controller);
    assert_eq!(config.listeners.listeners.len(), 2);
    assert_eq!(config.listeners.advertised.len(), 1);
    assert_eq!(config.listeners.inter_broker_listener_name, "PLAINTEXT");
    assert!(config.listeners.is_controller_listener("CONTROLLER"));
    assert_eq!(config.sockets.request_max_bytes, 104_857_600);
    assert_eq!(config.log_dirs.log_dirs, [PathBuf::from("/tmp/kafka-logs")]);
    assert_eq!(
        config.log_dirs.metadata_log_dir,
        PathBuf::from("/tmp/kafka-logs")
    );
    assert_eq!(config.offsets.retention_ms, 7 * 24 * 3_600_000);
    assert_eq!(config.own.durability, Durability::Fsync);
    assert_eq!(config.own.reactors, None);
}

#[test]
fn what_is_missing_is_named() {
    let file = Properties::from_iter([("process.roles", "broker")]);
    let error = BrokerConfig::from_properties(&file).unwrap_err();
    assert!(
        error
            .message()
            .starts_with("Missing required configuration \"")
    );
}

#[test]
fn a_role_that_is_none_is_refused() {
    assert_eq!(
        complaint(&[("process.roles", "broker,king")]),
        "Invalid value king for configuration process.roles: String must be one of: broker, \
         controller"
    );
}

#[test]
fn two_names_of_the_node_id_must_agree() {
    assert_eq!(
        complaint(&[("broker.id", "2")]),
        "You must set `node.id` to the same value as `broker.id`."
    );
}

#[test]
fn a_controller_must_listen_where_it_says() {
    assert_eq!(
        complaint(&[
            ("controller.listener.names", "OTHER"),
            (
                "listener.security.protocol.map",
                "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT"
            ),
        ]),
        "controller.listener.names must contain at least one value appearing in the 'listeners' \
         configuration when running the KRaft controller role"
    );
    assert!(
        complaint(&[("controller.listener.names", "CONTROLLER,PLAINTEXT")])
            .starts_with("There must be at least one broker advertised listener.")
    );
}

#[test]
fn a_broker_alone_must_not_listen_as_a_controller() {
    assert!(
        complaint(&[("process.roles", "broker")])
            .starts_with("controller.listener.names must not contain a value appearing")
    );
}

#[test]
fn the_wildcard_address_cannot_be_advertised() {
    assert!(
        complaint(&[("listeners", "PLAINTEXT://0.0.0.0:9092,CONTROLLER://:9093")])
            .contains("cannot use the nonroutable meta-address 0.0.0.0")
    );
    let config = with(&[("listeners", "PLAINTEXT://:9092,CONTROLLER://0.0.0.0:9093")]).unwrap();
    assert_eq!(config.listeners.advertised_controller[0].host, None);
}

#[test]
fn the_inter_broker_listener_must_be_advertised() {
    assert!(
        complaint(&[
            ("listeners", "LOCAL://:9092,CONTROLLER://:9093"),
            (
                "listener.security.protocol.map",
                "LOCAL:PLAINTEXT,CONTROLLER:PLAINTEXT"
            ),
        ])
        .starts_with("inter.broker.listener.name must be a listener name defined in")
    );
    assert!(
        with(&[
            ("listeners", "LOCAL://:9092,CONTROLLER://:9093"),
            (
                "listener.security.protocol.map",
                "LOCAL:PLAINTEXT,CONTROLLER:PLAINTEXT"
            ),
            ("inter.broker.listener.name", "LOCAL"),
        ])
        .is_ok()
    );
}

#[test]
fn a_listener_advertised_that_does_not_listen_is_refused() {
    assert!(
        complaint(&[("advertised.listeners", "PLAINTEXT://h:1,SSL://h:2")])
            .starts_with("advertised.listeners listener names must be equal to or a subset")
    );
}

#[test]
fn a_static_quorum_must_contain_its_controller() {
    assert_eq!(
        complaint(&[("controller.quorum.voters", "2@h:1,3@h:2")]),
        "If process.roles contains the 'controller' role, the node id 1 must be included in the \
         set of voters controller.quorum.voters=Set(2, 3)"
    );
    let config = with(&[
        ("controller.quorum.voters", "1@quorum:19093"),
        ("listeners", "PLAINTEXT://:9092,CONTROLLER://:9093"),
    ])
    .unwrap();
    let told = &config.listeners.advertised_controller[0];
    assert_eq!((told.host.as_deref(), told.port), (Some("quorum"), 19093));
}

#[test]
fn keys_are_checked_against_each_other() {
    assert!(
        complaint(&[("replica.fetch.wait.max.ms", "40000")])
            .starts_with("replica.socket.timeout.ms should always be at least")
    );
    assert!(
        complaint(&[("connections.max.idle.ms", "50")])
            .starts_with("connection.failed.authentication.delay.ms=100 should always be less")
    );
    assert_eq!(
        complaint(&[("log.roll.ms", "1"), ("log.retention.ms", "0")]),
        "log.retention.ms must be unlimited (-1) or, greater than or equal to 1"
    );
    assert_eq!(
        complaint(&[("group.consumer.heartbeat.interval.ms", "20000")]),
        "group.consumer.heartbeat.interval.ms must be less than or equal to \
         group.consumer.max.heartbeat.interval.ms"
    );
    assert_eq!(
        complaint(&[("log.dirs", "")]),
        "Configuration 'log.dirs' must not be empty. Valid values include: any non-empty value"
    );
}

#[test]
fn our_own_keys_are_read() {
    let config = with(&[
        ("ottla.durability", "os"),
        ("ottla.reactors", "3"),
        ("ottla.metrics.listener", "127.0.0.1:9999"),
    ])
    .unwrap();
    assert_eq!(config.own.durability, Durability::Os);
    assert_eq!(config.own.reactors.map(u32::from), Some(3));
    assert_eq!(config.own.metrics_listener.unwrap().port, 9999);
    assert_eq!(
        complaint(&[("ottla.reactors", "257")]),
        "Invalid value 257 for configuration ottla.reactors: Value must be no more than 256"
    );
    assert_eq!(
        complaint(&[("ottla.durability", "maybe")]),
        "Invalid value maybe for configuration ottla.durability: String must be one of: fsync, os"
    );
}
