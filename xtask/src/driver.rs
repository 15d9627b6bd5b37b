//! A client of Kafka in its own language, driven by JSON lines over standard input and output.
//!
//! The words are described in `conformance/README.md`. A request may be sent to several drivers
//! before the first answer is awaited: members of a group have to act at the same time.

#![expect(
    clippy::indexing_slicing,
    reason = "a JSON value without the key is null"
)]

mod record;

pub use record::Record;

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use anyhow::{Context, anyhow};
use serde_json::{Value, json};

use crate::kcat::Kcat;

const PATIENCE: Duration = Duration::from_secs(90);

/// What a client says when something fails.
#[derive(Debug)]
pub struct Failure {
    /// The number of Kafka's error, or -1 where the client tells none.
    pub code: i64,
    /// The client's words.
    pub message: String,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "error {}: {}", self.code, self.message)
    }
}

impl std::error::Error for Failure {}

/// One running client.
pub enum Driver {
    /// A program that speaks JSON lines.
    Program(Program),
    /// The command `kcat`, which is started anew for each request.
    Kcat(Kcat),
}

/// A child process that answers JSON lines.
pub struct Program {
    child: Child,
    requests: Option<ChildStdin>,
    answers: Receiver<String>,
}

impl Program {
    /// Starts it; what it says on standard error goes to a file.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(command: &mut Command, errors: &Path) -> anyhow::Result<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::options().create(true).append(true).open(errors)?)
            .spawn()
            .with_context(|| format!("{name} starts"))?;
        let output = child.stdout.take().context("standard output is piped")?;
        let (sender, answers) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        let requests = child.stdin.take();
        Ok(Self {
            child,
            requests,
            answers,
        })
    }

    fn send(&mut self, request: &Value) -> anyhow::Result<()> {
        let requests = self.requests.as_mut().context("the driver is open")?;
        writeln!(requests, "{request}").context("the driver reads")?;
        requests.flush().context("the driver reads")
    }

    fn receive(&mut self, patience: Duration) -> anyhow::Result<Value> {
        let line = self
            .answers
            .recv_timeout(patience)
            .context("the driver answers in time")?;
        serde_json::from_str(&line).with_context(|| format!("the driver answers JSON: {line}"))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.requests = None;
        let _ = self.child.kill(); // it may have ended at the end of its input
        let _ = self.child.wait();
    }
}

/// How records are written.
#[derive(Clone, Copy, Debug)]
pub struct Writing<'a> {
    /// `0`, `1` or `all`.
    pub acks: &'a str,
    /// `none`, `gzip`, `snappy`, `lz4` or `zstd`.
    pub compression: &'a str,
    /// Whether the producer numbers its batches.
    pub idempotent: bool,
}

impl Default for Writing<'_> {
    fn default() -> Self {
        Self {
            acks: "all",
            compression: "none",
            idempotent: false,
        }
    }
}

/// Where a read begins and what it waits for.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'a> {
    /// The first offset.
    pub offset: i64,
    /// How many records it waits for.
    pub count: usize,
    /// `read_uncommitted` or `read_committed`.
    pub isolation: &'a str,
    /// How long it waits.
    pub timeout_ms: u64,
}

impl Reading<'_> {
    /// From the beginning until there are so many.
    pub fn first(count: usize) -> Self {
        Self {
            offset: 0,
            count,
            isolation: "read_uncommitted",
            timeout_ms: 20_000,
        }
    }
}

/// What a member of a group got and owns.
pub struct Polled {
    /// The records, in order of arrival.
    pub records: Vec<Record>,
    /// The numbers of its partitions, ascending.
    pub assignment: Vec<i64>,
}

impl Driver {
    /// Sends a request without waiting for its answer.
    ///
    /// # Errors
    /// When the driver is gone.
    pub fn send(&mut self, request: &Value) -> anyhow::Result<()> {
        match self {
            Driver::Program(program) => program.send(request),
            Driver::Kcat(kcat) => {
                kcat.take(request);
                Ok(())
            }
        }
    }

    /// Waits for the answer of the oldest request.
    ///
    /// # Errors
    /// A [`Failure`] when the client failed; something else when the driver did.
    pub fn receive(&mut self) -> anyhow::Result<Value> {
        self.receive_within(PATIENCE)
    }

    /// The same with another patience than for a usual request.
    ///
    /// # Errors
    /// See [`Driver::receive`].
    pub fn receive_within(&mut self, patience: Duration) -> anyhow::Result<Value> {
        let mut answer = match self {
            Driver::Program(program) => program.receive(patience)?,
            Driver::Kcat(kcat) => return kcat.answer(),
        };
        if let Some(error) = answer.get("error") {
            let message = error["message"].as_str().unwrap_or_default().to_owned();
            return Err(Failure {
                code: error["code"].as_i64().unwrap_or(-1),
                message,
            }
            .into());
        }
        Ok(answer
            .get_mut("ok")
            .context("an answer is ok or an error")?
            .take())
    }

    /// Sends a request and waits for its answer.
    ///
    /// # Errors
    /// See [`Driver::receive`].
    pub fn call(&mut self, request: &Value) -> anyhow::Result<Value> {
        self.call_within(request, PATIENCE)
    }

