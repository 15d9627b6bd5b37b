//! Kafka's own dump tool over every file of a log directory, with its index checks.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::bail;

use crate::apache_kafka::ApacheKafka;
use crate::conformance::run_to_end;

/// How many files one run of the tool gets.
const FILES_PER_RUN: usize = 200;

/// What the tool prints when something is wrong.
const COMPLAINTS: &[&str] = &[
    "isvalid: false",
    "mismatches in",
    "non-consecutive",
    "orrupt",
    "Exception",
    "Could not",
];

/// Reads every segment and index. Gives how many files there were.
///
/// # Errors
/// Names the tool's first complaint.
pub fn dump_all(kafka: &ApacheKafka, data: &Path) -> anyhow::Result<usize> {
    let mut files = Vec::new();
    collect(data, &mut files)?;
    files.sort();
    for run in files.chunks(FILES_PER_RUN) {
        let names: Vec<String> = run.iter().map(|file| file.display().to_string()).collect();
        let mut command = kafka.tool("dump-log")?;
        let (status, output, errors) = run_to_end(command.arg("--files").arg(names.join(",")), "")?;
        let complaint = output
            .lines()
            .chain(errors.lines())
            .find(|line| COMPLAINTS.iter().any(|complaint| line.contains(complaint)));
        if status != 0 || complaint.is_some() {
            bail!(
                "the dump tool ends with {status}: {}",
                complaint.unwrap_or(&errors)
            );
        }
    }
    Ok(files.len())
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let extension = path
            .extension()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if path.is_dir() {
            collect(&path, files)?;
        } else if matches!(
            extension.as_str(),
            "log" | "index" | "timeindex" | "snapshot"
        ) {
            // Snapshots of producers stand beside segments; those of metadata are checkpoints.
            files.push(path);
        }
    }
    Ok(())
}
