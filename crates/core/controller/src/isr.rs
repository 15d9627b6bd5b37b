//! AlterPartition, by which a leader says who is in sync, and ElectLeaders, by which a client asks
//! for another leader; the periodic elections.
//!
//! *Kafka*: KIP-497, KIP-903 (epochs of replicas), KIP-460.

use std::collections::BTreeSet;

use ottla_coordinator::Rejection;
use ottla_messages::ErrorCode;
use ottla_messages::alter_partition_request::{self, AlterPartitionRequest, BrokerState};
use ottla_messages::alter_partition_response::{self, AlterPartitionResponse};
use ottla_messages::elect_leaders_request::ElectLeadersRequest;
use ottla_messages::elect_leaders_response::{
    ElectLeadersResponse, PartitionResult, ReplicaElectionResult,
};
use ottla_messages::metadata_record::MetadataRecord;
use ottla_metadata::{LeaderRecoveryState, NO_LEADER_CHANGE, Partition, Topic, numbers};
use ottla_types::{NodeId, PartitionIndex};

use crate::ControllerRequest;
use crate::deciding::{Decided, Deciding, message, refuse, text};
use crate::election::{Election, PartitionChange};

/// From this version on a request names the epoch of each replica that is in sync.
const FIRST_VERSION_WITH_REPLICA_EPOCHS: i16 = 3;
/// How many partitions a periodic election changes at once.
const MAX_ELECTIONS_PER_ROUND: usize = 1_000;

