//! The machine and the programs of a run, as far as figures depend on them.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use crate::apache_kafka::REFERENCE;
use crate::workspace;

/// Gathers what can be known; what cannot is left empty.
pub fn gather() -> Value {
    json!({
        "processor": line("/proc/cpuinfo", "model name"),
        "processors": std::thread::available_parallelism().map_or(0, usize::from),
        "memory": line("/proc/meminfo", "MemTotal"),
        "kernel": fs::read_to_string("/proc/version").unwrap_or_default().trim(),
        "load": fs::read_to_string("/proc/loadavg").unwrap_or_default().trim(),
        "apache_kafka": REFERENCE,
        "commit": commit(),
    })
}

fn line(path: &str, name: &str) -> String {
    fs::read_to_string(path)
        .unwrap_or_default()
        .lines()
        .find_map(|line| line.strip_prefix(name))
        .map(|rest| rest.trim_start_matches([' ', '\t', ':']).to_owned())
        .unwrap_or_default()
}

fn commit() -> String {
    Command::new("git")
        .args(["rev-parse", "--short", "HEAD"])
        .current_dir(workspace::root())
        .output()
        .map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
        .unwrap_or_default()
}
