//! The schema files of the wire crate: import from Kafka's jars, and comparison with them.

mod check;
mod definition;
mod import;
mod jar;
pub mod jars;

use std::fs;
use std::path::PathBuf;

use anyhow::bail;

use crate::oracle;

/// The file of the error table.
pub const ERRORS: &str = "errors.txt";

/// What the command line says.
#[derive(clap::Subcommand)]
pub enum Task {
    /// Writes schema files from the message definitions inside Kafka's jars: those given; or those
    /// of the releases that ottla follows, and the error table.
    Import {
        /// Jars, named as Maven names them.
        jars: Vec<PathBuf>,
    },
    /// Fails unless the schema files are the message definitions inside Kafka's jars.
    Check {
        /// Lists what another release has otherwise instead, for example 4.1.0.
        #[arg(long)]
        release: Option<String>,
    },
}

/// Runs the task.
///
/// # Errors
/// When jars cannot be fetched or read, or a check fails.
pub fn run(task: &Task) -> anyhow::Result<()> {
    match task {
        Task::Import { jars } if jars.is_empty() => {
            import::import(&followed()?)?;
            fs::write(directory().join(ERRORS), oracle::error_table()?)?;
            Ok(())
        }
        Task::Import { jars } => import::import(jars),
        Task::Check { release: None } => {
            check::check(&followed()?)?;
            let ours = fs::read_to_string(directory().join(ERRORS))?;
            if ours != oracle::error_table()? {
                bail!("{ERRORS} is not Kafka's table: `cargo xtask schema import` writes it");
            }
            Ok(())
        }
        Task::Check {
            release: Some(release),
        } => check::list(&of_release(release)?),
    }
}

/// Where the schema files lie.
pub fn directory() -> PathBuf {
    crate::workspace::root().join("crates/protocol/messages/schema")
}

/// Requests, responses and control records from the newest release; log records from the newest
/// whose broker has jars.
fn followed() -> anyhow::Result<Vec<PathBuf>> {
    let mut found = jars::list(&jars::fetch("clients", jars::CLIENTS)?)?;
    let records = jars::list(&jars::fetch("records", jars::RECORDS)?)?;
    found.retain(|jar| import::area(jar).is_some());
    found.extend(records.into_iter().filter(|jar| {
        let area = import::area(jar);
        area.is_some() && area != Some("clients")
    }));
    Ok(found)
}

fn of_release(release: &str) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = jars::list(&jars::fetch("records", release)?)?;
    found.retain(|jar| import::area(jar).is_some());
    Ok(found)
}