impl Deciding<'_> {
    pub(crate) fn alter_partition(
        &self,
        asked: &ControllerRequest,
        request: &AlterPartitionRequest,
    ) -> Decided<AlterPartitionResponse> {
        let leader = self
            .broker_of_epoch(request.broker_id, request.broker_epoch)?
            .id;
        let mut records = Vec::new();
        let mut response = AlterPartitionResponse::default();
        for topic in &request.topics {
            let partitions = topic.partitions.iter().map(|wanted| {
                let known = self.image().topics.by_id(topic.topic_id);
                let altered = match known {
                    Some(known) => self.alter(asked, leader, known, wanted, &mut records),
                    None => Err(ErrorCode::UNKNOWN_TOPIC_ID),
                };
                altered.unwrap_or_else(|code| alter_partition_response::PartitionData {
                    partition_index: wanted.partition_index,
                    error_code: code.0,
                    ..Default::default()
                })
            });
            response.topics.push(alter_partition_response::TopicData {
                topic_id: topic.topic_id,
                partitions: partitions.collect(),
            });
        }
        Ok((records, response))
    }

    fn alter(
        &self,
        asked: &ControllerRequest,
        leader: NodeId,
        topic: &Topic,
        wanted: &alter_partition_request::PartitionData,
        records: &mut Vec<MetadataRecord>,
    ) -> Result<alter_partition_response::PartitionData, ErrorCode> {
        let index = PartitionIndex(wanted.partition_index);
        let partition = topic
            .partition(index)
            .ok_or(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION)?;
        let isr = if asked.api_version < FIRST_VERSION_WITH_REPLICA_EPOCHS {
            let without_epochs = wanted.new_isr.iter().map(|&broker_id| BrokerState {
                broker_id,
                broker_epoch: -1,
            });
            without_epochs.collect()
        } else {
            wanted.new_isr_with_epochs.clone()
        };
        let recovery_state = LeaderRecoveryState::from_i8(wanted.leader_recovery_state)
            .ok_or(ErrorCode::INVALID_REQUEST)?;
        check_epochs(leader, partition, wanted)?;
        check_isr(partition, &isr, recovery_state)?;
        if !isr.iter().all(|replica| self.is_eligible(replica)) {
            return Err(ErrorCode::INELIGIBLE_REPLICA);
        }
        let isr = isr
            .iter()
            .map(|replica| NodeId(replica.broker_id))
            .collect();
        let change = PartitionChange::new(partition, self.rules(topic, Election::Online))
            .with_isr(isr)
            .with_recovery_state(recovery_state);
        let mut altered = Partition::clone(partition);
        let record = change.record(topic.id, index.0, &|id| self.can_lead(id, partition));
        if let Some(record) = record {
            altered = partition
                .merge(&record)
                .map_err(|_| ErrorCode::UNKNOWN_SERVER_ERROR)?;
            let new_leader = record.leader;
            records.push(record.into());
            // The change has ended a reassignment that takes the leader away.
            if new_leader != leader.0 && new_leader != NO_LEADER_CHANGE {
                return Err(ErrorCode::NEW_LEADER_ELECTED);
            }
        }
        Ok(alter_partition_response::PartitionData {
            partition_index: index.0,
            error_code: ErrorCode::NONE.0,
            leader_id: altered.leader.0,
            leader_epoch: altered.leader_epoch.0,
            isr: numbers(&altered.isr),
            leader_recovery_state: altered.leader_recovery_state as i8,
            partition_epoch: altered.partition_epoch,
        })
    }

    fn is_eligible(&self, replica: &BrokerState) -> bool {
        let broker = self.image().brokers.get(&NodeId(replica.broker_id));
        broker.is_some_and(|broker| {
            let same_epoch = [-1, broker.epoch].contains(&replica.broker_epoch);
            broker.is_active() && same_epoch
        })
    }

    pub(crate) fn elect_leaders(
        &self,
        request: &ElectLeadersRequest,
    ) -> Decided<ElectLeadersResponse> {
        let election = match request.election_type {
            0 => Election::Preferred,
            1 => Election::Unclean,
            other => {
                let why = format!("Unknown election type {other}");
                return Err(refuse(ErrorCode::INVALID_REQUEST, why));
            }
        };
        let mut records = Vec::new();
        let mut results = Vec::new();
        match &request.topic_partitions {
            Some(topics) => {
                for topic in topics {
                    let elected = topic.partitions.iter().map(|&partition| {
                        let elected = self.elect(&topic.topic, partition, election);
                        election_result(partition, elected, &mut records)
                    });
                    results.push(ReplicaElectionResult {
                        topic: topic.topic.clone(),
                        partition_result: elected.collect(),
                    });
                }
            }
            None => {
                for topic in self.image().topics.iter() {
                    let elected = topic.partitions.keys().filter_map(|index| {
                        let elected = self.elect(topic.name.as_str(), index.0, election);
                        let result = election_result(index.0, elected, &mut records);
                        // Whoever asks for all partitions hears only of those that needed it.
                        let needed = result.error_code != ErrorCode::ELECTION_NOT_NEEDED.0;
                        needed.then_some(result)
                    });
                    results.push(ReplicaElectionResult {
                        topic: text(topic.name.as_str()),
                        partition_result: elected.collect(),
                    });
                }
            }
        }
        let response = ElectLeadersResponse {
            replica_election_results: results,
            ..ElectLeadersResponse::default()
        };
        Ok((records, response))
    }

    fn elect(
        &self,
        topic: &str,
        index: i32,
        election: Election,
    ) -> Result<MetadataRecord, Rejection> {
        let unknown = |why: String| refuse(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, why);
        let topic = self
            .image()
            .topics
            .by_name(topic)
            .ok_or_else(|| unknown(format!("No such topic as {topic}")))?;
        let partition = topic
            .partition(PartitionIndex(index))
            .ok_or_else(|| unknown(format!("No such partition as {}-{index}", topic.name)))?;
        let needed = match election {
            Election::Preferred => partition.leader != partition.preferred_leader(),
            _ => partition.leader == NodeId::NONE,
        };
        if !needed {
            return Err(refuse(
                ErrorCode::ELECTION_NOT_NEEDED,
                "Leader election not needed for topic partition.",
            ));
        }
        let record = self.elected(topic, PartitionIndex(index), partition, election);
        record.ok_or_else(|| match election {
            Election::Preferred => refuse(
                ErrorCode::PREFERRED_LEADER_NOT_AVAILABLE,
                "The preferred leader was not available.",
            ),
            _ => refuse(
                ErrorCode::ELIGIBLE_LEADERS_NOT_AVAILABLE,
                "Eligible topic partition leaders are not available.",
            ),
        })
    }

    fn elected(
        &self,
        topic: &Topic,
        index: PartitionIndex,
        partition: &Partition,
        election: Election,
    ) -> Option<MetadataRecord> {
        let change = PartitionChange::new(partition, self.rules(topic, election));
        let can_lead = |id| self.can_lead(id, partition);
        change.record(topic.id, index.0, &can_lead).map(Into::into)
    }

    /// Leaderships return to the preferred leaders that are there again.
    pub(crate) fn elect_preferred_leaders(&self) -> Vec<MetadataRecord> {
        self.elect_where(Election::Preferred, |partition| {
            partition.leader != partition.preferred_leader()
        })
    }

    /// Partitions without a leader get one where losing records is allowed.
    pub(crate) fn elect_unclean_leaders(&self) -> Vec<MetadataRecord> {
        self.elect_where(Election::Online, |partition| {
            partition.leader == NodeId::NONE
        })
    }

    fn elect_where(
        &self,
        election: Election,
        concerns: impl Fn(&Partition) -> bool,
    ) -> Vec<MetadataRecord> {
        let topics = self.image().topics.iter();
        let partitions = topics.flat_map(|topic| {
            let partitions = topic.partitions.iter();
            partitions.map(move |(index, partition)| (topic, *index, partition))
        });
        let concerned = partitions.filter(|(_, _, partition)| concerns(partition));
        concerned
            .filter_map(|(topic, index, partition)| self.elected(topic, index, partition, election))
            .take(MAX_ELECTIONS_PER_ROUND)
            .collect()
    }
}

