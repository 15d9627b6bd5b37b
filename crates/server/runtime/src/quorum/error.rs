//! What can go wrong beside the quorum's decisions.

use ottla_log::LogError;
use ottla_messages::{DecodeError, EncodeError};
use ottla_metadata::ReplayError;
use ottla_records::RecordError;
use ottla_types::Offset;
use thiserror::Error;

/// A failure of the metadata log or of what is in it. All of them stop the node: what the cluster
/// is cannot be known any more.
#[derive(Debug, Error)]
pub enum QuorumError {
    /// A file cannot be read or written.
    #[error("the metadata log: {0}")]
    Log(#[from] LogError),
    /// A batch is corrupt.
    #[error("the metadata log has a corrupt batch: {0}")]
    Batch(#[from] RecordError),
    /// A control record is not what its type says.
    #[error("the metadata log has a control record that cannot be read: {0}")]
    Control(#[from] DecodeError),
    /// A record at this offset has a key, headers or no value.
    #[error("the record at offset {offset} of the metadata log is no metadata record")]
    NotMetadata {
        /// Where.
        offset: Offset,
    },
    /// A record is of an unknown type or version, or broken.
    #[error("the metadata record at offset {offset} cannot be read: {source}")]
    Record {
        /// Where.
        offset: Offset,
        /// Why.
        source: DecodeError,
    },
    /// A record contradicts what came before.
    #[error("the metadata record at offset {offset} cannot be applied: {source}")]
    Replay {
        /// Where.
        offset: Offset,
        /// Why.
        source: ReplayError,
    },
    /// A record cannot be written at the version that the metadata version implies.
    #[error("a metadata record cannot be written: {0}")]
    Encode(#[from] EncodeError),
    /// A snapshot has not the shape of one.
    #[error("a metadata snapshot is broken: {0}")]
    Snapshot(&'static str),
    /// `quorum-state` cannot be read.
    #[error("quorum-state: {0}")]
    QuorumState(String),
    /// What is configured and what is on disk do not fit.
    #[error("{0}")]
    Refused(String),
    /// A peer broke a rule that safety rests on.
    #[error("the metadata quorum is at fault: {0}")]
    Fault(&'static str),
}
