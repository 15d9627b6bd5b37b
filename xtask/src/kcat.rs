//! The command `kcat` behind the words of a driver: each request is one or a few runs of it.
//!
//! *Not here*: what kcat cannot do: administration, times of its own, offsets of what it wrote.

#![expect(
    clippy::indexing_slicing,
    reason = "a JSON value without the key is null"
)]

mod writing;

use std::collections::VecDeque;
use std::io::Write;
use std::process::{Command, Stdio};

use anyhow::{Context, bail};
use serde_json::{Value, json};

use crate::base64;
use crate::driver::Failure;

/// Runs kcat against one broker.
pub struct Kcat {
    bootstrap: String,
    requests: VecDeque<Value>,
    membership: Option<Value>,
}

impl Kcat {
    /// For the broker at `host:port`.
    pub fn new(bootstrap: &str) -> Self {
        let bootstrap = bootstrap.to_owned();
        Self {
            bootstrap,
            requests: VecDeque::new(),
            membership: None,
        }
    }

    /// Takes a request, which is carried out when its answer is asked for.
    pub fn take(&mut self, request: &Value) {
        self.requests.push_back(request.clone());
    }

    /// Carries out the oldest request.
    ///
    /// # Errors
    /// When kcat fails, or cannot do it.
    pub fn answer(&mut self) -> anyhow::Result<Value> {
        let request = self.requests.pop_front().context("there is a request")?;
        let operation = request["op"].as_str().unwrap_or_default();
        match operation {
            "produce" => writing::produce(&self.bootstrap, &request),
            "read" => self.read(&request),
            "offsets" => Ok(json!({ "earliest": self.offset(&request, -2)?,
                "latest": self.offset(&request, -1)? })),
            "offset_at" => {
                let time = number(&request, "timestamp")?;
                Ok(json!({ "offset": self.offset(&request, time)? }))
            }
            "list_topics" => self.list_topics(),
            "count_partitions" => self.count_partitions(text(&request, "topic")?),
            "join" => {
                self.membership = Some(request);
                Ok(json!({}))
            }
            "poll" => self.poll(&request),
            // Each run of a member commits what it printed and leaves at its end.
            "commit" | "leave" => Ok(json!({})),
            _ => bail!("kcat has no {operation}"),
        }
    }

    fn read(&self, request: &Value) -> anyhow::Result<Value> {
        let arguments = [
            "-C".to_owned(),
            "-e".to_owned(),
            format!("-t{}", text(request, "topic")?),
            format!("-p{}", number(request, "partition")?),
            format!("-o{}", number(request, "offset")?),
            format!("-c{}", number(request, "count")?),
            format!("-Xisolation.level={}", text(request, "isolation")?),
        ];
        Ok(json!({ "records": self.consume(&arguments)? }))
    }

    fn poll(&self, request: &Value) -> anyhow::Result<Value> {
        let membership = self.membership.as_ref().context("join comes first")?;
        let arguments = [
            format!("-c{}", number(request, "count")?),
            "-Xauto.offset.reset=earliest".to_owned(),
            format!(
                "-Xsession.timeout.ms={}",
                number(membership, "session_timeout_ms")?
            ),
            "-G".to_owned(),
            text(membership, "group")?.to_owned(),
            text(membership, "topic")?.to_owned(),
        ];
        Ok(json!({ "records": self.consume(&arguments)?, "assignment": [] }))
    }

    fn consume(&self, arguments: &[String]) -> anyhow::Result<Vec<Value>> {
        // The format of kcat's own JSON cannot hold every byte, but scenarios for it write text.
        let mut all = vec!["-J".to_owned(), "-u".to_owned(), "-q".to_owned()];
        all.extend_from_slice(arguments);
        let output = run(&self.bootstrap, &all, &[])?;
        output.lines().map(record).collect()
    }

    fn offset(&self, request: &Value, time: i64) -> anyhow::Result<i64> {
        let (topic, partition) = (text(request, "topic")?, number(request, "partition")?);
        let query = vec!["-Q".to_owned(), format!("-t{topic}:{partition}:{time}")];
        let output = run(&self.bootstrap, &query, &[])?;
        let last = output
            .split_whitespace()
            .last()
            .context("kcat tells an offset")?;
        last.parse()
            .with_context(|| format!("an offset in {output}"))
    }

    fn topics(&self) -> anyhow::Result<Vec<Value>> {
        let output = run(&self.bootstrap, &["-L".to_owned(), "-J".to_owned()], &[])?;
        let listing: Value = serde_json::from_str(&output).context("kcat lists as JSON")?;
        Ok(listing["topics"].as_array().cloned().unwrap_or_default())
    }

    fn list_topics(&self) -> anyhow::Result<Value> {
        let topics = self.topics()?;
        Ok(json!({ "topics": topics.iter().map(|topic| &topic["topic"]).collect::<Vec<_>>() }))
    }

    fn count_partitions(&self, name: &str) -> anyhow::Result<Value> {
        let topics = self.topics()?;
        let Some(topic) = topics.iter().find(|topic| topic["topic"] == name) else {
            return Err(Failure {
                code: 3,
                message: format!("no topic {name}"),
            }
            .into());
        };
        Ok(json!({ "partitions": topic["partitions"].as_array().map_or(0, Vec::len) }))
    }
}

/// Runs kcat with some input and gives its output.
fn run(bootstrap: &str, arguments: &[String], input: &[u8]) -> anyhow::Result<String> {
    let mut child = Command::new("timeout")
        .args(["30", "kcat", "-b", bootstrap])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("kcat runs")?;
    let mut pipe = child.stdin.take().context("standard input is piped")?;
    pipe.write_all(input)?;
    drop(pipe);
    let output = child.wait_with_output()?;
    if !output.status.success() {
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(Failure { code: -1, message }.into());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn record(line: &str) -> anyhow::Result<Value> {
    let found: Value = serde_json::from_str(line).with_context(|| format!("JSON in {line}"))?;
    let bytes = |value: &Value| value.as_str().map(|text| base64::encode(text.as_bytes()));
    let flat: Vec<&Value> = found["headers"].as_array().into_iter().flatten().collect();
    let headers: Vec<Value> = flat
        .chunks(2)
        .map(|pair| json!([pair.first(), pair.get(1).and_then(|value| bytes(value))]))
        .collect();
    Ok(json!({
        "partition": found["partition"], "offset": found["offset"], "timestamp": found["ts"],
        "append_time": found["tstype"] == "logappend", "key": bytes(&found["key"]),
        "value": bytes(&found["payload"]), "headers": headers,
    }))
}

fn text<'a>(request: &'a Value, name: &str) -> anyhow::Result<&'a str> {
    request[name]
        .as_str()
        .with_context(|| format!("{name} in {request}"))
}

fn number(request: &Value, name: &str) -> anyhow::Result<i64> {
    request[name]
        .as_i64()
        .with_context(|| format!("{name} in {request}"))
}
