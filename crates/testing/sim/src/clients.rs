//! Simulated clients: they decide, the world carries what they send.

mod administrator;
mod consumer;
mod member;
mod producer;

pub use administrator::{Administrator, Asked, told};
pub use consumer::{Consumer, Direction};
pub use member::{GROUP_PARTITIONS, Member, MemberFact};
pub use producer::{PARTITIONS_MAX, Producer, ProducerAction, ProducerPlan};

use bytes::Bytes;
use ottla_controller::{ControllerResponse, RequestBody};
use ottla_group::{GroupRequest, GroupResponse};
use ottla_messages::ErrorCode;
use ottla_types::TopicId;

use crate::checkers::RecordId;
use crate::topics::{LogId, PartitionId};

/// A batch on its way.
#[derive(Clone, Debug)]
pub struct SentBatch {
    /// Where it goes.
    pub partition: PartitionId,
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
    /// Have the controller decide.
    Change(RequestBody),
    /// Delete the records below an offset; -1: all that are committed.
    DeleteRecords(PartitionId, i64),
}

/// What to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FetchRequest {
    /// From which log.
    pub log: LogId,
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
    /// How each batch ended.
    Produce(Vec<ProducedBatch>),
    /// What was read.
    Fetch(FetchResponse),
    /// What the coordinator says.
    Group(GroupResponse),
    /// What the controller says.
    Changed(ControllerResponse),
    /// Where the log starts now, or why it does not.
    DeletedRecords(Option<LogId>, Result<i64, ErrorCode>),
}

/// How a batch ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProducedBatch {
    /// NONE, or why not.
    pub error: ErrorCode,
    /// Its first offset; -1 if that is not known.
    pub base_offset: i64,
    /// The topic that had the name.
    pub topic_id: Option<TopicId>,
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
