//! DescribeTopicPartitions (75), version 0: partitions with their eligible leader replicas, in
//! pages (KIP-966).

use std::collections::BTreeSet;
use std::rc::Rc;

use ottla_messages::describe_topic_partitions_request::DescribeTopicPartitionsRequest;
use ottla_messages::describe_topic_partitions_response::{
    Cursor, DescribeTopicPartitionsResponse, DescribeTopicPartitionsResponsePartition,
    DescribeTopicPartitionsResponseTopic,
};
use ottla_messages::{ErrorCode, KafkaString};
use ottla_metadata::{MetadataImage, Topic};
use ottla_types::{NodeId, PartitionIndex};

use super::metadata::{is_internal, offline_replicas, reachable_leader};
use crate::operations;
use crate::reactor::ReactorService;
use crate::request::RequestContext;

/// Answers with topics in the order of names, from the cursor on, as many partitions as fit.
pub fn handle(
    service: &Rc<ReactorService>,
    context: &RequestContext,
    request: DescribeTopicPartitionsRequest,
) -> DescribeTopicPartitionsResponse {
    let node = service.node();
    let published = node.published();
    let (image, listener) = (&published.image, &context.connection().listener);
    let limit = request.response_partition_limit;
    let limit = limit
        .min(node.config().fetch.max_request_partition_size_limit)
        .max(1) as usize;
    let (from_topic, mut from_partition) = match &request.cursor {
        Some(cursor) => (cursor.topic_name.as_str(), cursor.partition_index),
        None => ("", 0),
    };
    let all = request.topics.is_empty();
    let is_asked = |name: &str| request.topics.iter().any(|topic| &*topic.name == name);
    let is_lost = request.cursor.is_some() && !all && !is_asked(from_topic);
    if from_partition < 0 || is_lost {
        return refused(&request, ErrorCode::INVALID_REQUEST);
    }
    let mut names: BTreeSet<&str> = request.topics.iter().map(|topic| &*topic.name).collect();
    if all {
        names = image
            .topics
            .iter()
            .map(|topic| topic.name.as_str())
            .collect();
    }
    let mut response = DescribeTopicPartitionsResponse::default();
    let mut left = limit;
    for name in names.into_iter().filter(|name| *name >= from_topic) {
        let first = if name == from_topic {
            std::mem::take(&mut from_partition)
        } else {
            0
        };
        let Some(topic) = image.topics.by_name(name) else {
            response.topics.push(absent(name));
            continue;
        };
        let cursor = |partition| {
            Some(Cursor {
                topic_name: KafkaString::copy_from(name),
                partition_index: partition,
            })
        };
        if left == 0 {
            response.next_cursor = cursor(first);
            break;
        }
        let described = describe(image, topic, listener, (first, left));
        left -= described.partitions.len();
        let next = first + i32::try_from(described.partitions.len()).unwrap_or(i32::MAX);
        response.topics.push(described);
        if topic.partitions.contains_key(&PartitionIndex(next)) {
            response.next_cursor = cursor(next);
            break;
        }
    }
    response
}

fn describe(
    image: &MetadataImage,
    topic: &Topic,
    listener: &str,
    (first, count): (i32, usize),
) -> DescribeTopicPartitionsResponseTopic {
    let ids = |nodes: &[NodeId]| nodes.iter().map(|node| node.0).collect::<Vec<i32>>();
    let partitions = topic.partitions.range(PartitionIndex(first)..).take(count);
    let partitions = partitions.map(|(index, partition)| {
        let leader = reachable_leader(image, partition, listener);
        DescribeTopicPartitionsResponsePartition {
            error_code: leader.err().unwrap_or(ErrorCode::NONE).0,
            partition_index: index.0,
            leader_id: leader.unwrap_or(NodeId::NONE).0,
            leader_epoch: partition.leader_epoch.0,
            replica_nodes: ids(&partition.replicas),
            isr_nodes: ids(&partition.isr),
            eligible_leader_replicas: Some(ids(&partition.elr)),
            last_known_elr: Some(ids(&partition.last_known_elr)),
            offline_replicas: offline_replicas(image, partition, listener),
        }
    });
    DescribeTopicPartitionsResponseTopic {
        error_code: ErrorCode::NONE.0,
        name: Some(KafkaString::copy_from(topic.name.as_str())),
        topic_id: topic.id,
        is_internal: is_internal(topic.name.as_str()),
        partitions: partitions.collect(),
        topic_authorized_operations: operations::TOPIC,
    }
}

fn refused(
    request: &DescribeTopicPartitionsRequest,
    error: ErrorCode,
) -> DescribeTopicPartitionsResponse {
    let topics = request.topics.iter();
    DescribeTopicPartitionsResponse {
        topics: topics
            .map(|topic| DescribeTopicPartitionsResponseTopic {
                error_code: error.0,
                name: Some(topic.name.clone()),
                topic_authorized_operations: operations::NOT_ASKED,
                ..DescribeTopicPartitionsResponseTopic::default()
            })
            .collect(),
        ..DescribeTopicPartitionsResponse::default()
    }
}

fn absent(name: &str) -> DescribeTopicPartitionsResponseTopic {
    let error = if ottla_controller::validate_topic_name(name).is_err() {
        ErrorCode::INVALID_TOPIC_EXCEPTION
    } else {
        ErrorCode::UNKNOWN_TOPIC_OR_PARTITION
    };
    DescribeTopicPartitionsResponseTopic {
        error_code: error.0,
        name: Some(KafkaString::copy_from(name)),
        is_internal: is_internal(name),
        topic_authorized_operations: operations::TOPIC,
        ..DescribeTopicPartitionsResponseTopic::default()
    }
}
