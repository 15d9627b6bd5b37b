//! Who votes: nodes, each with the directory its vote lives in.

use std::collections::BTreeMap;
use std::fmt;

use ottla_types::{NodeId, Uuid};

/// A replica of the metadata log: a node and its metadata directory. The zero id says that the
/// directory is unknown, as it always is with `kraft.version` 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReplicaKey {
    /// The node.
    pub id: NodeId,
    /// Its metadata directory, or zero.
    pub directory_id: Uuid,
}

impl ReplicaKey {
    /// A replica whose directory is not known.
    #[must_use]
    pub fn without_directory(id: NodeId) -> ReplicaKey {
        ReplicaKey {
            id,
            directory_id: Uuid::ZERO,
        }
    }

    /// Whether both name the same replica, as far as the directories are known.
    #[must_use]
    pub fn may_be(self, other: ReplicaKey) -> bool {
        self.id == other.id
            && (self.directory_id == other.directory_id
                || self.directory_id == Uuid::ZERO
                || other.directory_id == Uuid::ZERO)
    }
}

impl fmt::Debug for ReplicaKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.directory_id == Uuid::ZERO {
            write!(f, "{}", self.id)
        } else {
            write!(f, "{}/{}", self.id, self.directory_id)
        }
    }
}

/// The voters in force, by node id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VoterSet(BTreeMap<NodeId, Uuid>);

impl VoterSet {
    /// Whether this replica votes. A voter recorded with its directory is only that directory.
    #[must_use]
    pub fn contains(&self, replica: ReplicaKey) -> bool {
        self.0
            .get(&replica.id)
            .is_some_and(|&directory| directory == Uuid::ZERO || directory == replica.directory_id)
    }

    /// Whether a node votes, with whatever directory.
    #[must_use]
    pub fn contains_node(&self, id: NodeId) -> bool {
        self.0.contains_key(&id)
    }

    /// Whether this replica is the only voter.
    #[must_use]
    pub fn is_only(&self, replica: ReplicaKey) -> bool {
        self.0.len() == 1 && self.contains(replica)
    }

    /// How many votes win.
    #[must_use]
    pub fn majority(&self) -> usize {
        self.0.len() / 2 + 1
    }

    /// How many voters there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nobody votes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The voting nodes in ascending order.
    pub fn ids(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.0.keys().copied()
    }

    /// The voters in ascending order of their nodes.
    pub fn keys(&self) -> impl Iterator<Item = ReplicaKey> + '_ {
        self.0
            .iter()
            .map(|(&id, &directory_id)| ReplicaKey { id, directory_id })
    }
}

impl FromIterator<ReplicaKey> for VoterSet {
    fn from_iter<I: IntoIterator<Item = ReplicaKey>>(voters: I) -> Self {
        VoterSet(
            voters
                .into_iter()
                .map(|voter| (voter.id, voter.directory_id))
                .collect(),
        )
    }
}
