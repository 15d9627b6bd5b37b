//! Produce: every connection sends the same pre-encoded request to a partition of its own, several
//! at a time, and counts a batch when it is acknowledged.

use std::collections::VecDeque;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, bail};
use bytes::Bytes;
use clap::Args;
use ottla_messages::produce_request::{PartitionProduceData, ProduceRequest, TopicProduceData};
use ottla_messages::{ErrorCode, KafkaString};
use ottla_records::{BatchBuilder, BatchOptions};
use ottla_types::TimestampMs;
use serde_json::Value;

use crate::connection::{Connection, decode_answer, encode_request};
use crate::latency::Latencies;
use crate::process::Meter;
use crate::topic;

pub const VERSION: i16 = 9;

/// How much is sent and how.
#[derive(Args, Clone, Debug)]
pub struct Load {
    /// The broker, as host:port.
    #[arg(long)]
    pub bootstrap: String,
    /// The broker's process.
    #[arg(long)]
    pub pid: u32,
    /// The topic; made for this.
    #[arg(long)]
    pub topic: String,
    /// Connections, each with a partition of its own.
    #[arg(long, default_value_t = 1)]
    pub connections: usize,
    /// Bytes of a batch, about.
    #[arg(long, default_value_t = 16_384)]
    pub batch_bytes: usize,
    /// Bytes of a record's value.
    #[arg(long, default_value_t = 1000)]
    pub record_bytes: usize,
    /// Requests a connection sends ahead of their answers.
    #[arg(long, default_value_t = 5)]
    pub in_flight: usize,
    /// Millions of bytes sent in all.
    #[arg(long, default_value_t = 1000)]
    pub megabytes: u64,
}

/// Options of this measurement.
#[derive(Args, Clone, Debug)]
pub struct Options {
    #[command(flatten)]
    pub load: Load,
    /// 1 or -1 (all).
    #[arg(long, default_value_t = 1, allow_negative_numbers = true)]
    pub acks: i16,
}

/// Measures.
///
/// # Errors
/// When the broker refuses a batch or goes away.
pub fn run(options: &Options) -> anyhow::Result<Value> {
    let load = &options.load;
    let mut control = Connection::open(&load.bootstrap)?;
    topic::create(&mut control, &load.topic, i32::try_from(load.connections)?)?;
    let (meter, sent) = send_all(load, options.acks)?;
    let figures = meter.figures(sent.bytes, sent.requests, sent.latencies)?;
    Ok(figures)
}

/// What was acknowledged.
#[derive(Default)]
pub struct Sent {
    pub bytes: u64,
    pub requests: u64,
    pub latencies: Latencies,
}

/// Sends everything over all connections at once; the meter runs from the moment all are ready.
///
/// # Errors
/// When the broker refuses a batch or goes away.
pub fn send_all(load: &Load, acks: i16) -> anyhow::Result<(Meter, Sent)> {
    let batch = batch(load.batch_bytes, load.record_bytes)?;
    let batch_bytes = batch.len() as u64;
    let share = load.megabytes * 1_000_000 / load.connections as u64;
    let requests = share.div_ceil(batch_bytes).max(1);
    let barrier = Arc::new(Barrier::new(load.connections + 1));
    let mut workers = Vec::new();
    for partition in 0..load.connections {
        let request = encode(&load.topic, i32::try_from(partition)?, batch.clone(), acks)?;
        let mut connection = Connection::open(&load.bootstrap)?;
        let barrier = Arc::clone(&barrier);
        let in_flight = load.in_flight;
        workers.push(thread::spawn(move || {
            barrier.wait();
            send(&mut connection, &request, requests, in_flight)
        }));
    }
    let meter = Meter::start(load.pid)?;
    barrier.wait();
    let mut sent = Sent::default();
    for worker in workers {
        let latencies = worker
            .join()
            .map_err(|_| anyhow::anyhow!("a sender panicked"))??;
        sent.latencies.merge(latencies);
        sent.requests += requests;
        sent.bytes += requests * batch_bytes;
    }
    Ok((meter, sent))
}

fn send(
    connection: &mut Connection,
    request: &[u8],
    count: u64,
    in_flight: usize,
) -> anyhow::Result<Latencies> {
    let mut latencies = Latencies::default();
    let mut waiting: VecDeque<Instant> = VecDeque::with_capacity(in_flight);
    let mut sent = 0;
    while sent < count || !waiting.is_empty() {
        if sent < count && waiting.len() < in_flight {
            waiting.push_back(Instant::now());
            connection.send(request)?;
            sent += 1;
            continue;
        }
        let answer = connection.receive()?;
        let started = waiting.pop_front().context("an answer nobody waits for")?;
        latencies.note(started.elapsed());
        check(answer)?;
    }
    Ok(latencies)
}

/// Fails unless every partition of a produce answer took its batch.
///
/// # Errors
/// Names the error code.
pub fn check(answer: Bytes) -> anyhow::Result<()> {
    let answer = decode_answer::<ProduceRequest>(answer, VERSION)?;
    for partition in answer
        .responses
        .iter()
        .flat_map(|topic| &topic.partition_responses)
    {
        if partition.error_code != 0 {
            bail!(
                "the broker refused a batch: {:?}",
                ErrorCode(partition.error_code)
            );
        }
    }
    Ok(())
}

/// A produce request with one batch.
///
/// # Errors
/// When the topic's name is too long.
pub fn encode(topic: &str, partition: i32, batch: Bytes, acks: i16) -> anyhow::Result<Vec<u8>> {
    let request = ProduceRequest {
        acks,
        timeout_ms: 30_000,
        topic_data: vec![TopicProduceData {
            name: KafkaString::from(topic.to_owned()),
            partition_data: vec![PartitionProduceData {
                index: partition,
                records: Some(batch),
            }],
            ..TopicProduceData::default()
        }],
        ..ProduceRequest::default()
    };
    encode_request(&request, VERSION)
}

/// A batch of about `batch_bytes` bytes, with at least one record.
///
/// # Errors
/// When the clock stands before 1970.
pub fn batch(batch_bytes: usize, record_bytes: usize) -> anyhow::Result<Bytes> {
    let since_1970: Duration = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    let now = TimestampMs(i64::try_from(since_1970.as_millis())?);
    let value: Vec<u8> = (0..record_bytes)
        .map(|place| (place * 31 % 251) as u8)
        .collect();
    let mut builder = BatchBuilder::new(BatchOptions::default());
    loop {
        builder.append(now, None, Some(&value), &[]);
        let next = builder.size_of_record(now, None, Some(&value), &[]);
        if builder.size_in_bytes() + next > batch_bytes {
            return Ok(builder.build());
        }
    }
}
