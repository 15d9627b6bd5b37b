//! AlterPartitionReassignments: partitions get other replicas, or keep those they have after all.
//!
//! A change that adds replicas ends when they are in sync (see `election`); one that only orders or
//! removes replicas ends at once.
//!
//! *Kafka*: KIP-455, KIP-860.

use std::collections::BTreeSet;

use ottla_coordinator::Rejection;
use ottla_messages::ErrorCode;
use ottla_messages::alter_partition_reassignments_request::{
    AlterPartitionReassignmentsRequest, ReassignablePartition,
};
use ottla_messages::alter_partition_reassignments_response::{
    AlterPartitionReassignmentsResponse, ReassignablePartitionResponse, ReassignableTopicResponse,
};
use ottla_messages::metadata_record::MetadataRecord;
use ottla_metadata::{Partition, Topic};
use ottla_types::{NodeId, PartitionIndex};

use crate::deciding::{Decided, Deciding, message, refuse, refuse_plainly};
use crate::election::{Election, PartitionChange};

impl Deciding<'_> {
    pub(crate) fn alter_partition_reassignments(
        &self,
        request: &AlterPartitionReassignmentsRequest,
    ) -> Decided<AlterPartitionReassignmentsResponse> {
        let mut records = Vec::new();
        let mut responses = Vec::with_capacity(request.topics.len());
        for topic in &request.topics {
            let mut partitions = Vec::with_capacity(topic.partitions.len());
            for asked in &topic.partitions {
                let allow_change = request.allow_replication_factor_change;
                let reassigned = self.reassign(&topic.name, asked, allow_change);
                let mut response = ReassignablePartitionResponse {
                    partition_index: asked.partition_index,
                    ..ReassignablePartitionResponse::default()
                };
                match reassigned {
                    Ok(record) => records.extend(record),
                    Err(rejection) => {
                        response.error_code = rejection.code.0;
                        response.error_message = message(&rejection);
                    }
                }
                partitions.push(response);
            }
            responses.push(ReassignableTopicResponse {
                name: topic.name.clone(),
                partitions,
            });
        }
        let response = AlterPartitionReassignmentsResponse {
            allow_replication_factor_change: request.allow_replication_factor_change,
            responses,
            ..AlterPartitionReassignmentsResponse::default()
        };
        Ok((records, response))
    }

    fn reassign(
        &self,
        name: &str,
        asked: &ReassignablePartition,
        allow_replication_factor_change: bool,
    ) -> Result<Option<MetadataRecord>, Rejection> {
        let unknown = |why: String| refuse(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, why);
        let topic = self.image().topics.by_name(name);
        let topic =
            topic.ok_or_else(|| unknown(format!("Unable to find a topic named {name}.")))?;
        let index = PartitionIndex(asked.partition_index);
        let partition = topic
            .partition(index)
            .ok_or_else(|| unknown(format!("Unable to find partition {name}:{index}.")))?;
        let change = match &asked.replicas {
            None => self.cancelled(topic, index, partition)?,
            Some(target) => {
                let target = self.check_manual_assignment(target, None)?;
                if !allow_replication_factor_change {
                    check_replication_factor(partition, target.len())?;
                }
                self.reassigned(topic, partition, &target)
            }
        };
        let can_lead = |id| self.can_lead(id, partition);
        let record = change.record(topic.id, index.0, &can_lead);
        Ok(record.map(Into::into))
    }

    /// The replicas wanted, and behind them those that go, until the new ones are in sync.
    fn reassigned<'a>(
        &self,
        topic: &Topic,
        partition: &'a Partition,
        target: &[NodeId],
    ) -> PartitionChange<'a> {
        let sorted_without = |of: &[NodeId], without: &[NodeId]| -> Vec<NodeId> {
            let left: BTreeSet<NodeId> = of.iter().copied().collect();
            left.into_iter()
                .filter(|id| !without.contains(id))
                .collect()
        };
        let removing = sorted_without(&partition.replicas, target);
        let adding = sorted_without(target, &partition.replicas);
        let replicas: Vec<NodeId> = target.iter().chain(&removing).copied().collect();
        let mut change = PartitionChange::new(partition, self.rules(topic, Election::Online));
        for id in &adding {
            change = change.with_new_replica(*id, self.default_directory(*id));
        }
        // What is empty leaves a reassignment under way as it is.
        let or_present = |changed: Vec<NodeId>, present: &[NodeId]| {
            if changed.is_empty() {
                present.to_vec()
            } else {
                changed
            }
        };
        let removing = or_present(removing, &partition.removing_replicas);
        let adding = or_present(adding, &partition.adding_replicas);
        change.with_assignment(replicas, removing, adding)
    }

    /// The replicas there were before the reassignment that is under way.
    fn cancelled<'a>(
        &self,
        topic: &Topic,
        index: PartitionIndex,
        partition: &'a Partition,
    ) -> Result<PartitionChange<'a>, Rejection> {
        if !is_reassigning(partition) {
            return Err(refuse_plainly(ErrorCode::NO_REASSIGNMENT_IN_PROGRESS));
        }
        let stays = |id: &NodeId| !partition.adding_replicas.contains(id);
        let stay = |ids: &[NodeId]| -> Vec<NodeId> { ids.iter().copied().filter(stays).collect() };
        let (replicas, mut isr) = (stay(&partition.replicas), stay(&partition.isr));
        let Some(&first) = replicas.first() else {
            return Err(refuse(
                ErrorCode::INVALID_REPLICA_ASSIGNMENT,
                "Invalid replica assignment: addingReplicas contains all replicas.",
            ));
        };
        let mut rules = self.rules(topic, Election::Online);
        let may_lose = self.unclean_leader_election_enabled(topic.name.as_str());
        if isr.is_empty() && !may_lose {
            return Err(refuse(
                ErrorCode::INVALID_REPLICA_ASSIGNMENT,
                format!(
                    "Unable to revert partition assignment for {}:{index} because it would require \
                     an unclean leader election.",
                    topic.name
                ),
            ));
        }
        if isr.is_empty() {
            isr.push(first);
        }
        if may_lose {
            rules.election = Election::Unclean;
        }
        let change = PartitionChange::new(partition, rules).with_isr(isr);
        Ok(change.with_assignment(replicas, Vec::new(), Vec::new()))
    }
}

fn is_reassigning(partition: &Partition) -> bool {
    !partition.adding_replicas.is_empty() || !partition.removing_replicas.is_empty()
}

/// Of a partition under reassignment the replicas count that it is to have (KIP-860).
fn check_replication_factor(partition: &Partition, wanted: usize) -> Result<(), Rejection> {
    let going = &partition.removing_replicas;
    let staying = partition.replicas.iter().filter(|id| !going.contains(id));
    let present = staying.count();
    if present == wanted {
        return Ok(());
    }
    Err(refuse(
        ErrorCode::INVALID_REPLICATION_FACTOR,
        format!("The replication factor is changed from {present} to {wanted}"),
    ))
}
