//! Simulates a node, seed by seed: `crates/testing/sim`.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

use crate::ci::Tally;
use crate::workspace;

/// Seeds that CI runs.
const SEEDS: u64 = 200;

/// What the command line says.
#[derive(clap::Args)]
pub struct Options {
    /// Options of the simulator; `-- --help` lists them.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// Runs the seeds.
///
/// # Errors
/// When one finds something.
pub fn run(options: &Options) -> anyhow::Result<()> {
    let tally = simulate(&options.arguments)?;
    if tally.failed > 0 {
        bail!("{} seeds found something", tally.failed);
    }
    Ok(())
}

/// The seeds of CI.
pub fn stage() -> anyhow::Result<Tally> {
    simulate(&["--seeds".to_owned(), SEEDS.to_string()])
}

fn simulate(arguments: &[String]) -> anyhow::Result<Tally> {
    let mut child = Command::new("cargo")
        .args(["run", "--quiet", "--package", "ottla-sim", "--"])
        .args(arguments)
        .current_dir(workspace::root())
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
    tally.context("the simulator ended before it had counted")
}
