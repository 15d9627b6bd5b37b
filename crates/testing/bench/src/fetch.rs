//! Fetch: every connection reads a partition of its own, one request at a time, as a consumer does.

use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Instant;

use anyhow::{Context, bail};
use clap::Args;
use ottla_messages::fetch_request::{FetchPartition, FetchRequest, FetchTopic};
use ottla_messages::{ErrorCode, KafkaString};
use ottla_records::Batches;
use serde_json::Value;

use crate::connection::{Connection, decode_answer, encode_request};
use crate::latency::Latencies;
use crate::process::Meter;
use crate::produce::{Load, batch, send_all};
use crate::topic;

const VERSION: i16 = 12;

/// Options of this measurement.
#[derive(Args, Clone, Debug)]
pub struct Options {
    #[command(flatten)]
    pub load: Load,
    /// Bytes asked for per partition.
    #[arg(long, default_value_t = 1_048_576)]
    pub fetch_bytes: i32,
    /// Reads while the topic is written, instead of afterwards.
    #[arg(long)]
    pub tail: bool,
}

/// Measures.
///
/// # Errors
/// When the broker refuses a request, goes away, or does not give back what was written.
pub fn run(options: &Options) -> anyhow::Result<Value> {
    let load = &options.load;
    let mut control = Connection::open(&load.bootstrap)?;
    topic::create(&mut control, &load.topic, i32::try_from(load.connections)?)?;
    let per_partition = bytes_per_partition(load)?;
    let figures = if options.tail {
        at_the_tail(options, per_partition)?
    } else {
        send_all(load, 1)?;
        from_the_start(options, per_partition)?
    };
    Ok(figures)
}

fn bytes_per_partition(load: &Load) -> anyhow::Result<u64> {
    let batch = batch(load.batch_bytes, load.record_bytes)?.len() as u64;
    let share = load.megabytes * 1_000_000 / load.connections as u64;
    Ok(share.div_ceil(batch).max(1) * batch)
}

/// What was read.
#[derive(Default)]
struct Received {
    bytes: u64,
    requests: u64,
    latencies: Latencies,
}

fn from_the_start(options: &Options, per_partition: u64) -> anyhow::Result<Value> {
    let (meter, received) = receive_all(options, per_partition, || Ok(()))?;
    figures(&meter, received)
}

/// Writers and readers start together; the bytes are counted once, as read.
fn at_the_tail(options: &Options, per_partition: u64) -> anyhow::Result<Value> {
    let load = options.load.clone();
    let (meter, received) =
        receive_all(options, per_partition, move || send_all(&load, 1).map(drop))?;
    figures(&meter, received)
}

fn figures(meter: &Meter, received: Received) -> anyhow::Result<Value> {
    meter.figures(received.bytes, received.requests, received.latencies)
}

fn receive_all(
    options: &Options,
    per_partition: u64,
    beside: impl FnOnce() -> anyhow::Result<()> + Send + 'static,
) -> anyhow::Result<(Meter, Received)> {
    let load = &options.load;
    let barrier = Arc::new(Barrier::new(load.connections + 1));
    let mut workers = Vec::new();
    for partition in 0..load.connections {
        let mut connection = Connection::open(&load.bootstrap)?;
        let barrier = Arc::clone(&barrier);
        let topic = KafkaString::from(load.topic.clone());
        let partition = i32::try_from(partition)?;
        let fetch_bytes = options.fetch_bytes;
        workers.push(thread::spawn(move || {
            barrier.wait();
            let mut request = request(topic, partition, fetch_bytes);
            receive(&mut connection, &mut request, per_partition)
        }));
    }
    let meter = Meter::start(load.pid)?;
    barrier.wait();
    let beside = thread::spawn(beside);
    let mut all = Received::default();
    for worker in workers {
        let one = worker
            .join()
            .map_err(|_| anyhow::anyhow!("a reader panicked"))??;
        all.bytes += one.bytes;
        all.requests += one.requests;
        all.latencies.merge(one.latencies);
    }
    beside
        .join()
        .map_err(|_| anyhow::anyhow!("the writer panicked"))??;
    Ok((meter, all))
}

/// Whether the leader of a partition serves it: a broker may name the leader before that is ready.
///
/// # Errors
/// When the connection breaks.
pub fn is_served(connection: &mut Connection, topic: &str, partition: i32) -> anyhow::Result<bool> {
    let mut request = request(KafkaString::from(topic.to_owned()), partition, 1);
    request.max_wait_ms = 0;
    let answer = connection.ask(&request, VERSION)?;
    Ok(answer
        .responses
        .iter()
        .flat_map(|topic| &topic.partitions)
        .all(|partition| partition.error_code == 0))
}

fn request(topic: KafkaString, partition: i32, fetch_bytes: i32) -> FetchRequest {
    FetchRequest {
        replica_id: -1,
        max_wait_ms: 500,
        min_bytes: 1,
        max_bytes: 50 * 1024 * 1024,
        session_id: 0,
        session_epoch: -1,
        topics: vec![FetchTopic {
            topic,
            partitions: vec![FetchPartition {
                partition,
                current_leader_epoch: -1,
                fetch_offset: 0,
                last_fetched_epoch: -1,
                log_start_offset: -1,
                partition_max_bytes: fetch_bytes,
                ..FetchPartition::default()
            }],
            ..FetchTopic::default()
        }],
        ..FetchRequest::default()
    }
}

/// Reads one partition until `wanted` bytes of whole batches have come, offsets without a gap.
fn receive(
    connection: &mut Connection,
    request: &mut FetchRequest,
    wanted: u64,
) -> anyhow::Result<Received> {
    let mut received = Received::default();
    let mut next_offset = 0;
    while received.bytes < wanted {
        if let Some(partition) = request
            .topics
            .first_mut()
            .and_then(|topic| topic.partitions.first_mut())
        {
            partition.fetch_offset = next_offset;
        }
        let started = Instant::now();
        connection.send(&encode_request(request, VERSION)?)?;
        let answer = decode_answer::<FetchRequest>(connection.receive()?, VERSION)?;
        received.latencies.note(started.elapsed());
        received.requests += 1;
        let partition = answer
            .responses
            .first()
            .and_then(|topic| topic.partitions.first())
            .context("an answer for the partition")?;
        if partition.error_code != 0 {
            bail!(
                "the broker refused a fetch: {:?}",
                ErrorCode(partition.error_code)
            );
        }
        let records = partition.records.as_deref().unwrap_or_default();
        for batch in Batches::new(records) {
            let (header, bytes) = batch.context("a batch of an answer")?;
            if header.base_offset.0 > next_offset {
                bail!(
                    "offsets {next_offset} to {} are missing",
                    header.base_offset.0
                );
            }
            next_offset = header.next_offset().0;
            received.bytes += bytes.len() as u64;
        }
    }
    Ok(received)
}
