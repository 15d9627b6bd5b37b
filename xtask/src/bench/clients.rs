//! Rows with real clients: Kafka's own performance tool and librdkafka through Python.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, bail};
use serde_json::{Value, json};

use super::compare::report;
use super::rows::is_wanted;
use super::turns::Turns;
use super::{Options, Task, figures};
use crate::apache_kafka::{ApacheKafka, REFERENCE};
use crate::node::Node;
use crate::{packages, workspace};

const RECORD_BYTES: u64 = 1000;

/// A client and the size of its batches.
struct Row {
    name: &'static str,
    client: Client,
    batch_bytes: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Client {
    Java,
    Librdkafka,
}

const PRODUCE: &[Row] = &[
    Row {
        name: "Java producer, 16 KiB, acks=all",
        client: Client::Java,
        batch_bytes: "16384",
    },
    Row {
        name: "Java producer, 1 MB, acks=all",
        client: Client::Java,
        batch_bytes: "1000000",
    },
    Row {
        name: "librdkafka producer, 1 MB, acks=all",
        client: Client::Librdkafka,
        batch_bytes: "1000000",
    },
];

const FETCH: &[Row] = &[
    Row {
        name: "Java consumer, from the start",
        client: Client::Java,
        batch_bytes: "1000000",
    },
    Row {
        name: "librdkafka consumer, from the start",
        client: Client::Librdkafka,
        batch_bytes: "1000000",
    },
];

/// What the clients are started with.
struct Programs {
    kafka: ApacheKafka,
    python: PathBuf,
    script: PathBuf,
}

/// Measures the rows with real clients.
///
/// # Errors
/// When a client cannot be had or fails.
pub fn run(options: &Options, turns: &mut Turns) -> anyhow::Result<Vec<Value>> {
    let root = workspace::root();
    let programs = Programs {
        kafka: ApacheKafka::fetch(REFERENCE)?,
        python: packages::python(&root.join("conformance/drivers/python/requirements.txt"))?,
        script: root.join("crates/testing/bench/clients/librdkafka.py"),
    };
    let rows = match options.task {
        Task::Fetch => FETCH,
        _ => PRODUCE,
    };
    let mut reports = Vec::new();
    for row in rows.iter().filter(|row| is_wanted(options, row.name)) {
        println!("{}", row.name);
        let pairs = turns.measure(options.pairs, |node, process, topic| {
            let records = options.megabytes * 1_000_000 / RECORD_BYTES;
            let run = Run {
                node,
                process,
                topic,
                records,
            };
            match options.task {
                Task::Fetch => run.consume(&programs, row),
                _ => run.produce(&programs, row),
            }
        })?;
        let rate = report("MB/s", &pairs, "/megabytes_per_second");
        let cpu = report(
            "broker CPU-s/GB",
            &pairs,
            "/broker_cpu_seconds_per_gigabyte",
        );
        let summary = json!({ "MB/s": rate, "broker CPU-s/GB": cpu });
        reports.push(json!({ "name": row.name, "summary": summary, "pairs": pairs }));
    }
    Ok(reports)
}

/// One measurement.
struct Run<'a> {
    node: &'a Node,
    process: u32,
    topic: &'a str,
    records: u64,
}

