//! What can go wrong with files, grouped by what the caller does about it.

use std::io;
use std::path::{Path, PathBuf};

use ottla_types::Offset;
use thiserror::Error;

/// A failure of the log.
#[derive(Debug, Error)]
pub enum LogError {
    /// No room on the device, met before anything rested on it: nothing is lost, try again later.
    #[error("no space left for {}", .path.display())]
    NoSpace {
        /// The file that was to grow.
        path: PathBuf,
    },
    /// A file system call failed.
    #[error("cannot {operation} {}: {source}", .path.display())]
    Storage {
        /// What was tried, as a verb.
        operation: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The system's answer.
        #[source]
        source: io::Error,
    },
    /// A file of ours says what it cannot say.
    #[error("{} is corrupt: {detail}", .path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        detail: String,
    },
    /// A reader asked for an offset that the log does not hold.
    #[error("offset {offset} is outside of the log, which holds {start} to {end}")]
    OffsetOutOfRange {
        /// The offset asked for.
        offset: Offset,
        /// The log start offset.
        start: Offset,
        /// The end of what may be read.
        end: Offset,
    },
    /// The segment was removed (retention, deletion of its topic) after it was found.
    #[error("{} was removed meanwhile", .path.display())]
    Removed {
        /// The file.
        path: PathBuf,
    },
    /// A batch does not continue the log.
    #[error("a batch at offset {offset} does not continue the log, which ends at {end}")]
    OutOfOrder {
        /// The base offset of the batch.
        offset: Offset,
        /// The log end offset.
        end: Offset,
    },
    /// The directory cannot be used by this process as it is configured.
    #[error("{0}")]
    Refused(String),
}

/// What the caller does about a [`LogError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Answer the client; the log is fine.
    Answer,
    /// Refuse appends and try again later; reads go on.
    Retry,
    /// Take the log directory offline: what was written may not be there any more.
    TakeDirectoryOffline,
    /// Do not start.
    Stop,
}

impl LogError {
    pub(crate) fn storage(
        operation: &'static str,
        path: &Path,
    ) -> impl FnOnce(io::Error) -> LogError {
        move |source| LogError::Storage {
            operation,
            path: path.to_owned(),
            source,
        }
    }

    /// A failure of a call that can be made again from its beginning: a device that is only full
    /// is no failed device.
    pub fn writing(operation: &'static str, path: &Path) -> impl FnOnce(io::Error) -> LogError {
        move |source| match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => LogError::NoSpace {
                path: path.to_owned(),
            },
            _ => LogError::storage(operation, path)(source),
        }
    }

    pub(crate) fn corrupt(path: &Path, detail: impl Into<String>) -> LogError {
        LogError::Corrupt {
            path: path.to_owned(),
            detail: detail.into(),
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn remedy(&self) -> Remedy {
        match self {
            LogError::NoSpace { .. } => Remedy::Retry,
            LogError::Storage { .. } | LogError::Corrupt { .. } => Remedy::TakeDirectoryOffline,
            LogError::OffsetOutOfRange { .. }
            | LogError::OutOfOrder { .. }
            | LogError::Removed { .. } => Remedy::Answer,
            LogError::Refused(_) => Remedy::Stop,
        }
    }

    /// The number of Kafka's error table that a client gets.
    #[must_use]
    pub fn error_code(&self) -> i16 {
        const UNKNOWN_SERVER_ERROR: i16 = -1;
        const OFFSET_OUT_OF_RANGE: i16 = 1;
        const KAFKA_STORAGE_ERROR: i16 = 56;
        match self {
            LogError::OffsetOutOfRange { .. } | LogError::Removed { .. } => OFFSET_OUT_OF_RANGE,
            LogError::OutOfOrder { .. } | LogError::Refused(_) => UNKNOWN_SERVER_ERROR,
            LogError::NoSpace { .. } | LogError::Storage { .. } | LogError::Corrupt { .. } => {
                KAFKA_STORAGE_ERROR
            }
        }
    }
}
