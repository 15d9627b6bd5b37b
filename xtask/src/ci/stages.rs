//! The stages in the order of their price.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

use super::{Options, Tally};
use crate::runtimes::Runtime;
use crate::{
    client, codegen, conformance, deny, layers, oracle, runtimes, schema, sim, tidy, trials,
    workspace,
};

/// One stage.
pub(super) struct Stage {
    pub(super) name: &'static str,
    pub(super) run: fn(&Options) -> anyhow::Result<Tally>,
}

/// All stages: first what is cheap.
pub(super) const STAGES: &[Stage] = &[
    Stage {
        name: "runtimes",
        run: |options| runtimes::check(options.waived()),
    },
    Stage {
        name: "tidy",
        run: |_| tidy::run().map(|()| Tally::PASSED),
    },
    Stage {
        name: "layers",
        run: |_| layers::run().map(|()| Tally::PASSED),
    },
    Stage {
        name: "generated",
        run: |_| codegen::check().map(|()| Tally::PASSED),
    },
    Stage {
        name: "format",
        run: |_| cargo(&["fmt", "--all", "--check"], &[]),
    },
    Stage {
        name: "clippy",
        run: |_| cargo(CLIPPY, &[]),
    },
    Stage {
        name: "docs",
        run: |_| cargo(DOCS, &[("RUSTDOCFLAGS", "-D warnings")]),
    },
    Stage {
        name: "deny",
        run: |_| deny::run().map(|()| Tally::PASSED),
    },
    Stage {
        name: "tests",
        run: |_| tests(),
    },
    Stage {
        name: "sim",
        run: |_| sim::stage(),
    },
    Stage {
        name: "messages",
        run: messages,
    },
    Stage {
        name: "client",
        run: |options| client::stage(options.waived()),
    },
    Stage {
        name: "conformance",
        run: |options| conformance::quick(options.waived()),
    },
    Stage {
        name: "fulldisk",
        run: |options| trials::fulldisk::stage(options.waived()),
    },
];

const CLIPPY: &[&str] = &[
    "clippy",
    "--workspace",
    "--all-targets",
    "--",
    "-D",
    "warnings",
];
const DOCS: &[&str] = &[
    "doc",
    "--workspace",
    "--no-deps",
    "--document-private-items",
    "--quiet",
];

fn cargo(arguments: &[&str], environment: &[(&str, &str)]) -> anyhow::Result<Tally> {
    let status = Command::new("cargo")
        .args(arguments)
        .envs(environment.iter().copied())
        .current_dir(workspace::root())
        .status()
        .context("cargo runs")?;
    if !status.success() {
        bail!("cargo {} failed", arguments.join(" "));
    }
    Ok(Tally::PASSED)
}

/// Runs all tests of the workspace and adds up what each test program counted.
fn tests() -> anyhow::Result<Tally> {
    let mut child = Command::new("cargo")
        .args(["test", "--workspace", "--no-fail-fast"])
        .current_dir(workspace::root())
        .stdout(Stdio::piped())
        .spawn()
        .context("cargo runs")?;
    let output = child
        .stdout
        .take()
        .context("the output of the tests is piped")?;
    let mut tally = Tally::default();
    for line in BufReader::new(output).lines() {
        let line = line?;
        println!("{line}");
        tally += Tally::of_line(&line).unwrap_or_default();
    }
    let status = child.wait()?;
    if !status.success() && tally.failed == 0 {
        tally.failed = 1; // a crate that does not build counts nothing
    }
    Ok(tally)
}

/// Compares the schema files and the bytes of messages with Kafka's jars.
fn messages(options: &Options) -> anyhow::Result<Tally> {
    let waived = options.waived();
    for runtime in [Runtime::Java, Runtime::Maven] {
        if waived.contains(&runtime) && !runtime.is_there() {
            println!("messages: left out, {runtime:?} is waived and missing");
            return Ok(Tally::default());
        }
    }
    schema::run(&schema::Task::Check { release: None })?;
    oracle::run(&oracle::Task::Messages { count: 20, seed: 1 })?;
    Ok(Tally {
        passed: 2,
        failed: 0,
    })
}
