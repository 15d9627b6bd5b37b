//! Formats generated sources as the rest of the tree is.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use anyhow::{Context, bail};

use crate::workspace;

/// The sources, by path, as rustfmt leaves them.
///
/// # Errors
/// When rustfmt does not run, or a source is not Rust.
pub fn format(sources: BTreeMap<String, String>) -> anyhow::Result<BTreeMap<String, String>> {
    // One directory per process: two may run at once.
    let directory = workspace::target().join(format!("codegen-{}", std::process::id()));
    fs::create_dir_all(&directory)?;
    let formatted = format_in(&directory, sources);
    fs::remove_dir_all(&directory)?;
    formatted
}

fn format_in(
    directory: &std::path::Path,
    mut sources: BTreeMap<String, String>,
) -> anyhow::Result<BTreeMap<String, String>> {
    let file = |path: &str| directory.join(path.replace('/', "-"));
    let mut rustfmt = Command::new("rustfmt");
    rustfmt
        .args(["--edition", "2024", "--config-path"])
        .arg(workspace::root().join("rustfmt.toml"));
    for (path, source) in &sources {
        // The list of modules is short and stands as `cargo fmt` leaves it; rustfmt would look for
        // the modules beside it.
        if path != INDEX {
            fs::write(file(path), source)?;
            rustfmt.arg(file(path));
        }
    }
    let status = rustfmt.status().context("rustfmt runs")?;
    if !status.success() {
        bail!("rustfmt: {status}");
    }
    for (path, source) in &mut sources {
        if path != INDEX {
            *source = fs::read_to_string(file(path))?;
        }
    }
    Ok(sources)
}

const INDEX: &str = "generated.rs";
