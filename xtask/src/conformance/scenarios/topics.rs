//! Topics: they come, grow, are configured and go.

#![expect(
    clippy::indexing_slicing,
    reason = "a JSON value without the key is null"
)]

use std::time::{Duration, Instant};

use anyhow::bail;
use serde_json::{Value, json};

use super::{Scenario, Who};
use crate::conformance::bench::{Bench, expect, expect_equal, expect_error, expect_records};
use crate::conformance::clients::Ability;
use crate::driver::{Driver, Reading, Record, Writing};

pub(super) const LIFE_CYCLE: Scenario = Scenario {
    name: "topic-life-cycle",
    title: "create, list, extend and delete a topic",
    needs: &[Ability::Topics],
    run: Who::Client(life_cycle),
};

pub(super) const CONFIGS: Scenario = Scenario {
    name: "topic-configs",
    title: "set and read a topic's configuration",
    needs: &[Ability::Topics, Ability::IncrementalConfigs],
    run: Who::Client(configs),
};

pub(super) const REFUSALS: Scenario = Scenario {
    name: "topic-refusals",
    title: "Kafka's errors for topics that exist, illegal names, too many replicas",
    needs: &[Ability::Topics],
    run: Who::Client(refusals),
};

pub(super) const AUTO_CREATION: Scenario = Scenario {
    name: "auto-creation",
    title: "a topic appears with the first record",
    needs: &[],
    run: Who::Client(auto_creation),
};

const TOPIC_ALREADY_EXISTS: i64 = 36;
const INVALID_TOPIC: i64 = 17;
const UNKNOWN_TOPIC: i64 = 3;
const INVALID_REPLICATION_FACTOR: i64 = 38;
const INVALID_PARTITIONS: i64 = 37;
const INVALID_CONFIG: i64 = 40;

fn count(topic: &str) -> Value {
    json!({ "op": "count_partitions", "topic": topic })
}

fn life_cycle(bench: &Bench<'_>, driver: &mut Driver) -> anyhow::Result<()> {
    let topic = bench.topic(driver, "t", 3, &[("retention.ms", "86400000")])?;
    until(|| Ok(driver.names("list_topics", "topics")?.contains(&topic)))?;
    expect_equal(
        "partitions",
        &driver.number(&count(&topic), "partitions")?,
        &3,
    )?;
    let get = json!({ "op": "get_config", "topic": topic, "name": "retention.ms" });
    expect_equal(
        "its configuration",
        &driver.call(&get)?["value"],
        &json!("86400000"),
    )?;
    driver.call(&json!({ "op": "create_partitions", "topic": topic, "partitions": 5 }))?;
    until(|| Ok(driver.number(&count(&topic), "partitions")? == 5))?;
    let records = [Record::of(4, "in a new partition")];
    driver.produce(&topic, &records, Writing::default())?;
    expect_records(&driver.read(&topic, 4, Reading::first(1))?, &records)?;
    driver.call(&json!({ "op": "delete_topic", "topic": topic }))?;
    until(|| Ok(!driver.names("list_topics", "topics")?.contains(&topic)))
}

fn configs(bench: &Bench<'_>, driver: &mut Driver) -> anyhow::Result<()> {
    let topic = bench.topic(driver, "t", 1, &[])?;
    let get = |name: &str| json!({ "op": "get_config", "topic": topic, "name": name });
    // Kafka's controller says "created" before the broker has heard of the topic.
    let mut default = json!(null);
    until(|| match driver.call(&get("cleanup.policy")) {
        Ok(answer) => {
            default = answer["value"].clone();
            Ok(true)
        }
        Err(error) => {
            expect_error("a new topic", Err::<(), _>(error), &[UNKNOWN_TOPIC]).map(|()| false)
        }
    })?;
    expect_equal("default", &default, &json!("delete"))?;
    let name = "retention.ms";
    let set =
        |value: &str| json!({ "op": "set_config", "topic": topic, "name": name, "value": value });
    driver.call(&set("3600000"))?;
    until(|| Ok(driver.call(&get("retention.ms"))?["value"] == json!("3600000")))?;
    expect_error(
        "an illegal value",
        driver.call(&set("soon")),
        &[INVALID_CONFIG],
    )
}

fn refusals(bench: &Bench<'_>, driver: &mut Driver) -> anyhow::Result<()> {
    let topic = bench.topic(driver, "t", 1, &[])?;
    let again = driver.create_topic(&topic, 1, &[]);
    expect_error("creating it again", again, &[TOPIC_ALREADY_EXISTS])?;
    let illegal = driver.create_topic("no spaces, please", 1, &[]);
    expect_error("an illegal name", illegal, &[INVALID_TOPIC])?;
    let replicas = json!({ "op": "create_topic", "topic": bench.name("replicas"), "partitions": 1,
        "replication_factor": 3, "configs": {} });
    let refused = driver.call(&replicas);
    expect_error(
        "three replicas on one broker",
        refused,
        &[INVALID_REPLICATION_FACTOR],
    )?;
    let shrink = json!({ "op": "create_partitions", "topic": topic, "partitions": 1 });
    expect_error(
        "as many partitions as before",
        driver.call(&shrink),
        &[INVALID_PARTITIONS],
    )?;
    let missing = json!({ "op": "delete_topic", "topic": bench.name("missing") });
    expect_error(
        "deleting what is not there",
        driver.call(&missing),
        &[UNKNOWN_TOPIC],
    )
}

fn auto_creation(bench: &Bench<'_>, driver: &mut Driver) -> anyhow::Result<()> {
    let topic = bench.name("t");
    let records = [Record::of(0, "first")];
    driver.produce(&topic, &records, Writing::default())?;
    expect_records(&driver.read(&topic, 0, Reading::first(1))?, &records)?;
    expect(
        "num.partitions",
        driver.number(&count(&topic), "partitions")? == 1,
    )
}

/// Administration is eventual: the answer may come before every broker knows.
fn until(mut holds: impl FnMut() -> anyhow::Result<bool>) -> anyhow::Result<()> {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !holds()? {
        if Instant::now() > deadline {
            bail!("the change is never seen");
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}
