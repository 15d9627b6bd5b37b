//! Tests of changes while the broker runs.

use crate::dynamic::{validate_broker_configs, warn_of_broker_configs, warn_of_topic_configs};
use crate::layers::{Layers, Overrides};
use crate::properties::Properties;

fn check(of_one_broker: bool, name: &str, value: &str) -> Result<(), String> {
    let file = Properties::from_iter([
        ("process.roles", "broker,controller"),
        ("node.id", "1"),
        ("listeners", "PLAINTEXT://:9092,CONTROLLER://:9093"),
        ("controller.listener.names", "CONTROLLER"),
        ("controller.quorum.bootstrap.servers", "localhost:9093"),
    ]);
    let proposed = Overrides::from([(name.to_owned(), value.to_owned())]);
    validate_broker_configs(&proposed, of_one_broker, &Layers::of_file(&file))
        .map_err(|error| error.message().to_owned())
}

#[test]
fn a_read_only_key_cannot_be_changed() {
    assert_eq!(
        check(true, "num.partitions", "3"),
        Err("Cannot update these configs dynamically: [num.partitions]".to_owned())
    );
}

#[test]
fn a_key_of_one_broker_cannot_be_set_for_all() {
    assert_eq!(
        check(false, "listeners", "PLAINTEXT://:9092,CONTROLLER://:9093"),
        Err(
            "Cannot update these configs at default cluster level, broker id must be specified: \
         [listeners]"
                .to_owned()
        )
    );
}

#[test]
fn a_value_is_checked_alone_and_with_the_others() {
    assert_eq!(check(false, "log.retention.ms", "1000"), Ok(()));
    assert_eq!(
        check(false, "log.retention.ms", "0"),
        Err("log.retention.ms must be unlimited (-1) or, greater than or equal to 1".to_owned())
    );
    assert_eq!(
        check(false, "min.insync.replicas", "0"),
        Err(
            "Invalid value 0 for configuration min.insync.replicas: Value must be at least 1"
                .to_owned()
        )
    );
    assert_eq!(
        check(true, "leader.replication.throttled.rate", "1000"),
        Ok(())
    );
    assert!(check(true, "leader.replication.throttled.rate", "-1").is_err());
}

#[test]
fn what_protects_and_is_not_implemented_cannot_be_set() {
    for (name, value) in [
        ("max.connections.per.ip.overrides", "127.0.0.1:5"),
        ("listener.name.plaintext.ssl.keystore.location", "/x"),
    ] {
        assert!(
            check(true, name, value)
                .unwrap_err()
                .contains("does not implement it yet")
        );
    }
}

#[test]
fn where_a_broker_listens_is_changed_in_its_file_only() {
    let listeners = "PLAINTEXT://:9092,CONTROLLER://:9093";
    assert_eq!(check(true, "listeners", listeners), Ok(()));
    assert_eq!(
        check(true, "listeners", "PLAINTEXT://:9094,CONTROLLER://:9093"),
        Err("listeners cannot be changed while the broker runs: set it in its file.".to_owned())
    );
}

#[test]
fn what_is_set_and_has_no_effect_is_warned_about() {
    let file = Properties::from_iter([("listeners", "PLAINTEXT://:9092")]);
    let broker = Overrides::from([
        ("listeners".to_owned(), "PLAINTEXT://:9093".to_owned()),
        ("max.connections".to_owned(), "5".to_owned()),
        ("log.cleaner.threads".to_owned(), "2".to_owned()),
        ("num.io.threads".to_owned(), "2".to_owned()),
    ]);
    let cluster = Overrides::from([
        ("log.cleaner.threads".to_owned(), "3".to_owned()),
        ("ssl.client.auth".to_owned(), "required".to_owned()),
        (
            "leader.replication.throttled.rate".to_owned(),
            "5".to_owned(),
        ),
    ]);
    let layers = Layers {
        broker: &broker,
        cluster: &cluster,
        file: &file,
    };
    assert_eq!(
        warn_of_broker_configs(&layers),
        [
            "leader.replication.throttled.rate is set, but ottla does not implement it yet: it has \
             no effect.",
            "listeners is set for the running broker, but it is used as it stands in the file.",
            "log.cleaner.threads is set, but ottla does not implement it yet: it has no effect.",
            "ssl.client.auth is set, but ottla does not implement it yet: it has no effect.",
        ]
    );
    let topic = Overrides::from([
        ("compression.lz4.level".to_owned(), "9".to_owned()),
        ("min.compaction.lag.ms".to_owned(), "5".to_owned()),
        ("retention.ms".to_owned(), "5".to_owned()),
    ]);
    assert_eq!(
        warn_of_topic_configs(&topic),
        ["min.compaction.lag.ms is set, but ottla does not implement it yet: it has no effect."]
    );
}
