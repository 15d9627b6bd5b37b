//! Plays generated requests against Apache Kafka and ottla and compares:
//! `crates/testing/differential`.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

use crate::apache_kafka::{ApacheKafka, REFERENCE};
use crate::ci::Tally;
use crate::node::{Node, Server};
use crate::{conformance, schema, workspace};

/// What both brokers are configured with: nothing waits for a clock, and what was deleted goes
/// soon.
const SETTINGS: &[(&str, &str)] = &[
    ("group.initial.rebalance.delay.ms", "0"),
    ("log.segment.delete.delay.ms", "1000"),
    ("log.cleaner.enable", "false"),
    // Kafka creates in the background what Metadata names, and ottla before it answers.
    ("auto.create.topics.enable", "false"),
];

/// What the command line says.
#[derive(clap::Args)]
pub struct Options {
    /// A build of ottla instead of the one in the target directory.
    #[arg(long, value_name = "PATH")]
    ottla: Option<PathBuf>,
    /// Options of the comparing program: `--seed`, `--sequences`, `--api`, `--replay`; `-- --help`
    /// lists them.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// Starts both brokers and compares them.
///
/// # Errors
/// When one does not start, or they differ.
pub fn run(options: &Options) -> anyhow::Result<()> {
    let tally = compare(options)?;
    if tally.failed > 0 {
        bail!("{} sequences differ", tally.failed);
    }
    Ok(())
}

fn compare(options: &Options) -> anyhow::Result<Tally> {
    let directory = workspace::target().join("differential");
    let kafka = Server::ApacheKafka(ApacheKafka::fetch(REFERENCE)?);
    let ottla = Server::Ottla(conformance::binary(options.ottla.clone())?);
    let mut nodes = Vec::new();
    for server in [kafka, ottla] {
        let own = directory.join(server.name());
        if own.exists() {
            std::fs::remove_dir_all(&own)?;
        }
        let mut node = Node::format(server, &own, SETTINGS)?;
        node.start()?;
        nodes.push(node);
    }
    let mut command = Command::new("cargo");
    command.args(["run", "--quiet", "--package", "ottla-differential", "--"]);
    for (node, option) in nodes.iter().zip(["--kafka", "--ottla"]) {
        command.arg(option).arg(node.bootstrap());
    }
    command.arg("--schema").arg(schema::directory());
    command.arg("--found").arg(directory.join("found"));
    let mut child = command
        .args(&options.arguments)
        .stdout(Stdio::piped())
        .spawn()
        .context("cargo runs")?;
    let output = child.stdout.take().context("the output is piped")?;
    let mut tally = None;
    for line in BufReader::new(output).lines() {
        let line = line?;
        println!("{line}");
        tally = Tally::of_last_line(&line).or(tally);
    }
    child.wait()?;
    for node in &mut nodes {
        node.must_run()?;
    }
    tally.context("the comparison ended before it had counted")
}
