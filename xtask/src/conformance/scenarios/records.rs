//! Records: what is written comes back, whatever its shape and however it travelled.

use super::{Scenario, Who};
use crate::conformance::bench::{Bench, expect, expect_equal, expect_records};
use crate::conformance::clients::Ability;
use crate::driver::{Driver, Reading, Record, Writing};

pub(super) const CODECS: Scenario = Scenario {
    name: "codecs",
    title: "none, gzip, snappy, lz4 and zstd",
    needs: &[],
    run: Who::Client(codecs),
};

pub(super) const KEYS: Scenario = Scenario {
    name: "keys",
    title: "keys, tombstones, letters of many alphabets",
    needs: &[],
    run: Who::Client(keys),
};

pub(super) const EMPTY: Scenario = Scenario {
    name: "empty",
    title: "keys and values of no bytes beside those that are null",
    needs: &[Ability::EmptyBytes],
    run: Who::Client(empty),
};

pub(super) const HEADERS: Scenario = Scenario {
    name: "headers",
    title: "headers",
    needs: &[],
    run: Who::Client(headers),
};

pub(super) const REPEATED_HEADERS: Scenario = Scenario {
    name: "repeated-headers",
    title: "headers of the same name, and without a value",
    needs: &[Ability::RepeatedHeaders, Ability::NullHeaders],
    run: Who::Client(repeated_headers),
};

pub(super) const CREATE_TIME: Scenario = Scenario {
    name: "create-time",
    title: "the producer's time",
    needs: &[Ability::Timestamps],
    run: Who::Client(create_time),
};

pub(super) const APPEND_TIME: Scenario = Scenario {
    name: "append-time",
    title: "the broker's time",
    needs: &[],
    run: Who::Client(append_time),
};

pub(super) const SIZES: Scenario = Scenario {
    name: "sizes",
    title: "values of 0 and of 1,000,000 bytes",
    needs: &[],
    run: Who::Client(sizes),
};

pub(super) const ACKS: Scenario = Scenario {
    name: "acks",
    title: "acks 0, 1 and all, with both durabilities",
    needs: &[],
    run: Who::Client(acks),
};

pub(super) const IDEMPOTENCE: Scenario = Scenario {
    name: "idempotence",
    title: "an idempotent producer",
    needs: &[Ability::Idempotence],
    run: Who::Client(idempotence),
};

fn numbered(count: usize) -> Vec<Record> {
    (0..count)
        .map(|number| Record::of(0, format!("value {number:06} ").repeat(5)))
        .collect()
}

fn codecs(bench: &Bench<'_>, driver: &mut Driver) -> anyhow::Result<()> {
    let written = numbered(bench.records);
    for compression in ["none", "gzip", "snappy", "lz4", "zstd"] {
        let topic = bench.topic(driver, compression, 1, &[])?;
        let writing = Writing {
            compression,
            ..Writing::default()
        };
        driver.produce(&topic, &written, writing)?;
        let found = driver.read(&topic, 0, Reading::first(written.len()))?;
        expect_records(&found, &written)?;
        let offsets: Vec<Option<i64>> = found.iter().map(|record| record.offset).collect();
        expect_equal(
            "offsets",
            &offsets,
            &(0..).map(Some).take(written.len()).collect(),
        )?;
    }
    Ok(())
}

fn keys(bench: &Bench<'_>, driver: &mut Driver) -> anyhow::Result<()> {
    let topic = bench.topic(driver, "t", 1, &[("cleanup.policy", "delete")])?;
    let mut tombstone = Record::of(0, "").with_key("gone");
    tombstone.value = None;
    let written = [
        Record::of(0, "without a key"),
        Record::of(0, "with a key").with_key("key"),
        tombstone,
        Record::of(0, "Ünïcödé – 日本語 🦦").with_key("ключ"),
    ];
    driver.produce(&topic, &written, Writing::default())?;
    expect_records(
        &driver.read(&topic, 0, Reading::first(written.len()))?,
        &written,
    )
}

fn empty(bench: &Bench<'_>, driver: &mut Driver) -> anyhow::Result<()> {
    let topic = bench.topic(driver, "t", 1, &[])?;
    let all_bytes: Vec<u8> = (0..=255).collect();
    let written = [
        Record::of(0, "").with_key(""),
        Record::of(0, "empty key").with_key(""),
        Record::of(0, all_bytes.clone()).with_key(all_bytes),
    ];
    driver.produce(&topic, &written, Writing::default())?;
    expect_records(
        &driver.read(&topic, 0, Reading::first(written.len()))?,
        &written,
    )
}

fn headers(bench: &Bench<'_>, driver: &mut Driver) -> anyhow::Result<()> {
    let topic = bench.topic(driver, "t", 1, &[])?;
    let written = [
        Record::of(0, "one").with_header("trace", Some(b"abc")),
        Record::of(0, "two")
            .with_header("a", Some(b"1"))
            .with_header("b", Some(b"2")),
        Record::of(0, "none"),
    ];
    driver.produce(&topic, &written, Writing::default())?;
    expect_records(
        &driver.read(&topic, 0, Reading::first(written.len()))?,
        &written,
    )
}

