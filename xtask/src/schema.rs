//! The schema files of the wire crate: import from Kafka's jars, and comparison with them.

mod check;
mod definition;
mod import;
mod jar;

use std::path::PathBuf;

/// What the command line says.
#[derive(clap::Subcommand)]
pub enum Task {
    /// Writes schema files from the message definitions inside Kafka's jars.
    Import(Jars),
    /// Compares the schema files with the message definitions inside Kafka's jars.
    Check(Jars),
}

/// Jars of one release of Kafka.
#[derive(clap::Args)]
pub struct Jars {
    /// Jars, named as Maven names them.
    #[arg(required = true)]
    jars: Vec<PathBuf>,
}

/// Runs the task.
pub fn run(task: &Task) -> anyhow::Result<()> {
    match task {
        Task::Import(of) => import::import(&of.jars),
        Task::Check(of) => check::check(&of.jars),
    }
}

/// Where the schema files lie.
pub fn directory() -> PathBuf {
    crate::workspace::root().join("crates/protocol/messages/schema")
}
