//! What can happen to a quorum member.

use ottla_messages::ErrorCode;
use ottla_types::{Duration, LeaderEpoch, NodeId, Offset, RequestId, Uuid};

use crate::{EpochStart, ReplicaKey, SnapshotId, VoterSet};

/// What can happen to a quorum member. Requests arrive with a name for their answer; answers carry
/// the `correlation` of the request they belong to.
#[derive(Clone, Debug)]
pub enum Input<'a> {
    /// The first input: take up the role that the disk says.
    Start,
    /// The deadline it named has come.
    Deadline,
    /// A candidate asks for a vote.
    VoteRequest(RequestId, VoteRequest),
    /// A leader makes itself known.
    BeginQuorumEpochRequest(RequestId, BeginQuorumEpochRequest),
    /// A leader takes its leave.
    EndQuorumEpochRequest(RequestId, EndQuorumEpochRequest<'a>),
    /// A follower or an observer fetches.
    FetchRequest(RequestId, FetchRequest),
    /// The client of a fetch that is still waiting is gone.
    Cancelled(RequestId),
    /// A peer has answered.
    Answered {
        /// The peer.
        from: NodeId,
        /// As in the effect that sent the request.
        correlation: u64,
        /// The epoch the peer is in.
        epoch: LeaderEpoch,
        /// The leader it knows.
        leader: Option<NodeId>,
        /// The rest.
        response: PeerResponse<'a>,
    },
    /// A request could not be sent, or its connection broke.
    Failed {
        /// The peer.
        to: NodeId,
        /// As in the effect that sent the request.
        correlation: u64,
    },
    /// The leader's state machine wants this many records appended as one batch.
    Append {
        /// At least 1.
        record_count: u32,
    },
    /// Everything appended below this offset is on disk. A flush that began before a truncation is
    /// not reported.
    Durable(Offset),
    /// A snapshot is on disk, or the log's prefix was removed.
    Snapshots {
        /// The first offset the log still has.
        log_start: Offset,
        /// The oldest snapshot that is kept.
        earliest: SnapshotId,
        /// The newest.
        latest: SnapshotId,
    },
    /// The newest Voters record of this member's log names these: it was appended, or cut off.
    Voters {
        /// The voters.
        voters: VoterSet,
        /// The level of `kraft.version` there.
        kraft_version: i16,
    },
    /// Leave in order: a leader hands over and waits this long at most for a successor.
    Shutdown(Duration),
}

/// A candidate asks for a vote (KIP-595; pre-votes are not known here).
#[derive(Clone, Copy, Debug)]
pub struct VoteRequest {
    /// The epoch it wants to lead.
    pub epoch: LeaderEpoch,
    /// Who asks.
    pub candidate: ReplicaKey,
    /// Who is asked, if the request says so.
    pub voter: Option<ReplicaKey>,
    /// The epoch of the candidate's last record.
    pub last_epoch: LeaderEpoch,
    /// The end of the candidate's log.
    pub last_offset: Offset,
}

/// A leader makes itself known.
#[derive(Clone, Copy, Debug)]
pub struct BeginQuorumEpochRequest {
    /// The epoch it leads.
    pub epoch: LeaderEpoch,
    /// The leader.
    pub leader: NodeId,
    /// Who is told, if the request says so.
    pub voter: Option<ReplicaKey>,
}

/// A leader takes its leave.
#[derive(Clone, Copy, Debug)]
pub struct EndQuorumEpochRequest<'a> {
    /// The epoch it led.
    pub epoch: LeaderEpoch,
    /// The leader.
    pub leader: NodeId,
    /// Who should follow, the best first.
    pub successors: &'a [NodeId],
}

/// A follower or an observer fetches. The offset it fetches at says what it has on disk.
#[derive(Clone, Copy, Debug)]
pub struct FetchRequest {
    /// Who fetches; none for a client that is no replica.
    pub replica: Option<ReplicaKey>,
    /// The epoch it is in.
    pub epoch: LeaderEpoch,
    /// The end of its log.
    pub fetch_offset: Offset,
    /// The epoch of its last record.
    pub last_fetched_epoch: LeaderEpoch,
    /// How long the answer may wait for news; negative is invalid.
    pub max_wait_ms: i32,
    /// The high watermark it knows: -1 for none, `i64::MAX` when it does not say (before v18).
    pub known_high_watermark: Offset,
}

/// What a peer has answered.
#[derive(Clone, Copy, Debug)]
pub enum PeerResponse<'a> {
    /// To Vote.
    Vote {
        /// What went wrong.
        error: ErrorCode,
        /// Whether the vote is given.
        granted: bool,
    },
    /// To BeginQuorumEpoch.
    BeginQuorumEpoch {
        /// What went wrong.
        error: ErrorCode,
    },
    /// To EndQuorumEpoch.
    EndQuorumEpoch {
        /// What went wrong.
        error: ErrorCode,
    },
    /// To Fetch.
    Fetch(FetchOutcome<'a>),
}

/// What came of a fetch.
#[derive(Clone, Copy, Debug)]
pub enum FetchOutcome<'a> {
    /// Whole batches whose checksums the shell has verified, perhaps none.
    Records {
        /// In order.
        batches: &'a [FetchedBatch],
        /// The leader's high watermark, if it has one.
        high_watermark: Option<Offset>,
    },
    /// The logs part: this one must be cut back.
    Diverging(EpochStart),
    /// The leader has this only in a snapshot.
    Snapshot(SnapshotId),
    /// What went wrong.
    Refused(ErrorCode),
}

/// One batch of a fetch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FetchedBatch {
    /// Its first offset.
    pub base_offset: Offset,
    /// The offset after its last.
    pub next_offset: Offset,
    /// The epoch it was written in.
    pub epoch: LeaderEpoch,
    /// Whether it is a control batch with a Voters record.
    pub has_voters_record: bool,
}

impl VoteRequest {
    /// The replica asked, from the wire's two fields: -1 and zero where the version lacks them.
    #[must_use]
    pub fn voter_from(id: NodeId, directory_id: Uuid) -> Option<ReplicaKey> {
        (id.0 >= 0).then_some(ReplicaKey { id, directory_id })
    }
}
