//! What the tasks know of the workspace: its root, its files and its crates.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};
use serde_json::Value;

/// The root of the workspace.
pub fn root() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask
        .parent()
        .expect("xtask lies in the workspace")
        .to_path_buf()
}

/// The directory for whatever is built or fetched.
pub fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(directory) => root().join(directory),
        None => root().join("target"),
    }
}

/// One file of the tree: its path from the root with `/`, and its text.
pub struct SourceFile {
    /// The path, such as `crates/base/types/src/lib.rs`.
    pub path: String,
    /// The whole text.
    pub text: String,
}

/// All text files of the tree that git knows or would add, in order of their paths.
///
/// # Errors
/// When git does not run or a file is not readable. A file that is not UTF-8 is left out.
pub fn files() -> anyhow::Result<Vec<SourceFile>> {
    let listing = Command::new("git")
        .args([
            "ls-files",
            "--cached",
            "--others",
            "--exclude-standard",
            "-z",
        ])
        .current_dir(root())
        .output()
        .context("git lists the files of the tree")?;
    if !listing.status.success() {
        bail!("git ls-files: {}", String::from_utf8_lossy(&listing.stderr));
    }
    let mut paths: Vec<&str> = std::str::from_utf8(&listing.stdout)?
        .split('\0')
        .filter(|path| !path.is_empty())
        .collect();
    paths.sort_unstable();
    paths.dedup();
    let mut files = Vec::new();
    for path in paths {
        let place = root().join(path);
        if !place.is_file() {
            continue; // deleted, and not yet committed
        }
        let bytes = std::fs::read(&place).with_context(|| format!("reading {path}"))?;
        if let Ok(text) = String::from_utf8(bytes) {
            files.push(SourceFile {
                path: path.to_owned(),
                text,
            });
        }
    }
    Ok(files)
}

/// One crate of the workspace.
pub struct Crate {
    /// The package's name, such as `ottla-raft`.
    pub name: String,
    /// Its directory from the root, without `crates/`: `core/raft`, or `xtask`.
    pub place: String,
    /// What it depends on.
    pub dependencies: Vec<Dependency>,
}

/// One edge from a crate to another.
pub struct Dependency {
    /// The package's name.
    pub name: String,
    /// The place of a crate of ours; nothing for a crate of others.
    pub place: Option<String>,
    /// Only tests use it.
    pub only_tests: bool,
}

/// The crates of the workspace, read from `cargo metadata`.
///
/// # Errors
/// When cargo fails or answers something unexpected.
pub fn crates() -> anyhow::Result<Vec<Crate>> {
    let output = Command::new("cargo")
        .args([
            "metadata",
            "--format-version",
            "1",
            "--no-deps",
            "--offline",
        ])
        .current_dir(root())
        .output()
        .context("cargo metadata runs")?;
    if !output.status.success() {
        bail!(
            "cargo metadata: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    crates_of(&serde_json::from_slice(&output.stdout)?)
}

fn crates_of(metadata: &Value) -> anyhow::Result<Vec<Crate>> {
    let packages = metadata["packages"]
        .as_array()
        .context("cargo metadata names packages")?;
    let mut crates = Vec::new();
    for package in packages {
        let manifest = Path::new(text(&package["manifest_path"])?);
        let directory = manifest
            .parent()
            .context("a manifest lies in a directory")?;
        let mut dependencies = Vec::new();
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            dependencies.push(Dependency {
                name: text(&dependency["name"])?.to_owned(),
                place: dependency["path"]
                    .as_str()
                    .map(|path| place(Path::new(path))),
                only_tests: dependency["kind"].as_str() == Some("dev"),
            });
        }
        let name = text(&package["name"])?.to_owned();
        crates.push(Crate {
            name,
            place: place(directory),
            dependencies,
        });
    }
    Ok(crates)
}

fn text(value: &Value) -> anyhow::Result<&str> {
    value
        .as_str()
        .with_context(|| format!("a string instead of {value}"))
}

fn place(directory: &Path) -> String {
    let root = root();
    let below = directory.strip_prefix(&root).unwrap_or(directory);
    let below = below.strip_prefix("crates").unwrap_or(below);
    below.to_string_lossy().into_owned()
}
