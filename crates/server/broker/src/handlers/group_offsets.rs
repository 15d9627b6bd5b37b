//! OffsetCommit (8), versions 2–10; OffsetFetch (9), 1–10; OffsetDelete (47), 0. Topics are looked
//! up here, by name or (from version 10 on) by id; the coordinator of the group does the rest.

use std::collections::HashMap;
use std::hash::Hash;
use std::rc::Rc;

use ottla_group::{GroupRequest, GroupResponse, offset_fetch_groups, offset_fetch_response};
use ottla_messages::offset_commit_request::{OffsetCommitRequest, OffsetCommitRequestTopic};
use ottla_messages::offset_commit_response::{
    OffsetCommitResponse, OffsetCommitResponsePartition, OffsetCommitResponseTopic,
};
use ottla_messages::offset_delete_request::{OffsetDeleteRequest, OffsetDeleteRequestPartition};
use ottla_messages::offset_delete_response::{
    OffsetDeleteResponse, OffsetDeleteResponsePartition, OffsetDeleteResponseTopic,
};
use ottla_messages::offset_fetch_request::{
    OffsetFetchRequest, OffsetFetchRequestGroup, OffsetFetchRequestTopics,
};
use ottla_messages::offset_fetch_response::{
    OffsetFetchResponse, OffsetFetchResponseGroup, OffsetFetchResponsePartitions,
    OffsetFetchResponseTopics,
};
use ottla_messages::{ErrorCode, KafkaString};
use ottla_metadata::MetadataImage;
use ottla_types::{PartitionIndex, Uuid};

use crate::groups;
use crate::reactor::ReactorService;
use crate::request::RequestContext;

/// The first version of OffsetCommit and OffsetFetch that names topics by id (KIP-848).
const TOPIC_IDS: i16 = 10;

/// Commits the offsets of the partitions that exist.
pub async fn commit(
    service: &Rc<ReactorService>,
    context: &RequestContext,
    mut request: OffsetCommitRequest,
) -> OffsetCommitResponse {
    let node = service.node();
    let published = node.published();
    let (version, image) = (context.version, &published.image);
    let asked = std::mem::take(&mut request.topics);
    let mut refused = Vec::new();
    for topic in &asked {
        let (known, unknown) = split_commit(image, version, topic);
        request.topics.extend(known);
        refused.extend(unknown);
    }
    let mut response = OffsetCommitResponse::default();
    if !request.topics.is_empty() || asked.is_empty() {
        let group = request.group_id.clone();
        let asked = GroupRequest::OffsetCommit { version, request };
        response = match groups::ask(node, &group, asked).await {
            GroupResponse::OffsetCommit(response) => response,
            other => unreachable!("a coordinator answers in kind, not {other:?}"),
        };
    }
    merge_commit(&mut response, refused, version);
    response
}

/// The partitions of a topic that exist, and the answer for those that do not.
fn split_commit(
    image: &MetadataImage,
    version: i16,
    topic: &OffsetCommitRequestTopic,
) -> (
    Option<OffsetCommitRequestTopic>,
    Option<OffsetCommitResponseTopic>,
) {
    let found = if version >= TOPIC_IDS {
        image.topics.by_id(topic.topic_id)
    } else {
        image.topics.by_name(&topic.name)
    };
    let refuse = |partitions: Vec<i32>, error: ErrorCode| OffsetCommitResponseTopic {
        name: topic.name.clone(),
        topic_id: topic.topic_id,
        partitions: partitions
            .into_iter()
            .map(|partition_index| OffsetCommitResponsePartition {
                partition_index,
                error_code: error.0,
            })
            .collect(),
    };
    let Some(found) = found else {
        let all = topic
            .partitions
            .iter()
            .map(|partition| partition.partition_index)
            .collect();
        let error = if version >= TOPIC_IDS {
            ErrorCode::UNKNOWN_TOPIC_ID
        } else {
            ErrorCode::UNKNOWN_TOPIC_OR_PARTITION
        };
        return (None, Some(refuse(all, error)));
    };
    let (there, absent): (Vec<_>, Vec<_>) = topic.partitions.iter().cloned().partition(|asked| {
        found
            .partitions
            .contains_key(&PartitionIndex(asked.partition_index))
    });
    let absent: Vec<i32> = absent
        .iter()
        .map(|partition| partition.partition_index)
        .collect();
    let known = (!there.is_empty()).then(|| OffsetCommitRequestTopic {
        name: KafkaString::copy_from(found.name.as_str()),
        topic_id: found.id,
        partitions: there,
    });
    let refused =
        (!absent.is_empty()).then(|| refuse(absent, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION));
    (known, refused)
}

fn merge_commit(
    response: &mut OffsetCommitResponse,
    refused: Vec<OffsetCommitResponseTopic>,
    version: i16,
) {
    // What was taken has both a name and an id by now, what was refused only what it was asked by.
    let key = |topic: &OffsetCommitResponseTopic| match version {
        TOPIC_IDS.. => (KafkaString::default(), topic.topic_id),
        _ => (topic.name.clone(), Uuid::ZERO),
    };
    let mut places = places(&response.topics, key);
    for topic in refused {
        let end = response.topics.len();
        let place = *places.entry(key(&topic)).or_insert(end);
        match response.topics.get_mut(place) {
            Some(there) => there.partitions.extend(topic.partitions),
            None => response.topics.push(topic),
        }
    }
}

