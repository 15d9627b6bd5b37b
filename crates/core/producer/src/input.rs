//! What can happen to a producer, and what it can ask of its shell.

use std::fmt;

use ottla_messages::ErrorCode;
use ottla_types::{NodeId, Offset, ProducerEpoch, ProducerId, RequestId, TimestampMs};

/// The number of a batch: chosen by the shell, rising with the order of opening. What is split off
/// a batch stands between it and the next one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BatchId {
    /// The number of the batch that was opened.
    pub number: u64,
    /// 0 for the first part of it, which is all of it if it was never split.
    pub part: u32,
}

impl BatchId {
    /// A batch that is opened.
    #[must_use]
    pub fn opened(number: u64) -> BatchId {
        BatchId { number, part: 0 }
    }
}

/// The shell's number for a topic's partition, so that no name is cloned per batch.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct PartitionHandle(pub u32);

impl fmt::Debug for BatchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.part {
            0 => write!(f, "batch {}", self.number),
            part => write!(f, "batch {}/{part:x}", self.number),
        }
    }
}

impl fmt::Debug for PartitionHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "partition {}", self.0)
    }
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// The shell opened a batch; batches of one partition are sent in the order of opening.
    Opened {
        /// Its number, higher than every earlier one.
        batch: BatchId,
        /// Where its records go.
        partition: PartitionHandle,
    },
    /// A batch takes no further record: it was full, or it was taken while open.
    Closed {
        /// Which.
        batch: BatchId,
        /// How many records it holds; at least 1.
        records: i32,
        /// At most how many bytes it will have on the wire.
        bytes: usize,
    },
    /// Everything opened until now is to leave without lingering.
    Flush,
    /// The metadata name the partition's leader; `NodeId::NONE` when there is none.
    Leader {
        /// Which partition.
        partition: PartitionHandle,
        /// Its leader.
        node: NodeId,
    },
    /// The answer to [`Effect::InitProducerId`].
    ProducerId {
        /// The id.
        id: ProducerId,
        /// Its epoch.
        epoch: ProducerEpoch,
    },
    /// [`Effect::InitProducerId`] failed for good: nothing can be sent.
    NoProducerId {
        /// Why.
        error: ErrorCode,
    },
    /// The broker's answer for one batch of a request.
    Answered {
        /// The request.
        request: RequestId,
        /// The batch.
        batch: BatchId,
        /// What the broker said.
        error: ErrorCode,
        /// The offset of the batch's first record; `NONE` if the broker gave none.
        base_offset: Offset,
        /// The time the broker stamped on the batch; `NONE` with CreateTime.
        append_time: TimestampMs,
    },
    /// The request is over; batches of it that got no answer count as failed.
    Done {
        /// The request.
        request: RequestId,
        /// Why they got none.
        error: ErrorCode,
    },
    /// Give everything up: the producer closes without waiting.
    Abort,
    /// The instant asked for by `next_deadline` has come.
    Deadline,
}

/// Why a batch was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// A broker refused it, or the last retry failed like this.
    Refused(ErrorCode),
    /// `delivery.timeout.ms` passed.
    DeliveryTimeout,
    /// The producer was closed.
    Closed,
}

/// What the shell must do, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Put the batch into the request, stamped like this. An open batch is closed first, and
    /// [`Input::Closed`] reported.
    Take {
        /// The request being built.
        request: RequestId,
        /// The batch.
        batch: BatchId,
        /// The producer id to stamp; `NONE` without idempotence.
        producer_id: ProducerId,
        /// The epoch to stamp.
        producer_epoch: ProducerEpoch,
        /// The sequence number of its first record; -1 without idempotence.
        base_sequence: i32,
    },
    /// Send the request built from the batches taken.
    Send {
        /// The request.
        request: RequestId,
        /// Its receiver.
        node: NodeId,
    },
    /// The batch is written.
    Complete {
        /// Which.
        batch: BatchId,
        /// The offset of its first record; `NONE` if not known.
        base_offset: Offset,
        /// The broker's time of it; `NONE` with CreateTime.
        append_time: TimestampMs,
    },
    /// The broker finds the batch too large: its first records stay in it, the others become a
    /// batch of their own, closed too. Both wait.
    Split {
        /// Which.
        batch: BatchId,
        /// How many records stay; at least 1.
        records: i32,
        /// The batch of the others.
        rest: BatchId,
    },
    /// The batch is given up.
    Fail {
        /// Which.
        batch: BatchId,
        /// Why.
        failure: Failure,
    },
    /// Ask for an idempotent producer id.
    InitProducerId,
    /// Ask for metadata, then report [`Input::Leader`].
    RefreshMetadata {
        /// The partition whose leader is unknown or doubted.
        partition: PartitionHandle,
    },
}
