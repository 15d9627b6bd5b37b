//! ottla's own commands for people: `topic`, `produce`, `consume`. They choose what can be chosen,
//! and an error says what to do about it.

mod consume;
mod produce;
mod topic;

use std::ffi::OsString;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser};
use ottla_client::{Admin, AdminConfig, ClientConfig, Error};
use ottla_messages::ErrorCode;

use crate::commands::nearest;
use crate::failure::Failure;
use crate::settings::block_on;

/// How long a person waits before a broker counts as absent.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where the cluster is.
#[derive(Args, Clone, Debug)]
pub(crate) struct Place {
    /// A broker of the cluster, host:port; else OTTLA_BOOTSTRAP, else localhost:9092
    #[arg(long, value_name = "HOST:PORT", global = true)]
    bootstrap: Option<String>,
}

impl Place {
    fn servers(&self) -> String {
        let named = self
            .bootstrap
            .clone()
            .or_else(|| std::env::var("OTTLA_BOOTSTRAP").ok());
        named.unwrap_or_else(|| "localhost:9092".to_owned())
    }

    fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new(&self.servers());
        config.client_id = "ottla".to_owned();
        config.default_api_timeout_ms = PATIENCE;
        config
    }

    fn admin(&self) -> Result<Admin, Failure> {
        let config = AdminConfig {
            client: self.client(),
            ..AdminConfig::default()
        };
        Ok(Admin::new(config)?)
    }

    /// What to tell about an error of the client.
    fn explain(&self, failure: &Failure) -> String {
        let text = failure.message();
        match failure {
            Failure::Client(Error::Connection { .. } | Error::Timeout { .. }) => format!(
                "{text}\nIs a broker at {}? Start one: ottla dev. Or name another: --bootstrap \
                 HOST:PORT, or OTTLA_BOOTSTRAP.",
                self.servers()
            ),
            Failure::Client(Error::Refused(refusal)) => {
                let text = match &refusal.message {
                    Some(message) => message.clone(),
                    None => format!("the broker refuses: {}", meaning(refusal.code)),
                };
                match advice(refusal.code) {
                    Some(advice) => format!("{text}\n{advice}"),
                    None => text,
                }
            }
            _ => text,
        }
    }
}

/// What an error says that came without words.
fn meaning(code: ErrorCode) -> String {
    let words = match code {
        ErrorCode::UNKNOWN_TOPIC_OR_PARTITION => "there is no such topic or partition",
        ErrorCode::MESSAGE_TOO_LARGE => "the record is larger than the topic takes",
        ErrorCode::NOT_ENOUGH_REPLICAS | ErrorCode::NOT_ENOUGH_REPLICAS_AFTER_APPEND => {
            "too few replicas of the partition are in sync"
        }
        ErrorCode::NOT_LEADER_OR_FOLLOWER | ErrorCode::LEADER_NOT_AVAILABLE => {
            "the partition has no leader at the moment"
        }
        ErrorCode::KAFKA_STORAGE_ERROR => "its log directory failed; its log says why",
        ErrorCode::TOPIC_AUTHORIZATION_FAILED => "this topic is not open to you",
        ErrorCode::CLUSTER_AUTHORIZATION_FAILED => "this is not open to you",
        ErrorCode::UNSUPPORTED_VERSION => "it is too old or too new for this",
        ErrorCode::INVALID_TIMESTAMP => "the record's time is out of the topic's bounds",
        ErrorCode::INVALID_RECORD => "the topic does not take such a record",
        ErrorCode::POLICY_VIOLATION => "a policy of the cluster forbids it",
        ErrorCode::NOT_CONTROLLER => "no controller is active at the moment",
        ErrorCode::REQUEST_TIMED_OUT => "it took too long; it may have been done nevertheless",
        code => return code.to_string(),
    };
    format!("{words} ({code})")
}

