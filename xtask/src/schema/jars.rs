//! The jars that define Kafka's messages, fetched by Maven into the build directory.

use std::fs;
use std::path::{Path, PathBuf};

use crate::{packages, workspace};

/// The release whose requests, responses and control records ottla speaks.
pub const CLIENTS: &str = "4.4.0";
/// The release whose log records ottla writes.
pub const RECORDS: &str = "4.3.1";

/// Where the poms and the oracle lie.
pub fn sources() -> PathBuf {
    workspace::root().join("conformance/messages")
}

/// The jars of `part` (`clients` or `records`) of a release, fetched unless they are there.
///
/// # Errors
/// When Maven does not run or does not find them.
pub fn fetch(part: &str, release: &str) -> anyhow::Result<PathBuf> {
    let directory = workspace::target().join(format!("messages/{part}-{release}"));
    let pom = sources().join(format!("{part}.pom.xml"));
    packages::maven(&pom, &directory, release)?;
    Ok(directory)
}

/// The jars in a directory, in the order of their names.
pub fn list(directory: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut jars = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "jar") {
            jars.push(path);
        }
    }
    jars.sort();
    Ok(jars)
}
