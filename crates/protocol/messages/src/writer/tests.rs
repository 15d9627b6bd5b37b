//! What the writer makes of payloads, tags and versions.

use bytes::Bytes;

use crate::fetch_response::{FetchResponse, FetchableTopicResponse, NodeEndpoint, PartitionData};
use crate::offset_commit_request::OffsetCommitRequest;
use crate::{EncodeError, KafkaString, Message, Reader, Writer};

#[test]
fn payloads_are_shared_and_stand_in_their_place() {
    let payload = Bytes::from(vec![7; 100_000]);
    let mut writer = Writer::new();
    writer.write_i32(0);
    writer.write_bytes(&payload, false).unwrap();
    writer.write_i8(9);
    writer.patch_i32(0, 42);
    assert_eq!(writer.len(), 100_009);
    let chunks = writer.into_chunks();
    assert_eq!(chunks.len(), 3);
    assert_eq!(chunks[0].as_ref(), [0, 0, 0, 42, 0, 1, 0x86, 0xa0]);
    assert_eq!(chunks[1].as_ptr(), payload.as_ptr());
    assert_eq!(chunks[2].as_ref(), [9]);
}

#[test]
fn a_fetch_answer_with_payloads_and_tags_is_read_back() {
    let partition = |size: usize| PartitionData {
        records: Some(Bytes::from(vec![1; size])),
        ..PartitionData::default()
    };
    let answer = FetchResponse {
        responses: vec![FetchableTopicResponse {
            partitions: vec![partition(5000), partition(10), partition(5000)],
            ..FetchableTopicResponse::default()
        }],
        node_endpoints: (0..100)
            .map(|node_id| NodeEndpoint {
                node_id,
                host: "a-rather-long-host-name.example".into(),
                ..NodeEndpoint::default()
            })
            .collect(),
        ..FetchResponse::default()
    };
    let mut writer = Writer::new();
    answer.encode(&mut writer, 18).unwrap();
    let length = writer.len();
    let chunks = writer.into_chunks();
    assert_eq!(chunks.len(), 5);
    let bytes = Bytes::from(chunks.concat());
    assert_eq!(bytes.len(), length);
    assert_eq!(
        FetchResponse::decode(&mut Reader::new(bytes), 18),
        Ok(answer)
    );
}

#[test]
fn a_payload_within_a_tag_moves_with_the_size() {
    let payload = Bytes::from(vec![3; 2000]);
    let mut writer = Writer::new();
    let start = writer.begin_tag(4);
    writer.write_i8(1);
    writer.write_bytes(&payload, true).unwrap();
    writer.write_i8(2);
    writer.end_tag(start).unwrap();
    let bytes = writer.into_bytes();
    assert_eq!(&bytes[..6], [4, 0xd4, 0x0f, 1, 0xd1, 0x0f]);
    assert_eq!(bytes.len(), 2 + 1 + 2004);
    assert_eq!(bytes.last(), Some(&2));
}

#[test]
fn a_field_that_the_version_lacks_is_refused_unless_ignorable() {
    let mut writer = Writer::new();
    let request = OffsetCommitRequest {
        group_instance_id: Some("static".into()),
        ..OffsetCommitRequest::default()
    };
    assert_eq!(
        request.encode(&mut writer, 2),
        Err(EncodeError::NotInVersion {
            message: "OffsetCommitRequest",
            field: "GroupInstanceId",
            version: 2
        })
    );
    let request = OffsetCommitRequest {
        retention_time_ms: 5,
        ..OffsetCommitRequest::default()
    };
    assert_eq!(request.encode(&mut Writer::new(), 8), Ok(()));
}

#[test]
fn text_that_is_too_long_is_refused() {
    let text = KafkaString::from("x".repeat(40_000));
    assert_eq!(
        Writer::new().write_string(&text, true),
        Err(EncodeError::TooLong(40_000))
    );
}
