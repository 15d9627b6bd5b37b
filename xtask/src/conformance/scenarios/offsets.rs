//! Reading from an offset, from a time, and at both isolation levels.

use serde_json::{Value, json};

use super::{Scenario, Who};
use crate::conformance::bench::{Bench, expect_equal, expect_records};
use crate::conformance::clients::Ability;
use crate::driver::{Driver, Reading, Record, Writing};

pub(super) const BY_OFFSET: Scenario = Scenario {
    name: "fetch-by-offset",
    title: "read from an offset; the first and the next one",
    needs: &[],
    run: Who::Client(by_offset),
};

pub(super) const BY_TIME: Scenario = Scenario {
    name: "fetch-by-time",
    title: "find an offset by time",
    needs: &[Ability::Timestamps],
    run: Who::Client(by_time),
};

pub(super) const ISOLATION: Scenario = Scenario {
    name: "isolation",
    title: "read_committed and read_uncommitted",
    needs: &[],
    run: Who::Client(isolation),
};

fn offsets(topic: &str, partition: u32) -> Value {
    json!({ "op": "offsets", "topic": topic, "partition": partition })
}

fn by_offset(bench: &Bench<'_>, driver: &mut Driver) -> anyhow::Result<()> {
    let topic = bench.topic(driver, "t", 2, &[])?;
    let written: Vec<Record> = (0..50)
        .map(|n| Record::of(1, format!("value {n}")))
        .collect();
    // Several batches, and an offset in the middle of one.
    for batch in written.chunks(20) {
        driver.produce(&topic, batch, Writing::default())?;
    }
    let answer = driver.call(&offsets(&topic, 1))?;
    expect_equal("offsets", &answer, &json!({ "earliest": 0, "latest": 50 }))?;
    let answer = driver.call(&offsets(&topic, 0))?;
    expect_equal(
        "of the empty partition",
        &answer,
        &json!({ "earliest": 0, "latest": 0 }),
    )?;
    for first in [0, 13, 49] {
        let rest = written.get(first..).unwrap_or_default();
        let reading = Reading {
            offset: first as i64,
            ..Reading::first(rest.len())
        };
        expect_records(&driver.read(&topic, 1, reading)?, rest)?;
    }
    Ok(())
}

fn by_time(bench: &Bench<'_>, driver: &mut Driver) -> anyhow::Result<()> {
    let topic = bench.topic(driver, "t", 1, &[])?;
    let start = 1_700_000_000_000;
    let topic_time = |n: i64| start + 1_000 * n;
    let written: Vec<Record> = (0..30)
        .map(|n| Record::of(0, format!("value {n}")).at(topic_time(n)))
        .collect();
    for batch in written.chunks(10) {
        driver.produce(&topic, batch, Writing::default())?;
    }
    let asked = [
        (0, 0),
        (topic_time(0), 0),
        (topic_time(7), 7),
        (topic_time(7) + 1, 8),
        (topic_time(29), 29),
    ];
    for (time, offset) in asked {
        let request = json!({ "op": "offset_at", "topic": topic, "partition": 0,
            "timestamp": time });
        expect_equal("the offset", &driver.number(&request, "offset")?, &offset)?;
    }
    Ok(())
}

fn isolation(bench: &Bench<'_>, driver: &mut Driver) -> anyhow::Result<()> {
    let topic = bench.topic(driver, "t", 1, &[])?;
    let written: Vec<Record> = (0..20)
        .map(|n| Record::of(0, format!("value {n}")))
        .collect();
    driver.produce(&topic, &written, Writing::default())?;
    for isolation in ["read_uncommitted", "read_committed"] {
        let reading = Reading {
            isolation,
            ..Reading::first(written.len())
        };
        expect_records(&driver.read(&topic, 0, reading)?, &written)?;
    }
    Ok(())
}
