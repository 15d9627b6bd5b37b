//! One partition as metadata knows it.
//!
//! *Invariants*: `directories` is as long as `replicas`. Every change raises the partition epoch by
//! one; a change that names a leader, even the same one, raises the leader epoch by one.
//!
//! *Kafka*: `PartitionRegistration`.

use ottla_messages::partition_change_record::PartitionChangeRecord;
use ottla_messages::partition_record::PartitionRecord;
use ottla_types::{LeaderEpoch, NodeId, Uuid};

use crate::ReplayError;

/// What a PartitionChangeRecord's leader field says when the leader stays.
pub const NO_LEADER_CHANGE: i32 = -2;
/// What a PartitionChangeRecord's leader recovery state says when it stays.
pub const NO_RECOVERY_STATE_CHANGE: i8 = -1;

/// Whether a leader still recovers from an unclean election.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(i8)]
pub enum LeaderRecoveryState {
    /// It does not.
    #[default]
    Recovered = 0,
    /// It does.
    Recovering = 1,
}

impl LeaderRecoveryState {
    /// The state of a number on the wire.
    #[must_use]
    pub fn from_i8(value: i8) -> Option<LeaderRecoveryState> {
        match value {
            0 => Some(LeaderRecoveryState::Recovered),
            1 => Some(LeaderRecoveryState::Recovering),
            _ => None,
        }
    }
}

/// The replicas, leader and epochs of a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partition {
    /// Brokers that hold it, the preferred leader first.
    pub replicas: Vec<NodeId>,
    /// The directory of each replica, in the same order; reserved ids where none is known.
    pub directories: Vec<Uuid>,
    /// Replicas that are in sync.
    pub isr: Vec<NodeId>,
    /// Replicas that a reassignment takes away.
    pub removing_replicas: Vec<NodeId>,
    /// Replicas that a reassignment adds.
    pub adding_replicas: Vec<NodeId>,
    /// Replicas out of sync that still hold every committed record (KIP-966).
    pub elr: Vec<NodeId>,
    /// The last leader, kept while there is none.
    pub last_known_elr: Vec<NodeId>,
    /// The leader, or none.
    pub leader: NodeId,
    /// Whether the leader still recovers from an unclean election.
    pub leader_recovery_state: LeaderRecoveryState,
    /// Rises with every election.
    pub leader_epoch: LeaderEpoch,
    /// Rises with every change.
    pub partition_epoch: i32,
}

impl Partition {
    /// The partition a record creates.
    ///
    /// # Errors
    /// If the record contradicts itself.
    pub fn from_record(record: &PartitionRecord) -> Result<Partition, ReplayError> {
        Ok(Partition {
            replicas: nodes(&record.replicas),
            directories: directories(&record.directories, record.replicas.len())?,
            isr: nodes(&record.isr),
            removing_replicas: nodes(&record.removing_replicas),
            adding_replicas: nodes(&record.adding_replicas),
            elr: nodes(
                record
                    .eligible_leader_replicas
                    .as_deref()
                    .unwrap_or_default(),
            ),
            last_known_elr: nodes(record.last_known_elr.as_deref().unwrap_or_default()),
            leader: NodeId(record.leader),
            leader_recovery_state: recovery_state(record.leader_recovery_state)?,
            leader_epoch: LeaderEpoch(record.leader_epoch),
            partition_epoch: record.partition_epoch,
        })
    }

    /// The record that creates this partition; fields of its highest version are all set.
    #[must_use]
    pub fn to_record(&self, topic_id: Uuid, partition: i32) -> PartitionRecord {
        PartitionRecord {
            partition_id: partition,
            topic_id,
            replicas: numbers(&self.replicas),
            isr: numbers(&self.isr),
            removing_replicas: numbers(&self.removing_replicas),
            adding_replicas: numbers(&self.adding_replicas),
            leader: self.leader.0,
            leader_recovery_state: self.leader_recovery_state as i8,
            leader_epoch: self.leader_epoch.0,
            partition_epoch: self.partition_epoch,
            directories: self.directories.clone(),
            eligible_leader_replicas: (!self.elr.is_empty()).then(|| numbers(&self.elr)),
            last_known_elr: (!self.last_known_elr.is_empty())
                .then(|| numbers(&self.last_known_elr)),
        }
    }

