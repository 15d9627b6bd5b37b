//! The roles a member can be in.

use std::collections::BTreeSet;

use ottla_types::{Instant, NodeId};

use super::Leadership;
use crate::ReplicaKey;

/// The role of a member in its epoch.
#[derive(Debug)]
pub(super) enum Role {
    /// Neither leads nor follows; may have voted, and may know a leader it cannot reach.
    Unattached {
        leader: Option<NodeId>,
        voted: Option<ReplicaKey>,
        election_at: Instant,
    },
    /// Has voted for itself and asks the others.
    Candidate {
        granted: BTreeSet<NodeId>,
        rejected: BTreeSet<NodeId>,
        election_at: Instant,
    },
    /// Fetches from the leader.
    Follower {
        leader: NodeId,
        voted: Option<ReplicaKey>,
        fetch_by: Instant,
    },
    /// Leads.
    Leader(Box<Leadership>),
    /// Led this epoch and tells the voters that it does no more.
    Resigned {
        election_at: Instant,
        successors: Vec<NodeId>,
        unacknowledged: BTreeSet<NodeId>,
    },
}

impl Role {
    /// Knows nothing of its epoch.
    pub(super) fn unattached(election_at: Instant) -> Role {
        Role::Unattached {
            leader: None,
            voted: None,
            election_at,
        }
    }

    /// Has its own vote so far.
    pub(super) fn candidate(local: NodeId, election_at: Instant) -> Role {
        Role::Candidate {
            granted: BTreeSet::from([local]),
            rejected: BTreeSet::new(),
            election_at,
        }
    }
}
