//! Bytes that Apache Kafka 4.3.1 wrote: read, compared with what they say, and written again.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use bytes::Bytes;
use ottla_messages::abort_transaction_record::AbortTransactionRecord;
use ottla_messages::begin_transaction_record::BeginTransactionRecord;
use ottla_messages::broker_registration_change_record::BrokerRegistrationChangeRecord;
use ottla_messages::consumer_group_member_metadata_value::ConsumerGroupMemberMetadataValue;
use ottla_messages::end_transaction_record::EndTransactionRecord;
use ottla_messages::feature_level_record::FeatureLevelRecord;
use ottla_messages::group_coordinator_record::{GroupCoordinatorKey, GroupCoordinatorValue};
use ottla_messages::group_metadata_key::GroupMetadataKey;
use ottla_messages::kraft_version_record::KraftVersionRecord;
use ottla_messages::leader_change_message::{LeaderChangeMessage, Voter};
use ottla_messages::metadata_record::MetadataRecord;
use ottla_messages::no_op_record::NoOpRecord;
use ottla_messages::offset_commit_key::OffsetCommitKey;
use ottla_messages::offset_commit_value::OffsetCommitValue;
use ottla_messages::partition_change_record::PartitionChangeRecord;
use ottla_messages::partition_record::PartitionRecord;
use ottla_messages::remote_log_metadata_record::RemoteLogMetadataRecord;
use ottla_messages::remote_partition_delete_metadata_record::{
    RemotePartitionDeleteMetadataRecord, TopicIdPartitionEntry,
};
use ottla_messages::snapshot_footer_record::SnapshotFooterRecord;
use ottla_messages::snapshot_header_record::SnapshotHeaderRecord;
use ottla_messages::transaction_coordinator_record::{
    TransactionCoordinatorKey, TransactionCoordinatorValue,
};
use ottla_messages::transaction_log_key::TransactionLogKey;
use ottla_messages::transaction_log_value::{PartitionsSchema, TransactionLogValue};
use ottla_messages::voters_record::{Endpoint, KraftVersionFeature, VotersRecord};
use ottla_messages::{Message, Reader, Writer, voters_record};
use ottla_types::Uuid;

fn bytes(hexadecimal: &str) -> Bytes {
    let digits: Vec<char> = hexadecimal
        .chars()
        .filter(|digit| !digit.is_whitespace())
        .collect();
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(&pair.iter().collect::<String>(), 16).unwrap())
        .collect()
}

fn assert_metadata(hexadecimal: &str, version: i16, record: impl Into<MetadataRecord>) {
    let record = record.into();
    let expected = bytes(hexadecimal);
    let decoded = MetadataRecord::decode_value(expected.clone()).unwrap();
    assert_eq!(decoded, (record.clone(), version));
    assert_eq!(record.encode_value(version).unwrap(), expected);
}

fn assert_message<M: Message>(hexadecimal: &str, version: i16, message: M) {
    let expected = bytes(hexadecimal);
    let mut reader = Reader::new(expected.clone());
    assert_eq!(M::decode(&mut reader, version).unwrap(), message);
    assert_eq!(reader.remaining(), 0);
    let mut writer = Writer::new();
    message.encode(&mut writer, version).unwrap();
    assert_eq!(writer.into_bytes(), expected);
}

#[test]
fn metadata_records_are_kafkas() {
    assert_metadata(
        "010c00 116d657461646174612e76657273696f6e 0019 00",
        0,
        FeatureLevelRecord {
            name: "metadata.version".into(),
            feature_level: 25,
        },
    );
    assert_metadata("01140000", 0, NoOpRecord::default());
    assert_metadata("01180000", 0, EndTransactionRecord::default());
    assert_metadata(
        "011700 01 00 12 12 426f6f747374726170207265636f726473",
        0,
        BeginTransactionRecord {
            name: Some("Bootstrap records".into()),
        },
    );
    assert_metadata("011900 00", 0, AbortTransactionRecord { reason: None });
}

