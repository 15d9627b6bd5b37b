//! Client settings of a command: from a properties file, from `key=value` words, from flags.

use std::fs;
use std::io::ErrorKind;

use ottla_client::{AdminConfig, Applied, ConfigError, ConsumerConfig, ProducerConfig};
use ottla_config::Properties;

use crate::failure::Failure;
use crate::log_line::log_line;

/// The version whose tools these are like.
pub const KAFKA_VERSION: &str = "4.3.1";

/// Takes settings by Kafka's names.
pub(crate) trait Settings {
    fn set(&mut self, key: &str, value: &str) -> Result<Applied, ConfigError>;
}

impl Settings for AdminConfig {
    fn set(&mut self, key: &str, value: &str) -> Result<Applied, ConfigError> {
        AdminConfig::set(self, key, value)
    }
}

impl Settings for ProducerConfig {
    fn set(&mut self, key: &str, value: &str) -> Result<Applied, ConfigError> {
        ProducerConfig::set(self, key, value)
    }
}

impl Settings for ConsumerConfig {
    fn set(&mut self, key: &str, value: &str) -> Result<Applied, ConfigError> {
        ConsumerConfig::set(self, key, value)
    }
}

/// The entries of a properties file.
pub(crate) fn read_file(path: &str) -> Result<Vec<(String, String)>, Failure> {
    let bytes = fs::read(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => {
            Failure::Thrown("java.nio.file.NoSuchFileException", path.to_owned())
        }
        _ => Failure::Thrown("java.io.IOException", format!("{path}: {error}")),
    })?;
    let properties =
        Properties::parse(&bytes).map_err(|error| Failure::Line(format!("{path}: {error}")))?;
    let entries = properties.iter();
    Ok(entries
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect())
}

/// `key=value` words. A word without value gives the empty one, as with Kafka's tools.
pub(crate) fn read_words<'a>(words: impl Iterator<Item = &'a str>) -> Vec<(String, String)> {
    words
        .map(|word| word.split_once('=').unwrap_or((word, "")))
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

/// Applies entries in order, and says on the error stream which have no effect.
pub(crate) fn apply(
    settings: &mut impl Settings,
    entries: &[(String, String)],
    class: &str,
) -> Result<(), Failure> {
    let mut unused = Vec::new();
    for (key, value) in entries {
        if settings.set(key, value)? == Applied::NotUsed {
            unused.push(key.as_str());
        }
    }
    if !unused.is_empty() {
        let names = unused.join(", ");
        let text = format!("These configurations '[{names}]' were supplied but are not used yet.");
        log_line("WARN", text, class);
    }
    Ok(())
}

/// Runs a command's future on a runtime of its own.
pub(crate) fn block_on<T>(future: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.map_err(|error| Failure::Line(format!("no runtime: {error}")))?;
    runtime.block_on(future)
}
