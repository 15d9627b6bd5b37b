//! Brokers that lie: whatever they send, a client answers with an error, in time, without panic
//! and without memory for what was only declared.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::time::Duration;

use bytes::Bytes;
use ottla_client::{
    Admin, AdminConfig, Connection, Consumer, ConsumerConfig, Error, OffsetResetPolicy, Start,
};
use ottla_messages::api_versions_response::{ApiVersion, ApiVersionsResponse};
use ottla_messages::fetch_response::{FetchResponse, FetchableTopicResponse, PartitionData};
use ottla_messages::metadata_response::{
    MetadataResponse, MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
};
use ottla_messages::{ApiKey, Message, Writer};
use ottla_types::Offset;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Versions that carry names and no topic ids.
const VERSIONS: [(ApiKey, i16); 4] = [
    (ApiKey::ApiVersions, 0),
    (ApiKey::Metadata, 7),
    (ApiKey::Fetch, 11),
    (ApiKey::ListOffsets, 5),
];

/// Answers every connection with `answer(api key, correlation id, port)`: the bytes of a frame.
async fn broker(answer: impl Fn(i16, i32, u16) -> Vec<u8> + Copy + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                while let Ok(size) = stream.read_i32().await {
                    let mut request = vec![0; usize::try_from(size).unwrap()];
                    if stream.read_exact(&mut request).await.is_err() {
                        return;
                    }
                    let key = i16::from_be_bytes([request[0], request[1]]);
                    let id = i32::from_be_bytes(request[4..8].try_into().unwrap());
                    if stream.write_all(&answer(key, id, port)).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    format!("127.0.0.1:{port}")
}

fn frame(id: i32, body: &[u8]) -> Vec<u8> {
    let mut bytes = i32::try_from(body.len() + 4)
        .unwrap()
        .to_be_bytes()
        .to_vec();
    bytes.extend_from_slice(&id.to_be_bytes());
    bytes.extend_from_slice(body);
    bytes
}

fn encoded(message: &impl Message, version: i16) -> Vec<u8> {
    let mut writer = Writer::new();
    message.encode(&mut writer, version).unwrap();
    writer.into_bytes().to_vec()
}

fn versions() -> Vec<u8> {
    let api_keys = VERSIONS.iter().map(|(key, newest)| ApiVersion {
        api_key: *key as i16,
        min_version: 0,
        max_version: *newest,
    });
    let response = ApiVersionsResponse {
        error_code: 35,
        api_keys: api_keys.collect(),
        ..ApiVersionsResponse::default()
    };
    encoded(&response, 0)
}

/// A true answer to the second question about versions.
fn accepted_versions() -> Vec<u8> {
    let mut body = versions();
    body[..2].copy_from_slice(&[0, 0]);
    body
}

fn metadata(port: u16) -> Vec<u8> {
    let response = MetadataResponse {
        brokers: vec![MetadataResponseBroker {
            node_id: 1,
            host: "127.0.0.1".into(),
            port: i32::from(port),
            rack: None,
        }],
        controller_id: 1,
        topics: vec![MetadataResponseTopic {
            name: Some("t".into()),
            partitions: vec![MetadataResponsePartition {
                partition_index: 0,
                leader_id: 1,
                leader_epoch: 0,
                replica_nodes: vec![1],
                isr_nodes: vec![1],
                ..MetadataResponsePartition::default()
            }],
            ..MetadataResponseTopic::default()
        }],
        ..MetadataResponse::default()
    };
    encoded(&response, VERSIONS[1].1)
}

fn fetched(records: Bytes) -> Vec<u8> {
    let response = FetchResponse {
        responses: vec![FetchableTopicResponse {
            topic: "t".into(),
            partitions: vec![PartitionData {
                high_watermark: i64::MAX,
                last_stable_offset: i64::MAX,
                records: Some(records),
                ..PartitionData::default()
            }],
            ..FetchableTopicResponse::default()
        }],
        ..FetchResponse::default()
    };
    encoded(&response, VERSIONS[2].1)
}

fn quick() -> AdminConfig {
    AdminConfig::default()
}

async fn open(address: &str) -> Result<Connection, Error> {
    let mut config = quick();
    config.client.request_timeout_ms = Duration::from_secs(5);
    Connection::open(address, &config.client).await
}

#[tokio::test]
async fn frames_that_make_no_sense_end_the_connection_with_an_error() {
    let garbage = broker(|_, _, _| b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()).await;
    assert!(matches!(open(&garbage).await, Err(Error::Protocol { .. })));
    let negative = broker(|_, _, _| vec![0xff; 64]).await;
    assert!(matches!(open(&negative).await, Err(Error::Protocol { .. })));
    let wrong_id = broker(|_, id, _| frame(id.wrapping_add(7), &[0; 32])).await;
    assert!(matches!(open(&wrong_id).await, Err(Error::Protocol { .. })));
    let short = broker(|_, id, _| frame(id, &[])).await;
    assert!(matches!(open(&short).await, Err(Error::Protocol { .. })));
    let silent = broker(|_, _, _| Vec::new()).await;
    let mut config = quick();
    config.client.request_timeout_ms = Duration::from_millis(200);
    let late = Connection::open(&silent, &config.client).await;
    assert!(matches!(late, Err(Error::Timeout { .. })));
}

#[tokio::test]
async fn half_a_gigabyte_declared_takes_no_memory_and_times_out() {
    let liar = broker(|_, id, _| {
        let mut bytes = (1_i32 << 29).to_be_bytes().to_vec();
        bytes.extend_from_slice(&id.to_be_bytes());
        bytes
    })
    .await;
    let mut config = quick();
    config.client.request_timeout_ms = Duration::from_millis(300);
    let late = Connection::open(&liar, &config.client).await;
    assert!(matches!(late, Err(Error::Timeout { .. })));
}

#[tokio::test]
async fn an_answer_of_random_bytes_is_an_error_of_the_call() {
    let address = broker(|key, id, _| {
        if key == ApiKey::ApiVersions as i16 {
            frame(id, &accepted_versions_for(id))
        } else {
            frame(id, &[0x7f; 200])
        }
    })
    .await;
    let mut config = AdminConfig::new(&address);
    config.client.default_api_timeout_ms = Duration::from_secs(2);
    let admin = Admin::new(config).unwrap();
    assert!(admin.list_topics().await.is_err());
}

/// The first question comes in a version this broker does not know.
fn accepted_versions_for(id: i32) -> Vec<u8> {
    if id == 0 {
        versions()
    } else {
        accepted_versions()
    }
}

async fn consumer_of(
    answer: impl Fn(i16, i32, u16) -> Vec<u8> + Copy + Send + 'static,
) -> Consumer {
    let address = broker(answer).await;
    let config = ConsumerConfig::new(&address).auto_offset_reset(OffsetResetPolicy::None);
    let mut consumer = Consumer::new(config).unwrap();
    consumer.assign(&[("t", 0)]);
    consumer.seek("t", 0, Start::At(Offset(0))).unwrap();
    consumer
}

fn truthful(key: i16, id: i32, port: u16, records: &'static [u8]) -> Vec<u8> {
    let body = match ApiKey::from_i16(key) {
        Some(ApiKey::ApiVersions) => accepted_versions_for(id),
        Some(ApiKey::Metadata) => metadata(port),
        _ => fetched(Bytes::from_static(records)),
    };
    frame(id, &body)
}

async fn first_error(consumer: &mut Consumer) -> Error {
    let polled = async {
        loop {
            match consumer.poll(Duration::from_millis(200)).await {
                Ok(records) => assert!(records.is_empty()),
                Err(error) => return error,
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), polled)
        .await
        .unwrap()
}

#[tokio::test]
async fn broken_batches_are_told_once_and_can_be_passed() {
    let mut consumer = consumer_of(|key, id, port| truthful(key, id, port, &[0x11; 300])).await;
    let error = first_error(&mut consumer).await;
    assert!(error.to_string().contains("t-0 at offset 0"), "{error}");
    // The partition rests until the application decides.
    assert!(
        consumer
            .poll(Duration::from_millis(200))
            .await
            .unwrap()
            .is_empty()
    );
    consumer.seek("t", 0, Start::At(Offset(5))).unwrap();
    let error = first_error(&mut consumer).await;
    assert!(error.to_string().contains("t-0 at offset 5"), "{error}");
}

#[tokio::test]
async fn a_batch_that_is_not_whole_is_told() {
    let mut consumer = consumer_of(|key, id, port| truthful(key, id, port, &[0; 30])).await;
    let error = first_error(&mut consumer).await;
    assert!(error.to_string().contains("not whole"), "{error}");
}
