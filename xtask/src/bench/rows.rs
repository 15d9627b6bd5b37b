//! The rows of `produce` and `fetch`: what the raw loader is told.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::compare::{Pair, report};
use super::turns::Turns;
use super::{Options, Task, clients, figures};
use crate::node::Server;

/// One row: its name, and what the loader is told.
struct Row {
    name: &'static str,
    arguments: &'static [&'static str],
}

const PRODUCE: &[Row] = &[
    Row {
        name: "raw 16 KiB, 1 connection, acks=1",
        arguments: &["produce", "--batch-bytes", "16384", "--acks", "1"],
    },
    Row {
        name: "raw 16 KiB, 4 connections, acks=1",
        arguments: &[
            "produce",
            "--batch-bytes",
            "16384",
            "--connections",
            "4",
            "--acks",
            "1",
        ],
    },
    Row {
        name: "raw 1 MB, 1 connection, acks=1",
        arguments: &["produce", "--batch-bytes", "1000000", "--acks", "1"],
    },
    Row {
        name: "raw 1 MB, 4 connections, acks=1",
        arguments: &[
            "produce",
            "--batch-bytes",
            "1000000",
            "--connections",
            "4",
            "--acks",
            "1",
        ],
    },
    Row {
        name: "raw 16 KiB, 1 connection, acks=all",
        arguments: &["produce", "--batch-bytes", "16384", "--acks", "-1"],
    },
    Row {
        name: "raw 1 MB, 1 connection, acks=all",
        arguments: &["produce", "--batch-bytes", "1000000", "--acks", "-1"],
    },
];

const FETCH: &[Row] = &[
    Row {
        name: "raw 1 MB, 1 connection, from the start",
        arguments: &["fetch", "--batch-bytes", "1000000"],
    },
    Row {
        name: "raw 1 MB, 4 connections, from the start",
        arguments: &["fetch", "--batch-bytes", "1000000", "--connections", "4"],
    },
    Row {
        name: "raw 16 KiB, 1 connection, from the start",
        arguments: &["fetch", "--batch-bytes", "16384"],
    },
    Row {
        name: "raw 16 KiB, 4 connections, from the start",
        arguments: &["fetch", "--batch-bytes", "16384", "--connections", "4"],
    },
    Row {
        name: "raw 1 MB, 1 connection, at the tail, with its writer",
        arguments: &["fetch", "--batch-bytes", "1000000", "--tail"],
    },
    Row {
        name: "raw 16 KiB, 1 connection, at the tail, with its writer",
        arguments: &["fetch", "--batch-bytes", "16384", "--tail"],
    },
];

/// Measures all rows that are asked for.
///
/// # Errors
/// When a broker or the loader fails.
pub fn run(options: &Options, loader: &Path, servers: [&Server; 2]) -> anyhow::Result<Vec<Value>> {
    let mut turns = Turns::start(options, loader, servers)?;
    let rows = match options.task {
        Task::Fetch => FETCH,
        _ => PRODUCE,
    };
    let mut reports = Vec::new();
    for row in rows.iter().filter(|row| is_wanted(options, row.name)) {
        println!("{}", row.name);
        let pairs = turns.measure(options.pairs, |node, process, topic| {
            let mut command = Command::new(loader);
            command.args(row.arguments);
            command.args(["--bootstrap", &node.bootstrap()]);
            command.args(["--pid", &process.to_string()]);
            command.args(["--megabytes", &options.megabytes.to_string()]);
            command.args(["--topic", topic]);
            figures(&mut command)
        })?;
        reports.push(summary(row.name, &pairs));
    }
    if options.clients {
        reports.extend(clients::run(options, &mut turns)?);
    }
    Ok(reports)
}

/// Whether a row is asked for.
pub fn is_wanted(options: &Options, name: &str) -> bool {
    options
        .row
        .as_deref()
        .is_none_or(|part| name.contains(part))
}

/// More of the machine than this in other hands, and figures are doubtful.
const OTHERS: f64 = 0.03;

fn summary(name: &str, pairs: &[Pair]) -> Value {
    let figures = [
        ("MB/s", "/megabytes_per_second"),
        ("broker CPU-s/GB", "/broker_cpu_seconds_per_gigabyte"),
        ("p50 ms", "/latency_ms/p50"),
        ("p99 ms", "/latency_ms/p99"),
        ("resident MB", "/broker_resident_megabytes"),
    ];
    let summary: serde_json::Map<String, Value> = figures
        .into_iter()
        .map(|(label, pointer)| (label.to_owned(), report(label, pairs, pointer)))
        .collect();
    let disturbed = pairs
        .iter()
        .flatten()
        .filter_map(|figures| figures.get("other_processes_cpus")?.as_f64())
        .filter(|others| *others > OTHERS)
        .count();
    if disturbed > 0 {
        println!(
            "    other processes took more than {:.0} % of a processor in {disturbed} of {} \
             measurements",
            OTHERS * 100.0,
            pairs.len() * 2
        );
    }
    json!({ "name": name, "summary": summary, "disturbed": disturbed, "pairs": pairs })
}
