//! What a scenario works with: a client at a broker, names of its own, expectations.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use super::clients::Client;
use crate::apache_kafka::ApacheKafka;
use crate::driver::{Driver, Failure, Polled, Record};
use crate::node::Server;
use crate::runtimes::Runtime;

/// The broker of a run, as scenarios see it.
#[derive(Clone)]
pub struct Broker {
    /// The program.
    pub server: Server,
    /// `host:port`.
    pub bootstrap: String,
    /// Its log directory.
    pub data: PathBuf,
}

/// Whose tools a scenario works with.
#[derive(Clone, Copy)]
pub struct Tools<'a> {
    /// Apache Kafka's.
    pub kafka: &'a ApacheKafka,
    /// The binary with ottla's, if it is these.
    pub own: Option<&'a Path>,
}

impl Tools<'_> {
    /// A command that runs a tool by its script's name, such as `topics` or `kafka-topics.sh`.
    fn command(&self, name: &str) -> anyhow::Result<Command> {
        let Some(own) = self.own else {
            return self.kafka.tool(name);
        };
        let mut command = Command::new(own);
        command.arg(format!("kafka-{}", name.trim_start_matches("kafka-")));
        Ok(command)
    }
}

/// One scenario's workplace.
pub struct Bench<'a> {
    /// The broker.
    pub broker: &'a Broker,
    tools: Tools<'a>,
    /// How many records there are where the number does not matter.
    pub records: usize,
    /// Where files may be put.
    pub directory: &'a Path,
    client: Option<&'a Client>,
    name: String,
    waived: &'a [Runtime],
}

impl<'a> Bench<'a> {
    /// A workplace for a client, or for tools when there is none.
    pub fn new(
        broker: &'a Broker,
        tools: Tools<'a>,
        client: Option<&'a Client>,
        (name, records): (&str, usize),
        directory: &'a Path,
        waived: &'a [Runtime],
    ) -> Self {
        Self {
            broker,
            tools,
            records,
            directory,
            client,
            name: name.to_owned(),
            waived,
        }
    }

    /// Whether what a client runs on is there, or has to be.
    pub fn has(&self, client: &Client) -> bool {
        !client.needs_any(self.waived)
    }

    /// A name for a topic or a group that no other scenario uses.
    pub fn name(&self, what: &str) -> String {
        format!("{}-{what}", self.name)
    }

    /// A new process of the client.
    ///
    /// # Errors
    /// When it does not start.
    pub fn driver(&self) -> anyhow::Result<Driver> {
        self.driver_of(self.client.context("the scenario is for clients")?)
    }

    /// A new process of any client.
    ///
    /// # Errors
    /// When it does not start.
    pub fn driver_of(&self, client: &Client) -> anyhow::Result<Driver> {
        let errors = self.directory.join(format!("{}.err", client.name));
        client.start(&self.broker.bootstrap, &errors)
    }

    /// Creates a topic, by the client or, when that cannot, by Kafka's tool.
    ///
    /// # Errors
    /// When the topic cannot be created.
    pub fn topic(
        &self,
        driver: &mut Driver,
        what: &str,
        partitions: u32,
        configs: &[(&str, &str)],
    ) -> anyhow::Result<String> {
        let name = self.name(what);
        if let Driver::Program(_) = driver {
            driver.create_topic(&name, partitions, configs)?;
            return Ok(name);
        }
        let mut arguments = vec!["--create".to_owned(), "--topic".to_owned(), name.clone()];
        arguments.extend(["--partitions".to_owned(), partitions.to_string()]);
        for (key, value) in configs {
            arguments.extend(["--config".to_owned(), format!("{key}={value}")]);
        }
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        self.tool("topics", &arguments, "")?;
        Ok(name)
    }

    /// Runs one of the tools against the broker and gives what it printed; it must succeed.
    ///
    /// # Errors
    /// When it fails.
    pub fn tool(&self, name: &str, arguments: &[&str], input: &str) -> anyhow::Result<String> {
        let (status, output, errors) = self.try_tool(name, arguments, input)?;
        if status != 0 {
            bail!(
                "{name} {} ends with {status}: {output}{errors}",
                arguments.join(" ")
            );
        }
        Ok(output)
    }

