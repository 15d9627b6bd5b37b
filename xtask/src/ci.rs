//! Everything that a change must pass, stage by stage, with what each took.
//!
//! All stages run even when one fails, so that one run tells all. The last line is the count of
//! what passed and failed over all stages; a stage without a count of its own counts as one.

mod stages;
mod tally;
#[cfg(test)]
mod tests;

pub use tally::Tally;

use std::time::{Duration, Instant};

use anyhow::bail;
use clap::Args;

use crate::runtimes::Runtime;
use stages::STAGES;

/// What the command line chooses.
#[derive(Args, Default)]
pub struct Options {
    /// Leaves a stage out; may be given several times.
    #[arg(long, value_name = "STAGE")]
    skip: Vec<String>,
    /// Runs only these stages.
    #[arg(long, value_name = "STAGE")]
    only: Vec<String>,
    /// A language run-time that may be missing; what needs it is then left out.
    #[arg(long, value_name = "RUNTIME", value_enum)]
    waive: Vec<Runtime>,
}

/// Runs the stages.
///
/// # Errors
/// When a stage fails, or a named stage does not exist.
pub fn run(options: &Options) -> anyhow::Result<()> {
    for name in options.skip.iter().chain(&options.only) {
        if !STAGES.iter().any(|stage| stage.name == *name) {
            let names: Vec<&str> = STAGES.iter().map(|stage| stage.name).collect();
            bail!("no stage is called {name}; there are {}", names.join(", "));
        }
    }
    let start = Instant::now();
    let mut took: Vec<(&str, Duration, Tally)> = Vec::new();
    for stage in STAGES {
        let chosen = options.only.is_empty() || options.only.iter().any(|name| name == stage.name);
        if !chosen || options.skip.iter().any(|name| name == stage.name) {
            continue;
        }
        println!("==== {}", stage.name);
        let begin = Instant::now();
        let tally = (stage.run)(options).unwrap_or_else(|error| {
            println!("{}: {error:#}", stage.name);
            Tally {
                passed: 0,
                failed: 1,
            }
        });
        took.push((stage.name, begin.elapsed(), tally));
    }
    report(&took, start.elapsed())
}

impl Options {
    /// The run-times that may be missing.
    pub fn waived(&self) -> &[Runtime] {
        &self.waive
    }
}

fn report(took: &[(&str, Duration, Tally)], whole: Duration) -> anyhow::Result<()> {
    println!("==== summary");
    let mut sum = Tally::default();
    for (name, time, tally) in took {
        let verdict = if tally.failed == 0 { "ok" } else { "FAILED" };
        let seconds = time.as_secs_f64();
        println!("stage {name:<12} {seconds:>7.1} s  {tally}  {verdict}");
        sum += *tally;
    }
    println!("all stages   {:>9.1} s", whole.as_secs_f64());
    println!("{sum}");
    if sum.failed > 0 {
        std::process::exit(1);
    }
    Ok(())
}
