//! Deleting offsets: by request, with their group, with their topic.

use ottla_messages::offset_delete_request::{OffsetDeleteRequest, OffsetDeleteRequestTopic};
use ottla_messages::offset_delete_response::{
    OffsetDeleteResponse, OffsetDeleteResponsePartition, OffsetDeleteResponseTopic,
};
use ottla_messages::{ErrorCode, KafkaString};
use ottla_types::{TopicId, Uuid};

use crate::GroupRecord;
use crate::classic::ClassicGroupState;
use crate::foreign::GroupType;
use crate::shard::{Found, PACE_MS, RECORDS_PER_STEP, Step};
use crate::soft::TimerKey;

impl Step<'_> {
    /// Decides on an OffsetDelete.
    pub(crate) fn delete_offsets(&mut self, request: &OffsetDeleteRequest) -> OffsetDeleteResponse {
        if let Err(code) = self.validate_delete_offsets(&request.group_id) {
            return OffsetDeleteResponse {
                error_code: code.into(),
                ..Default::default()
            };
        }
        let topic = |topic| self.delete_offsets_of(&request.group_id, topic);
        let topics = request.topics.iter().map(topic).collect();
        OffsetDeleteResponse {
            topics,
            ..Default::default()
        }
    }

    fn validate_delete_offsets(&self, group_id: &KafkaString) -> Result<(), ErrorCode> {
        match self.find(group_id) {
            Found::Missing | Found::Foreign(GroupType::Share, _) => {
                Err(ErrorCode::GROUP_ID_NOT_FOUND)
            }
            // What their members are subscribed to is not known here.
            Found::Foreign(_, true) => Err(ErrorCode::NON_EMPTY_GROUP),
            Found::Foreign(_, false) => Ok(()),
            Found::Classic => {
                let group = self.classic_group(group_id);
                let may = group.is_none_or(|group| {
                    group.state() == ClassicGroupState::Empty || group.uses_consumer_protocol()
                });
                if may {
                    Ok(())
                } else {
                    Err(ErrorCode::NON_EMPTY_GROUP)
                }
            }
        }
    }

    fn delete_offsets_of(
        &mut self,
        group_id: &KafkaString,
        topic: &OffsetDeleteRequestTopic,
    ) -> OffsetDeleteResponseTopic {
        let group = self.classic_group(group_id);
        let is_subscribed = group.is_some_and(|group| group.is_subscribed_to(&topic.name));
        let mut response = OffsetDeleteResponseTopic {
            name: topic.name.clone(),
            ..Default::default()
        };
        for partition in &topic.partitions {
            let index = partition.partition_index;
            let offsets = self.hard.offsets();
            let exists = offsets.get(group_id, &topic.name, index).is_some()
                || offsets.is_pending(group_id, &topic.name, index);
            let code = if is_subscribed {
                ErrorCode::GROUP_SUBSCRIBED_TO_TOPIC
            } else {
                if exists {
                    let record = GroupRecord::offset_tombstone(group_id, &topic.name, index);
                    self.decision.records.push(record);
                }
                ErrorCode::NONE
            };
            response.partitions.push(OffsetDeleteResponsePartition {
                partition_index: index,
                error_code: code.into(),
            });
        }
        response
    }

    /// Deletes whatever offsets a group has, pending ones included.
    pub(crate) fn delete_all_offsets(&mut self, group_id: &KafkaString) {
        let offsets = self.hard.offsets();
        let committed = offsets
            .of_group(group_id)
            .map(|(topic, index, _)| (topic, index));
        let pending = offsets
            .open_partitions(group_id)
            .filter(|(topic, index)| offsets.get(group_id, topic, *index).is_none());
        let all = committed.chain(pending);
        let tombstone = |(topic, index)| GroupRecord::offset_tombstone(group_id, topic, index);
        self.decision.records.extend(all.map(tombstone));
    }

    /// Topics are gone: their offsets go too, a step at a time.
    pub(crate) fn on_topics_deleted(&mut self, topics: &[(KafkaString, TopicId)]) {
        if topics.is_empty() {
            return;
        }
        self.soft.deleted_topics.extend(topics.iter().cloned());
        let at = self.now.monotonic;
        self.soft.timers.schedule(TimerKey::DeletedTopics, at);
    }

    /// Deletes some offsets of deleted topics. A topic is done when a step finds none any more, so
    /// a step that could not be written is taken again.
    pub(crate) fn delete_offsets_of_deleted_topics(&mut self) {
        while let Some((topic, topic_id)) = self.soft.deleted_topics.front().cloned() {
            let found = self.offsets_of_topic(&topic, topic_id);
            if found.is_empty() {
                self.soft.deleted_topics.pop_front();
                continue;
            }
            self.decision.records.extend(found);
            let at = self.now.monotonic.after_ms(PACE_MS);
            self.soft.timers.schedule(TimerKey::DeletedTopics, at);
            return;
        }
    }

    fn offsets_of_topic(&self, topic: &KafkaString, topic_id: TopicId) -> Vec<GroupRecord> {
        let offsets = self.hard.offsets();
        let was_of_topic = |id: Uuid| id == Uuid::ZERO || id == topic_id;
        let records = offsets
            .of_topic(topic)
            .filter(|(_, _, id)| was_of_topic(*id));
        records
            .map(|(group, index, _)| GroupRecord::offset_tombstone(group, topic, index))
            .take(RECORDS_PER_STEP)
            .collect()
    }
}
