//! Waits until a broker has applied what its controller has decided.
//!
//! Kafka's controller answers when a change is committed, and its broker applies it a moment later.
//! A change of a topic of our own, made after the one that matters, is seen by DescribeConfigs when
//! the broker has at least begun to apply it; when a second one is seen, all of the first, and what
//! came before it, is applied.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde_json::{Value, json};

use super::PREFIX;
use crate::resolve::Memory;
use crate::schemas::Apis;
use crate::script::Step;
use crate::side::Side;

/// Within this time a broker has taken a request off its connection.
pub const ARRIVED: Duration = Duration::from_millis(30);
const PATIENCE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(2);
const CONNECTION: &str = "settled";

/// APIs that only tell, so that they may be asked again.
const TELLING: &[&str] = &[
    "ApiVersions",
    "ListOffsets",
    "FindCoordinator",
    "OffsetFetch",
    "OffsetForLeaderEpoch",
];
/// APIs after which a broker has something to apply.
const CHANGING: &[&str] = &[
    "CreateTopics",
    "DeleteTopics",
    "CreatePartitions",
    "AlterConfigs",
    "IncrementalAlterConfigs",
    "ElectLeaders",
    "AlterPartitionReassignments",
    "UpdateFeatures",
];

/// Whether a step may be asked again without changing anything.
pub fn changes_nothing(step: &Step) -> bool {
    match step.api.as_str() {
        "Metadata" => true,
        "Fetch" => step
            .body
            .get("sessionEpoch")
            .is_none_or(|epoch| epoch == &json!(-1)),
        api => TELLING.contains(&api) || api.starts_with("Describe") || api.starts_with("List"),
    }
}

/// Whether a broker has something to apply after it.
pub fn changes_metadata(step: &Step) -> bool {
    CHANGING.contains(&step.api.as_str())
}

fn topic() -> String {
    format!("{PREFIX}settled")
}

/// Creates what the waiting needs, and the topic of the group coordinator.
///
/// # Errors
/// When a broker does not come to serve.
pub fn prepare(apis: &Apis, address: SocketAddr) -> anyhow::Result<()> {
    let mut side = Side::new(apis, address, nothing());
    let configs = json!([{"name": "retention.ms", "value": "1000000"}]);
    let one = json!([{"name": topic(), "numPartitions": 1, "replicationFactor": 1,
        "configs": configs}]);
    let create = Step::new(
        "CreateTopics",
        5,
        json!({"topics": one, "timeoutMs": 10_000}),
    );
    until(&mut side, &create, "/topics/0/errorCode", &json!(0))?;
    let find = Step::new("FindCoordinator", 2, json!({"key": "any", "keyType": 0}));
    until(&mut side, &find, "/errorCode", &json!(0))?;
    // The first block of ids comes from the controller.
    let id = json!({"transactionalId": null, "transactionTimeoutMs": 1000});
    until(
        &mut side,
        &Step::new("InitProducerId", 1, id),
        "/errorCode",
        &json!(0),
    )?;
    // Each partition of the topic has a coordinator of its own, which loads it first.
    for group in 0..32 {
        let group = format!("{PREFIX}warm-{group}");
        let body = json!({"groupId": group, "topics": []});
        let offsets = Step::new("OffsetFetch", 5, body);
        until(&mut side, &offsets, "/errorCode", &json!(0))?;
    }
    wait(&mut side)
}

/// What a broker says that it serves.
///
/// # Errors
/// When it does not say so.
pub fn served(apis: &Apis, address: SocketAddr) -> anyhow::Result<Value> {
    let mut side = Side::new(apis, address, nothing());
    let outcome = side.ask(&Step::new("ApiVersions", 0, json!({})))?;
    let served = outcome.answer().cloned();
    served.context("the broker does not say what it serves")
}

fn nothing() -> Memory {
    Memory {
        own_name: String::new(),
        now: 0,
        answers: BTreeMap::new(),
    }
}

/// Asks until the answer has a value at a place.
fn until(side: &mut Side, step: &Step, pointer: &str, wanted: &Value) -> anyhow::Result<()> {
    let mut step = step.clone();
    step.connection = CONNECTION.to_owned();
    let deadline = Instant::now() + PATIENCE;
    loop {
        let outcome = side.ask(&step)?;
        let answer = outcome.answer();
        if answer.and_then(|answer| answer.pointer(pointer)) == Some(wanted) {
            return Ok(());
        }
        if Instant::now() > deadline {
            bail!("{} does not come to answer {wanted}: {outcome:?}", step.api);
        }
        std::thread::sleep(PAUSE);
    }
}

/// Waits until the broker has applied all that was committed before.
///
/// # Errors
/// When it never does.
pub fn wait(side: &mut Side) -> anyhow::Result<()> {
    for value in ["1000000", "2000000"] {
        let change = json!({"name": "retention.ms", "configOperation": 0, "value": value});
        let resource = json!({"resourceType": 2, "resourceName": topic(), "configs": [change]});
        let body = json!({ "resources": [resource] });
        let change = Step::new("IncrementalAlterConfigs", 1, body);
        until(side, &change, "/responses/0/errorCode", &json!(0))?;
        let names = json!(["retention.ms"]);
        let resource =
            json!({"resourceType": 2, "resourceName": topic(), "configurationKeys": names});
        let describe = Step::new("DescribeConfigs", 4, json!({ "resources": [resource] }));
        until(side, &describe, "/results/0/configs/0/value", &json!(value))?;
    }
    Ok(())
}
