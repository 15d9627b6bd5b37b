//! The toolbox of the project: `cargo xtask ci` runs everything a change must pass.
//!
//! *Not here*: logic. Every task is a module; this file only reads the command line.

mod ci;
mod deny;
mod layers;
mod runtimes;
mod tidy;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The toolbox of the project")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Runs all that a change must pass, and prints what each stage took.
    Ci(ci::Options),
    /// Checks sizes, names, module docs, unsafe code and what the map of the code says.
    Tidy,
    /// Checks that imports between crates go downwards.
    Layers,
    /// Checks licences, banned crates and sources of everything we depend on.
    Deny,
}

fn main() -> ExitCode {
    match run(Arguments::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> anyhow::Result<()> {
    match task {
        Task::Ci(options) => ci::run(&options),
        Task::Tidy => tidy::run(),
        Task::Layers => layers::run(),
        Task::Deny => deny::run(),
    }
}
