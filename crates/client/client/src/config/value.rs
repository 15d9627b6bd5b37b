//! Reads the text of a setting, with the words Kafka refuses a value with.

use std::time::Duration;

use ottla_records::Compression;
use thiserror::Error;

/// A setting that cannot be.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ConfigError {
    /// The value is none of this setting's.
    #[error("Invalid value {value} for configuration {key}: {reason}")]
    Invalid {
        /// The setting.
        key: String,
        /// What was given.
        value: String,
        /// What it should be.
        reason: String,
    },
    /// The setting asks for something this client does not do; going on without it would be worse.
    #[error("{key}={value} is not supported by this client yet: {reason}")]
    NotSupported {
        /// The setting.
        key: String,
        /// What was given.
        value: String,
        /// What would go wrong.
        reason: &'static str,
    },
    /// Two settings contradict each other.
    #[error("{0}")]
    Conflict(String),
}

/// A kind of value with its text.
pub(crate) trait FromText: Sized {
    fn from_text(key: &str, value: &str) -> Result<Self, ConfigError>;
}

pub(crate) fn invalid(key: &str, value: &str, reason: impl Into<String>) -> ConfigError {
    ConfigError::Invalid {
        key: key.to_owned(),
        value: value.to_owned(),
        reason: reason.into(),
    }
}

fn number<N: std::str::FromStr>(key: &str, value: &str, kind: &str) -> Result<N, ConfigError> {
    value
        .trim()
        .parse()
        .map_err(|_| invalid(key, value, format!("Not a number of type {kind}")))
}

impl FromText for Duration {
    fn from_text(key: &str, value: &str) -> Result<Duration, ConfigError> {
        let ms: i64 = number(key, value, "LONG")?;
        u64::try_from(ms)
            .map(Duration::from_millis)
            .map_err(|_| invalid(key, value, "Value must be at least 0"))
    }
}

impl FromText for u32 {
    fn from_text(key: &str, value: &str) -> Result<u32, ConfigError> {
        let number: i32 = number(key, value, "INT")?;
        u32::try_from(number).map_err(|_| invalid(key, value, "Value must be at least 0"))
    }
}

impl FromText for i32 {
    fn from_text(key: &str, value: &str) -> Result<i32, ConfigError> {
        number(key, value, "INT")
    }
}

impl FromText for u64 {
    fn from_text(key: &str, value: &str) -> Result<u64, ConfigError> {
        let number: i64 = number(key, value, "LONG")?;
        u64::try_from(number).map_err(|_| invalid(key, value, "Value must be at least 0"))
    }
}

impl FromText for bool {
    fn from_text(key: &str, value: &str) -> Result<bool, ConfigError> {
        match value.trim() {
            text if text.eq_ignore_ascii_case("true") => Ok(true),
            text if text.eq_ignore_ascii_case("false") => Ok(false),
            _ => Err(invalid(
                key,
                value,
                "Expected value to be either true or false",
            )),
        }
    }
}

impl FromText for String {
    fn from_text(_: &str, value: &str) -> Result<String, ConfigError> {
        Ok(value.trim().to_owned())
    }
}

impl FromText for Vec<String> {
    fn from_text(_: &str, value: &str) -> Result<Vec<String>, ConfigError> {
        let items = value.split(',').map(str::trim);
        Ok(items
            .filter(|item| !item.is_empty())
            .map(str::to_owned)
            .collect())
    }
}

impl<T: FromText> FromText for Option<T> {
    fn from_text(key: &str, value: &str) -> Result<Option<T>, ConfigError> {
        T::from_text(key, value).map(Some)
    }
}

impl FromText for Compression {
    fn from_text(key: &str, value: &str) -> Result<Compression, ConfigError> {
        Compression::from_name(value.trim()).ok_or_else(|| {
            invalid(
                key,
                value,
                "String must be one of: none, gzip, snappy, lz4, zstd",
            )
        })
    }
}

/// Refuses settings that protect, or that change what happens to records, and are not done here.
pub(crate) fn refuse(key: &str, value: &str) -> Result<(), ConfigError> {
    let reason = match key {
        "security.protocol" if !value.trim().eq_ignore_ascii_case("PLAINTEXT") => {
            "it would speak without encryption or login"
        }
        "transactional.id" => "records would not be part of a transaction",
        "interceptor.classes" | "partitioner.class" if !value.trim().is_empty() => {
            "classes of Java cannot be loaded"
        }
        "group.protocol" | "group.instance.id" | "group.remote.assignor" => {
            "it reads assigned partitions only"
        }
        _ => return Ok(()),
    };
    Err(ConfigError::NotSupported {
        key: key.to_owned(),
        value: value.to_owned(),
        reason,
    })
}