    /// The same, and gives exit code, output and errors.
    ///
    /// # Errors
    /// When it cannot be run.
    pub fn try_tool(
        &self,
        name: &str,
        arguments: &[&str],
        input: &str,
    ) -> anyhow::Result<(i32, String, String)> {
        let mut command = self.tools.command(name)?;
        command.args(arguments);
        if !matches!(name, "dump-log" | "storage") {
            command.args(["--bootstrap-server", &self.broker.bootstrap]);
        }
        super::scenarios::run_to_end(&mut command, input)
    }
}

/// Expects two things to be equal.
///
/// # Errors
/// When they are not: names both.
pub fn expect_equal<T: PartialEq + std::fmt::Debug>(
    what: &str,
    found: &T,
    expected: &T,
) -> anyhow::Result<()> {
    if found != expected {
        let short = |value: &T| {
            let text = format!("{value:?}");
            text.chars().take(400).collect::<String>()
        };
        bail!("{what}: {} instead of {}", short(found), short(expected));
    }
    Ok(())
}

/// Expects something to hold.
///
/// # Errors
/// When it does not.
pub fn expect(what: &str, holds: bool) -> anyhow::Result<()> {
    if !holds {
        bail!("expected: {what}");
    }
    Ok(())
}

/// Expects one of Kafka's errors.
///
/// # Errors
/// When there is none, or another.
pub fn expect_error<T>(what: &str, result: anyhow::Result<T>, codes: &[i64]) -> anyhow::Result<()> {
    let Err(error) = result else {
        bail!("{what} succeeds instead of error {codes:?}")
    };
    match error.downcast_ref::<Failure>() {
        Some(failure) if codes.contains(&failure.code) => Ok(()),
        _ => Err(error.context(format!("{what} instead of error {codes:?}"))),
    }
}

/// Expects what was written to have come back, in order.
///
/// # Errors
/// Names the first difference.
pub fn expect_records(found: &[Record], written: &[Record]) -> anyhow::Result<()> {
    for (index, (found, written)) in found.iter().zip(written).enumerate() {
        expect_equal(
            &format!("record {index}"),
            &found.content(),
            &written.content(),
        )?;
    }
    expect_equal("the number of records", &found.len(), &written.len())
}

/// Polls all members until the partitions are shared as wanted, and gives what they read.
///
/// # Errors
/// When that does not happen in time.
pub fn settle(
    members: &mut [&mut Driver],
    wanted: impl Fn(&[Vec<i64>]) -> bool,
) -> anyhow::Result<Vec<Record>> {
    let deadline = Instant::now() + Duration::from_secs(45);
    let mut records = Vec::new();
    loop {
        for member in members.iter_mut() {
            member.poll(0, 200)?;
        }
        let polled: Vec<Polled> = members
            .iter_mut()
            .map(|member| member.polled())
            .collect::<Result<_, _>>()?;
        let assignments: Vec<Vec<i64>> = polled
            .iter()
            .map(|polled| polled.assignment.clone())
            .collect();
        records.extend(polled.into_iter().flat_map(|polled| polled.records));
        if wanted(&assignments) {
            return Ok(records);
        }
        if Instant::now() > deadline {
            bail!("the members never share the partitions as wanted; last: {assignments:?}");
        }
    }
}

/// Whether each partition has exactly one owner and each member as many as its peers, give or take.
pub fn is_balanced(assignments: &[Vec<i64>], partitions: usize) -> bool {
    let all: BTreeSet<i64> = assignments.iter().flatten().copied().collect();
    let count: usize = assignments.iter().map(Vec::len).sum();
    let sizes = || assignments.iter().map(Vec::len);
    let spread = sizes().max().unwrap_or(0) - sizes().min().unwrap_or(0);
    all.len() == partitions && count == partitions && spread <= 1
}
