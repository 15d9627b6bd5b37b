//! From a cold start to the first acknowledged record, and memory at rest.

use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, SystemTime};

use anyhow::{Context, bail};
use serde_json::{Value, json};

use super::compare::{Pair, report};
use super::turns::clear;
use super::{Options, figures};
use crate::node::{Node, Server};
use crate::workspace;

/// How long a broker is left alone before its memory is looked at.
const REST: Duration = Duration::from_secs(5);

/// Measures.
///
/// # Errors
/// When a broker or the loader fails.
pub fn run(
    options: &Options,
    loader: &Path,
    [subject, against]: [&Server; 2],
) -> anyhow::Result<Vec<Value>> {
    let directory = workspace::target().join("bench").join("start");
    clear(&directory)?;
    let mut count = 0;
    let mut one = |server: &Server| {
        count += 1;
        measure(options, server, loader, &directory.join(count.to_string()))
            .with_context(|| format!("starting {}", server.name()))
    };
    let mut pairs: Vec<Pair> = Vec::new();
    for number in 0..options.pairs {
        pairs.push(if number % 2 == 0 {
            let first = one(subject)?;
            [first, one(against)?]
        } else {
            let first = one(against)?;
            [one(subject)?, first]
        });
    }
    println!("an empty node, its topic made and one record acknowledged with acks=all");
    let first_ack = report("first ack ms", &pairs, "/first_ack_ms");
    let resident = report("resident at rest MB", &pairs, "/resident_megabytes");
    Ok(vec![json!({
        "name": "start",
        "summary": { "first ack ms": first_ack, "resident at rest MB": resident },
        "pairs": pairs,
    })])
}

fn measure(
    options: &Options,
    server: &Server,
    loader: &Path,
    directory: &Path,
) -> anyhow::Result<Value> {
    let settings = options.durability.settings(server);
    let mut node = Node::format(server.clone(), directory, &settings)?;
    let knocking = Command::new(loader)
        .args(["first-ack", "--topic", "first"])
        .args(["--bootstrap", &node.bootstrap()])
        .stdout(Stdio::piped())
        .spawn()?;
    let started = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    node.start()?;
    let output = knocking.wait_with_output()?;
    if !output.status.success() {
        bail!("the first record was not acknowledged");
    }
    let answer: Value = serde_json::from_slice(&output.stdout)?;
    let acknowledged = answer
        .get("acknowledged_at_us")
        .and_then(Value::as_u64)
        .context("the loader says when")?;
    let elapsed = Duration::from_micros(acknowledged).saturating_sub(started);
    thread::sleep(REST);
    let process = node.process_id().context("the node runs")?;
    let memory = figures(Command::new(loader).args(["memory", "--pid", &process.to_string()]))?;
    node.stop()?;
    Ok(json!({
        "first_ack_ms": elapsed.as_secs_f64() * 1000.0,
        "resident_megabytes": memory.get("resident_megabytes"),
    }))
}
