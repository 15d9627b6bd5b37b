//! How commands end badly.

use std::process::ExitCode;

use ottla_client::Error;

use crate::flags::{Flag, FlagError, usage};
use crate::log_line::exception;

/// Why a command stops.
#[derive(Clone, Debug)]
pub(crate) enum Failure {
    /// The command line is wrong.
    Line(String),
    /// The flags do not go together: usage is shown.
    Use(String),
    /// Found out while at work: the name of Java's exception, and the message.
    Thrown(&'static str, String),
    /// The client failed.
    Client(Error),
}

impl From<FlagError> for Failure {
    fn from(error: FlagError) -> Failure {
        match error {
            FlagError::Line(message) => Failure::Line(message),
            FlagError::Use(message) => Failure::Use(message),
            FlagError::Value(exception, message) => Failure::Thrown(exception, message),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::Client(error)
    }
}

impl From<ottla_client::ConfigError> for Failure {
    fn from(error: ottla_client::ConfigError) -> Failure {
        Failure::Client(error.into())
    }
}

impl Failure {
    /// What Java calls an illegal argument.
    pub fn illegal(message: impl Into<String>) -> Failure {
        Failure::Thrown("java.lang.IllegalArgumentException", message.into())
    }

    /// The name of Java's exception.
    pub fn exception(&self) -> String {
        match self {
            Failure::Thrown(exception, _) => (*exception).to_owned(),
            Failure::Client(error) => exception(error),
            Failure::Line(_) | Failure::Use(_) => "java.lang.IllegalArgumentException".to_owned(),
        }
    }

    /// What to say.
    pub fn message(&self) -> String {
        match self {
            Failure::Line(message) | Failure::Use(message) | Failure::Thrown(_, message) => {
                message.clone()
            }
            Failure::Client(error) => error.to_string(),
        }
    }

    /// Says why the command line is refused, with usage where Kafka's tools show it.
    pub fn refuse(&self, known: &[Flag]) -> ExitCode {
        eprintln!("{}", self.message());
        if matches!(self, Failure::Use(_)) {
            eprint!("{}", usage(known));
        }
        ExitCode::FAILURE
    }
}
