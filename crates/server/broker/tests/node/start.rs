//! What keeps a node from starting, and what it says.

use ottla_messages::access_control_entry_record::AccessControlEntryRecord;
use ottla_messages::client_quota_record::{ClientQuotaRecord, EntityData};
use ottla_messages::delegation_token_record::DelegationTokenRecord;
use ottla_messages::metadata_record::MetadataRecord;
use ottla_messages::user_scram_credential_record::UserScramCredentialRecord;
use ottla_records::{BatchBuilder, BatchOptions, Batches};
use ottla_test_node::TestNode;
use ottla_types::Uuid;

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

/// Has an Apache Kafka leave a record in the metadata of a node that is stopped.
fn leave_record(node: &TestNode, record: MetadataRecord) {
    let log = node
        .directory()
        .join("__cluster_metadata-0/00000000000000000000.log");
    let mut file = std::fs::read(&log).unwrap();
    let last = Batches::new(&file)
        .map(|batch| batch.unwrap().0)
        .last()
        .unwrap();
    let value = record.encode_value(0).unwrap();
    let mut batch = BatchBuilder::new(BatchOptions {
        base_offset: last.next_offset(),
        partition_leader_epoch: last.partition_leader_epoch,
        ..BatchOptions::default()
    });
    batch.append(last.max_timestamp, None, Some(&value), &[]);
    file.extend_from_slice(&batch.build());
    std::fs::write(&log, file).unwrap();
}

#[test]
fn what_protects_in_the_metadata_and_is_not_enforced_is_named() {
    let quota = ClientQuotaRecord {
        entity: vec![EntityData {
            entity_type: "user".into(),
            entity_name: Some("ann".into()),
        }],
        key: "producer_byte_rate".into(),
        value: 1000.0,
        remove: false,
    };
    let entry = AccessControlEntryRecord {
        id: Uuid(7 << 64),
        resource_type: 2,
        resource_name: "orders".into(),
        pattern_type: 3,
        principal: "User:bob".into(),
        host: "*".into(),
        operation: 3,
        permission_type: 3,
    };
    let credential = UserScramCredentialRecord {
        name: "cid".into(),
        mechanism: 1,
        ..UserScramCredentialRecord::default()
    };
    let token = DelegationTokenRecord {
        token_id: "token-1".into(),
        ..DelegationTokenRecord::default()
    };
    for (record, named) in [
        (MetadataRecord::ClientQuota(quota), "user=ann"),
        (
            MetadataRecord::AccessControlEntry(entry),
            "User:bob on orders",
        ),
        (MetadataRecord::UserScramCredential(credential), "cid"),
        (MetadataRecord::DelegationToken(token), "token-1"),
    ] {
        let mut node = TestNode::start();
        node.stop();
        leave_record(&node, record);
        let Err(refused) = node.try_restarted() else {
            panic!("started in spite of {named}");
        };
        let said = refused.to_string();
        assert!(
            said.starts_with("Refusing to start") && said.contains(named),
            "{said}"
        );
    }
}

#[test]
fn a_controller_alone_does_not_go_on_over_what_protects_and_is_not_enforced() {
    let mut node = TestNode::with(&[
        ("process.roles", "controller"),
        ("listeners", "CONTROLLER://127.0.0.1:0"),
    ]);
    while node.node().published().image.controllers.is_empty() {
        std::thread::yield_now();
    }
    assert!(!node.has_halted());
    node.stop();
    let credential = UserScramCredentialRecord {
        name: "cid".into(),
        mechanism: 1,
        ..UserScramCredentialRecord::default()
    };
    leave_record(&node, MetadataRecord::UserScramCredential(credential));
    let node = node.restarted();
    while !node.has_halted() {
        std::thread::yield_now();
    }
}