/// Fetches what groups have committed.
pub async fn fetch(
    service: &Rc<ReactorService>,
    context: &RequestContext,
    request: OffsetFetchRequest,
) -> OffsetFetchResponse {
    let node = service.node();
    let (version, require_stable) = (context.version, request.require_stable);
    let mut groups = Vec::new();
    for mut group in offset_fetch_groups(&request, version) {
        let published = node.published();
        let unknown = resolve_fetch(&published.image, version, &mut group);
        let id = group.group_id.clone();
        let asked = GroupRequest::OffsetFetch {
            version,
            group,
            require_stable,
        };
        let mut answer = match groups::ask(node, &id, asked).await {
            GroupResponse::OffsetFetch(answer) => answer,
            other => unreachable!("a coordinator answers in kind, not {other:?}"),
        };
        finish_fetch(&published.image, version, &mut answer, unknown);
        groups.push(answer);
    }
    offset_fetch_response(groups, version)
}

/// Gives every topic its name and id; the topics that do not exist are taken out.
fn resolve_fetch(
    image: &MetadataImage,
    version: i16,
    group: &mut OffsetFetchRequestGroup,
) -> Vec<OffsetFetchRequestTopics> {
    let mut unknown = Vec::new();
    let Some(topics) = &mut group.topics else {
        return unknown;
    };
    topics.retain_mut(|topic| {
        let found = if version >= TOPIC_IDS {
            image.topics.by_id(topic.topic_id)
        } else {
            image.topics.by_name(&topic.name)
        };
        match found {
            Some(found) => {
                topic.name = KafkaString::copy_from(found.name.as_str());
                topic.topic_id = found.id;
                true
            }
            // By name, offsets of a topic that is gone can still be asked for.
            None if version < TOPIC_IDS => true,
            None => {
                unknown.push(topic.clone());
                false
            }
        }
    });
    unknown
}

fn finish_fetch(
    image: &MetadataImage,
    version: i16,
    answer: &mut OffsetFetchResponseGroup,
    unknown: Vec<OffsetFetchRequestTopics>,
) {
    if version < TOPIC_IDS {
        return;
    }
    // Where all topics were asked for, those that exist no more have no id to be named by.
    answer.topics.retain_mut(|topic| {
        if topic.topic_id == Uuid::ZERO
            && let Some(found) = image.topics.by_name(&topic.name)
        {
            topic.topic_id = found.id;
        }
        topic.topic_id != Uuid::ZERO
    });
    if answer.error_code != ErrorCode::NONE.0 {
        return;
    }
    answer.topics.extend(unknown.into_iter().map(|topic| {
        OffsetFetchResponseTopics {
            topic_id: topic.topic_id,
            partitions: topic
                .partition_indexes
                .into_iter()
                .map(|partition_index| OffsetFetchResponsePartitions {
                    partition_index,
                    committed_offset: -1,
                    committed_leader_epoch: -1,
                    metadata: Some(KafkaString::default()),
                    error_code: ErrorCode::UNKNOWN_TOPIC_ID.0,
                })
                .collect(),
            ..OffsetFetchResponseTopics::default()
        }
    }));
}

/// Forgets offsets of a group, of partitions that exist.
pub async fn delete(
    service: &Rc<ReactorService>,
    _context: &RequestContext,
    mut request: OffsetDeleteRequest,
) -> OffsetDeleteResponse {
    let node = service.node();
    let published = node.published();
    let mut refused = Vec::new();
    for topic in &mut request.topics {
        let found = published.image.topics.by_name(&topic.name);
        let exists = |index| found.is_some_and(|it| it.partitions.contains_key(&index));
        let (there, absent): (Vec<_>, Vec<_>) = std::mem::take(&mut topic.partitions)
            .into_iter()
            .partition(|asked| exists(PartitionIndex(asked.partition_index)));
        topic.partitions = there;
        if !absent.is_empty() {
            refused.push(refuse_delete(&topic.name, &absent));
        }
    }
    request.topics.retain(|topic| !topic.partitions.is_empty());
    let group = request.group_id.clone();
    let asked = GroupRequest::OffsetDelete(request);
    let mut response = match groups::ask(node, &group, asked).await {
        GroupResponse::OffsetDelete(response) => response,
        other => unreachable!("a coordinator answers in kind, not {other:?}"),
    };
    if response.error_code == ErrorCode::NONE.0 {
        merge_delete(&mut response, refused);
    }
    response
}

fn refuse_delete(
    name: &KafkaString,
    partitions: &[OffsetDeleteRequestPartition],
) -> OffsetDeleteResponseTopic {
    let refuse = |partition: &OffsetDeleteRequestPartition| OffsetDeleteResponsePartition {
        partition_index: partition.partition_index,
        error_code: ErrorCode::UNKNOWN_TOPIC_OR_PARTITION.0,
    };
    OffsetDeleteResponseTopic {
        name: name.clone(),
        partitions: partitions.iter().map(refuse).collect(),
    }
}

fn merge_delete(response: &mut OffsetDeleteResponse, refused: Vec<OffsetDeleteResponseTopic>) {
    let key = |topic: &OffsetDeleteResponseTopic| topic.name.clone();
    let mut places = places(&response.topics, key);
    for topic in refused {
        let end = response.topics.len();
        let place = *places.entry(key(&topic)).or_insert(end);
        match response.topics.get_mut(place) {
            Some(there) => there.partitions.extend(topic.partitions),
            None => response.topics.push(topic),
        }
    }
}

/// Where each topic stands in an answer. A request may name as many as it likes: looking each of
/// them up by walking over the others would take its time from everybody on this reactor.
fn places<Topic, Key: Eq + Hash>(
    topics: &[Topic],
    key: impl Fn(&Topic) -> Key,
) -> HashMap<Key, usize> {
    topics.iter().map(key).zip(0..).collect()
}