    /// The same with another patience than for a usual request.
    ///
    /// # Errors
    /// See [`Driver::receive`].
    pub fn call_within(&mut self, request: &Value, patience: Duration) -> anyhow::Result<Value> {
        self.send(request)?;
        self.receive_within(patience)
            .with_context(|| request["op"].as_str().unwrap_or_default().to_owned())
    }

    /// Creates a topic with replication factor 1.
    ///
    /// # Errors
    /// See [`Driver::receive`].
    pub fn create_topic(
        &mut self,
        topic: &str,
        partitions: u32,
        configs: &[(&str, &str)],
    ) -> anyhow::Result<()> {
        let configs: serde_json::Map<String, Value> = configs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), json!(value)))
            .collect();
        self.call(
            &json!({ "op": "create_topic", "topic": topic, "partitions": partitions,
            "replication_factor": 1, "configs": configs }),
        )?;
        Ok(())
    }

    /// Writes records and gives partition and offset of each, in order; -1 where none is told.
    ///
    /// # Errors
    /// See [`Driver::receive`].
    pub fn produce(
        &mut self,
        topic: &str,
        records: &[Record],
        writing: Writing<'_>,
    ) -> anyhow::Result<Vec<(i64, i64)>> {
        let records: Vec<Value> = records.iter().map(Record::to_json).collect();
        let answer = self.call(
            &json!({ "op": "produce", "topic": topic, "records": records,
            "acks": writing.acks, "compression": writing.compression,
            "idempotent": writing.idempotent }),
        )?;
        let pairs = answer["offsets"]
            .as_array()
            .context("produce answers offsets")?;
        let number = |value: &Value| value.as_i64().unwrap_or(-1);
        Ok(pairs
            .iter()
            .map(|pair| (number(&pair[0]), number(&pair[1])))
            .collect())
    }

    /// Writes records in a transaction of its own and commits or aborts it; Java only.
    ///
    /// # Errors
    /// See [`Driver::receive`].
    pub fn transact(
        &mut self,
        topic: &str,
        records: &[Record],
        is_committed: bool,
    ) -> anyhow::Result<()> {
        let records: Vec<Value> = records.iter().map(Record::to_json).collect();
        self.call(
            &json!({ "op": "transact", "topic": topic, "records": records,
            "transactional_id": topic, "commit": is_committed }),
        )?;
        Ok(())
    }

    /// Reads one partition without a group.
    ///
    /// # Errors
    /// See [`Driver::receive`].
    pub fn read(
        &mut self,
        topic: &str,
        partition: u32,
        reading: Reading<'_>,
    ) -> anyhow::Result<Vec<Record>> {
        self.begin_read(topic, partition, reading)?;
        self.end_read()
    }

    /// Asks for the records of one partition without waiting for them, so that others read too.
    ///
    /// # Errors
    /// When the driver is gone.
    pub fn begin_read(
        &mut self,
        topic: &str,
        partition: u32,
        reading: Reading<'_>,
    ) -> anyhow::Result<()> {
        self.send(
            &json!({ "op": "read", "topic": topic, "partition": partition,
            "offset": reading.offset, "count": reading.count, "isolation": reading.isolation,
            "timeout_ms": reading.timeout_ms }),
        )
    }

    /// The records that were asked for.
    ///
    /// # Errors
    /// See [`Driver::receive`].
    pub fn end_read(&mut self) -> anyhow::Result<Vec<Record>> {
        let answer = self.receive().context("read")?;
        Record::list(&answer["records"])
    }

    /// A number from an answer.
    ///
    /// # Errors
    /// See [`Driver::receive`].
    pub fn number(&mut self, request: &Value, name: &str) -> anyhow::Result<i64> {
        let answer = self.call(request)?;
        answer[name]
            .as_i64()
            .ok_or_else(|| anyhow!("{name} in {answer}"))
    }

    /// Names from an answer.
    ///
    /// # Errors
    /// See [`Driver::receive`].
    pub fn names(&mut self, operation: &str, name: &str) -> anyhow::Result<Vec<String>> {
        let answer = self.call(&json!({ "op": operation }))?;
        let list = answer[name]
            .as_array()
            .with_context(|| format!("{name} in {answer}"))?;
        Ok(list
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect())
    }

    /// Becomes a member of a group that reads one topic.
    ///
    /// # Errors
    /// See [`Driver::receive`].
    pub fn join(&mut self, group: &str, topic: &str, instance: Option<&str>) -> anyhow::Result<()> {
        let mut request = json!({ "op": "join", "group": group, "topic": topic,
            "session_timeout_ms": 6000 });
        if let Some(instance) = instance {
            request["instance"] = json!(instance);
        }
        self.call(&request)?;
        Ok(())
    }

    /// Asks for records of the group; the answer is awaited by [`Driver::polled`].
    ///
    /// # Errors
    /// When the driver is gone.
    pub fn poll(&mut self, count: usize, timeout_ms: u64) -> anyhow::Result<()> {
        self.send(&json!({ "op": "poll", "count": count, "timeout_ms": timeout_ms }))
    }

    /// The answer of [`Driver::poll`].
    ///
    /// # Errors
    /// See [`Driver::receive`].
    pub fn polled(&mut self) -> anyhow::Result<Polled> {
        let answer = self.receive().context("poll")?;
        let assignment = answer["assignment"].as_array().into_iter().flatten();
        let assignment = assignment.filter_map(Value::as_i64).collect();
        Ok(Polled {
            records: Record::list(&answer["records"])?,
            assignment,
        })
    }
}
