//! What can go wrong for a client, by what the caller can do about it.

use std::sync::Arc;
use std::time::Duration;
use std::{fmt, io};

use ottla_messages::{ApiKey, ErrorCode};
use thiserror::Error;

use crate::ConfigError;

/// Why a call failed.
#[derive(Clone, Debug, Error)]
pub enum Error {
    /// A setting is wrong; nothing was sent.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A broker cannot be reached, or the connection to it broke. Trying again may help.
    #[error("{address}: {source}")]
    Connection {
        /// Whom.
        address: String,
        /// What the operating system said.
        source: Arc<io::Error>,
    },
    /// No answer came in time. The broker may have acted nevertheless.
    #[error("{what} took longer than {} ms", .after.as_millis())]
    Timeout {
        /// What was waited for.
        what: String,
        /// For how long.
        after: Duration,
    },
    /// The broker is too old, too new, or does not offer this on that listener.
    #[error("{address} does not support {api_key:?} in a version that this client speaks")]
    UnsupportedApi {
        /// Which broker.
        address: String,
        /// Which request.
        api_key: ApiKey,
    },
    /// The broker's bytes make no sense, or a request cannot be put into bytes.
    #[error("{address}: {reason}")]
    Protocol {
        /// Which broker.
        address: String,
        /// What makes no sense.
        reason: String,
    },
    /// A broker refused.
    #[error("{0}")]
    Refused(Refusal),
    /// The record can never be sent like this; nothing of it was.
    #[error("{0}")]
    Record(String),
    /// The record is larger than this client's own settings allow; nothing of it was sent.
    #[error("{0}")]
    RecordTooLarge(String),
    /// The client was closed.
    #[error("the client was closed")]
    Closed,
}

/// A broker's error with its words, if it gave any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The number of Kafka's error table.
    pub code: ErrorCode,
    /// The broker's explanation.
    pub message: Option<String>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.message {
            Some(message) => f.write_str(message),
            None => write!(f, "{}", self.code),
        }
    }
}

impl Error {
    /// A broker's refusal without words.
    #[must_use]
    pub fn refused(code: ErrorCode) -> Error {
        Error::Refused(Refusal {
            code,
            message: None,
        })
    }

    pub(crate) fn connection(address: &str, source: io::Error) -> Error {
        Error::Connection {
            address: address.to_owned(),
            source: Arc::new(source),
        }
    }

    pub(crate) fn protocol(address: &str, reason: impl fmt::Display) -> Error {
        Error::Protocol {
            address: address.to_owned(),
            reason: reason.to_string(),
        }
    }

    /// The number of Kafka's error table that says the same.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Error::Refused(refusal) => refusal.code,
            Error::Connection { .. } => ErrorCode::NETWORK_EXCEPTION,
            Error::Timeout { .. } => ErrorCode::REQUEST_TIMED_OUT,
            Error::UnsupportedApi { .. } => ErrorCode::UNSUPPORTED_VERSION,
            Error::Config(_) => ErrorCode::INVALID_CONFIG,
            Error::Record(_) => ErrorCode::INVALID_RECORD,
            Error::RecordTooLarge(_) => ErrorCode::MESSAGE_TOO_LARGE,
            Error::Protocol { .. } | Error::Closed => ErrorCode::UNKNOWN_SERVER_ERROR,
        }
    }

    /// Whether the same call may succeed later.
    #[must_use]
    pub fn is_retriable(&self) -> bool {
        match self {
            Error::Connection { .. } | Error::Timeout { .. } => true,
            Error::Refused(refusal) => refusal.code.is_retriable(),
            _ => false,
        }
    }
}

/// `Ok` for `NONE`, else the refusal.
pub(crate) fn check(code: i16, message: Option<&str>) -> Result<(), Error> {
    let code = ErrorCode(code);
    if code == ErrorCode::NONE {
        return Ok(());
    }
    Err(Error::Refused(Refusal {
        code,
        message: message.filter(|text| !text.is_empty()).map(str::to_owned),
    }))
}
