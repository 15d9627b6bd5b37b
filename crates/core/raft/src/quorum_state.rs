//! What a member must never forget: its epoch, that epoch's leader, its vote.

use ottla_types::{LeaderEpoch, NodeId};

use crate::ReplicaKey;

/// The content of the file `quorum-state`. An absent file is the default: epoch 0, nobody voted
/// for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuorumState {
    /// The highest epoch seen.
    pub epoch: LeaderEpoch,
    /// Its leader, once known; never another one.
    pub leader: Option<NodeId>,
    /// Who got this member's vote in the epoch.
    pub voted: Option<ReplicaKey>,
}

impl Default for QuorumState {
    fn default() -> Self {
        QuorumState {
            epoch: LeaderEpoch(0),
            leader: None,
            voted: None,
        }
    }
}
