//! OffsetCommit, for a member of a group or for somebody who only keeps offsets in it.

use ottla_messages::offset_commit_key::OffsetCommitKey;
use ottla_messages::offset_commit_request::{
    OffsetCommitRequest, OffsetCommitRequestPartition, OffsetCommitRequestTopic,
};
use ottla_messages::offset_commit_response::{
    OffsetCommitResponse, OffsetCommitResponsePartition, OffsetCommitResponseTopic,
};
use ottla_messages::offset_commit_value::OffsetCommitValue;
use ottla_messages::{ErrorCode, KafkaString};
use ottla_types::{TimestampMs, Uuid};

use crate::GroupRecord;
use crate::classic::ClassicGroupState;
use crate::foreign::GroupType;
use crate::request::failed_commit;
use crate::shard::{Found, Step};

/// From this version on a client tells a missing group from a stale generation.
const GROUP_ID_NOT_FOUND_VERSION: i16 = 9;

impl Step<'_> {
    /// Decides on an OffsetCommit.
    pub(crate) fn commit_offsets(
        &mut self,
        version: i16,
        request: &OffsetCommitRequest,
    ) -> OffsetCommitResponse {
        match self.validate_commit(version, request) {
            Ok(()) => self.write_commit(request),
            Err(code) => failed_commit(request, code),
        }
    }

    fn validate_commit(
        &mut self,
        version: i16,
        request: &OffsetCommitRequest,
    ) -> Result<(), ErrorCode> {
        let generation_id = request.generation_id_or_member_epoch;
        let (member_id, instance_id) = (&request.member_id, request.group_instance_id.as_ref());
        match self.find(&request.group_id) {
            // Offsets make a group, without a record of its own.
            Found::Missing if generation_id < 0 => return Ok(()),
            Found::Missing if version >= GROUP_ID_NOT_FOUND_VERSION => {
                return Err(ErrorCode::GROUP_ID_NOT_FOUND);
            }
            Found::Missing => return Err(ErrorCode::ILLEGAL_GENERATION),
            Found::Foreign(GroupType::Share, _) => return Err(ErrorCode::GROUP_ID_NOT_FOUND),
            Found::Foreign(_, has_members) => {
                // Its members are not served here, so nobody can speak for one.
                let is_free = generation_id < 0 && !has_members;
                return if is_free {
                    Ok(())
                } else {
                    Err(ErrorCode::UNKNOWN_MEMBER_ID)
                };
            }
            Found::Classic => {}
        }
        let validated = self.with_group(&request.group_id, |group, turn| {
            group.validate_offset_commit(member_id, instance_id, generation_id)?;
            let is_active = matches!(
                group.state(),
                ClassicGroupState::Stable | ClassicGroupState::PreparingRebalance
            );
            if is_active {
                group.renew_session(member_id, turn);
            }
            Ok(())
        });
        validated.unwrap_or(Err(ErrorCode::UNKNOWN_MEMBER_ID))
    }

    fn write_commit(&mut self, request: &OffsetCommitRequest) -> OffsetCommitResponse {
        let mut response = OffsetCommitResponse::default();
        for topic in &request.topics {
            let mut answered = OffsetCommitResponseTopic {
                name: topic.name.clone(),
                topic_id: topic.topic_id,
                ..Default::default()
            };
            for partition in &topic.partitions {
                let metadata = partition.committed_metadata.as_ref();
                let code = if metadata.is_some_and(|text| self.is_too_long(text)) {
                    ErrorCode::OFFSET_METADATA_TOO_LARGE
                } else {
                    let record = self.commit_record(request, topic, partition);
                    self.decision.records.push(record);
                    ErrorCode::NONE
                };
                answered.partitions.push(OffsetCommitResponsePartition {
                    partition_index: partition.partition_index,
                    error_code: code.into(),
                });
            }
            response.topics.push(answered);
        }
        response
    }

    fn commit_record(
        &self,
        request: &OffsetCommitRequest,
        topic: &OffsetCommitRequestTopic,
        partition: &OffsetCommitRequestPartition,
    ) -> GroupRecord {
        let now = self.now.wall;
        // The record's version with an expiry has no place for epoch and topic id: what is not
        // written is not kept either.
        let (expire_timestamp, leader_epoch, topic_id) = match request.retention_time_ms {
            -1 => (
                TimestampMs::NONE,
                partition.committed_leader_epoch,
                topic.topic_id,
            ),
            retention => (TimestampMs(now.0.saturating_add(retention)), -1, Uuid::ZERO),
        };
        GroupRecord::OffsetCommit {
            key: OffsetCommitKey {
                group: request.group_id.clone(),
                topic: topic.name.clone(),
                partition: partition.partition_index,
            },
            value: Some(OffsetCommitValue {
                offset: partition.committed_offset,
                leader_epoch,
                metadata: partition.committed_metadata.clone().unwrap_or_default(),
                commit_timestamp: now.0,
                expire_timestamp: expire_timestamp.0,
                topic_id,
            }),
        }
    }

    /// In UTF-16 units, of which a byte of UTF-8 is never more than one.
    fn is_too_long(&self, metadata: &KafkaString) -> bool {
        let limit = self.context.configuration.offset_metadata_max_size;
        let limit = usize::try_from(limit).unwrap_or(0);
        metadata.len() > limit && metadata.encode_utf16().count() > limit
    }
}
