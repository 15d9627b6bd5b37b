//! OffsetForLeaderEpoch (23), versions 2–4: where the records of a leader epoch end (KIP-101,
//! KIP-320).

use std::rc::Rc;

use ottla_messages::ErrorCode;
use ottla_messages::offset_for_leader_epoch_request::{
    OffsetForLeaderEpochRequest, OffsetForLeaderPartition,
};
use ottla_messages::offset_for_leader_epoch_response::{
    EpochEndOffset, OffsetForLeaderEpochResponse, OffsetForLeaderTopicResult,
};
use ottla_types::LeaderEpoch;

use crate::published::TopicEntry;
use crate::reactor::ReactorService;
use crate::request::RequestContext;

/// Answers for every partition.
pub fn handle(
    service: &Rc<ReactorService>,
    _context: &RequestContext,
    request: OffsetForLeaderEpochRequest,
) -> OffsetForLeaderEpochResponse {
    let published = service.node().published();
    let topics = request.topics.into_iter().map(|topic| {
        let entry = published.topic_by_name(&topic.topic);
        let partitions = topic
            .partitions
            .iter()
            .map(|partition| end_of_epoch(entry, partition));
        OffsetForLeaderTopicResult {
            partitions: partitions.collect(),
            topic: topic.topic,
        }
    });
    OffsetForLeaderEpochResponse {
        topics: topics.collect(),
        ..OffsetForLeaderEpochResponse::default()
    }
}

fn end_of_epoch(entry: Option<&TopicEntry>, asked: &OffsetForLeaderPartition) -> EpochEndOffset {
    let current = LeaderEpoch(asked.current_leader_epoch);
    let found = entry
        .ok_or(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION)
        .and_then(|entry| entry.leader(asked.partition, current))
        .and_then(|replica| replica.end_of_epoch(current, LeaderEpoch(asked.leader_epoch)));
    let (error, end) = match found {
        Ok(end) => (ErrorCode::NONE, end),
        Err(error) => (error, None),
    };
    EpochEndOffset {
        error_code: error.0,
        partition: asked.partition,
        leader_epoch: end.map_or(-1, |(epoch, _)| epoch.0),
        end_offset: end.map_or(-1, |(_, offset)| offset.0),
    }
}
