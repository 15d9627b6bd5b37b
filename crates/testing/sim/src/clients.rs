//! Simulated clients: they decide, the world carries what they send.

mod consumer;
mod member;
mod producer;

pub use consumer::{Consumer, Direction};
pub use member::{GROUP_PARTITIONS, Member, MemberFact};
pub use producer::{Producer, ProducerAction, ProducerPlan};

use bytes::Bytes;
use ottla_group::{GroupRequest, GroupResponse};
use ottla_messages::ErrorCode;

use crate::checkers::RecordId;

/// A batch on its way.
#[derive(Clone, Debug)]
pub struct SentBatch {
    /// Where it goes.
    pub partition: usize,
    /// Its bytes.
    pub bytes: Bytes,
    /// Its records.
    pub ids: Vec<RecordId>,
}

/// What a client asks a broker.
#[derive(Clone, Debug)]
pub enum Request {
    /// Append batches.
    Produce {
        /// The batches, one per partition.
        batches: Vec<SentBatch>,
        /// acks=all, not 1.
        acks_all: bool,
    },
    /// Read.
    Fetch(FetchRequest),
    /// Ask the group's coordinator.
    Group(GroupRequest),
}

/// What to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FetchRequest {
    /// From which partition.
    pub partition: usize,
    /// From here on.
    pub offset: i64,
    /// So much at most.
    pub max_bytes: usize,
    /// How long to wait for something.
    pub max_wait_ms: i64,
}

/// What a broker answers.
#[derive(Clone, Debug)]
pub enum Response {
    /// How each batch ended: its error, its first offset or -1.
    Produce(Vec<(ErrorCode, i64)>),
    /// What was read.
    Fetch(FetchResponse),
    /// What the coordinator says.
    Group(GroupResponse),
}

/// What was read.
#[derive(Clone, Debug)]
pub struct FetchResponse {
    /// What was asked.
    pub request: FetchRequest,
    /// NONE, or why not.
    pub error: ErrorCode,
    /// Committed below.
    pub high_watermark: i64,
    /// Where the log starts.
    pub log_start: i64,
    /// Whole batches.
    pub records: Bytes,
}
