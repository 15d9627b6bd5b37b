//! One change of one partition: who leads it, who is in sync, who could lead it without loss.
//!
//! *Invariants*: without eligible leader replicas (KIP-966) the last in-sync replica stays listed
//! although it cannot lead; with them the in-sync replicas may be none. An election that may lose
//! records leaves the leader as the only in-sync replica and marks it as recovering.
//!
//! *Kafka*: `PartitionChangeBuilder`, KIP-966.

use std::collections::BTreeSet;

use ottla_messages::partition_change_record::PartitionChangeRecord;
use ottla_metadata::{LeaderRecoveryState, MetadataVersion, NO_LEADER_CHANGE, Partition, numbers};
use ottla_types::{NodeId, TopicId, Uuid};

/// Which leader to look for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Election {
    /// The first replica, if it can lead without loss; else whoever can.
    Preferred,
    /// Whoever can lead without loss, the present leader first.
    Online,
    /// As `Online`, and if nobody can, whoever is there.
    Unclean,
}

/// What does not depend on the partition's state.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    pub(crate) metadata_version: MetadataVersion,
    /// From how many in-sync replicas on no eligible ones are kept.
    pub(crate) min_insync_replicas: usize,
    /// Whether eligible leader replicas are kept.
    pub(crate) keeps_elr: bool,
    pub(crate) election: Election,
}

/// A change to be worked out.
#[derive(Clone, Debug)]
pub(crate) struct PartitionChange<'a> {
    partition: &'a Partition,
    rules: Rules,
    isr: Vec<NodeId>,
    replicas: Vec<NodeId>,
    removing: Vec<NodeId>,
    adding: Vec<NodeId>,
    elr: Vec<NodeId>,
    recovery_state: LeaderRecoveryState,
    unclean_shutdown: Option<NodeId>,
    directories: Vec<(NodeId, Uuid)>,
}

struct Elected {
    leader: NodeId,
    unclean: bool,
}

