//! `ottla consume`: the records of a topic, those that are there and those that come.

use std::io::Write;
use std::time::Duration;

use clap::Parser;
use ottla_client::{
    Consumer, ConsumerConfig, ConsumerRecord, OffsetResetPolicy, OffsetSpec, Start,
};
use ottla_types::{Offset, TimestampMs};

use super::{Place, expect_partition, expect_topic};
use crate::failure::Failure;

/// Prints the records of a topic, then waits for more
#[derive(Clone, Debug, Parser)]
pub(super) struct Line {
    #[command(flatten)]
    pub place: Place,
    /// The topic
    topic: String,
    /// Where to start: start, now, an offset, or a time in milliseconds since 1970 (@TIME)
    #[arg(long, default_value = "start")]
    from: String,
    /// Only this partition
    #[arg(long)]
    partition: Option<i32>,
    /// Ends after so many records
    #[arg(long)]
    count: Option<u64>,
    /// Ends with the last record that is there now
    #[arg(long)]
    no_follow: bool,
    /// Only values, one per line, for other programs
    #[arg(long)]
    raw: bool,
    /// Reads as a member of a group (not there yet)
    #[arg(long)]
    group: Option<String>,
}

const WAIT: Duration = Duration::from_secs(1);

pub(super) async fn run(line: Line) -> Result<(), Failure> {
    if line.group.is_some() {
        return Err(Failure::Line(
            "--group is not there yet: records can be read without a group, and nothing is \
             committed. Leave --group out."
                .to_owned(),
        ));
    }
    let start = start(&line.from)?;
    let admin = line.place.admin()?;
    expect_topic(&admin, &line.topic).await?;
    expect_partition(&admin, &line.topic, line.partition).await?;
    let config = ConsumerConfig {
        client: line.place.client(),
        auto_offset_reset: OffsetResetPolicy::Earliest,
        ..ConsumerConfig::default()
    };
    let mut consumer = Consumer::new(config)?;
    let partitions = match line.partition {
        Some(partition) => vec![partition],
        None => consumer.partitions_for(&line.topic).await?,
    };
    let places: Vec<(&str, i32)> = partitions
        .iter()
        .map(|partition| (line.topic.as_str(), *partition))
        .collect();
    let ends = match start {
        Start::At(_) => ends(&consumer, &places).await?,
        _ if line.no_follow => ends(&consumer, &places).await?,
        _ => Vec::new(),
    };
    consumer.assign(&places);
    for (topic, partition) in &places {
        consumer.seek(topic, *partition, start)?;
    }
    if let Start::At(offset) = start {
        for (topic, partition) in expect_within(offset, &ends)? {
            consumer.seek(topic, *partition, Start::End)?;
        }
    }
    read(&mut consumer, &line, &ends).await
}

/// Which partitions end before the offset: these are read from their end. Fails if all do, for
/// nothing that is there was meant then.
fn expect_within(
    offset: Offset,
    ends: &[((String, i32), Offset)],
) -> Result<Vec<&(String, i32)>, Failure> {
    let beyond = ends.iter().filter(|(_, end)| offset > *end);
    let beyond: Vec<_> = beyond.map(|(place, _)| place).collect();
    if beyond.len() < ends.len() || ends.is_empty() {
        return Ok(beyond);
    }
    let told: Vec<String> = ends
        .iter()
        .take(5)
        .map(|((topic, partition), end)| format!("{topic}/{partition} at {end}"))
        .collect();
    let more = if ends.len() > told.len() { ", …" } else { "" };
    Err(Failure::Line(format!(
        "--from {offset} lies beyond the end: the next records go to {}{more}\n\
         Wait for them: --from now. Read what is there: --from start.",
        told.join(", ")
    )))
}

fn start(text: &str) -> Result<Start, Failure> {
    let number = |text: &str| text.parse().ok().filter(|number| *number >= 0);
    let start = match text {
        "start" | "beginning" | "earliest" => Some(Start::Beginning),
        "now" | "end" | "latest" => Some(Start::End),
        text => match text.strip_prefix('@') {
            Some(time) => number(time).map(|time| Start::Time(TimestampMs(time))),
            None => number(text).map(|offset| Start::At(Offset(offset))),
        },
    };
    start.ok_or_else(|| {
        Failure::Line(format!(
            "--from {text}: write start, now, an offset, or @ and milliseconds since 1970"
        ))
    })
}

/// The ends of the partitions now, for `--no-follow`.
async fn ends(
    consumer: &Consumer,
    places: &[(&str, i32)],
) -> Result<Vec<((String, i32), Offset)>, Failure> {
    let asked: Vec<_> = places
        .iter()
        .map(|(topic, partition)| (((*topic).to_owned(), *partition), OffsetSpec::Latest))
        .collect();
    let found = consumer.offsets_for(&asked).await?.into_iter();
    Ok(found
        .map(|(place, listed)| (place, listed.offset.unwrap_or(Offset::ZERO)))
        .collect())
}

async fn read(
    consumer: &mut Consumer,
    line: &Line,
    ends: &[((String, i32), Offset)],
) -> Result<(), Failure> {
    let mut count = 0;
    loop {
        if line.count.is_some_and(|most| count >= most) {
            return Ok(());
        }
        let records = tokio::select! {
            records = consumer.poll(WAIT) => records?,
            _ = tokio::signal::ctrl_c() => return Ok(()),
        };
        let mut out = Vec::new();
        for record in &records {
            if line.count.is_some_and(|most| count >= most) {
                break;
            }
            show(record, line.raw, &mut out);
            count += 1;
        }
        let mut stdout = std::io::stdout().lock();
        if stdout
            .write_all(&out)
            .and_then(|()| stdout.flush())
            .is_err()
        {
            return Ok(());
        }
        if line.no_follow && reached(consumer, ends)? {
            return Ok(());
        }
    }
}

fn reached(consumer: &Consumer, ends: &[((String, i32), Offset)]) -> Result<bool, Failure> {
    for ((topic, partition), end) in ends {
        let position = consumer.position(topic, *partition)?;
        if position.is_none_or(|position| position < *end) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// `orders/11 @0  key=c7  {"id":1}`, or the value alone.
fn show(record: &ConsumerRecord, raw: bool, out: &mut Vec<u8>) {
    if !raw {
        let place = format!("{}/{} @{}  ", record.topic, record.partition, record.offset);
        out.extend_from_slice(place.as_bytes());
        if let Some(key) = &record.key {
            out.extend_from_slice(b"key=");
            out.extend_from_slice(key);
            out.extend_from_slice(b"  ");
        }
        for (key, value) in &record.headers {
            out.extend_from_slice(key);
            out.push(b'=');
            out.extend_from_slice(value.as_deref().unwrap_or(b"(null)"));
            out.extend_from_slice(b"  ");
        }
    }
    out.extend_from_slice(record.value.as_deref().unwrap_or(b"(null)"));
    out.push(b'\n');
}

#[cfg(test)]
mod tests;
