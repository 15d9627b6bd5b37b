//! Nanoseconds to read and write the messages that every record passes through.
//!
//! `cargo bench -p ottla-messages`; each line is the best of ten rounds.

use std::hint::black_box;
use std::time::{Duration, Instant};

use bytes::Bytes;
use ottla_messages::fetch_request::{FetchPartition, FetchRequest, FetchTopic};
use ottla_messages::fetch_response::{FetchResponse, FetchableTopicResponse, PartitionData};
use ottla_messages::produce_request::{PartitionProduceData, ProduceRequest, TopicProduceData};
use ottla_messages::produce_response::{
    PartitionProduceResponse, ProduceResponse, TopicProduceResponse,
};
use ottla_messages::{DecodeError, EncodeError, Message, Reader, Writer};

const ROUNDS: usize = 10;
const TURNS: u32 = 2_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for partitions in [1, 100] {
        measure(&produce_request(partitions), 13, partitions)?;
        measure(&produce_response(partitions), 13, partitions)?;
        measure(&fetch_request(partitions), 17, partitions)?;
        measure(&fetch_response(partitions), 17, partitions)?;
    }
    Ok(())
}

fn produce_request(partitions: i32) -> ProduceRequest {
    ProduceRequest {
        acks: -1,
        timeout_ms: 30_000,
        topic_data: vec![TopicProduceData {
            topic_id: ottla_types::Uuid(7 << 100),
            partition_data: (0..partitions)
                .map(|index| PartitionProduceData {
                    index,
                    records: Some(Bytes::from(vec![1; 16_384])),
                })
                .collect(),
            ..TopicProduceData::default()
        }],
        ..ProduceRequest::default()
    }
}

fn produce_response(partitions: i32) -> ProduceResponse {
    ProduceResponse {
        responses: vec![TopicProduceResponse {
            topic_id: ottla_types::Uuid(7 << 100),
            partition_responses: (0..partitions)
                .map(|index| PartitionProduceResponse {
                    index,
                    base_offset: 1 << 40,
                    ..PartitionProduceResponse::default()
                })
                .collect(),
            ..TopicProduceResponse::default()
        }],
        ..ProduceResponse::default()
    }
}

fn fetch_request(partitions: i32) -> FetchRequest {
    FetchRequest {
        max_wait_ms: 500,
        min_bytes: 1,
        topics: vec![FetchTopic {
            topic_id: ottla_types::Uuid(7 << 100),
            partitions: (0..partitions)
                .map(|partition| FetchPartition {
                    partition,
                    fetch_offset: 1 << 40,
                    partition_max_bytes: 1 << 20,
                    ..FetchPartition::default()
                })
                .collect(),
            ..FetchTopic::default()
        }],
        ..FetchRequest::default()
    }
}

fn fetch_response(partitions: i32) -> FetchResponse {
    FetchResponse {
        responses: vec![FetchableTopicResponse {
            topic_id: ottla_types::Uuid(7 << 100),
            partitions: (0..partitions)
                .map(|partition_index| PartitionData {
                    partition_index,
                    high_watermark: 1 << 40,
                    records: Some(Bytes::from(vec![1; 16_384])),
                    ..PartitionData::default()
                })
                .collect(),
            ..FetchableTopicResponse::default()
        }],
        ..FetchResponse::default()
    }
}

fn measure<M: Message>(
    message: &M,
    version: i16,
    partitions: i32,
) -> Result<(), Box<dyn std::error::Error>> {
    let mut writer = Writer::new();
    message.encode(&mut writer, version)?;
    let bytes = writer.into_bytes();
    let decode = best(|| -> Result<(), DecodeError> {
        black_box(M::decode(&mut Reader::new(bytes.clone()), version)?);
        Ok(())
    })?;
    let encode = best(|| -> Result<(), EncodeError> {
        let mut writer = Writer::with_capacity(256);
        message.encode(&mut writer, version)?;
        black_box(writer.into_chunks());
        Ok(())
    })?;
    println!(
        "{:<18} {partitions:>4} partitions: decode {decode:>8.0} ns, encode {encode:>8.0} ns",
        M::NAME
    );
    Ok(())
}

/// Nanoseconds of one turn in the fastest round.
fn best<E>(mut turn: impl FnMut() -> Result<(), E>) -> Result<f64, E> {
    let mut fastest = Duration::MAX;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        for _ in 0..TURNS {
            turn()?;
        }
        fastest = fastest.min(start.elapsed());
    }
    Ok(fastest.as_nanos() as f64 / f64::from(TURNS))
}
