//! Long runs with real data and real failures: what conformance cannot show in a minute.

mod dump;
pub mod fulldisk;
pub mod handover;
pub mod kill;
mod load;
pub mod powercut;
pub mod realdata;
#[cfg(test)]
mod tests;

use std::fs;
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use crate::apache_kafka::{ApacheKafka, REFERENCE};
use crate::conformance;
use crate::driver::Driver;
use crate::node::Server;
use crate::workspace;

/// The broker of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Against {
    /// Apache Kafka, to try the run itself.
    ApacheKafka,
    /// ottla.
    #[default]
    Ottla,
}

/// What all runs choose.
#[derive(clap::Args, Clone, Default)]
pub struct Broker {
    /// The broker.
    #[arg(long, value_enum, default_value_t)]
    against: Against,
    /// A build of ottla instead of the one in the target directory.
    #[arg(long, value_name = "PATH")]
    ottla: Option<PathBuf>,
}

impl Broker {
    fn server(&self) -> anyhow::Result<Server> {
        match self.against {
            Against::ApacheKafka => Ok(Server::ApacheKafka(ApacheKafka::fetch(REFERENCE)?)),
            Against::Ottla => Ok(Server::Ottla(conformance::binary(self.ottla.clone())?)),
        }
    }
}

/// An empty directory for a run.
fn directory(name: &str) -> anyhow::Result<PathBuf> {
    let directory = workspace::target().join("trials").join(name);
    if directory.exists() {
        fs::remove_dir_all(&directory)?;
    }
    fs::create_dir_all(&directory)?;
    Ok(directory)
}

/// A process of one of the clients.
fn client(name: &str, bootstrap: &str, directory: &Path) -> anyhow::Result<Driver> {
    conformance::client(name)?.start(bootstrap, &directory.join(format!("{name}.err")))
}