/// What can be done about an error, where that does not go without saying.
fn advice(code: ErrorCode) -> Option<&'static str> {
    Some(match code {
        ErrorCode::TOPIC_ALREADY_EXISTS => "See it: ottla topic describe NAME",
        ErrorCode::MESSAGE_TOO_LARGE => "The topic's max.message.bytes sets the limit.",
        ErrorCode::INVALID_REPLICATION_FACTOR => {
            "Leave --copies out, and the cluster takes what it can."
        }
        ErrorCode::INVALID_PARTITIONS => "Name 1 partition or more, or leave --partitions out.",
        ErrorCode::INVALID_CONFIG => "All keys: docs/configuration.md",
        ErrorCode::NOT_ENOUGH_REPLICAS | ErrorCode::NOT_ENOUGH_REPLICAS_AFTER_APPEND => {
            "The topic's min.insync.replicas says how many it takes: start the missing brokers."
        }
        ErrorCode::NOT_LEADER_OR_FOLLOWER
        | ErrorCode::LEADER_NOT_AVAILABLE
        | ErrorCode::NOT_CONTROLLER => "It may be electing one: try again.",
        _ => return None,
    })
}

/// `ottla topic …`
pub(crate) fn topic(words: Vec<OsString>) -> ExitCode {
    run("ottla topic", words, |line: &topic::Line| {
        (line.place.clone(), topic::run(line.clone()))
    })
}

/// `ottla produce …`
pub(crate) fn produce(words: Vec<OsString>) -> ExitCode {
    run("ottla produce", words, |line: &produce::Line| {
        (line.place.clone(), produce::run(line.clone()))
    })
}

/// `ottla consume …`
pub(crate) fn consume(words: Vec<OsString>) -> ExitCode {
    run("ottla consume", words, |line: &consume::Line| {
        (line.place.clone(), consume::run(line.clone()))
    })
}

/// Reads the command line, runs the command, tells what went wrong.
fn run<L: Parser, F: Future<Output = Result<(), Failure>>>(
    name: &'static str,
    words: Vec<OsString>,
    start: impl FnOnce(&L) -> (Place, F),
) -> ExitCode {
    let line = std::iter::once(OsString::from(name)).chain(words);
    let line = match L::try_parse_from(line) {
        Ok(line) => line,
        Err(error) => error.exit(),
    };
    let (place, command) = start(&line);
    match block_on(command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{}", place.explain(&failure));
            ExitCode::FAILURE
        }
    }
}

/// Fails with a suggestion when there is no such topic.
async fn expect_topic(admin: &Admin, name: &str) -> Result<(), Failure> {
    let topics = admin.list_topics().await?;
    if topics.iter().any(|topic| topic.name == name) {
        return Ok(());
    }
    let names = topics.iter().filter(|topic| !topic.is_internal);
    let meant = nearest(name, names.map(|topic| topic.name.as_str()));
    Err(no_topic(name, meant))
}

/// Fails when the topic has no such partition.
async fn expect_partition(
    admin: &Admin,
    name: &str,
    partition: Option<i32>,
) -> Result<(), Failure> {
    let Some(partition) = partition else {
        return Ok(());
    };
    let metadata = admin.metadata().await?;
    let count = metadata
        .topics
        .get(name)
        .map_or(0, |topic| topic.partitions.len());
    if usize::try_from(partition).is_ok_and(|index| index < count) {
        return Ok(());
    }
    Err(Failure::Line(format!(
        "{name} has no partition {partition}: it has {}, counted from 0",
        counted(count, "partition")
    )))
}

fn no_topic(name: &str, meant: Option<&str>) -> Failure {
    let meant = meant.map(|meant| format!(" Did you mean {meant:?}?"));
    Failure::Line(format!(
        "no topic {name:?}.{} (create it: ottla topic create {name})",
        meant.unwrap_or_default()
    ))
}

/// Whether a refusal means that the topic is not there.
fn is_unknown_topic(error: &Error) -> bool {
    error.code() == ErrorCode::UNKNOWN_TOPIC_OR_PARTITION
}

/// A number with its noun, which takes an `s` for all but one.
fn counted(count: usize, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        count => format!("{count} {noun}s"),
    }
}

#[cfg(test)]
mod tests;
