//! The tests of our own client against both brokers, and our tools beside Kafka's own on both.

mod tools;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, bail};
use clap::Args;

use crate::apache_kafka::{ApacheKafka, REFERENCE};
use crate::ci::Tally;
use crate::conformance;
use crate::node::{Node, Server};
use crate::runtimes::Runtime;
use crate::workspace;
use tools::{Comparison, Tools};

/// What the command line chooses.
#[derive(Args, Default)]
pub struct Options {
    /// The binary of ottla; built when left out.
    #[arg(long)]
    ottla: Option<PathBuf>,
    /// Only the command lines of tools, and of these the ones that contain this text.
    #[arg(long, value_name = "TEXT")]
    tools: Option<String>,
}

/// Runs everything.
///
/// # Errors
/// When a broker does not start, or a test fails.
pub fn run(options: &Options) -> anyhow::Result<()> {
    let tally = both(options)?;
    println!("{tally}");
    if tally.failed > 0 {
        bail!("the client failed");
    }
    Ok(())
}

/// The same as a stage of `cargo xtask ci`.
///
/// # Errors
/// When a broker does not start.
pub fn stage(waived: &[Runtime]) -> anyhow::Result<Tally> {
    for runtime in [Runtime::Java, Runtime::Maven] {
        if waived.contains(&runtime) && !runtime.is_there() {
            println!("client: left out, {runtime:?} is waived and missing");
            return Ok(Tally::default());
        }
    }
    both(&Options::default())
}

fn both(options: &Options) -> anyhow::Result<Tally> {
    let kafka = ApacheKafka::fetch(REFERENCE)?;
    let binary = conformance::binary(options.ottla.clone())?;
    let mut tally = Tally::default();
    let mut comparison = Comparison::default();
    for server in [
        Server::ApacheKafka(kafka.clone()),
        Server::Ottla(binary.clone()),
    ] {
        let directory = workspace::target().join("client").join(server.name());
        if directory.exists() {
            fs::remove_dir_all(&directory)?;
        }
        let mut node = Node::format(server, &directory, &[])?;
        node.start()?;
        let (broker, bootstrap) = (node.server().name(), node.bootstrap());
        println!("client: on {broker}");
        if options.tools.is_none() {
            tally += tests(&bootstrap)?;
        }
        for tools in [
            Tools::ApacheKafka(kafka.clone()),
            Tools::Ottla(binary.clone()),
        ] {
            let wanted = options.tools.as_deref();
            tally += comparison.run(&tools, (broker, &bootstrap), wanted)?;
        }
        node.stop()?;
    }
    Ok(tally)
}

/// The client's tests that need a broker.
fn tests(bootstrap: &str) -> anyhow::Result<Tally> {
    let mut child = Command::new("cargo")
        .args(["test", "--package", "ottla-client", "--test", "broker"])
        .env("OTTLA_TEST_BOOTSTRAP", bootstrap)
        .current_dir(workspace::root())
        .stdout(Stdio::piped())
        .spawn()
        .context("cargo runs")?;
    let output = child.stdout.take().context("the output is piped")?;
    let mut tally = Tally::default();
    for line in BufReader::new(output).lines() {
        let line = line?;
        println!("{line}");
        tally += Tally::of_line(&line).unwrap_or_default();
    }
    let status = child.wait()?;
    if !status.success() && tally.failed == 0 {
        tally.failed = 1; // what does not build counts nothing
    }
    Ok(tally)
}
