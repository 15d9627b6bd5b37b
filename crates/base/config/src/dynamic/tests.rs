//! Tests of changes while the broker runs.

use crate::dynamic::validate_broker_configs;
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
