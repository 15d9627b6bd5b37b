//! Compares ottla with Kafka's own classes, run in Java.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

use crate::schema::{self, jars};
use crate::workspace;

/// What the command line says.
#[derive(clap::Subcommand)]
pub enum Task {
    /// The bytes of random values of every message at every version.
    Messages {
        /// Values per message and version.
        #[arg(long, default_value_t = 20)]
        count: usize,
        /// Seed of the values.
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
}

/// Runs the task.
///
/// # Errors
/// When jars cannot be fetched, Java does not run, or something differs.
pub fn run(task: &Task) -> anyhow::Result<()> {
    let Task::Messages { count, seed } = task;
    let clients = jars::fetch("clients", jars::CLIENTS)?;
    let records = jars::fetch("records", jars::RECORDS)?;
    let classes = compile(&clients)?;
    // A process of its own: this program must build without the sources that it generates.
    let mut oracle = Command::new("cargo");
    oracle
        .args(["run", "--quiet", "--package", "ottla-oracle", "--"])
        .arg("--clients")
        .arg(class_path(&clients, &classes))
        .arg("--records")
        .arg(class_path(&records, &classes))
        .arg("--schema")
        .arg(schema::directory())
        .arg(format!("--count={count}"))
        .arg(format!("--seed={seed}"));
    succeed(&mut oracle)
}

/// Kafka's error table as the text of our `errors.txt`.
///
/// # Errors
/// When jars cannot be fetched, or Java does not run.
pub fn error_table() -> anyhow::Result<String> {
    let clients = jars::fetch("clients", jars::CLIENTS)?;
    let output = Command::new("java")
        .arg("-cp")
        .arg(class_path(&clients, &compile(&clients)?))
        .args(["MessageOracle", "tables"])
        .output()
        .context("java runs")?;
    if !output.status.success() {
        bail!("java: {}", String::from_utf8_lossy(&output.stderr));
    }
    let mut table = String::new();
    for line in String::from_utf8(output.stdout)?.lines() {
        let Some(error) = line.strip_prefix("error ") else {
            continue;
        };
        let (named, retriable) = error
            .split_once(" retriable=")
            .context("an error says whether it is retriable")?;
        table.push_str(named);
        if retriable == "true" {
            table.push_str(" retriable");
        }
        table.push('\n');
    }
    Ok(table)
}

fn class_path(jars: &Path, classes: &Path) -> String {
    format!("{}/*:{}", jars.display(), classes.display())
}

fn compile(jars: &Path) -> anyhow::Result<PathBuf> {
    let classes = workspace::target().join("messages/classes");
    succeed(
        Command::new("javac")
            .arg("-cp")
            .arg(jars.join("*"))
            .arg("-d")
            .arg(&classes)
            .arg(jars::sources().join("MessageOracle.java")),
    )?;
    Ok(classes)
}

fn succeed(command: &mut Command) -> anyhow::Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command.status().with_context(|| format!("{name} runs"))?;
    if !status.success() {
        bail!("{name}: {status}");
    }
    Ok(())
}
