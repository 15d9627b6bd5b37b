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
            _ => text,
        }
    }
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
