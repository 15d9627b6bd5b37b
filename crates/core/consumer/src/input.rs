//! What can happen to a consumer, and what it can ask of its shell.

use std::fmt;

use ottla_messages::ErrorCode;
use ottla_types::{LeaderEpoch, NodeId, Offset, RequestId, TimestampMs};

/// The shell's number for a topic's partition.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartitionHandle(pub u32);

impl fmt::Debug for PartitionHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "partition {}", self.0)
    }
}

/// Where to read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// As `auto.offset.reset` says.
    Reset,
    /// At this offset.
    At(Offset),
    /// At the first offset that is there.
    Beginning,
    /// Behind the last record that the isolation level shows.
    End,
    /// At the first record with this time or a later one; behind the last record if there is none.
    Time(TimestampMs),
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// A partition was assigned.
    Assign {
        /// Which.
        partition: PartitionHandle,
        /// Where to start.
        start: Start,
    },
    /// A partition was taken away.
    Revoke {
        /// Which.
        partition: PartitionHandle,
    },
    /// The application moves its position; buffered records are void.
    Seek {
        /// Which partition.
        partition: PartitionHandle,
        /// Where to.
        start: Start,
    },
    /// The application wants nothing of it for now.
    Pause {
        /// Which partition.
        partition: PartitionHandle,
    },
    /// The application wants it again.
    Resume {
        /// Which partition.
        partition: PartitionHandle,
    },
    /// The metadata name the partition's leader; `NodeId::NONE` when there is none.
    Leader {
        /// Which partition.
        partition: PartitionHandle,
        /// Its leader.
        node: NodeId,
        /// The leader's epoch.
        epoch: LeaderEpoch,
    },
    /// The answer of ListOffsets for one partition.
    Listed {
        /// The request.
        request: RequestId,
        /// Which partition.
        partition: PartitionHandle,
        /// What the broker said.
        error: ErrorCode,
        /// The offset found; `NONE` if no record has the time asked for.
        offset: Offset,
    },
    /// The answer of Fetch for one partition.
    Fetched {
        /// The request.
        request: RequestId,
        /// Which partition.
        partition: PartitionHandle,
        /// What the broker said.
        error: ErrorCode,
        /// Whether there are bytes of records.
        records: bool,
    },
    /// The request is over; partitions without an answer are asked for again.
    Done {
        /// The request.
        request: RequestId,
        /// Why they got none; `NONE` if the broker left them out.
        error: ErrorCode,
    },
    /// The application has taken all buffered records of a partition.
    Consumed {
        /// Which partition.
        partition: PartitionHandle,
        /// The offset it continues at.
        next: Offset,
        /// The leader epoch of the last batch; `NONE` if there was none.
        epoch: LeaderEpoch,
    },
    /// The instant asked for by `next_deadline` has come.
    Deadline,
}

/// Why a partition cannot be read on; the application must decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// There is no position and `auto.offset.reset` is `none`.
    NoPosition,
    /// The position is outside the log and `auto.offset.reset` is `none`.
    OutOfRange(Offset),
    /// A broker refused.
    Refused(ErrorCode),
}

/// What the shell must do, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Put this question into a ListOffsets request.
    List {
        /// The request being built.
        request: RequestId,
        /// Which partition.
        partition: PartitionHandle,
        /// The time, or -2 for the earliest and -1 for the latest offset.
        timestamp: TimestampMs,
        /// The leader epoch known.
        epoch: LeaderEpoch,
    },
    /// Send the ListOffsets request.
    SendList {
        /// The request.
        request: RequestId,
        /// Its receiver.
        node: NodeId,
    },
    /// Put this partition into a Fetch request.
    Fetch {
        /// The request being built.
        request: RequestId,
        /// Which partition.
        partition: PartitionHandle,
        /// From which offset on.
        offset: Offset,
        /// The leader epoch known.
        epoch: LeaderEpoch,
        /// The leader epoch of the last batch consumed; `NONE` if there was none.
        last_fetched_epoch: LeaderEpoch,
    },
    /// Send the Fetch request.
    SendFetch {
        /// The request.
        request: RequestId,
        /// Its receiver.
        node: NodeId,
    },
    /// Buffer the records of this answer; report [`Input::Consumed`] when they are used up.
    Accept {
        /// Of which partition.
        partition: PartitionHandle,
    },
    /// Drop what is buffered: the position moved.
    Discard {
        /// Of which partition.
        partition: PartitionHandle,
    },
    /// Ask for metadata, then report [`Input::Leader`].
    RefreshMetadata {
        /// The partition whose leader is unknown or doubted.
        partition: PartitionHandle,
    },
    /// Tell the application; the partition rests until it seeks.
    Fail {
        /// Which partition.
        partition: PartitionHandle,
        /// Why.
        failure: Failure,
    },
}
