//! What the shell must do for a quorum member.

use ottla_messages::ErrorCode;
use ottla_types::{LeaderEpoch, NodeId, Offset, RequestId};

use crate::{EpochStart, QuorumState, SnapshotId};

/// What the shell must do. It performs effects in order, each completely before the next, and stops
/// the node at one that fails: that is how a vote is on disk before anybody hears of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Write `quorum-state` and flush it.
    PersistQuorumState(Box<QuorumState>),
    /// Send a request; the answer or failure comes back with the same correlation.
    Send {
        /// The peer.
        to: NodeId,
        /// Names the request.
        correlation: u64,
        /// What to ask.
        request: PeerRequest,
    },
    /// Answer a request.
    Reply {
        /// Which.
        request: RequestId,
        /// The epoch this member is in.
        epoch: LeaderEpoch,
        /// The leader it knows.
        leader: Option<NodeId>,
        /// The rest.
        response: Response,
    },
    /// Append the control batch that opens an epoch: LeaderChange with all voters, and behind it,
    /// `with_voters`, KRaftVersion and Voters.
    AppendLeaderChange {
        /// The first offset of the batch.
        base_offset: Offset,
        /// The epoch.
        epoch: LeaderEpoch,
        /// Who voted for this leader, itself included.
        granting: Vec<NodeId>,
        /// Whether the voters are recorded too, because no record of the log says them yet.
        with_voters: bool,
    },
    /// Append the batch that `Input::Append` announced.
    AppendRecords {
        /// The offset of its first record.
        base_offset: Offset,
        /// The epoch to write in its header.
        epoch: LeaderEpoch,
    },
    /// The batch that `Input::Append` announced is refused: this member does not lead, or not yet.
    RefuseAppend,
    /// Append the fetched batches up to this offset, then flush.
    AppendFetched {
        /// The end of the log afterwards.
        upto: Offset,
    },
    /// Cut the log.
    Truncate {
        /// Its end afterwards.
        to: Offset,
    },
    /// Everything below is committed.
    HighWatermark(Offset),
    /// This member leads, and everything before its epoch is committed: its state machine may
    /// decide once it has replayed up to the high watermark.
    BecameLeader(LeaderEpoch),
    /// This member led this epoch and does no more.
    ResignedLeader(LeaderEpoch),
    /// The shutdown asked for is complete.
    ShutDown,
    /// A peer broke a rule that safety rests on: stop the node, as going on would lose records.
    Fault(&'static str),
}

/// What to ask a peer. What every request carries (cluster id, own key, the peer's key, endpoints)
/// the shell adds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PeerRequest {
    /// Vote for this node.
    Vote {
        /// The epoch it wants to lead.
        epoch: LeaderEpoch,
        /// The epoch of its last record.
        last_epoch: LeaderEpoch,
        /// The end of its log.
        last_offset: Offset,
    },
    /// This node leads.
    BeginQuorumEpoch {
        /// The epoch it leads.
        epoch: LeaderEpoch,
    },
    /// This node leads no more.
    EndQuorumEpoch {
        /// The epoch it led.
        epoch: LeaderEpoch,
        /// Who should follow, the best first.
        successors: Vec<NodeId>,
    },
    /// Give me what follows.
    Fetch {
        /// The epoch this node is in.
        epoch: LeaderEpoch,
        /// The end of its log, all of it on disk.
        fetch_offset: Offset,
        /// The epoch of its last record.
        last_fetched_epoch: LeaderEpoch,
        /// The high watermark it knows; -1 for none.
        high_watermark: Offset,
    },
}

/// The answer to a request, beside epoch and leader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Response {
    /// To Vote.
    Vote {
        /// What is wrong with the request.
        error: ErrorCode,
        /// Whether it got the vote.
        granted: bool,
    },
    /// To BeginQuorumEpoch.
    BeginQuorumEpoch {
        /// What is wrong with the request.
        error: ErrorCode,
    },
    /// To EndQuorumEpoch.
    EndQuorumEpoch {
        /// What is wrong with the request.
        error: ErrorCode,
    },
    /// To Fetch.
    Fetch(FetchAnswer),
}

/// The answer to a fetch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FetchAnswer {
    /// Whatever the log has from the offset fetched at, uncommitted records included.
    Records {
        /// That offset.
        from: Offset,
        /// The high watermark; none before the first of this epoch.
        high_watermark: Option<Offset>,
    },
    /// The logs part.
    Diverging(EpochStart),
    /// Only a snapshot has it.
    Snapshot(SnapshotId),
    /// What is wrong with the request.
    Refused(ErrorCode),
}
