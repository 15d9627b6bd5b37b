//! The scenarios: what any broker of Kafka's wire must do for any client.

mod groups;
mod offsets;
mod pairs;
mod records;
mod tools;
mod topics;
mod tutorials;

use std::io::Write;
use std::process::{Command, Stdio};

use anyhow::Context;

use super::bench::Bench;
use super::clients::{Ability, Client};
use crate::driver::Driver;

/// One scenario.
pub struct Scenario {
    /// Its name on the command line, also a part of its topics' names.
    pub name: &'static str,
    /// What it shows, in the table of compatibility.
    pub title: &'static str,
    /// What a client must be able to do.
    pub needs: &'static [Ability],
    /// Its steps.
    pub run: Who,
}

/// Who goes through a scenario.
#[derive(Clone, Copy)]
pub enum Who {
    /// Each client.
    Client(fn(&Bench<'_>, &mut Driver) -> anyhow::Result<()>),
    /// Kafka's tools, programs of a tutorial, or all clients together.
    Tools(fn(&Bench<'_>) -> anyhow::Result<()>),
    /// Kafka's tools, and ottla's under the same names.
    BothTools(fn(&Bench<'_>) -> anyhow::Result<()>),
}

/// Who works through its scenarios, one after the other.
#[derive(Clone, Copy)]
pub enum Lane {
    /// A client.
    Client(&'static Client),
    /// Kafka's tools.
    Tools,
    /// ottla's tools.
    OwnTools,
}

impl Lane {
    /// Its name on the command line and in the names of its topics.
    pub fn name(self) -> &'static str {
        match self {
            Lane::Client(client) => client.name,
            Lane::Tools => "tools",
            Lane::OwnTools => "ottla-tools",
        }
    }
}

impl Scenario {
    /// Whether each client goes through it.
    pub fn is_for_clients(&self) -> bool {
        matches!(self.run, Who::Client(_))
    }

    /// Whether ottla's tools go through it as Kafka's do.
    pub fn is_for_own_tools(&self) -> bool {
        matches!(self.run, Who::BothTools(_))
    }

    /// Whether they go through it.
    pub fn is_for(&self, who: Lane) -> bool {
        match who {
            Lane::Client(client) => self.is_for_clients() && client.lacks(self.needs).is_none(),
            Lane::Tools => !self.is_for_clients(),
            Lane::OwnTools => self.is_for_own_tools(),
        }
    }
}

/// All scenarios, in the order of their table.
pub const SCENARIOS: &[Scenario] = &[
    topics::LIFE_CYCLE,
    topics::CONFIGS,
    topics::REFUSALS,
    topics::AUTO_CREATION,
    records::CODECS,
    records::KEYS,
    records::EMPTY,
    records::HEADERS,
    records::REPEATED_HEADERS,
    records::CREATE_TIME,
    records::APPEND_TIME,
    records::SIZES,
    records::ACKS,
    records::IDEMPOTENCE,
    offsets::BY_OFFSET,
    offsets::BY_TIME,
    offsets::ISOLATION,
    groups::COMMIT_AND_RESUME,
    groups::MEMBERS,
    groups::STATIC_MEMBERS,
    groups::ADMINISTRATION,
    pairs::PAIRS,
    tools::TOPICS,
    tools::CONSOLE,
    tools::CONSOLE_GROUP,
    tools::OFFSETS,
    tools::CONFIGS,
    tools::GROUPS,
    tools::DUMP_LOG,
    tools::CLUSTER,
    tutorials::COMMANDS,
    tutorials::PYTHON,
];

/// Runs a command with some input: its exit code, output and errors.
///
/// # Errors
/// When it cannot be run.
pub fn run_to_end(command: &mut Command, input: &str) -> anyhow::Result<(i32, String, String)> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("{} runs", command.get_program().to_string_lossy()))?;
    let mut pipe = child.stdin.take().context("standard input is piped")?;
    let _ = pipe.write_all(input.as_bytes()); // a tool may end before it has read all
    drop(pipe);
    let output = child.wait_with_output()?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok((
        output.status.code().unwrap_or(-1),
        text(&output.stdout),
        text(&output.stderr),
    ))
}
