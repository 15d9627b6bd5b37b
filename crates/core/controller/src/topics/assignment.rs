//! Replicas of new partitions: placed, or as the client wants them.

use std::collections::BTreeSet;

use ottla_coordinator::Rejection;
use ottla_messages::ErrorCode;
use ottla_metadata::{LeaderRecoveryState, Partition};
use ottla_types::{LeaderEpoch, NodeId, Uuid};

use crate::deciding::{Deciding, refuse};
use crate::placement::{self, UsableBroker};

impl Deciding<'_> {
    /// Replicas of `partitions` new partitions.
    ///
    /// # Errors
    /// The placer's text, for INVALID_REPLICATION_FACTOR.
    pub(super) fn place(
        &mut self,
        partitions: i32,
        replication_factor: i16,
    ) -> Result<Vec<Vec<NodeId>>, String> {
        let brokers = self.image().brokers.values();
        let usable: Vec<UsableBroker> = brokers
            .filter(|broker| !broker.in_controlled_shutdown && broker.has_uncordoned_directory())
            .map(|broker| UsableBroker {
                id: broker.id,
                rack: broker.rack.clone(),
                fenced: broker.fenced,
            })
            .collect();
        placement::place(
            &usable,
            partitions,
            replication_factor,
            &mut self.soft.random,
        )
    }

    /// A new partition of these replicas; `None` if none of them may lead.
    pub(super) fn new_partition(&self, replicas: &[NodeId]) -> Option<Partition> {
        let isr: Vec<NodeId> = replicas
            .iter()
            .copied()
            .filter(|id| self.is_active(*id))
            .collect();
        let leader = *isr.first()?;
        Some(Partition {
            directories: replicas
                .iter()
                .map(|id| self.default_directory(*id))
                .collect(),
            replicas: replicas.to_vec(),
            isr,
            removing_replicas: Vec::new(),
            adding_replicas: Vec::new(),
            elr: Vec::new(),
            last_known_elr: Vec::new(),
            leader,
            leader_recovery_state: LeaderRecoveryState::Recovered,
            leader_epoch: LeaderEpoch(0),
            partition_epoch: 0,
        })
    }

    /// Replicas that a client has chosen for one partition; `expected`: how many the partitions
    /// before it have.
    pub(crate) fn check_manual_assignment(
        &self,
        broker_ids: &[i32],
        expected: Option<usize>,
    ) -> Result<Vec<NodeId>, Rejection> {
        let invalid = |what: String| {
            Err(refuse(
                ErrorCode::INVALID_REPLICA_ASSIGNMENT,
                format!("The manual partition assignment includes {what}"),
            ))
        };
        if broker_ids.is_empty() {
            return invalid("an empty replica list.".to_owned());
        }
        let mut sorted = broker_ids.to_vec();
        sorted.sort_unstable();
        let mut seen = BTreeSet::new();
        for id in sorted {
            if !self.image().brokers.contains_key(&NodeId(id)) {
                return invalid(format!("broker {id}, but no such broker is registered."));
            }
            if !seen.insert(id) {
                return invalid(format!("the broker {id} more than once."));
            }
        }
        match expected {
            Some(expected) if expected != broker_ids.len() => invalid(format!(
                "a partition with {} replica(s), but this is not consistent with previous \
                 partitions, which have {expected} replica(s).",
                broker_ids.len()
            )),
            _ => Ok(broker_ids.iter().copied().map(NodeId).collect()),
        }
    }

    /// A broker with one directory has no choice; any other tells later where the replica lies.
    pub(crate) fn default_directory(&self, id: NodeId) -> Uuid {
        let broker = self.image().brokers.get(&id);
        match broker.map(|broker| broker.log_directories.as_slice()) {
            Some([only]) => *only,
            Some([]) => Uuid::ZERO,
            _ => Uuid::ONE,
        }
    }
}
