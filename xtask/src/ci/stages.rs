//! The stages in the order of their price.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

use super::{Options, Tally};
use crate::{deny, layers, runtimes, tidy, workspace};

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
