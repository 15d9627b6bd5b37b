//! The language run-times that the tests need beside Rust.
//!
//! A missing one is named and counts as a failure, unless the command line waives it. Packages are
//! fetched by the tasks themselves; of the run-times only kcat, a Debian package without another
//! registry, is installed, and only where that is possible without asking.

use std::process::{Command, Stdio};

use anyhow::bail;
use clap::ValueEnum;

use crate::ci::Tally;

/// A program that the tests need and that is not built by them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Runtime {
    /// A JDK, version 17 or newer: Apache Kafka and its Java client.
    Java,
    /// Maven, which fetches them.
    Maven,
    /// Node with npm: kafkajs.
    Node,
    /// Go: franz-go.
    Go,
    /// Python 3 with venv: confluent-kafka and kafka-python.
    Python,
    /// The command `kcat`.
    Kcat,
    /// `unshare` and the right to a namespace with mounts of its own.
    Namespaces,
}

impl Runtime {
    /// All of them.
    pub const ALL: &[Runtime] = &[
        Runtime::Java,
        Runtime::Maven,
        Runtime::Node,
        Runtime::Go,
        Runtime::Python,
        Runtime::Kcat,
        Runtime::Namespaces,
    ];

    /// A command that succeeds where the run-time is there.
    fn probe(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Runtime::Java => ("javac", &["-version"]),
            Runtime::Maven => ("mvn", &["-version"]),
            Runtime::Node => ("npm", &["--version"]),
            Runtime::Go => ("go", &["version"]),
            Runtime::Python => ("python3", &["-c", "import venv, ensurepip"]),
            Runtime::Kcat => ("kcat", &["-V"]),
            Runtime::Namespaces if rustix::process::geteuid().is_root() => {
                ("unshare", &["--mount", "true"])
            }
            Runtime::Namespaces => ("unshare", &["--user", "--map-root-user", "--mount", "true"]),
        }
    }

    /// Whether it is there; kcat is installed on the way if that is possible.
    pub fn is_there(self) -> bool {
        self.answers() || (self == Runtime::Kcat && install_kcat() && self.answers())
    }

    fn answers(self) -> bool {
        let (program, arguments) = self.probe();
        let quiet = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        quiet.is_ok_and(|status| status.success())
    }
}

fn install_kcat() -> bool {
    if !rustix::process::geteuid().is_root() {
        return false;
    }
    println!("runtimes: installing the Debian package kcat");
    let apt = |arguments: &[&str]| {
        let status = Command::new("apt-get")
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .status();
        status.is_ok_and(|status| status.success())
    };
    let install = ["install", "--yes", "--no-install-recommends", "kcat"];
    apt(&install) || (apt(&["update"]) && apt(&install))
}

/// Names what is missing.
///
/// # Errors
/// When something is missing that is not waived.
pub fn check(waived: &[Runtime]) -> anyhow::Result<Tally> {
    let mut missing = Vec::new();
    for runtime in Runtime::ALL {
        if runtime.is_there() {
            continue;
        }
        let is_waived = waived.contains(runtime);
        let name = format!("{runtime:?}").to_lowercase();
        println!(
            "runtimes: {name} is missing{}",
            if is_waived { ", waived" } else { "" }
        );
        if !is_waived {
            missing.push(name);
        }
    }
    if !missing.is_empty() {
        bail!(
            "missing {}; `--waive NAME` leaves out what needs it",
            missing.join(", ")
        );
    }
    Ok(Tally::PASSED)
}
