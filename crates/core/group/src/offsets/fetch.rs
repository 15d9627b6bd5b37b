//! OffsetFetch: one group at a time; and how a request of any version becomes such groups.

use ottla_messages::offset_fetch_request::{
    OffsetFetchRequest, OffsetFetchRequestGroup, OffsetFetchRequestTopic, OffsetFetchRequestTopics,
};
use ottla_messages::offset_fetch_response::{
    OffsetFetchResponse, OffsetFetchResponseGroup, OffsetFetchResponsePartition,
    OffsetFetchResponsePartitions, OffsetFetchResponseTopic, OffsetFetchResponseTopics,
};
use ottla_messages::{ErrorCode, KafkaString};
use ottla_types::Uuid;

use super::{CommittedOffset, Offsets};
use crate::foreign::GroupType;
use crate::shard::{Found, Step};

/// From this version on a request names several groups.
const BATCH_VERSION: i16 = 8;
/// From this version on there is a place for the error of a whole group, and null means all topics.
const GROUP_ERROR_VERSION: i16 = 2;

/// The groups that a request asks for, in the form of version 8; one before it.
#[must_use]
pub fn offset_fetch_groups(
    request: &OffsetFetchRequest,
    version: i16,
) -> Vec<OffsetFetchRequestGroup> {
    if version >= BATCH_VERSION {
        return request.groups.clone();
    }
    let topic = |topic: &OffsetFetchRequestTopic| OffsetFetchRequestTopics {
        name: topic.name.clone(),
        partition_indexes: topic.partition_indexes.clone(),
        ..Default::default()
    };
    let topics = request.topics.as_ref();
    vec![OffsetFetchRequestGroup {
        group_id: request.group_id.clone(),
        topics: topics.map(|topics| topics.iter().map(topic).collect()),
        ..Default::default()
    }]
}

/// The answer from those of the groups. Before version 8 only the first can be told.
#[must_use]
pub fn offset_fetch_response(
    groups: Vec<OffsetFetchResponseGroup>,
    version: i16,
) -> OffsetFetchResponse {
    if version >= BATCH_VERSION {
        return OffsetFetchResponse {
            groups,
            ..Default::default()
        };
    }
    let Some(group) = groups.into_iter().next() else {
        return OffsetFetchResponse::default();
    };
    let partition = |partition: OffsetFetchResponsePartitions| OffsetFetchResponsePartition {
        partition_index: partition.partition_index,
        committed_offset: partition.committed_offset,
        committed_leader_epoch: partition.committed_leader_epoch,
        metadata: partition.metadata,
        error_code: partition.error_code,
    };
    let topic = |topic: OffsetFetchResponseTopics| OffsetFetchResponseTopic {
        name: topic.name,
        partitions: topic.partitions.into_iter().map(partition).collect(),
    };
    OffsetFetchResponse {
        error_code: group.error_code,
        topics: group.topics.into_iter().map(topic).collect(),
        ..Default::default()
    }
}

/// What an OffsetFetch is told where Kafka's other group APIs hear `code`: consumers before 3.9 do
/// not try again on some of them.
pub(crate) fn offset_fetch_code(code: ErrorCode) -> ErrorCode {
    match code {
        ErrorCode::UNKNOWN_TOPIC_OR_PARTITION
        | ErrorCode::NOT_ENOUGH_REPLICAS
        | ErrorCode::REQUEST_TIMED_OUT => ErrorCode::NOT_COORDINATOR,
        other => other,
    }
}

pub(crate) fn failed_offset_fetch(
    group: &OffsetFetchRequestGroup,
    version: i16,
    code: ErrorCode,
) -> OffsetFetchResponseGroup {
    let mut response = OffsetFetchResponseGroup {
        group_id: group.group_id.clone(),
        error_code: code.into(),
        ..Default::default()
    };
    if version < GROUP_ERROR_VERSION {
        let topics = group.topics.iter().flatten();
        response.topics = topics
            .map(|topic| topic_response(topic, |partition| without_offset(partition, code)))
            .collect();
    }
    response
}

