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
    /// How many seeds, from 0 on.
    #[arg(long, default_value_t = SEEDS)]
    seeds: u64,
    /// Only this seed.
    #[arg(long)]
    seed: Option<u64>,
    /// The kind of trouble; else each seed has its own.
    #[arg(long)]
    scenario: Option<String>,
    /// A bug to plant, to see it found.
    #[arg(long)]
    bug: Option<String>,
    /// Prints everything that happens.
    #[arg(long)]
    print: bool,
}

/// Runs the seeds.
///
/// # Errors
/// When one finds something.
pub fn run(options: &Options) -> anyhow::Result<()> {
    let mut arguments = vec!["--seeds".to_owned(), options.seeds.to_string()];
    let mut give = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            arguments.extend([name.to_owned(), value]);
        }
    };
    give("--seed", options.seed.map(|seed| seed.to_string()));
    give("--scenario", options.scenario.clone());
    give("--bug", options.bug.clone());
    if options.print {
        arguments.push("--print".to_owned());
    }
    let tally = simulate(&arguments)?;
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
        tally = tally_of(&line).or(tally);
    }
    child.wait()?;
    tally.context("the simulator ended before it had counted")
}

/// The count in the simulator's last line.
fn tally_of(line: &str) -> Option<Tally> {
    let (passed, failed) = line.strip_suffix(" failed")?.split_once(" passed, ")?;
    Some(Tally {
        passed: passed.parse().ok()?,
        failed: failed.parse().ok()?,
    })
}