#[test]
fn records_of_partitions_and_brokers_are_kafkas() {
    let topic_id = Uuid(0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10);
    assert_metadata(
        "010502 00000000 0102030405060708090a0b0c0d0e0f10 01 01 04 00000002",
        2,
        PartitionChangeRecord {
            partition_id: 0,
            topic_id,
            leader: 2,
            ..PartitionChangeRecord::default()
        },
    );
    assert_metadata(
        "011100 00000001 000000000000000d 01 00 01 ff",
        0,
        BrokerRegistrationChangeRecord {
            broker_id: 1,
            broker_epoch: 13,
            fenced: -1,
            ..BrokerRegistrationChangeRecord::default()
        },
    );
    assert_metadata(
        "010302 00000000 0102030405060708090a0b0c0d0e0f10 0200000001 0200000001 0101 00000001 \
         00000000 00000000 02 00000000000000000000000000000005 00",
        2,
        PartitionRecord {
            partition_id: 0,
            topic_id,
            replicas: vec![1],
            isr: vec![1],
            leader: 1,
            leader_epoch: 0,
            partition_epoch: 0,
            directories: vec![Uuid(5)],
            ..PartitionRecord::default()
        },
    );
}

#[test]
fn control_records_of_the_quorum_are_kafkas() {
    let voter = |voter_id| Voter {
        voter_id,
        ..Voter::default()
    };
    assert_message(
        "0000 00000001 04 0000000100 0000000200 0000000300 03 0000000100 0000000200 00",
        0,
        LeaderChangeMessage {
            version: 0,
            leader_id: 1,
            voters: vec![voter(1), voter(2), voter(3)],
            granting_voters: vec![voter(1), voter(2)],
        },
    );
    assert_message(
        "0000 0000000000000000 00",
        0,
        SnapshotHeaderRecord::default(),
    );
    assert_message("0000 00", 0, SnapshotFooterRecord::default());
    assert_message(
        "0000 0001 00",
        0,
        KraftVersionRecord {
            version: 0,
            kraft_version: 1,
        },
    );
    assert_message(
        "0000 02 00000001 3c45b517a5b4495eaeb1df2b38aa700e 02 0b434f4e54524f4c4c4552 \
         0a3132372e302e302e31 7975 00 00000001 00 00 00",
        0,
        VotersRecord {
            version: 0,
            voters: vec![voters_record::Voter {
                voter_id: 1,
                voter_directory_id: Uuid(0x3c45_b517_a5b4_495e_aeb1_df2b_38aa_700e),
                endpoints: vec![Endpoint {
                    name: "CONTROLLER".into(),
                    host: "127.0.0.1".into(),
                    port: 31093,
                }],
                kraft_version_feature: KraftVersionFeature {
                    min_supported_version: 0,
                    max_supported_version: 1,
                },
            }],
        },
    );
}

fn assert_group(key: &str, value: &str, version: i16, expected: GroupCoordinatorKey) {
    let (key, value) = (bytes(key), bytes(value));
    let read_key = GroupCoordinatorKey::decode_key(key.clone())
        .unwrap()
        .unwrap();
    assert_eq!(read_key, expected);
    assert_eq!(read_key.encode_key().unwrap(), key);
    let (read_value, read_version) =
        GroupCoordinatorValue::decode_value(read_key.record_type(), value.clone()).unwrap();
    assert_eq!(read_version, version);
    assert_eq!(read_value.encode_value(version).unwrap(), value);
}

#[test]
fn committed_offsets_are_kafkas() {
    let value = "0004 0000000000000002 00000000 000568656c6c6f 000001a1f8c45443 \
                 01 00 10 bdd6bb72fc2a4150a52b56718c67315b";
    // Version 4 is flexible: the text has a compact length.
    let value = value.replace("000568656c6c6f", "0668656c6c6f");
    assert_group(
        "0001 0009672d636c6173736963 0005706c61696e 00000000",
        &value,
        4,
        OffsetCommitKey {
            group: "g-classic".into(),
            topic: "plain".into(),
            partition: 0,
        }
        .into(),
    );
    let (decoded, _) = GroupCoordinatorValue::decode_value(1, bytes(&value)).unwrap();
    assert_eq!(
        decoded,
        OffsetCommitValue {
            offset: 2,
            leader_epoch: 0,
            metadata: "hello".into(),
            commit_timestamp: 0x01a1_f8c4_5443,
            topic_id: Uuid(0xbdd6_bb72_fc2a_4150_a52b_5671_8c67_315b),
            ..OffsetCommitValue::default()
        }
        .into()
    );
}

