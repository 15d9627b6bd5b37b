//! What keeps a node from starting, and what it says.

use ottla_test_node::TestNode;

fn refusal(settings: &[(&str, &str)]) -> String {
    match TestNode::try_with(settings) {
        Ok(_) => panic!("started with {settings:?}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_setting_that_protects_and_is_not_implemented_is_named() {
    for (key, value) in [
        (
            "authorizer.class.name",
            "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        ),
        (
            "listener.security.protocol.map",
            "PLAINTEXT:SSL,CONTROLLER:PLAINTEXT",
        ),
        (
            "listener.security.protocol.map",
            "PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT",
        ),
    ] {
        let said = refusal(&[(key, value)]);
        assert!(
            said.contains(key) || said.contains(value.split([':', ',']).nth(1).unwrap()),
            "{key}={value}: {said}"
        );
    }
}

#[test]
fn a_value_that_makes_no_sense_is_named_with_its_key() {
    let said = refusal(&[("num.partitions", "many")]);
    assert!(
        said.contains("num.partitions") && said.contains("many"),
        "{said}"
    );
}

#[test]
fn a_broker_that_finds_no_controller_says_so() {
    let said = refusal(&[
        ("process.roles", "broker"),
        ("listeners", "PLAINTEXT://127.0.0.1:0"),
        ("initial.broker.registration.timeout.ms", "200"),
    ]);
    assert!(
        said.contains("initial.broker.registration.timeout.ms"),
        "{said}"
    );
}

#[test]
fn a_directory_in_use_is_not_taken() {
    let first = TestNode::start();
    let path = first.directory().display().to_string();
    let said = refusal(&[("log.dirs", &path)]);
    assert!(said.contains(&path), "{said}");
    let mut client = first.client();
    client.create_topic("unaffected", 1, &[]);
}

#[test]
fn a_directory_that_was_not_formatted_is_not_taken() {
    let empty = tempfile::tempdir().unwrap();
    let path = empty.path().display().to_string();
    let said = refusal(&[("log.dirs", &path)]);
    assert!(said.contains(&path) || said.contains("format"), "{said}");
}

#[test]
fn a_directory_of_another_node_is_not_taken() {
    let mut other = TestNode::start();
    other.stop();
    let path = other.directory().display().to_string();
    let said = refusal(&[("log.dirs", &path), ("node.id", "7")]);
    assert!(said.contains("node.id") && said.contains('7'), "{said}");
}

#[test]
fn a_port_in_use_is_named() {
    let first = TestNode::start();
    let listeners = format!(
        "PLAINTEXT://{},CONTROLLER://127.0.0.1:0",
        first.address("PLAINTEXT")
    );
    let said = refusal(&[("listeners", &listeners)]);
    assert!(
        said.contains(&first.address("PLAINTEXT").to_string()),
        "{said}"
    );
}