fn check_epochs(
    leader: NodeId,
    partition: &Partition,
    wanted: &alter_partition_request::PartitionData,
) -> Result<(), ErrorCode> {
    // A leader that knows more than the controller has heard it from a newer controller.
    if wanted.leader_epoch > partition.leader_epoch.0
        || wanted.partition_epoch > partition.partition_epoch
    {
        Err(ErrorCode::NOT_CONTROLLER)
    } else if wanted.leader_epoch < partition.leader_epoch.0 {
        Err(ErrorCode::FENCED_LEADER_EPOCH)
    } else if leader != partition.leader {
        Err(ErrorCode::INVALID_REQUEST)
    } else if wanted.partition_epoch < partition.partition_epoch {
        Err(ErrorCode::INVALID_UPDATE_VERSION)
    } else {
        Ok(())
    }
}

fn check_isr(
    partition: &Partition,
    isr: &[BrokerState],
    recovery_state: LeaderRecoveryState,
) -> Result<(), ErrorCode> {
    let ids: BTreeSet<NodeId> = isr
        .iter()
        .map(|replica| NodeId(replica.broker_id))
        .collect();
    let legal = !ids.is_empty()
        && ids.len() == isr.len()
        && ids.iter().all(|id| partition.replicas.contains(id))
        && ids.contains(&partition.leader);
    let recovers = recovery_state == LeaderRecoveryState::Recovering;
    let recovered = partition.leader_recovery_state == LeaderRecoveryState::Recovered;
    if !legal || (recovers && (isr.len() > 1 || recovered)) {
        return Err(ErrorCode::INVALID_REQUEST);
    }
    Ok(())
}

fn election_result(
    partition_id: i32,
    elected: Result<MetadataRecord, Rejection>,
    records: &mut Vec<MetadataRecord>,
) -> PartitionResult {
    let rejection = elected.map(|record| records.push(record)).err();
    PartitionResult {
        partition_id,
        error_code: rejection.as_ref().map_or(0, |rejection| rejection.code.0),
        error_message: rejection.as_ref().and_then(message),
    }
}
