//! Tests of the codec, against the bytes of the generated messages.

use std::path::Path;

use bytes::Bytes;
use ottla_messages::fetch_request::FetchRequest;
use ottla_messages::metadata_response::MetadataResponse;
use ottla_messages::{Message, Reader, Writer};
use serde_json::json;

use super::*;
use crate::schemas::Apis;

fn apis() -> Apis {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../protocol/messages/schema");
    Apis::read(&schema).unwrap()
}

#[test]
fn a_request_is_written_as_the_wire_crate_reads_it() {
    let apis = apis();
    let schema = &apis.get("Fetch").unwrap().request;
    let partition = json!({"partition": 3, "fetchOffset": 7, "partitionMaxBytes": 9});
    let topic = json!({"topic": "t", "partitions": [partition]});
    let body = json!({"maxWaitMs": 1, "minBytes": 2, "topics": [topic], "clusterId": "c"});
    for version in schema.versions.range() {
        let bytes = write(schema, version, &body).unwrap();
        let mut reader = Reader::new(Bytes::from(bytes));
        let read = FetchRequest::decode(&mut reader, version).unwrap();
        assert_eq!(reader.remaining(), 0);
        assert_eq!((read.max_wait_ms, read.session_epoch), (1, -1));
        assert_eq!(read.topics[0].partitions[0].fetch_offset, 7);
        assert_eq!(read.cluster_id.is_some(), version >= 12);
    }
}

#[test]
fn an_answer_is_read_with_every_field_named() {
    let apis = apis();
    let schema = &apis.get("Metadata").unwrap().response;
    let answer = MetadataResponse {
        controller_id: 5,
        ..MetadataResponse::default()
    };
    for version in schema.versions.range() {
        let mut writer = Writer::new();
        answer.encode(&mut writer, version).unwrap();
        let read = read(schema, version, &writer.into_bytes()).unwrap();
        let controller = if version >= 1 { json!(5) } else { json!(null) };
        assert_eq!(
            read.get("controllerId").cloned().unwrap_or_default(),
            controller
        );
        assert_eq!(read.get("topics"), Some(&json!([])));
    }
}

#[test]
fn null_is_written_where_it_is_forbidden() {
    let apis = apis();
    let schema = &apis.get("ListOffsets").unwrap().request;
    let bytes = write(schema, 1, &json!({"replicaId": -1, "topics": null})).unwrap();
    assert_eq!(bytes, [0xff; 8]);
}

#[test]
fn an_answer_that_goes_on_is_refused() {
    let apis = apis();
    let schema = &apis.get("Heartbeat").unwrap().response;
    assert!(read(schema, 0, &[0, 0]).is_ok());
    assert!(read(schema, 0, &[0, 0, 1]).is_err());
    assert!(read(schema, 0, &[0]).is_err());
}
