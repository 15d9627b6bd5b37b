//! Replay of topics, partitions and configurations.

use std::sync::Arc;

use ottla_messages::clear_elr_record::ClearElrRecord;
use ottla_messages::config_record::ConfigRecord;
use ottla_messages::partition_change_record::PartitionChangeRecord;
use ottla_messages::partition_record::PartitionRecord;
use ottla_messages::remove_topic_record::RemoveTopicRecord;
use ottla_messages::topic_record::TopicRecord;
use ottla_types::{PartitionIndex, TopicId};

use super::ReplayError;
use crate::delta::Changes;
use crate::{ConfigResource, MetadataImage, Partition, ResourceType, Topic};

impl MetadataImage {
    pub(super) fn create_topic(
        &mut self,
        record: &TopicRecord,
        changes: &mut Changes,
    ) -> Result<(), ReplayError> {
        if let Some(existing) = self.topics.by_name(&record.name) {
            return Err(ReplayError::new(format!(
                "topic {} is created with id {} but exists with id {}",
                record.name, record.topic_id, existing.id
            )));
        }
        if let Some(existing) = self.topics.by_id(record.topic_id) {
            return Err(ReplayError::new(format!(
                "topic {} is created with the id of topic {}",
                record.name, existing.name
            )));
        }
        self.topics.insert(Topic {
            name: (&*record.name).into(),
            id: record.topic_id,
            partitions: Default::default(),
        });
        changes.topics.entry(record.topic_id).or_default();
        Ok(())
    }

    pub(super) fn create_partition(
        &mut self,
        record: &PartitionRecord,
        changes: &mut Changes,
    ) -> Result<(), ReplayError> {
        let partition = Partition::from_record(record)?;
        let topic = self
            .topics
            .change(record.topic_id)
            .ok_or_else(|| no_topic(record.topic_id, "a partition"))?;
        let index = PartitionIndex(record.partition_id);
        topic.partitions.insert(index, Arc::new(partition));
        changes.note_partition(record.topic_id, index);
        Ok(())
    }

    pub(super) fn change_partition(
        &mut self,
        record: &PartitionChangeRecord,
        changes: &mut Changes,
    ) -> Result<(), ReplayError> {
        let topic = self
            .topics
            .change(record.topic_id)
            .ok_or_else(|| no_topic(record.topic_id, "a change of a partition"))?;
        let index = PartitionIndex(record.partition_id);
        let partition = topic.partitions.get_mut(&index).ok_or_else(|| {
            ReplayError::new(format!(
                "partition {index} of topic {} is changed but does not exist",
                topic.name
            ))
        })?;
        *partition = Arc::new(partition.merge(record)?);
        changes.note_partition(record.topic_id, index);
        Ok(())
    }

    /// The configuration of a topic goes with it; no records say so.
    pub(super) fn remove_topic(
        &mut self,
        record: &RemoveTopicRecord,
        changes: &mut Changes,
    ) -> Result<(), ReplayError> {
        let topic = self
            .topics
            .remove(record.topic_id)
            .ok_or_else(|| no_topic(record.topic_id, "a removal"))?;
        changes.topics.entry(topic.id).or_default();
        let resource = ConfigResource::topic(topic.name.as_str());
        if self.configs.remove(&resource) {
            changes.configs.insert(resource);
        }
        Ok(())
    }

    /// An empty name stands for all topics.
    pub(super) fn clear_elr(
        &mut self,
        record: &ClearElrRecord,
        changes: &mut Changes,
    ) -> Result<(), ReplayError> {
        let topics: Vec<TopicId> = if record.topic_name.is_empty() {
            self.topics.iter().map(|topic| topic.id).collect()
        } else {
            let topic = self.topics.by_name(&record.topic_name).ok_or_else(|| {
                ReplayError::new(format!(
                    "eligible leader replicas of topic {} are cleared but it does not exist",
                    record.topic_name
                ))
            })?;
            vec![topic.id]
        };
        for id in topics {
            self.clear_elr_of(id, changes)?;
        }
        Ok(())
    }

    /// Counts as one change of each partition that had any.
    fn clear_elr_of(&mut self, id: TopicId, changes: &mut Changes) -> Result<(), ReplayError> {
        let Some(topic) = self.topics.by_id(id) else {
            return Ok(());
        };
        let with_elr: Vec<PartitionIndex> = topic
            .partitions
            .iter()
            .filter(|(_, partition)| {
                !partition.elr.is_empty() || !partition.last_known_elr.is_empty()
            })
            .map(|(index, _)| *index)
            .collect();
        for index in with_elr {
            let record = PartitionChangeRecord {
                partition_id: index.0,
                topic_id: id,
                eligible_leader_replicas: Some(Vec::new()),
                last_known_elr: Some(Vec::new()),
                ..PartitionChangeRecord::default()
            };
            self.change_partition(&record, changes)?;
        }
        Ok(())
    }

    pub(super) fn set_config(
        &mut self,
        record: &ConfigRecord,
        changes: &mut Changes,
    ) -> Result<(), ReplayError> {
        let resource_type = ResourceType::from_i8(record.resource_type).ok_or_else(|| {
            ReplayError::new(format!(
                "{} is no type of a configured resource",
                record.resource_type
            ))
        })?;
        let resource = ConfigResource {
            resource_type,
            name: (&*record.resource_name).into(),
        };
        changes.configs.insert(resource.clone());
        self.configs
            .set(resource, &record.name, record.value.as_deref());
        Ok(())
    }
}

fn no_topic(id: TopicId, what: &str) -> ReplayError {
    ReplayError::new(format!("{what} names topic id {id}, which does not exist"))
}
