//! The one error of this crate: a sentence, in Kafka's words where Kafka has them.

use std::fmt;

/// A configuration that cannot be used. What it becomes (a refusal to start, INVALID_CONFIG,
/// INVALID_REQUEST) is the caller's to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    message: String,
}

impl ConfigError {
    /// An error that is said in `message`.
    pub fn new(message: impl Into<String>) -> ConfigError {
        ConfigError {
            message: message.into(),
        }
    }

    /// Kafka's sentence for a value that a key does not take.
    #[must_use]
    pub fn invalid_value(name: &str, value: &str, reason: &str) -> ConfigError {
        ConfigError::new(format!(
            "Invalid value {value} for configuration {name}: {reason}"
        ))
    }

    /// The sentence.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ConfigError {}

/// Fails with `message` unless `condition` holds, in the way Kafka words a broken requirement.
pub(crate) fn require(
    condition: bool,
    message: impl FnOnce() -> String,
) -> Result<(), ConfigError> {
    if condition {
        Ok(())
    } else {
        Err(ConfigError::new(message()))
    }
}
