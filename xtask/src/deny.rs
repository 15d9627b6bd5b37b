//! Licences, banned crates and sources, by cargo-deny with the rules of `deny.toml`.
//!
//! The tool itself is built once into `target/tools`, at a pinned version.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, bail};

use crate::workspace;

const VERSION: &str = "0.20.2";

/// Runs `cargo deny check bans licenses sources`.
///
/// # Errors
/// When the tool cannot be built or finds something.
pub fn run() -> anyhow::Result<()> {
    let tool = tool()?;
    let status = Command::new(tool)
        .args([
            "--log-level",
            "error",
            "check",
            "bans",
            "licenses",
            "sources",
        ])
        .current_dir(workspace::root())
        .status()
        .context("cargo-deny runs")?;
    if !status.success() {
        bail!("cargo-deny found something: see above and deny.toml");
    }
    Ok(())
}

fn tool() -> anyhow::Result<PathBuf> {
    let place = workspace::target()
        .join("tools")
        .join(format!("cargo-deny-{VERSION}"));
    let program = place.join("bin/cargo-deny");
    if program.is_file() {
        return Ok(program);
    }
    println!(
        "deny: building cargo-deny {VERSION} into {} (once)",
        place.display()
    );
    let build = place.join("build");
    let status = Command::new("cargo")
        .args([
            "install",
            "cargo-deny",
            "--quiet",
            "--locked",
            "--debug",
            "--no-track",
        ])
        .args(["--version", VERSION])
        .arg("--root")
        .arg(&place)
        .arg("--target-dir")
        .arg(&build)
        .status()
        .context("cargo install runs")?;
    if !status.success() {
        bail!("cargo-deny {VERSION} does not build");
    }
    std::fs::remove_dir_all(&build).context("the tool's build directory is removed")?;
    Ok(program)
}
