//! Runs seeds and tells what broke: see `cargo xtask sim`.

use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, bail};
use clap::Parser;
use ottla_sim::{Bug, Options, Scenario, simulate};

#[derive(Parser)]
#[command(name = "ottla-sim", about = "Simulates a node, seed by seed")]
struct Arguments {
    /// How many seeds, from 0 on.
    #[arg(long, default_value_t = 200)]
    seeds: u64,
    /// Only this seed.
    #[arg(long)]
    seed: Option<u64>,
    /// The kind of trouble; else each seed has its own.
    #[arg(long)]
    scenario: Option<String>,
    /// A bug to plant.
    #[arg(long)]
    bug: Option<String>,
    /// Prints everything that happens.
    #[arg(long)]
    print: bool,
}

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let options = Options {
        scenario: arguments.scenario.as_deref().map(scenario).transpose()?,
        bug: arguments.bug.as_deref().map(bug).transpose()?,
        is_printed: arguments.print,
    };
    let seeds = match arguments.seed {
        Some(seed) => seed..seed.saturating_add(1),
        None => 0..arguments.seeds,
    };
    let begin = Instant::now();
    let (mut passed, mut failed, mut lines) = (0_u64, 0_u64, 0_u64);
    for seed in seeds {
        let outcome = simulate(seed, options);
        lines += outcome.trace_count;
        let Some(violation) = outcome.violation else {
            passed += 1;
            continue;
        };
        failed += 1;
        println!("seed {seed}: {violation}");
        for line in &outcome.last_lines {
            println!("  {line}");
        }
        println!("again: cargo xtask sim --seed {seed}");
    }
    let seconds = begin.elapsed().as_secs_f64();
    println!("{lines} events in {seconds:.1} s");
    println!("{passed} passed, {failed} failed");
    Ok(if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn scenario(name: &str) -> anyhow::Result<Scenario> {
    Scenario::named(name).with_context(|| {
        let names: Vec<_> = Scenario::ALL.iter().map(|(name, _)| *name).collect();
        format!(
            "no scenario is called {name}; there are {}",
            names.join(", ")
        )
    })
}

fn bug(name: &str) -> anyhow::Result<Bug> {
    let found = Bug::ALL.iter().find(|(bug, _)| bug.to_string() == name);
    let Some((bug, _)) = found else {
        let names: Vec<_> = Bug::ALL.iter().map(|(bug, _)| bug.to_string()).collect();
        bail!("no bug is called {name}; there are {}", names.join(", "));
    };
    Ok(*bug)
}
