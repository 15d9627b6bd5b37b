//! Records, compared with the bytes of a 4.3.1 node.

use ottla_messages::group_metadata_value::{GroupMetadataValue, MemberMetadata};
use ottla_messages::offset_commit_key::OffsetCommitKey;
use ottla_messages::offset_commit_value::OffsetCommitValue;
use ottla_types::Uuid;

use super::GroupRecord;

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    let pair = |pair: &[u8]| {
        let text = std::str::from_utf8(pair).expect("digits");
        u8::from_str_radix(text, 16).expect("digits")
    };
    digits.chunks(2).map(pair).collect()
}

/// As a node of 4.3.1 has written it.
const OFFSET_KEY: &str = "0001 0009 672d636c61737369630005 706c61696e 00000000";
const OFFSET_VALUE: &str = "0004 0000000000000002 00000000 06 68656c6c6f 000001a1f8c45443
    01 00 10 bdd6bb72fc2a4150a52b56718c67315b";

#[test]
fn an_offset_is_written_as_kafka_writes_it() {
    let record = GroupRecord::OffsetCommit {
        key: OffsetCommitKey {
            group: "g-classic".into(),
            topic: "plain".into(),
            partition: 0,
        },
        value: Some(OffsetCommitValue {
            offset: 2,
            leader_epoch: 0,
            metadata: "hello".into(),
            commit_timestamp: 0x1a1_f8c4_5443,
            expire_timestamp: -1,
            topic_id: Uuid(0xbdd6_bb72_fc2a_4150_a52b_5671_8c67_315b),
        }),
    };
    let (key, value) = record.encode().expect("it is short");
    assert_eq!(key, unhex(OFFSET_KEY));
    assert_eq!(value.expect("it has a value"), unhex(OFFSET_VALUE));
    let read = GroupRecord::decode(&unhex(OFFSET_KEY), Some(&unhex(OFFSET_VALUE)));
    assert_eq!(read, Ok(Some(record)));
}

#[test]
fn an_offset_with_an_expiry_of_its_own_has_the_version_that_can_say_so() {
    let record = GroupRecord::OffsetCommit {
        key: OffsetCommitKey::default(),
        value: Some(OffsetCommitValue {
            offset: 1,
            expire_timestamp: 5,
            leader_epoch: 3,
            topic_id: Uuid(9),
            ..Default::default()
        }),
    };
    let (_, value) = record.encode().expect("it is short");
    let value = value.expect("it has a value");
    assert_eq!(&value[..2], [0, 1]);
    assert_eq!(value.len(), 2 + 8 + 2 + 8 + 8);
}

#[test]
fn a_group_is_written_as_kafka_writes_it() {
    let member: String = format!("consumer-g-classic-1-{}", "0".repeat(36));
    let subscription = "00030000 00010005 706c6169 6effffff ff000000 00ffffff ffffff";
    let assignment = "00030000 00010005 706c6169 6e000000 01000000 00ffffff ff";
    let record = GroupRecord::group_metadata(
        "g-classic".into(),
        Some(GroupMetadataValue {
            protocol_type: "consumer".into(),
            generation: 1,
            protocol: Some("range".into()),
            leader: Some(member.clone().into()),
            current_state_timestamp: 0x1a1_f8c4_53cd,
            members: vec![MemberMetadata {
                member_id: member.clone().into(),
                group_instance_id: None,
                client_id: "consumer-g-classic-1".into(),
                client_host: "/127.0.0.1".into(),
                rebalance_timeout: 300_000,
                session_timeout: 45_000,
                subscription: unhex(subscription).into(),
                assignment: unhex(assignment).into(),
            }],
        }),
    );
    let (key, value) = record.encode().expect("it is short");
    assert_eq!(key, unhex("0002 0009 672d636c6173736963"));
    let mut expected = unhex("0003 0008 636f6e73756d6572 00000001 0005 72616e6765 0039");
    expected.extend(member.as_bytes());
    expected.extend(unhex("000001a1 f8c453cd 00000001 0039"));
    expected.extend(member.as_bytes());
    expected.extend(unhex("ffff 0014"));
    expected.extend(b"consumer-g-classic-1");
    expected.extend(unhex(
        "000a 2f3132372e302e302e31 000493e0 0000afc8 0000001b",
    ));
    expected.extend(unhex(subscription));
    expected.extend(unhex("00000019"));
    expected.extend(unhex(assignment));
    assert_eq!(value.expect("it has a value"), expected);
    assert_eq!(
        expected.len(),
        257,
        "the length a node of 4.3.1 has written"
    );
}

#[test]
fn a_record_of_an_unknown_type_is_skipped() {
    assert_eq!(GroupRecord::decode(&[0, 99, 1, 2], Some(&[7])), Ok(None));
}

#[test]
fn a_value_that_cannot_be_read_fails_the_load() {
    let key = unhex(OFFSET_KEY);
    assert!(GroupRecord::decode(&key, Some(&[0, 4, 1])).is_err());
    assert!(GroupRecord::decode(&key, Some(&[0, 9])).is_err());
    assert!(GroupRecord::decode(&[0], None).is_err());
    assert!(GroupRecord::decode(&[], None).is_err());
}

#[test]
fn the_oldest_form_of_an_offset_is_understood() {
    let key = unhex("0000 0001 67 0001 74 00000005");
    let value = unhex("0000 0000000000000007 0001 6d 0000000000000009");
    let read = GroupRecord::decode(&key, Some(&value)).expect("it is sound");
    let Some(GroupRecord::OffsetCommit {
        key,
        value: Some(value),
    }) = read
    else {
        panic!("an offset, not {read:?}");
    };
    assert_eq!(
        (key.partition, value.offset, value.leader_epoch),
        (5, 7, -1)
    );
}