pub(crate) fn fail_offset_fetch_partition(
    partition: &mut OffsetFetchResponsePartitions,
    code: ErrorCode,
) {
    *partition = without_offset(partition.partition_index, code);
}

impl Step<'_> {
    /// Decides on an OffsetFetch: nothing to write, but told only when it is committed.
    pub(crate) fn fetch_offsets(
        &self,
        group: &OffsetFetchRequestGroup,
        require_stable: bool,
    ) -> OffsetFetchResponseGroup {
        let mut response = OffsetFetchResponseGroup {
            group_id: group.group_id.clone(),
            ..Default::default()
        };
        let speaks_for_member = group.member_epoch >= 0;
        let is_known = match self.find(&group.group_id) {
            Found::Foreign(GroupType::Share, _) | Found::Missing => false,
            Found::Foreign(..) if speaks_for_member => {
                response.error_code = ErrorCode::UNKNOWN_MEMBER_ID.into();
                return response;
            }
            Found::Foreign(..) | Found::Classic => true,
        };
        let none = Offsets::default();
        let offsets = if is_known { self.hard.offsets() } else { &none };
        let answer = |topic: &str, topic_id: Uuid, partition: i32| {
            let is_pending = offsets.is_pending(&group.group_id, topic, partition);
            let committed = offsets.get(&group.group_id, topic, partition);
            match committed.filter(|offset| may_be_of(offset, topic_id)) {
                _ if require_stable && is_pending => {
                    without_offset(partition, ErrorCode::UNSTABLE_OFFSET_COMMIT)
                }
                Some(offset) => with_offset(partition, offset),
                None => without_offset(partition, ErrorCode::NONE),
            }
        };
        response.topics = match &group.topics {
            Some(topics) => {
                let one = |topic: &OffsetFetchRequestTopics| {
                    topic_response(topic, |index| answer(&topic.name, topic.topic_id, index))
                };
                topics.iter().map(one).collect()
            }
            None => all_topics(offsets, &group.group_id, |topic, partition| {
                answer(topic, Uuid::ZERO, partition)
            }),
        };
        response
    }
}

fn topic_response(
    topic: &OffsetFetchRequestTopics,
    answer: impl Fn(i32) -> OffsetFetchResponsePartitions,
) -> OffsetFetchResponseTopics {
    OffsetFetchResponseTopics {
        name: topic.name.clone(),
        topic_id: topic.topic_id,
        partitions: topic
            .partition_indexes
            .iter()
            .map(|index| answer(*index))
            .collect(),
    }
}

fn all_topics(
    offsets: &Offsets,
    group: &str,
    answer: impl Fn(&str, i32) -> OffsetFetchResponsePartitions,
) -> Vec<OffsetFetchResponseTopics> {
    let mut topics: Vec<OffsetFetchResponseTopics> = Vec::new();
    for (topic, partition, _) in offsets.of_group(group) {
        if topics.last().is_none_or(|last| last.name != *topic) {
            topics.push(OffsetFetchResponseTopics {
                name: topic.clone(),
                ..Default::default()
            });
        }
        if let Some(last) = topics.last_mut() {
            last.partitions.push(answer(topic, partition));
        }
    }
    topics
}

/// Whether the offset can be one of the topic that is asked for, and not of an earlier one of the
/// same name.
fn may_be_of(offset: &CommittedOffset, topic_id: Uuid) -> bool {
    offset.topic_id == Uuid::ZERO || topic_id == Uuid::ZERO || offset.topic_id == topic_id
}

fn with_offset(partition_index: i32, offset: &CommittedOffset) -> OffsetFetchResponsePartitions {
    OffsetFetchResponsePartitions {
        partition_index,
        committed_offset: offset.offset,
        committed_leader_epoch: offset.leader_epoch,
        metadata: Some(offset.metadata.clone()),
        ..Default::default()
    }
}

fn without_offset(partition_index: i32, code: ErrorCode) -> OffsetFetchResponsePartitions {
    OffsetFetchResponsePartitions {
        partition_index,
        committed_offset: -1,
        committed_leader_epoch: -1,
        metadata: Some(KafkaString::new()),
        error_code: code.into(),
    }
}
