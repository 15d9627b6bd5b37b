//! Two brokers measured in turns, A B B A, in one run: what is compared was measured beside it.
//!
//! A figure is the median of the ratios of the pairs, with the least and the most of them. The raw
//! figures go to `target/bench` with the facts of the machine.

mod clients;
mod compare;
mod facts;
mod memory;
mod rows;
mod start;
mod turns;

use std::path::PathBuf;
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use crate::apache_kafka::{ApacheKafka, REFERENCE};
use crate::node::Server;
use crate::workspace;

/// Options of the task.
#[derive(Args, Debug)]
pub struct Options {
    /// What is measured.
    task: Task,
    /// The broker that is measured.
    #[arg(long, default_value = "ottla")]
    subject: Program,
    /// The broker it is compared with.
    #[arg(long, default_value = "apache-kafka")]
    against: Program,
    /// Pairs of measurements per row.
    #[arg(long, default_value_t = 5)]
    pairs: usize,
    /// Millions of bytes per measurement.
    #[arg(long, default_value_t = 1000)]
    megabytes: u64,
    /// What acks=all rests on: the page cache on both sides, or the disk on both sides.
    #[arg(long, default_value = "os")]
    durability: Durability,
    /// What memory logs are written into.
    #[arg(long, default_value = "recycled")]
    memory: Memory,
    /// Only rows whose name contains this.
    #[arg(long)]
    row: Option<String>,
    /// Adds rows with real clients.
    #[arg(long)]
    clients: bool,
    /// A binary of ottla instead of a fresh release build.
    #[arg(long)]
    ottla: Option<PathBuf>,
}

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Task {
    /// Writing.
    Produce,
    /// Reading.
    Fetch,
    /// From a cold start to the first acknowledged record, and memory at rest.
    Start,
}

/// A broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Program {
    Ottla,
    ApacheKafka,
}

/// What the page cache is like when a row begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Memory {
    /// Full of something else.
    Recycled,
    /// As it is found.
    Found,
}

/// What an acknowledgement rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Durability {
    /// The page cache.
    Os,
    /// The disk.
    Fsync,
}

impl Durability {
    /// The settings that make a broker keep to it.
    fn settings(self, server: &Server) -> Vec<(&'static str, &'static str)> {
        match (self, server) {
            (Durability::Os, Server::Ottla(_)) => vec![("ottla.durability", "os")],
            (Durability::Fsync, Server::Ottla(_)) => vec![("ottla.durability", "fsync")],
            (Durability::Os, Server::ApacheKafka(_)) => vec![],
            (Durability::Fsync, Server::ApacheKafka(_)) => {
                vec![("log.flush.interval.messages", "1")]
            }
        }
    }
}

/// Measures, prints a table and keeps the raw figures.
///
/// # Errors
/// When a broker or the loader fails.
pub fn run(options: &Options) -> anyhow::Result<()> {
    let loader = release_binary("ottla-bench", "ottla-bench")?;
    let subject = server(options.subject, options)?;
    let against = server(options.against, options)?;
    let names = [label(options.subject), label(options.against)];
    println!("{} against {}, {} pairs", names[0], names[1], options.pairs);
    let rows = match options.task {
        Task::Start => start::run(options, &loader, [&subject, &against])?,
        Task::Produce | Task::Fetch => rows::run(options, &loader, [&subject, &against])?,
    };
    let report = json!({
        "task": format!("{:?}", options.task),
        "subject": names[0],
        "against": names[1],
        "durability": format!("{:?}", options.durability),
        "memory": format!("{:?}", options.memory),
        "megabytes": options.megabytes,
        "facts": facts::gather(),
        "rows": rows,
    });
    keep(options, &report)
}

fn label(program: Program) -> &'static str {
    match program {
        Program::Ottla => "ottla",
        Program::ApacheKafka => "apache-kafka",
    }
}

fn keep(options: &Options, report: &Value) -> anyhow::Result<()> {
    let directory = workspace::target().join("bench");
    std::fs::create_dir_all(&directory)?;
    let seconds = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)?
        .as_secs();
    let name = format!("{:?}-{seconds}.json", options.task).to_lowercase();
    let file = directory.join(name);
    std::fs::write(&file, serde_json::to_string_pretty(report)?)?;
    println!("raw figures: {}", file.display());
    Ok(())
}

fn server(program: Program, options: &Options) -> anyhow::Result<Server> {
    Ok(match program {
        Program::ApacheKafka => {
            Server::ApacheKafka(ApacheKafka::fetch(REFERENCE)?.tuned_as_delivered())
        }
        Program::Ottla => Server::Ottla(match &options.ottla {
            Some(binary) => binary.canonicalize().context("the named binary of ottla")?,
            None => release_binary("ottla", "ottla")?,
        }),
    })
}

/// A binary of the workspace, built for measuring.
fn release_binary(package: &str, binary: &str) -> anyhow::Result<PathBuf> {
    let status = Command::new("cargo")
        .args(["build", "--quiet", "--release", "--package", package])
        .current_dir(workspace::root())
        .status()
        .context("cargo runs")?;
    if !status.success() {
        bail!("{package} does not build");
    }
    Ok(workspace::target().join("release").join(binary))
}

/// Runs a program to its end and reads the JSON it prints.
fn figures(command: &mut Command) -> anyhow::Result<Value> {
    let output = command.output().context("the loader runs")?;
    if !output.status.success() {
        bail!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}