fn repeated_headers(bench: &Bench<'_>, driver: &mut Driver) -> anyhow::Result<()> {
    let topic = bench.topic(driver, "t", 1, &[])?;
    let written = [
        Record::of(0, "same")
            .with_header("a", Some(b"1"))
            .with_header("a", Some(b"2")),
        Record::of(0, "null").with_header("nothing", None),
    ];
    driver.produce(&topic, &written, Writing::default())?;
    expect_records(
        &driver.read(&topic, 0, Reading::first(written.len()))?,
        &written,
    )
}

/// Times of the last minute, not in order.
const TIMES: [i64; 4] = [1_000, 5_000, 3_000, 4_000];

fn create_time(bench: &Bench<'_>, driver: &mut Driver) -> anyhow::Result<()> {
    let topic = bench.topic(driver, "t", 1, &[])?;
    let start = now() - 60_000;
    let written: Vec<Record> = TIMES
        .iter()
        .map(|time| Record::of(0, "timed").at(start + time))
        .collect();
    driver.produce(&topic, &written, Writing::default())?;
    let found = driver.read(&topic, 0, Reading::first(written.len()))?;
    expect_records(&found, &written)?;
    for (found, written) in found.iter().zip(&written) {
        expect_equal("the time", &found.timestamp, &written.timestamp)?;
        expect(
            "the time is the producer's",
            found.append_time != Some(true),
        )?;
    }
    Ok(())
}

fn append_time(bench: &Bench<'_>, driver: &mut Driver) -> anyhow::Result<()> {
    let topic = bench.topic(
        driver,
        "t",
        1,
        &[("message.timestamp.type", "LogAppendTime")],
    )?;
    let before = now();
    let written: Vec<Record> = TIMES
        .iter()
        .map(|time| Record::of(0, "timed").at(before - 60_000 + time))
        .collect();
    driver.produce(&topic, &written, Writing::default())?;
    let after = now();
    let found = driver.read(&topic, 0, Reading::first(written.len()))?;
    expect_records(&found, &written)?;
    for record in &found {
        let time = record.timestamp.unwrap_or_default();
        expect(
            "the time is that of the append",
            (before..=after).contains(&time),
        )?;
        expect(
            "the time is the broker's",
            record.append_time != Some(false),
        )?;
    }
    Ok(())
}

fn sizes(bench: &Bench<'_>, driver: &mut Driver) -> anyhow::Result<()> {
    // The largest batch of a broker's default is 1,048,588 bytes, so the value just fits.
    let large: Vec<u8> = b"abcdefghij"
        .iter()
        .copied()
        .cycle()
        .take(1_000_000)
        .collect();
    let mut empty = Record::of(0, "").with_key("empty");
    if let Driver::Kcat(_) = driver {
        empty.value = None; // kcat writes and prints what is empty as null
    }
    for compression in ["none", "lz4"] {
        let topic = bench.topic(driver, compression, 1, &[])?;
        let written = [
            empty.clone(),
            Record::of(0, large.clone()),
            Record::of(0, "after"),
        ];
        for record in &written {
            let writing = Writing {
                compression,
                ..Writing::default()
            };
            driver.produce(&topic, std::slice::from_ref(record), writing)?;
        }
        expect_records(
            &driver.read(&topic, 0, Reading::first(written.len()))?,
            &written,
        )?;
    }
    Ok(())
}

fn acks(bench: &Bench<'_>, driver: &mut Driver) -> anyhow::Result<()> {
    let written = numbered(bench.records.min(1_000));
    for (durability, messages) in [("fsync", "1"), ("os", "9223372036854775807")] {
        for acks in ["0", "1", "all"] {
            let what = format!("{durability}-{acks}");
            let topic = bench.topic(driver, &what, 1, &[("flush.messages", messages)])?;
            let offsets = driver.produce(
                &topic,
                &written,
                Writing {
                    acks,
                    ..Writing::default()
                },
            )?;
            if acks != "0" && offsets.first().is_some_and(|(_, offset)| *offset >= 0) {
                let wanted = (0..written.len() as i64)
                    .map(|offset| (0, offset))
                    .collect();
                expect_equal("offsets", &offsets, &wanted)?;
            }
            expect_records(
                &driver.read(&topic, 0, Reading::first(written.len()))?,
                &written,
            )?;
        }
    }
    Ok(())
}

fn idempotence(bench: &Bench<'_>, driver: &mut Driver) -> anyhow::Result<()> {
    let topic = bench.topic(driver, "t", 1, &[])?;
    let written = numbered(bench.records);
    let writing = Writing {
        idempotent: true,
        ..Writing::default()
    };
    driver.produce(&topic, &written, writing)?;
    // Another producer gets numbers of its own.
    driver.produce(&topic, &written, writing)?;
    let twice = [written.clone(), written].concat();
    expect_records(
        &driver.read(&topic, 0, Reading::first(twice.len()))?,
        &twice,
    )
}

/// Milliseconds since 1970.
pub(super) fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    })
}
