//! What can happen to a replica, and what it asks its shell to do.

use ottla_messages::ErrorCode;
use ottla_records::BatchHeader;
use ottla_types::{LeaderEpoch, Offset, ProducerEpoch, ProducerId, TimestampMs};

/// Names a waiting producer; chosen by the shell, which knows whom to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WaiterId(pub u64);

/// Who wants a batch appended; decides which checks apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppendOrigin {
    /// A client's Produce request.
    Client,
    /// A coordinator's own records: no sequence checks, its batches repeat base sequence 0.
    Coordinator,
}

/// The end of a producer's transaction, as it stands in a control batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marker {
    /// Whose transaction ends.
    pub producer_id: ProducerId,
    /// The epoch in the marker; with transaction.version 2 one above the data's.
    pub producer_epoch: ProducerEpoch,
    /// The epoch of the coordinator that wrote it.
    pub coordinator_epoch: i32,
    /// COMMIT or ABORT.
    pub commit: bool,
    /// Where the marker lies.
    pub offset: Offset,
    /// Its wall-clock time.
    pub timestamp: TimestampMs,
}

/// What the topic and the broker say about this partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// True: acks=all and the high watermark rest on fsync; false: on the page cache.
    pub fsync: bool,
    /// `min.insync.replicas`.
    pub min_insync_replicas: i32,
    /// `producer.id.expiration.ms`.
    pub producer_id_expiration_ms: i64,
}

/// What can happen.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// The metadata made this replica the leader.
    Lead {
        /// The epoch it leads in.
        leader_epoch: LeaderEpoch,
        /// How many replicas are in sync, this one included.
        in_sync_count: i32,
        /// How many replicas there are.
        replica_count: i32,
    },
    /// The metadata took leadership away, or the log directory is offline.
    StopLeading {
        /// What those who wait are told.
        error: ErrorCode,
    },
    /// One batch arrived, checked and complete; its offsets are still the client's.
    Append {
        /// Its header.
        header: &'a BatchHeader,
        /// Who sent it.
        origin: AppendOrigin,
        /// Whom to answer, and when.
        waiter: Option<(WaiterId, Acks)>,
    },
    /// The append that ended before this offset is in the page cache, in any order.
    Written(Offset),
    /// Everything below this offset is on disk.
    Durable(Offset),
    /// A write or sync failed: the directory is offline.
    StorageFailed,
    /// The settings changed.
    Configure(Settings),
    /// Records below this offset are gone (retention, DeleteRecords).
    LogStart(Offset),
    /// Time to forget producers that have been idle too long.
    ExpireProducers,
}

/// When a producer wants its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acks {
    /// acks=0: never, unless the batch is refused.
    None,
    /// acks=1: when the leader has written.
    Leader,
    /// acks=all: when the batch is committed.
    All,
}

/// How a produced batch ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Produced {
    /// NONE, or why not.
    pub error: ErrorCode,
    /// The offset of its first record; -1 on error.
    pub base_offset: Offset,
    /// Where the log starts; -1 on error.
    pub log_start_offset: Offset,
}

/// What the shell must do, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Write the batch of this input at this offset, stamped with this epoch; report `Written`
    /// with `next_offset`.
    Append {
        /// The offset of its first record.
        base_offset: Offset,
        /// The offset after its last record.
        next_offset: Offset,
        /// The epoch to stamp.
        leader_epoch: LeaderEpoch,
    },
    /// A new leader epoch starts here: note it in the epoch checkpoint.
    AssignEpoch {
        /// The epoch.
        leader_epoch: LeaderEpoch,
        /// Its first offset.
        start_offset: Offset,
    },
    /// Bytes are written that are not durable yet: have the committer sync them.
    Sync,
    /// Consumers may read further: wake them, and release coordinators' answers.
    Committed {
        /// The new high watermark.
        high_watermark: Offset,
    },
    /// Answer a producer.
    Answer {
        /// Whom.
        waiter: WaiterId,
        /// With what.
        produced: Produced,
    },
}
