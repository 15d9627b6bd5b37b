//! What any client writes, every client reads.

use anyhow::Context;

use super::{Scenario, Who};
use crate::conformance::bench::{Bench, expect_equal, expect_records};
use crate::conformance::clients::{Ability, CLIENTS, Client};
use crate::driver::{Driver, Reading, Record, Writing};

pub(super) const PAIRS: Scenario = Scenario {
    name: "pairs",
    title: "every client reads what every other wrote: all codecs, keys, headers and times",
    needs: &[],
    run: Who::Tools(pairs),
};

type Running = (&'static Client, Driver);

fn pairs(bench: &Bench<'_>) -> anyhow::Result<()> {
    let mut all = Vec::new();
    for client in CLIENTS.iter().filter(|client| bench.has(client)) {
        all.push((client, bench.driver_of(client)?));
    }
    for writer in 0..all.len() {
        let (client, driver) = all.get_mut(writer).context("the writer runs")?;
        let name = client.name;
        let (topic, written) = write(bench, client, driver)?;
        read(&mut all, &topic, &written).with_context(|| format!("written by {name}"))?;
    }
    Ok(())
}

/// One partition that holds batches of every codec, one after the other.
fn write(
    bench: &Bench<'_>,
    client: &Client,
    driver: &mut Driver,
) -> anyhow::Result<(String, Vec<Record>)> {
    let topic = bench.topic(driver, &format!("of-{}", client.name), 1, &[])?;
    let mut written = Vec::new();
    for compression in ["none", "gzip", "snappy", "lz4", "zstd"] {
        let records = records(client, compression);
        let writing = Writing {
            compression,
            ..Writing::default()
        };
        driver
            .produce(&topic, &records, writing)
            .with_context(|| format!("{} writes {compression}", client.name))?;
        written.extend(records);
    }
    Ok((topic, written))
}

/// Records of every shape that the writer can give them.
fn records(writer: &Client, codec: &str) -> Vec<Record> {
    let value = |what: &str| format!("{codec} {what} ").repeat(20);
    let mut tombstone = Record::of(0, "").with_key(format!("{codec} gone"));
    tombstone.value = None;
    let mut records = vec![
        Record::of(0, value("without a key")),
        Record::of(0, value("with a key")).with_key(codec),
        tombstone,
        Record::of(0, value("Ünïcödé – 日本語 🦦")).with_key("ключ"),
        Record::of(0, value("headers"))
            .with_header("codec", Some(codec.as_bytes()))
            .with_header("名", Some("値".as_bytes())),
    ];
    if can(writer, Ability::EmptyBytes) {
        records.push(Record::of(0, "").with_key(""));
    }
    if can(writer, Ability::Timestamps) {
        let start = super::records::now() - 60_000;
        for (place, record) in (0..).zip(&mut records) {
            // Not in the order of their offsets.
            record.timestamp = Some(start + (place * 7_919) % 10_000);
        }
    }
    records
}

fn can(client: &Client, ability: Ability) -> bool {
    client.lacks(&[ability]).is_none()
}

/// All clients read at the same time; what they found is then compared with what was written.
fn read(all: &mut [Running], topic: &str, written: &[Record]) -> anyhow::Result<()> {
    for (_, driver) in all.iter_mut() {
        driver.begin_read(topic, 0, Reading::first(written.len()))?;
    }
    for (client, driver) in all.iter_mut() {
        let found = driver.end_read();
        found
            .and_then(|found| compare(&found, written))
            .with_context(|| format!("read by {}", client.name))?;
    }
    Ok(())
}

fn compare(found: &[Record], written: &[Record]) -> anyhow::Result<()> {
    expect_records(found, written)?;
    for (offset, (found, written)) in (0..).zip(found.iter().zip(written)) {
        expect_equal("the offset", &found.offset, &Some(offset))?;
        if let (Some(found), Some(written)) = (found.timestamp, written.timestamp) {
            expect_equal(&format!("the time of record {offset}"), &found, &written)?;
        }
    }
    Ok(())
}
