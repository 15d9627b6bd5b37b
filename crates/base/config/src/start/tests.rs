//! Tests of the checks at start.

use crate::broker::BrokerConfig;
use crate::properties::Properties;
use crate::start::check_at_start;

fn check(changes: &[(&str, &str)]) -> Result<Vec<String>, String> {
    let mut file = Properties::from_iter([
        ("process.roles", "broker,controller"),
        ("node.id", "1"),
        ("listeners", "PLAINTEXT://:9092,CONTROLLER://:9093"),
        ("controller.listener.names", "CONTROLLER"),
        ("controller.quorum.bootstrap.servers", "localhost:9093"),
    ]);
    for (key, value) in changes {
        file.set(*key, *value);
    }
    let config = BrokerConfig::from_properties(&file).map_err(|error| error.to_string())?;
    check_at_start(&file, &config).map_err(|error| error.to_string())
}

#[test]
fn a_plain_file_starts_without_a_word() {
    assert_eq!(
        check(&[("num.network.threads", "8"), ("super.users", "User:a")]),
        Ok(vec![])
    );
}

#[test]
fn what_protects_and_is_not_implemented_refuses_the_start() {
    for (key, value) in [
        ("authorizer.class.name", "org.example.Authorizer"),
        ("max.connections.per.ip.overrides", "127.0.0.1:5"),
        ("quota.producer.default", "1000"),
        ("listener.name.plaintext.plain.sasl.jaas.config", "x"),
        ("listener.name.plaintext.max.connections", "5"),
        ("principal.builder.class", "org.example.Builder"),
        ("create.topic.policy.class.name", "org.example.Policy"),
        ("config.providers", "file"),
    ] {
        let refused = check(&[(key, value)]).unwrap_err();
        assert!(refused.contains(key), "{refused}");
    }
}

#[test]
fn compaction_is_warned_about_and_deletion_is_not() {
    for policies in ["compact", "delete, compact"] {
        let warnings = check(&[("log.cleanup.policy", policies)]).unwrap();
        let [warning] = &*warnings else {
            panic!("{warnings:?}");
        };
        assert!(warning.starts_with("log.cleanup.policy contains compact"));
    }
    assert_eq!(check(&[("log.cleanup.policy", "")]), Ok(vec![]));
}

#[test]
fn what_protects_in_name_only_is_let_through() {
    assert_eq!(
        check(&[
            ("authorizer.class.name", ""),
            ("ssl.client.auth", "none"),
            ("max.connections.per.ip.overrides", ""),
        ]),
        Ok(vec![])
    );
}

#[test]
fn what_would_protect_another_listener_is_said_to_protect_nothing() {
    for (key, value) in [
        ("ssl.keystore.location", "/etc/keys"),
        ("ssl.key.password", "secret"),
        ("sasl.enabled.mechanisms", "PLAIN"),
    ] {
        assert_eq!(
            check(&[(key, value)]),
            Ok(vec![format!(
                "{key} is set, but no listener of this node uses TLS or SASL: it protects nothing."
            )])
        );
    }
}

#[test]
fn a_protected_listener_refuses_the_start() {
    let refused = check(&[
        (
            "listeners",
            "PLAINTEXT://:9092,SECURE://:9094,CONTROLLER://:9093",
        ),
        (
            "listener.security.protocol.map",
            "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:SASL_SSL",
        ),
    ]);
    assert_eq!(
        refused,
        Err(
            "Refusing to start: listener SECURE with the security protocol SASL_SSL protects \
         this node or its data, and ottla does not implement it yet."
                .to_owned()
        )
    );
}

#[test]
fn what_has_no_effect_or_is_not_known_is_said() {
    assert_eq!(
        check(&[
            ("log.cleaner.threads", "2"),
            ("log.cleaner.backoff.ms", "15000")
        ]),
        Ok(vec![
            "log.cleaner.threads is set, but ottla does not implement it yet: it has no effect."
                .to_owned()
        ])
    );
    assert_eq!(
        check(&[("num.partition", "2")]),
        Ok(vec![
            "num.partition is not a configuration of a broker or controller. Did you mean \
         num.partitions?"
                .to_owned()
        ])
    );
    assert_eq!(
        check(&[("ottla.durabilty", "os")]),
        Err(
            "ottla.durabilty is not a configuration of a broker or controller. Did you mean \
         ottla.durability?"
                .to_owned()
        )
    );
}

#[test]
fn a_level_that_our_lz4_does_not_have_is_warned_about() {
    let warnings = check(&[("compression.lz4.level", "12")]).unwrap();
    assert_eq!(
        warnings,
        ["compression.lz4.level is set, but ottla does not implement it yet: it has no effect."]
    );
}