impl Run<'_> {
    fn produce(&self, programs: &Programs, row: &Row) -> anyhow::Result<Value> {
        self.create(programs)?;
        let before = self.cpu_seconds()?;
        let rate = match row.client {
            Client::Java => self.java_producer(programs, row.batch_bytes)?,
            Client::Librdkafka => self.librdkafka(programs, "produce", row.batch_bytes)?,
        };
        self.finish(before, rate)
    }

    /// The topic is filled by librdkafka, which is not measured then.
    fn consume(&self, programs: &Programs, row: &Row) -> anyhow::Result<Value> {
        self.create(programs)?;
        self.librdkafka(programs, "produce", row.batch_bytes)?;
        let before = self.cpu_seconds()?;
        let rate = match row.client {
            Client::Java => self.java_consumer(programs)?,
            Client::Librdkafka => self.librdkafka(programs, "consume", row.batch_bytes)?,
        };
        self.finish(before, rate)
    }

    fn finish(&self, before: f64, rate: f64) -> anyhow::Result<Value> {
        let gigabytes = (self.records * RECORD_BYTES) as f64 / 1e9;
        let cpu = (self.cpu_seconds()? - before) / gigabytes;
        Ok(json!({ "megabytes_per_second": rate, "broker_cpu_seconds_per_gigabyte": cpu }))
    }

    fn create(&self, programs: &Programs) -> anyhow::Result<()> {
        let mut command = programs.kafka.tool("topics")?;
        command.args(["--bootstrap-server", &self.node.bootstrap()]);
        command.args(["--create", "--topic", self.topic, "--partitions", "1"]);
        command.args(["--config", "file.delete.delay.ms=1000"]);
        text(&mut command).map(drop)
    }

    fn java_producer(&self, programs: &Programs, batch_bytes: &str) -> anyhow::Result<f64> {
        let mut command = programs.kafka.tool("producer-perf-test")?;
        command.args(["--topic", self.topic, "--throughput", "-1"]);
        command.args(["--num-records", &self.records.to_string()]);
        command.args(["--record-size", &RECORD_BYTES.to_string()]);
        command.arg("--producer-props").args([
            format!("bootstrap.servers={}", self.node.bootstrap()),
            format!("batch.size={batch_bytes}"),
            "acks=all".to_owned(),
            "linger.ms=5".to_owned(),
        ]);
        // The last line sums up: "… records/sec (12.34 MB/sec), …", in units of 2^20.
        let text = text(&mut command)?;
        let summary = text.lines().rfind(|line| line.contains("MB/sec"));
        let mebibytes: f64 = summary
            .and_then(|line| line.split_once('(')?.1.split_once(" MB/sec"))
            .context("the performance tool sums up")?
            .0
            .parse()?;
        Ok(mebibytes * 1.048_576)
    }

    fn java_consumer(&self, programs: &Programs) -> anyhow::Result<f64> {
        let mut command = programs.kafka.tool("consumer-perf-test")?;
        command.args(["--bootstrap-server", &self.node.bootstrap()]);
        command.args(["--topic", self.topic, "--timeout", "60000"]);
        command.args(["--num-records", &self.records.to_string()]);
        let text = text(&mut command)?;
        let mut lines = text.lines().filter(|line| line.contains(", "));
        let head = lines
            .next()
            .context("the performance tool names its columns")?;
        let row = lines
            .next_back()
            .context("the performance tool has a result")?;
        let place = head
            .split(", ")
            .position(|column| column == "fetch.MB.sec")
            .context("the performance tool has the column")?;
        let mebibytes: f64 = row
            .split(", ")
            .nth(place)
            .context("the result has the column")?
            .trim()
            .parse()?;
        Ok(mebibytes * 1.048_576)
    }

    fn librdkafka(&self, programs: &Programs, what: &str, batch: &str) -> anyhow::Result<f64> {
        let mut command = Command::new(&programs.python);
        command.arg(&programs.script).arg(what);
        command.args([&self.node.bootstrap(), self.topic, batch]);
        command.args([self.records.to_string(), RECORD_BYTES.to_string()]);
        figures(&mut command)?
            .get("megabytes_per_second")
            .and_then(Value::as_f64)
            .context("the client says how fast it was")
    }

    /// Processor time of the broker so far, user and system.
    fn cpu_seconds(&self) -> anyhow::Result<f64> {
        const TICKS_PER_SECOND: f64 = 100.0;
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process))?;
        let (_, fields) = stat.rsplit_once(')').context("a line of /proc")?;
        let ticks: Vec<&str> = fields.split_whitespace().skip(11).take(2).collect();
        let mut seconds = 0.0;
        for field in ticks {
            seconds += field.parse::<f64>()? / TICKS_PER_SECOND;
        }
        Ok(seconds)
    }
}

/// What a command prints, if it ends well.
fn text(command: &mut Command) -> anyhow::Result<String> {
    let output = command.output()?;
    if !output.status.success() {
        bail!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(String::from_utf8(output.stdout)?)
}
