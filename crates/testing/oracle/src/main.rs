//! Compares the bytes of our messages with those of Kafka's own classes.
//!
//! Random values of every message at every version are written by Kafka's classes from JSON. Our
//! decoder must read from those bytes every field as it was, and our encoder must write them again.

mod base64;
mod case;
mod expected;
mod java;
mod random_value;
mod tables;

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::bail;
use clap::Parser;
use ottla_machine::Random;
use ottla_schema::{Area, Kind, MessageSchema, read_directory};

use crate::case::{Case, Verdict};

/// Differences that are printed in full.
const MAX_SHOWN: usize = 10;
/// Values per message and version that are held in memory together.
const MAX_AT_ONCE: usize = 50;

#[derive(Parser)]
struct Arguments {
    /// The class path for requests, responses and control records: jars, and `MessageOracle`.
    #[arg(long)]
    clients: String,
    /// The class path for the records of logs.
    #[arg(long)]
    records: String,
    /// The directory of schema files.
    #[arg(long)]
    schema: PathBuf,
    /// Random values per message and version.
    #[arg(long)]
    count: usize,
    /// The seed of the random values.
    #[arg(long)]
    seed: u64,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let (ours, theirs) = (tables::ours(), java::tables(&arguments.clients)?);
    let differences = tables::differences(&ours, &theirs);
    if !differences.is_empty() {
        bail!("the tables differ:\n{}", differences.join("\n"));
    }
    println!("{} API keys and errors are equal", ours.len());
    let areas = read_directory(&arguments.schema)?;
    let mut tally = Tally::default();
    for (seed, area) in (arguments.seed..).zip(&areas) {
        let class_path = match area.name.as_str() {
            "clients" => &arguments.clients,
            _ => &arguments.records,
        };
        let mut random = Random::from_seed(seed);
        let mut left = arguments.count;
        while left > 0 {
            let count = left.min(MAX_AT_ONCE);
            left -= count;
            let cases = cases(area, count, &mut random);
            let answers = java::answers(class_path, &cases)?;
            for (case, answer) in cases.iter().zip(&answers) {
                tally.add(case, case.judge(answer)?);
            }
        }
    }
    for name in &tally.absent {
        println!("{name}: the jars have no such class");
    }
    let (values, seed) = (tally.values, arguments.seed);
    if tally.different > 0 {
        bail!(
            "{} of {values} values differ; the seed is {seed}",
            tally.different
        );
    }
    println!("{values} values are equal; the seed is {seed}");
    Ok(())
}

/// What was found so far.
#[derive(Default)]
struct Tally {
    values: usize,
    different: usize,
    absent: BTreeSet<String>,
}

impl Tally {
    fn add(&mut self, case: &Case, verdict: Verdict) {
        match verdict {
            Verdict::Equal => self.values += 1,
            Verdict::Absent => {
                self.absent.insert(case.schema.name.clone());
            }
            Verdict::Different(why) => {
                self.values += 1;
                self.different += 1;
                if self.different <= MAX_SHOWN {
                    let (name, version) = (&case.schema.name, case.version);
                    println!("{name} version {version}: {why}\n  {}", case.json);
                }
            }
        }
    }
}

fn cases<'a>(area: &'a Area, count: usize, random: &mut Random) -> Vec<Case<'a>> {
    let mut cases = Vec::new();
    for schema in &area.messages {
        for version in schema.versions.range() {
            for _ in 0..count {
                cases.push(Case {
                    class: class(area, schema),
                    schema,
                    version,
                    json: random_value::message(schema, version, random),
                });
            }
        }
    }
    cases
}

/// Kafka's class for a message.
fn class(area: &Area, schema: &MessageSchema) -> String {
    let package = match area.name.as_str() {
        "group_coordinator" => "org.apache.kafka.coordinator.group.generated",
        "share_coordinator" => "org.apache.kafka.coordinator.share.generated",
        "transaction_coordinator" => "org.apache.kafka.coordinator.transaction.generated",
        "metadata" => "org.apache.kafka.common.metadata",
        "raft" => "org.apache.kafka.raft.generated",
        "storage" => "org.apache.kafka.server.log.remote.metadata.storage.generated",
        _ => "org.apache.kafka.common.message",
    };
    let suffix = match schema.kind {
        Kind::Request | Kind::Response | Kind::Header => "Data",
        _ => "",
    };
    format!("{package}.{}{suffix}", schema.name)
}
