//! Plays the same generated requests against Apache Kafka and ottla and compares every answer,
//! field by field, and the logs that they leave, batch by batch.
//!
//! *Not here*: starting the two brokers (`xtask`).

mod accepted;
mod batches;
mod codec;
mod compare;
mod connection;
mod generate;
mod normal;
mod play;
mod report;
mod resolve;
mod schemas;
mod script;
mod shrink;
mod side;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Context;
use clap::Parser;
use ottla_machine::Random;

use crate::accepted::Accepted;
use crate::play::Pair;
use crate::schemas::Apis;
use crate::script::Step;

#[derive(Parser)]
struct Arguments {
    /// Where Apache Kafka listens.
    #[arg(long)]
    kafka: SocketAddr,
    /// Where ottla listens.
    #[arg(long)]
    ottla: SocketAddr,
    /// The directory of schema files.
    #[arg(long)]
    schema: PathBuf,
    /// Where scripts that differ are written.
    #[arg(long)]
    found: PathBuf,
    #[command(flatten)]
    choice: Choice,
}

#[derive(clap::Args)]
struct Choice {
    /// The seed of the first sequence; the next ones have the numbers after it.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many sequences are played.
    #[arg(long, default_value_t = 200)]
    sequences: u64,
    /// Sequences that mostly consist of this API.
    #[arg(long, value_name = "NAME")]
    api: Option<String>,
    /// Plays this script instead.
    #[arg(long, value_name = "FILE")]
    replay: Option<PathBuf>,
    /// Ends after this many kinds of differences.
    #[arg(long, default_value_t = 10)]
    kinds: usize,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let mut apis = Apis::read(&arguments.schema)?;
    for address in [arguments.kafka, arguments.ottla] {
        apis.limit(&play::served(&apis, address)?);
    }
    let accepted = Accepted::read(accepted::LIST).context("accepted.txt")?;
    let choice = &arguments.choice;
    if let Some(name) = &choice.api {
        apis.get(name)?;
    }
    let mut pair = Pair::new(&apis, arguments.kafka, arguments.ottla, &accepted)?;
    if let Some(file) = &choice.replay {
        let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
        let steps = script::from_text(&text)?;
        let found = pair.play(&steps)?;
        if let Some(found) = &found {
            println!("{}", report::told(found));
        }
        let failed = u64::from(found.is_some());
        println!("{} passed, {failed} failed", 1 - failed);
        return Ok(());
    }
    all(&mut pair, &apis, &arguments)
}

fn sequence(apis: &Apis, choice: &Choice, seed: u64) -> anyhow::Result<Vec<Step>> {
    let mut random = Random::from_seed(seed);
    generate::sequence(apis, choice.api.as_deref(), &mut random)
}

fn all(pair: &mut Pair, apis: &Apis, arguments: &Arguments) -> anyhow::Result<()> {
    let choice = &arguments.choice;
    let mut kinds: BTreeMap<String, u64> = BTreeMap::new();
    let (mut passed, mut failed) = (0_u64, 0_u64);
    std::fs::create_dir_all(&arguments.found)?;
    for seed in choice.seed..choice.seed + choice.sequences {
        let steps = sequence(apis, choice, seed)?;
        let played = pair.play(&steps);
        let Some(found) = played.with_context(|| format!("seed {seed}"))? else {
            passed += 1;
            continue;
        };
        failed += 1;
        let signature = found.signature();
        let count = kinds.entry(signature.clone()).or_default();
        *count += 1;
        if *count > 1 {
            continue;
        }
        let (steps, found) = shrink::shrink(pair, steps, found)?;
        let file = arguments.found.join(format!("{seed}.script"));
        let told = report::told(&found);
        let remarks: String = told.lines().map(|line| format!("# {line}\n")).collect();
        std::fs::write(&file, format!("{remarks}{}", script::to_text(&steps)))?;
        println!(
            "seed {seed}: {signature}\n{told}\n{}",
            script::to_text(&steps)
        );
        if kinds.len() >= choice.kinds {
            break;
        }
    }
    for (signature, count) in &kinds {
        println!("{count:5} {signature}");
    }
    println!("{passed} passed, {failed} failed");
    Ok(())
}
