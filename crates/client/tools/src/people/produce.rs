//! `ottla produce`: lines of the input become records, each told where it went.

use std::time::{Duration, Instant};

use clap::Parser;
use ottla_client::{Header, Producer, ProducerConfig, ProducerRecord, RecordMetadata};

use super::{Place, counted, expect_partition, expect_topic};
use crate::failure::Failure;
use crate::input::read_lines;
use crate::output::say;

/// Writes lines of the input to a topic, one record each
#[derive(Clone, Debug, Parser)]
pub(super) struct Line {
    #[command(flatten)]
    pub place: Place,
    /// The topic
    topic: String,
    /// The key of every record; records of one key keep their order
    #[arg(long)]
    key: Option<String>,
    /// Takes the key from the line: what is before the first of this text
    #[arg(long, value_name = "TEXT", conflicts_with = "key")]
    key_separator: Option<String>,
    /// A header of every record; may be given several times
    #[arg(long = "header", value_name = "KEY=VALUE")]
    headers: Vec<String>,
    /// The partition of every record, instead of the key's
    #[arg(long)]
    partition: Option<i32>,
    /// none, gzip, snappy, lz4 or zstd
    #[arg(long, default_value = "none")]
    compression: String,
}

/// So many records are told one by one; of more only the sum.
const TOLD: u64 = 10;

pub(super) async fn run(line: Line) -> Result<(), Failure> {
    let admin = line.place.admin()?;
    expect_topic(&admin, &line.topic).await?;
    expect_partition(&admin, &line.topic, line.partition).await?;
    let mut config = ProducerConfig {
        client: line.place.client(),
        // A person looks at every record; many of them still share batches while earlier ones fly.
        linger_ms: Duration::ZERO,
        ..ProducerConfig::default()
    };
    config.set("compression.type", &line.compression)?;
    let producer = Producer::new(config)?;
    let headers = headers(&line.headers)?;
    let mut lines = read_lines(None);
    let started = Instant::now();
    let (mut count, mut bytes) = (0_u64, 0_u64);
    let mut unacked = Vec::new();
    while let Some(read) = lines.recv().await {
        let read = read.map_err(|error| Failure::Line(error.to_string()))?;
        let (key, value) = split(&line, &read);
        let record = ProducerRecord {
            partition: line.partition,
            key,
            headers: &headers,
            ..ProducerRecord::new(&line.topic, value)
        };
        let sent = Instant::now();
        let delivery = producer.send(record).await?;
        count += 1;
        bytes += value.len() as u64;
        if count <= TOLD {
            tell(&line.topic, delivery.await?, value.len(), sent);
        } else {
            unacked.push(delivery);
            // The oldest ones are mostly decided by now.
            if unacked.len() >= 10_000 {
                for delivery in unacked.drain(..) {
                    delivery.await?;
                }
            }
        }
    }
    for delivery in unacked {
        delivery.await?;
    }
    if count > TOLD {
        let seconds = started.elapsed().as_secs_f64();
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        say!(
            "{} · {bytes} B · acked in {seconds:.1} s",
            counted(count, "record")
        );
    }
    Ok(())
}

fn split<'a>(line: &'a Line, read: &'a [u8]) -> (Option<&'a [u8]>, &'a [u8]) {
    if let Some(separator) = line
        .key_separator
        .as_deref()
        .filter(|text| !text.is_empty())
    {
        let separator = separator.as_bytes();
        let mut windows = read.windows(separator.len());
        if let Some(place) = windows.position(|window| window == separator) {
            let (key, rest) = read.split_at(place);
            return (Some(key), rest.get(separator.len()..).unwrap_or_default());
        }
    }
    (line.key.as_deref().map(str::as_bytes), read)
}

fn headers(words: &[String]) -> Result<Vec<Header<'_>>, Failure> {
    let words = words.iter();
    words
        .map(|word| match word.split_once('=') {
            Some((key, value)) => Ok(Header {
                key: key.as_bytes(),
                value: Some(value.as_bytes()),
            }),
            None => Err(Failure::Line(format!("--header {word}: write KEY=VALUE"))),
        })
        .collect()
}

fn tell(topic: &str, written: RecordMetadata, bytes: usize, sent: Instant) {
    let offset = written
        .offset
        .map_or("?".to_owned(), |offset| offset.to_string());
    let ms = sent.elapsed().as_secs_f64() * 1_000.0;
    say!(
        "{topic}/{} @{offset} · {bytes} B · acked in {ms:.1} ms",
        written.partition
    );
}
