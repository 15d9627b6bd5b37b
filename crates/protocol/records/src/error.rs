//! What can be wrong with a batch, by the answer a client gets.

use std::fmt;

use thiserror::Error;

/// Why a batch is refused. [`RecordError::error_code`] is Kafka's answer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RecordError {
    /// The bytes contradict their checksum or their own lengths.
    #[error("corrupt batch: {0}")]
    Corrupt(&'static str),
    /// The batch is whole, but what it says is not allowed or not consistent.
    #[error("invalid batch: {0}")]
    Invalid(String),
    /// There is not exactly one batch in the bytes.
    #[error("invalid batch: {0}")]
    NotOneBatch(&'static str),
    /// A format before 2, which Kafka ceased to accept with 4.0 (KIP-724).
    #[error("message format {0} is not supported: only format 2 is (KIP-724)")]
    UnsupportedMagic(u8),
    /// The batch is larger than `max.message.bytes`.
    #[error("the batch has {size} bytes, more than the configured maximum of {maximum}")]
    TooLarge {
        /// Bytes of the batch.
        size: usize,
        /// The limit.
        maximum: usize,
    },
    /// The batch is larger than a whole segment.
    #[error("the batch has {size} bytes, more than the segment size of {maximum}")]
    LargerThanSegment {
        /// Bytes of the batch.
        size: usize,
        /// The limit.
        maximum: usize,
    },
    /// Inflating it would exceed a cap.
    #[error("the compressed batch inflates beyond {0}")]
    InflatesBeyond(&'static str),
    /// Some records break a rule of the topic.
    #[error("{0}")]
    Rejected(Box<RejectedRecords>),
}

/// The records of one batch that break a rule of the topic.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RejectedRecords {
    /// Whether a timestamp out of bounds is among them; it decides the error code.
    pub invalid_timestamp: bool,
    /// How many records were rejected.
    pub count: usize,
    /// The first of them, at most [`RejectedRecords::LISTED`].
    pub records: Vec<RejectedRecord>,
}

impl fmt::Display for RejectedRecords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("One or more records have been rejected due to ")?;
        if self.invalid_timestamp {
            f.write_str("invalid timestamp")
        } else {
            write!(f, "{} record errors", self.count)
        }
    }
}

/// One record that breaks a rule of the topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectedRecord {
    /// Its place in the batch, from 0.
    pub batch_index: i32,
    /// What is wrong with it.
    pub message: String,
}

impl RejectedRecords {
    /// So many rejected records are described at most; a batch of tiny records must not grow a
    /// huge answer.
    pub const LISTED: usize = 100;
}

impl RecordError {
    pub(crate) fn invalid(message: impl Into<String>) -> RecordError {
        RecordError::Invalid(message.into())
    }

    /// The number of Kafka's error table that answers it.
    #[must_use]
    pub fn error_code(&self) -> i16 {
        const CORRUPT_MESSAGE: i16 = 2;
        const MESSAGE_TOO_LARGE: i16 = 10;
        const RECORD_LIST_TOO_LARGE: i16 = 18;
        const INVALID_TIMESTAMP: i16 = 32;
        const INVALID_RECORD: i16 = 87;
        match self {
            RecordError::Corrupt(_) => CORRUPT_MESSAGE,
            RecordError::Invalid(_)
            | RecordError::NotOneBatch(_)
            | RecordError::UnsupportedMagic(_) => INVALID_RECORD,
            RecordError::TooLarge { .. } | RecordError::InflatesBeyond(_) => MESSAGE_TOO_LARGE,
            RecordError::LargerThanSegment { .. } => RECORD_LIST_TOO_LARGE,
            RecordError::Rejected(rejected) if rejected.invalid_timestamp => INVALID_TIMESTAMP,
            RecordError::Rejected(_) => INVALID_RECORD,
        }
    }
}