impl<'a> PartitionChange<'a> {
    /// No change yet.
    pub(crate) fn new(partition: &'a Partition, rules: Rules) -> PartitionChange<'a> {
        let directories = partition.replicas.iter().copied();
        PartitionChange {
            partition,
            rules,
            isr: partition.isr.clone(),
            replicas: partition.replicas.clone(),
            removing: partition.removing_replicas.clone(),
            adding: partition.adding_replicas.clone(),
            elr: partition.elr.clone(),
            recovery_state: partition.leader_recovery_state,
            unclean_shutdown: None,
            directories: directories
                .zip(partition.directories.iter().copied())
                .collect(),
        }
    }

    /// These replicas are to be in sync.
    pub(crate) fn with_isr(mut self, isr: Vec<NodeId>) -> Self {
        self.isr = isr;
        self
    }

    /// These replicas are to be the partition's; of them some are to go, and some are new.
    pub(crate) fn with_assignment(
        mut self,
        replicas: Vec<NodeId>,
        removing: Vec<NodeId>,
        adding: Vec<NodeId>,
    ) -> Self {
        (self.replicas, self.removing, self.adding) = (replicas, removing, adding);
        self
    }

    /// A replica that the partition has not had, in this directory.
    pub(crate) fn with_new_replica(mut self, replica: NodeId, directory: Uuid) -> Self {
        self.directories.push((replica, directory));
        self
    }

    /// The leader has recovered, or has not.
    pub(crate) fn with_recovery_state(mut self, state: LeaderRecoveryState) -> Self {
        self.recovery_state = state;
        self
    }

    /// This replica came back without having stopped cleanly: it may have lost records.
    pub(crate) fn with_unclean_shutdown(mut self, replica: NodeId) -> Self {
        self.unclean_shutdown = Some(replica);
        self
    }

    /// This replica lies in this directory.
    pub(crate) fn with_directory(mut self, replica: NodeId, directory: Uuid) -> Self {
        for (id, assigned) in &mut self.directories {
            if *id == replica {
                *assigned = directory;
            }
        }
        self
    }

    /// The record of the change; `None` if nothing changes. `can_lead` says which replicas are
    /// there and have their directory.
    pub(crate) fn record(
        mut self,
        topic_id: TopicId,
        partition: i32,
        can_lead: &dyn Fn(NodeId) -> bool,
    ) -> Option<PartitionChangeRecord> {
        let unchanged = PartitionChangeRecord {
            partition_id: partition,
            topic_id,
            ..PartitionChangeRecord::default()
        };
        let mut record = unchanged.clone();
        self.complete_reassignment();
        self.find_elr();
        self.elect(&mut record, can_lead);
        let keeps_replicas = self
            .partition
            .replicas
            .iter()
            .all(|id| self.replicas.contains(id));
        if record.leader == NO_LEADER_CHANGE && !keeps_replicas {
            record.leader = self.partition.leader.0;
        }
        self.note_elr(&mut record);
        self.note_isr(&mut record);
        self.note_last_known_leader(&mut record);
        self.note_assignment(&mut record);
        if self.recovery_state != self.partition.leader_recovery_state {
            record.leader_recovery_state = self.recovery_state as i8;
        }
        (record != unchanged).then_some(record)
    }

    /// A reassignment ends when every replica it adds is in sync; if it adds fewer than it removes,
    /// when every replica that stays is.
    fn complete_reassignment(&mut self) {
        if self.removing.is_empty() && self.adding.is_empty() {
            return;
        }
        let stays = |id: &NodeId| !self.removing.contains(id);
        let isr: Vec<NodeId> = self.isr.iter().copied().filter(stays).collect();
        let replicas: Vec<NodeId> = self.replicas.iter().copied().filter(stays).collect();
        let in_sync = |ids: &[NodeId]| ids.iter().all(|id| isr.contains(id));
        let shrinks = self.adding.len() < self.removing.len();
        if isr.is_empty()
            || replicas.is_empty()
            || !in_sync(&self.adding)
            || (shrinks && !in_sync(&replicas))
        {
            return;
        }
        (self.isr, self.replicas) = (isr, replicas);
        (self.removing, self.adding) = (Vec::new(), Vec::new());
    }

    /// Whoever was in sync or eligible stays eligible, while fewer are in sync than the minimum.
    fn find_elr(&mut self) {
        if !self.rules.keeps_elr {
            return;
        }
        if self.isr.len() >= self.rules.min_insync_replicas {
            self.elr.clear();
            return;
        }
        let candidates: BTreeSet<NodeId> = self
            .elr
            .iter()
            .chain(&self.partition.isr)
            .copied()
            .collect();
        let eligible = candidates
            .into_iter()
            .filter(|id| !self.isr.contains(id) && self.unclean_shutdown != Some(*id));
        self.elr = eligible.collect();
    }

    fn elect(&mut self, record: &mut PartitionChangeRecord, can_lead: &dyn Fn(NodeId) -> bool) {
        let elected = self.elected(can_lead);
        if elected.leader == self.partition.leader {
            return;
        }
        record.leader = elected.leader.0;
        if self.elr.contains(&elected.leader) {
            self.isr = vec![elected.leader];
            self.elr.retain(|id| *id != elected.leader);
        }
        if elected.unclean {
            record.isr = Some(vec![elected.leader.0]);
            if self.partition.leader_recovery_state != LeaderRecoveryState::Recovering {
                record.leader_recovery_state = LeaderRecoveryState::Recovering as i8;
            }
        }
    }

    fn elected(&self, can_lead: &dyn Fn(NodeId) -> bool) -> Elected {
        let leads = |id: NodeId| {
            let complete =
                self.isr.contains(&id) || (self.isr.is_empty() && self.elr.contains(&id));
            complete && can_lead(id)
        };
        let clean = |leader| Elected {
            leader,
            unclean: false,
        };
        let unclean = |leader| Elected {
            leader,
            unclean: true,
        };
        let preferred = self.replicas.first().copied().filter(|id| leads(*id));
        if let Some(leader) = preferred.filter(|_| self.rules.election == Election::Preferred) {
            return clean(leader);
        }
        if leads(self.partition.leader) {
            return clean(self.partition.leader);
        }
        if let Some(leader) = self.replicas.iter().copied().find(|id| leads(*id)) {
            return clean(leader);
        }
        if let Some(leader) = self.last_known_leader().filter(|id| can_lead(*id)) {
            return unclean(leader);
        }
        let mut there = self.replicas.iter().copied().filter(|id| can_lead(*id));
        let anybody = there
            .next()
            .filter(|_| self.rules.election == Election::Unclean);
        if let Some(leader) = anybody {
            return unclean(leader);
        }
        clean(NodeId::NONE)
    }

    /// The last leader, if nobody else is known to be complete.
    fn last_known_leader(&self) -> Option<NodeId> {
        match self.partition.last_known_elr.as_slice() {
            [leader] if self.rules.keeps_elr && self.elr.is_empty() && self.isr.is_empty() => {
                Some(*leader)
            }
            _ => None,
        }
    }

    fn note_elr(&mut self, record: &mut PartitionChangeRecord) {
        if record.isr.is_some() || !self.rules.keeps_elr {
            self.elr.clear();
        }
        if self.elr != self.partition.elr {
            record.eligible_leader_replicas = Some(numbers(&self.elr));
        }
    }

    fn note_isr(&self, record: &mut PartitionChangeRecord) {
        let may_be_noted = !self.isr.is_empty() || self.rules.keeps_elr;
        if record.isr.is_none() && may_be_noted && self.isr != self.partition.isr {
            record.isr = Some(numbers(&self.isr));
        }
        let Some(isr) = &record.isr else {
            return;
        };
        let shrinks = self.partition.isr.iter().any(|id| !isr.contains(&id.0));
        if shrinks
            && record.leader == NO_LEADER_CHANGE
            && self
                .rules
                .metadata_version
                .bumps_leader_epoch_on_isr_shrink()
        {
            record.leader = self.partition.leader.0;
        }
    }

    fn note_last_known_leader(&self, record: &mut PartitionChangeRecord) {
        if !self.rules.keeps_elr {
            return;
        }
        let known = !self.partition.last_known_elr.is_empty();
        let led = self.partition.leader != NodeId::NONE;
        if record.leader == NodeId::NONE.0 && led && !known {
            record.last_known_elr = Some(vec![self.partition.leader.0]);
        } else if record.leader >= 0 && known {
            record.last_known_elr = Some(Vec::new());
        }
    }

    fn note_assignment(&self, record: &mut PartitionChangeRecord) {
        if self.rules.metadata_version.supports_directory_assignment() {
            let directory = |id: &NodeId| {
                let assigned = self.directories.iter().find(|(replica, _)| replica == id);
                assigned.map_or(Uuid::ONE, |(_, directory)| *directory)
            };
            let directories: Vec<Uuid> = self.replicas.iter().map(directory).collect();
            if directories != self.partition.directories {
                record.directories = Some(directories);
            }
        }
        if self.replicas != self.partition.replicas {
            record.replicas = Some(numbers(&self.replicas));
        }
        if self.removing != self.partition.removing_replicas {
            record.removing_replicas = Some(numbers(&self.removing));
        }
        if self.adding != self.partition.adding_replicas {
            record.adding_replicas = Some(numbers(&self.adding));
        }
    }
}

#[cfg(test)]
mod tests;