#[test]
fn classic_groups_are_kafkas() {
    let id = "000c 636f6e73756d65722d672d31";
    let subscription = "0000001b 0003000000010005706c61696effffffff00000000ffffffffffff";
    let assignment = "00000019 0003000000010005706c61696e000000010000000 0ffffffff";
    assert_group(
        "0002 0009672d636c6173736963",
        &format!(
            "0003 0008636f6e73756d6572 00000001 000572616e6765 {id} 000001a1f8c453cd 00000001 \
             {id} ffff {id} 000a2f3132372e302e302e31 000493e0 0000afc8 {subscription} {assignment}"
        ),
        3,
        GroupMetadataKey {
            group: "g-classic".into(),
        }
        .into(),
    );
}

#[test]
fn a_member_without_classic_metadata_says_so_in_a_tag() {
    // To Kafka the default of this field is an empty struct, so that null has to be written.
    let value = GroupCoordinatorValue::from(ConsumerGroupMemberMetadataValue {
        rebalance_timeout_ms: 1,
        instance_id: None,
        rack_id: None,
        subscribed_topic_regex: None,
        classic_member_metadata: None,
        ..ConsumerGroupMemberMetadataValue::default()
    });
    let expected = bytes("0000 00 00 01 01 01 00 00000001 01 01 00 01 00");
    assert_eq!(value.encode_value(0).unwrap(), expected);
    assert_eq!(
        GroupCoordinatorValue::decode_value(5, expected),
        Ok((value, 0))
    );
}

#[test]
fn records_of_remote_log_metadata_are_kafkas() {
    let record = RemoteLogMetadataRecord::from(RemotePartitionDeleteMetadataRecord {
        topic_id_partition: TopicIdPartitionEntry {
            name: "t".into(),
            id: Uuid(5),
            partition: 3,
        },
        broker_id: 1,
        event_timestamp_ms: 77,
        remote_partition_delete_state: 0,
    });
    let expected = bytes(
        "010200 0274 00000000000000000000000000000005 00000003 00 00000001 000000000000004d 00 00",
    );
    assert_eq!(record.encode_value(0).unwrap(), expected);
    assert_eq!(
        RemoteLogMetadataRecord::decode_value(expected),
        Ok((record, 0))
    );
}

#[test]
fn a_key_of_an_unknown_type_is_skipped() {
    assert_eq!(
        GroupCoordinatorKey::decode_key(bytes("0009 0001 61")),
        Ok(None)
    );
}

#[test]
fn the_state_of_a_transaction_is_kafkas() {
    let key = TransactionCoordinatorKey::from(TransactionLogKey {
        transactional_id: "tid-1".into(),
    });
    assert_eq!(key.encode_key().unwrap(), bytes("0000 00057469642d31"));
    let partitions = |topic: &'static str| PartitionsSchema {
        topic: topic.into(),
        partition_ids: vec![0],
    };
    let value = TransactionCoordinatorValue::from(TransactionLogValue {
        producer_id: 1,
        transaction_timeout_ms: 60_000,
        transaction_status: 1,
        transaction_partitions: Some(vec![partitions("txn"), partitions("__consumer_offsets")]),
        transaction_last_update_timestamp_ms: 0x01a1_f8c4_4471,
        transaction_start_timestamp_ms: 0x01a1_f8c4_444d,
        previous_producer_id: 1,
        client_transaction_version: 2,
        ..TransactionLogValue::default()
    });
    let expected = bytes(
        "0001 0000000000000001 0000 0000ea60 01 03 0474786e 0200000000 00 \
         135f5f636f6e73756d65725f6f666673657473 0200000000 00 000001a1f8c44471 000001a1f8c4444d \
         02 00 08 0000000000000001 02 02 0002",
    );
    assert_eq!(value.encode_value(1).unwrap(), expected);
    assert_eq!(
        TransactionCoordinatorValue::decode_value(0, expected),
        Ok((value, 1))
    );
}
