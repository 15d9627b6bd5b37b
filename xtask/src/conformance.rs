//! The same scenarios with one set of expectations against Apache Kafka and against ottla.
//!
//! Brokers are child processes behind [`Node`](crate::node::Node); each client has one driver. The
//! table of what works is `docs/compatibility.md`, which is printed from the scenarios, the clients
//! and the accepted differences, and which a run proves.

mod accepted;
mod bench;
mod clients;
mod page;
mod runner;
mod scenarios;
#[cfg(test)]
mod tests;

pub use bench::{is_balanced, settle};
pub use scenarios::run_to_end;

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};

use crate::apache_kafka::{ApacheKafka, REFERENCE};
use crate::ci::Tally;
use crate::node::Server;
use crate::workspace;

/// What the command line chooses.
#[derive(Args, Clone, Default)]
pub struct Options {
    /// Fewer records, and fails when docs/compatibility.md is stale.
    #[arg(long, conflicts_with = "full")]
    quick: bool,
    /// More records and longer groups.
    #[arg(long)]
    full: bool,
    /// The brokers to run.
    #[arg(long, value_enum, default_value_t)]
    against: Against,
    /// Only these clients.
    #[arg(long, value_name = "NAME")]
    client: Vec<String>,
    /// Only scenarios whose name contains this.
    #[arg(long, value_name = "TEXT")]
    scenario: Option<String>,
    /// A build of ottla instead of the one in the target directory.
    #[arg(long, value_name = "PATH")]
    ottla: Option<PathBuf>,
    /// Language run-times that may be missing.
    #[arg(skip)]
    pub waived: Vec<crate::runtimes::Runtime>,
}

/// Which brokers a run is against.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Against {
    /// Apache Kafka only.
    ApacheKafka,
    /// ottla only.
    Ottla,
    /// One after the other.
    #[default]
    Both,
}

/// Runs the scenarios and prints a table.
///
/// # Errors
/// When a broker does not start or a scenario fails that is not an accepted difference.
pub fn run(options: &Options) -> anyhow::Result<()> {
    let tally = tally(options)?;
    println!("{tally}");
    if tally.failed > 0 {
        bail!("conformance failed");
    }
    Ok(())
}

/// The same as a stage of `cargo xtask ci`.
///
/// # Errors
/// When a broker does not start.
pub fn quick(waived: &[crate::runtimes::Runtime]) -> anyhow::Result<Tally> {
    tally(&Options {
        quick: true,
        waived: waived.to_vec(),
        ..Options::default()
    })
}

fn tally(options: &Options) -> anyhow::Result<Tally> {
    let kafka = ApacheKafka::fetch(REFERENCE)?;
    let mut servers = Vec::new();
    if options.against != Against::Ottla {
        servers.push(Server::ApacheKafka(kafka.clone()));
    }
    // Its tools are at work on Apache Kafka as well.
    let ottla = binary(options.ottla.clone())?;
    if options.against != Against::ApacheKafka {
        servers.push(Server::Ottla(ottla.clone()));
    }
    let mut tally = Tally::default();
    for server in servers {
        tally += runner::run(&server, &kafka, &ottla, options)?;
    }
    tally += page::check(options.quick)?;
    Ok(tally)
}

/// A client by its name.
///
/// # Errors
/// When there is none of that name.
pub fn client(name: &str) -> anyhow::Result<&'static clients::Client> {
    clients::CLIENTS
        .iter()
        .find(|client| client.name == name)
        .with_context(|| format!("no client is called {name}"))
}

/// The binary of ottla: the one that is named, or else a fresh build of the workspace.
///
/// # Errors
/// When it does not build.
pub fn binary(named: Option<PathBuf>) -> anyhow::Result<PathBuf> {
    if let Some(binary) = named {
        return binary.canonicalize().context("the named binary of ottla");
    }
    let status = Command::new("cargo")
        .args(["build", "--quiet", "--package", "ottla"])
        .current_dir(workspace::root())
        .status()
        .context("cargo runs")?;
    if !status.success() {
        bail!("ottla does not build");
    }
    Ok(workspace::target().join("debug/ottla"))
}