    /// This partition after a change.
    ///
    /// # Errors
    /// If the record contradicts itself or the partition.
    pub fn merge(&self, record: &PartitionChangeRecord) -> Result<Partition, ReplayError> {
        let replace = |new: &Option<Vec<i32>>, old: &[NodeId]| {
            new.as_deref().map_or_else(|| old.to_vec(), nodes)
        };
        let replicas = replace(&record.replicas, &self.replicas);
        let new_directories = match &record.directories {
            Some(new) => directories(new, replicas.len())?,
            None => directories(&self.directories, replicas.len())?,
        };
        let elects = record.leader != NO_LEADER_CHANGE;
        let epoch = LeaderEpoch(self.leader_epoch.0.wrapping_add(i32::from(elects)));
        Ok(Partition {
            replicas,
            directories: new_directories,
            isr: replace(&record.isr, &self.isr),
            removing_replicas: replace(&record.removing_replicas, &self.removing_replicas),
            adding_replicas: replace(&record.adding_replicas, &self.adding_replicas),
            elr: replace(&record.eligible_leader_replicas, &self.elr),
            last_known_elr: replace(&record.last_known_elr, &self.last_known_elr),
            leader: if elects {
                NodeId(record.leader)
            } else {
                self.leader
            },
            leader_recovery_state: if record.leader_recovery_state == NO_RECOVERY_STATE_CHANGE {
                self.leader_recovery_state
            } else {
                recovery_state(record.leader_recovery_state)?
            },
            leader_epoch: epoch,
            partition_epoch: self.partition_epoch.wrapping_add(1),
        })
    }

    /// The directory of a replica; `None` if the broker holds no replica.
    #[must_use]
    pub fn directory(&self, replica: NodeId) -> Option<Uuid> {
        let index = self.replicas.iter().position(|&id| id == replica)?;
        self.directories.get(index).copied()
    }

    /// Whether a reassignment is under way.
    #[must_use]
    pub fn is_reassigning(&self) -> bool {
        !self.adding_replicas.is_empty() || !self.removing_replicas.is_empty()
    }

    /// The replica that leads when everything is well.
    #[must_use]
    pub fn preferred_leader(&self) -> NodeId {
        self.replicas.first().copied().unwrap_or(NodeId::NONE)
    }
}

/// Broker ids as numbers of the wire.
#[must_use]
pub fn numbers(nodes: &[NodeId]) -> Vec<i32> {
    nodes.iter().map(|node| node.0).collect()
}

/// Numbers of the wire as broker ids.
#[must_use]
pub fn nodes(numbers: &[i32]) -> Vec<NodeId> {
    numbers.iter().copied().map(NodeId).collect()
}

/// Records below metadata.version 17 name no directories: all of them count as MIGRATING then.
fn directories(named: &[Uuid], replicas: usize) -> Result<Vec<Uuid>, ReplayError> {
    if named.iter().all(|&directory| directory == Uuid::ZERO) {
        return Ok(vec![Uuid::ZERO; replicas]);
    }
    if named.len() != replicas {
        return Err(ReplayError::new(format!(
            "a partition of {replicas} replicas cannot have {} directories",
            named.len()
        )));
    }
    Ok(named.to_vec())
}

fn recovery_state(value: i8) -> Result<LeaderRecoveryState, ReplayError> {
    LeaderRecoveryState::from_i8(value)
        .ok_or_else(|| ReplayError::new(format!("{value} is no leader recovery state")))
}

#[cfg(test)]
mod tests;
