//! DeleteRecords (21), versions 0–2: records below an offset are gone (KIP-107). Version 2 is
//! flexible. The answer is given once the log starts there; followers, for which it would wait, are
//! not implemented.

use std::rc::Rc;

use ottla_messages::ErrorCode;
use ottla_messages::delete_records_request::{DeleteRecordsPartition, DeleteRecordsRequest};
use ottla_messages::delete_records_response::{
    DeleteRecordsPartitionResult, DeleteRecordsResponse, DeleteRecordsTopicResult,
};
use ottla_types::Offset;

use crate::node::Node;
use crate::published::TopicEntry;
use crate::reactor::ReactorService;
use crate::request::RequestContext;

/// Stands for the high watermark.
const HIGH_WATERMARK: i64 = -1;

/// Raises the log start of every partition.
pub fn handle(
    service: &Rc<ReactorService>,
    _context: &RequestContext,
    request: DeleteRecordsRequest,
) -> DeleteRecordsResponse {
    let node = service.node();
    let published = node.published();
    let topics = request.topics.into_iter().map(|topic| {
        let entry = published.topic_by_name(&topic.name);
        let partitions = topic.partitions.iter();
        DeleteRecordsTopicResult {
            partitions: partitions
                .map(|partition| result(node, entry, partition))
                .collect(),
            name: topic.name,
        }
    });
    DeleteRecordsResponse {
        topics: topics.collect(),
        ..DeleteRecordsResponse::default()
    }
}

fn result(
    node: &Node,
    topic: Option<&TopicEntry>,
    asked: &DeleteRecordsPartition,
) -> DeleteRecordsPartitionResult {
    let deleted = topic
        .ok_or(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION)
        .and_then(|topic| delete(node, topic, asked));
    let (low_watermark, error) = match deleted {
        Ok(start) => (start.0, ErrorCode::NONE),
        Err(error) => (-1, error),
    };
    DeleteRecordsPartitionResult {
        partition_index: asked.partition_index,
        low_watermark,
        error_code: error.0,
    }
}

fn delete(
    node: &Node,
    topic: &TopicEntry,
    asked: &DeleteRecordsPartition,
) -> Result<Offset, ErrorCode> {
    if topic.is_internal() {
        return Err(ErrorCode::INVALID_TOPIC_EXCEPTION);
    }
    let replica = topic.replica(asked.partition_index)?;
    let policy = &topic.config().cleanup_policy;
    if policy.compact && !policy.delete {
        return Err(ErrorCode::POLICY_VIOLATION);
    }
    let before = match asked.offset {
        HIGH_WATERMARK => None,
        offset => Some(Offset(offset)),
    };
    let (start, notices) = replica.delete_records(before)?;
    node.deliver(notices);
    Ok(start)
}
