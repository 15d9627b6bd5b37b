//! Directories of brokers: offline ones, cordoned ones, and which replica lies in which.
//!
//! *Kafka*: KIP-858, KIP-1066.

use std::collections::BTreeSet;

use ottla_messages::ErrorCode;
use ottla_messages::assign_replicas_to_dirs_request::{self, AssignReplicasToDirsRequest};
use ottla_messages::assign_replicas_to_dirs_response::{
    self, AssignReplicasToDirsResponse, DirectoryData, PartitionData,
};
use ottla_messages::broker_registration_change_record::BrokerRegistrationChangeRecord;
use ottla_messages::metadata_record::MetadataRecord;
use ottla_metadata::{Broker, Partition};
use ottla_types::{NodeId, PartitionIndex, Uuid};

use super::Affected;
use crate::deciding::{Decided, Deciding, refuse};
use crate::election::{Election, PartitionChange};

impl Deciding<'_> {
    /// Replicas in these directories are out of sync; then the broker's list shrinks.
    pub(super) fn take_directories_offline(
        &self,
        broker: &Broker,
        offline: &[Uuid],
    ) -> Vec<MetadataRecord> {
        let (gone, left): (Vec<Uuid>, Vec<Uuid>) = broker
            .log_directories
            .iter()
            .partition(|directory| offline.contains(directory));
        if gone.is_empty() {
            return Vec::new();
        }
        let id = broker.id;
        let lies_there = |partition: &Partition| {
            partition
                .directory(id)
                .is_some_and(|directory| gone.contains(&directory))
        };
        let mut records = self.change_partitions(Affected::removed(id), lies_there);
        records.push(
            BrokerRegistrationChangeRecord {
                broker_id: id.0,
                broker_epoch: broker.epoch,
                log_dirs: left,
                ..BrokerRegistrationChangeRecord::default()
            }
            .into(),
        );
        records
    }

    pub(super) fn cordon(&self, broker: &Broker, cordoned: &[Uuid]) -> Option<MetadataRecord> {
        let known = broker.cordoned_log_directories.as_ref();
        let same = known.is_some_and(|known| {
            known.iter().collect::<BTreeSet<_>>() == cordoned.iter().collect::<BTreeSet<_>>()
        });
        let record = BrokerRegistrationChangeRecord {
            broker_id: broker.id.0,
            broker_epoch: broker.epoch,
            cordoned_log_dirs: Some(cordoned.to_vec()),
            ..BrokerRegistrationChangeRecord::default()
        };
        (!same).then(|| record.into())
    }

    /// AssignReplicasToDirs: a replica lies in another directory than the image says.
    pub(crate) fn assign_replicas(
        &self,
        request: &AssignReplicasToDirsRequest,
    ) -> Decided<AssignReplicasToDirsResponse> {
        if !self.metadata_version().supports_directory_assignment() {
            return Err(refuse(
                ErrorCode::UNSUPPORTED_VERSION,
                "Directory assignment is not supported yet.",
            ));
        }
        let broker = self.broker_of_epoch(request.broker_id, request.broker_epoch)?;
        let mut records = Vec::new();
        let mut response = AssignReplicasToDirsResponse::default();
        for directory in &request.directories {
            let topics = directory
                .topics
                .iter()
                .map(|topic| self.assign_topic(broker, directory.id, topic, &mut records));
            response.directories.push(DirectoryData {
                id: directory.id,
                topics: topics.collect(),
            });
        }
        Ok((records, response))
    }

    fn assign_topic(
        &self,
        broker: &Broker,
        directory: Uuid,
        topic: &assign_replicas_to_dirs_request::TopicData,
        records: &mut Vec<MetadataRecord>,
    ) -> assign_replicas_to_dirs_response::TopicData {
        let partitions = topic.partitions.iter().map(|partition| {
            let index = PartitionIndex(partition.partition_index);
            let code = match self.assignment(broker, directory, topic.topic_id, index) {
                Ok(record) => {
                    records.extend(record);
                    ErrorCode::NONE
                }
                Err(code) => code,
            };
            PartitionData {
                partition_index: index.0,
                error_code: code.0,
            }
        });
        assign_replicas_to_dirs_response::TopicData {
            topic_id: topic.topic_id,
            partitions: partitions.collect(),
        }
    }

    /// A replica that moves to a directory that does not work is out of sync.
    fn assignment(
        &self,
        broker: &Broker,
        directory: Uuid,
        topic_id: Uuid,
        index: PartitionIndex,
    ) -> Result<Option<MetadataRecord>, ErrorCode> {
        let id = broker.id;
        let topic = self
            .image()
            .topics
            .by_id(topic_id)
            .ok_or(ErrorCode::UNKNOWN_TOPIC_ID)?;
        let partition = topic
            .partition(index)
            .ok_or(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION)?;
        if !partition.replicas.contains(&id) {
            return Err(ErrorCode::NOT_LEADER_OR_FOLLOWER);
        }
        let online = broker.has_online_directory(directory);
        let mut change = PartitionChange::new(partition, self.rules(topic, Election::Online))
            .with_directory(id, directory);
        if !online {
            let isr = partition
                .isr
                .iter()
                .copied()
                .filter(|replica| *replica != id);
            change = change.with_isr(isr.collect());
        }
        let can_lead = |replica: NodeId| {
            if replica == id {
                online && self.is_active(id)
            } else {
                self.can_lead(replica, partition)
            }
        };
        Ok(change.record(topic.id, index.0, &can_lead).map(Into::into))
    }
}
