//! The toolbox of the project: `cargo xtask ci` runs everything a change must pass.

use std::process::Command;
use std::time::Instant;

use anyhow::{Context, bail};
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The toolbox of the project")]
struct Arguments {
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Runs all that a change must pass, and prints what each stage took.
    Ci,
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Task::Ci => ci(),
    }
}

fn ci() -> anyhow::Result<()> {
    let stages: [(&str, &[&str]); 3] = [
        ("format", &["fmt", "--all", "--check"]),
        (
            "clippy",
            &[
                "clippy",
                "--workspace",
                "--all-targets",
                "--",
                "-D",
                "warnings",
            ],
        ),
        ("tests", &["test", "--workspace", "--no-fail-fast"]),
    ];
    for (name, arguments) in stages {
        let start = Instant::now();
        let status = Command::new("cargo")
            .args(arguments)
            .status()
            .context("cargo runs")?;
        println!("stage {name}: {:.1} s", start.elapsed().as_secs_f64());
        if !status.success() {
            bail!("stage {name} failed");
        }
    }
    Ok(())
}
