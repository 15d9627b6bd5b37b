//! Images to records and back.

use ottla_messages::broker_registration_change_record::BrokerRegistrationChangeRecord;
use ottla_messages::partition_change_record::PartitionChangeRecord;
use ottla_messages::partition_record::PartitionRecord;
use ottla_types::Uuid;

use super::*;
use crate::record_version;

const TOPIC: Uuid = Uuid(5 << 70);

fn level(name: &'static str, feature_level: i16) -> MetadataRecord {
    FeatureLevelRecord {
        name: name.into(),
        feature_level,
    }
    .into()
}

/// One of every kind that leaves something in the image.
fn records(metadata_version: i16) -> Vec<MetadataRecord> {
    let endpoint = BrokerEndpoint {
        name: "PLAINTEXT".into(),
        host: "localhost".into(),
        port: 9092,
        security_protocol: 0,
    };
    let mut records = vec![
        level("metadata.version", metadata_version),
        level("group.version", 1),
        RegisterBrokerRecord {
            broker_id: 1,
            broker_epoch: 13,
            incarnation_id: Uuid(3 << 70),
            end_points: vec![endpoint],
            features: vec![BrokerFeature {
                name: "metadata.version".into(),
                min_supported_version: 7,
                max_supported_version: 30,
            }],
            rack: Some("r".into()),
            ..RegisterBrokerRecord::default()
        }
        .into(),
        RegisterControllerRecord {
            controller_id: 1,
            incarnation_id: Uuid(3 << 70),
            ..RegisterControllerRecord::default()
        }
        .into(),
        TopicRecord {
            name: "plain".into(),
            topic_id: TOPIC,
        }
        .into(),
        PartitionRecord {
            partition_id: 0,
            topic_id: TOPIC,
            replicas: vec![1, 2],
            isr: vec![1, 2],
            leader: 1,
            leader_epoch: 0,
            partition_epoch: 0,
            ..PartitionRecord::default()
        }
        .into(),
        PartitionChangeRecord {
            partition_id: 0,
            topic_id: TOPIC,
            leader: 2,
            ..PartitionChangeRecord::default()
        }
        .into(),
        ConfigRecord {
            resource_type: 4,
            resource_name: "".into(),
            name: "min.insync.replicas".into(),
            value: Some("1".into()),
        }
        .into(),
        ProducerIdsRecord {
            broker_id: 1,
            broker_epoch: 13,
            next_producer_id: 1000,
        }
        .into(),
    ];
    records.extend(security_records());
    records
}

fn security_records() -> [MetadataRecord; 4] {
    [
        ClientQuotaRecord {
            entity: vec![EntityData {
                entity_type: "user".into(),
                entity_name: None,
            }],
            key: "producer_byte_rate".into(),
            value: 1024.0,
            remove: false,
        }
        .into(),
        AccessControlEntryRecord {
            id: Uuid(4 << 70),
            resource_type: 2,
            resource_name: "plain".into(),
            pattern_type: 3,
            principal: "User:a".into(),
            host: "*".into(),
            operation: 3,
            permission_type: 3,
        }
        .into(),
        UserScramCredentialRecord {
            name: "a".into(),
            mechanism: 1,
            salt: Bytes::from_static(b"salt"),
            stored_key: Bytes::from_static(b"stored"),
            server_key: Bytes::from_static(b"server"),
            iterations: 4096,
        }
        .into(),
        DelegationTokenRecord {
            owner: "User:a".into(),
            requester: "User:b".into(),
            renewers: vec!["User:c".into()],
            issue_timestamp: 1,
            max_timestamp: 3,
            expiration_timestamp: 2,
            token_id: "t".into(),
        }
        .into(),
    ]
}

fn replayed(records: &[MetadataRecord]) -> MetadataImage {
    let mut image = MetadataImage::default();
    for record in records {
        image.replay(record).unwrap();
    }
    image
}

#[test]
fn a_snapshot_replayed_gives_the_image_back() {
    for metadata_version in MetadataVersion::all_to(MetadataVersion::LATEST) {
        let image = replayed(&records(metadata_version.level()));
        let snapshot = image.to_records();
        assert_eq!(replayed(&snapshot), image, "at {metadata_version}");
        for record in &snapshot {
            let version = record_version(record, metadata_version);
            let value = record.encode_value(version).unwrap();
            let (decoded, at) = MetadataRecord::decode_value(value).unwrap();
            assert_eq!((&decoded, at), (record, version));
        }
    }
}

#[test]
fn features_come_first_and_metadata_version_first_of_all() {
    let snapshot = replayed(&records(30)).to_records();
    assert_eq!(snapshot[0], level("metadata.version", 30));
    assert_eq!(snapshot[1], level("group.version", 1));
    assert!(matches!(snapshot[2], MetadataRecord::RegisterBroker(_)));
}

#[test]
fn an_empty_image_has_no_records() {
    assert_eq!(MetadataImage::default().to_records(), []);
}

#[test]
fn what_a_metadata_version_cannot_hold_is_left_out() {
    let mut image = replayed(&records(30));
    let cordon = BrokerRegistrationChangeRecord {
        broker_id: 1,
        broker_epoch: 13,
        log_dirs: vec![Uuid(9 << 70)],
        cordoned_log_dirs: Some(vec![]),
        ..BrokerRegistrationChangeRecord::default()
    };
    assert_eq!(
        record_version(&cordon.clone().into(), MetadataVersion::LATEST),
        3
    );
    image.replay(&cordon.into()).unwrap();
    image.features.metadata_version = MetadataVersion::from_level(7);
    for record in image.to_records() {
        let version = record_version(&record, MetadataVersion::MINIMUM);
        record.encode_value(version).unwrap();
    }
}
