//! ListOffsets (2), versions 1–11.
//!
//! Version 2 brought isolation, 4 leader epochs, 6 is flexible, 7 finds the largest timestamp, 8
//! the earliest local offset, 9 and 11 tiered offsets (there is no tiered storage: none exist), 10
//! a time-out for them.

use std::collections::BTreeSet;
use std::rc::Rc;

use ottla_messages::list_offsets_request::{ListOffsetsPartition, ListOffsetsRequest};
use ottla_messages::list_offsets_response::{
    ListOffsetsPartitionResponse, ListOffsetsResponse, ListOffsetsTopicResponse,
};
use ottla_messages::{ErrorCode, KafkaString};
use ottla_runtime::{FoundOffset, OffsetQuery, ReadBound, check_leader_epoch};
use ottla_types::{LeaderEpoch, TimestampMs};

use super::fetch::ISOLATION_LEVELS;
use crate::published::{Hosting, TopicEntry};
use crate::reactor::ReactorService;
use crate::request::RequestContext;

const LATEST: i64 = -1;
const EARLIEST: i64 = -2;
const MAX_TIMESTAMP: i64 = -3;
const EARLIEST_LOCAL: i64 = -4;
const LATEST_TIERED: i64 = -5;
const EARLIEST_PENDING_UPLOAD: i64 = -6;

/// Who asks.
#[derive(Clone, Copy)]
enum Asker {
    /// Somebody who asks the leader and may see so much.
    OfLeader(ReadBound),
    /// Somebody who wants to know what is here, whoever leads.
    Debugger,
}

/// Answers for every partition.
pub fn handle(
    service: &Rc<ReactorService>,
    context: &RequestContext,
    request: ListOffsetsRequest,
) -> ListOffsetsResponse {
    let published = service.node().published();
    let asker = match (request.replica_id, request.isolation_level) {
        (-2, _) => Asker::Debugger,
        (0.., _) => Asker::OfLeader(ReadBound::LogEnd),
        (_, 1) => Asker::OfLeader(ReadBound::LastStableOffset),
        _ => Asker::OfLeader(ReadBound::HighWatermark),
    };
    let is_known = ISOLATION_LEVELS.contains(&request.isolation_level);
    let repeated = repeated_partitions(&request);
    let topics = request.topics.into_iter().map(|topic| {
        let entry = published.topic_by_name(&topic.name);
        let partitions = topic.partitions.iter().map(|partition| {
            let at = (topic.name.clone(), partition.partition_index);
            if !is_known || repeated.contains(&at) {
                return without_offset(partition.partition_index, ErrorCode::INVALID_REQUEST);
            }
            look_up(entry, partition, asker, context.version)
        });
        ListOffsetsTopicResponse {
            partitions: partitions.collect(),
            name: topic.name,
        }
    });
    ListOffsetsResponse {
        topics: topics.collect(),
        ..ListOffsetsResponse::default()
    }
}

/// Partitions that are asked for more than once: it cannot be told which answer is which.
fn repeated_partitions(request: &ListOffsetsRequest) -> BTreeSet<(KafkaString, i32)> {
    let mut seen = BTreeSet::new();
    let asked = request.topics.iter().flat_map(|topic| {
        let partitions = topic.partitions.iter();
        partitions.map(|partition| (topic.name.clone(), partition.partition_index))
    });
    asked.filter(|at| !seen.insert(at.clone())).collect()
}

fn without_offset(partition_index: i32, error: ErrorCode) -> ListOffsetsPartitionResponse {
    ListOffsetsPartitionResponse {
        partition_index,
        error_code: error.0,
        timestamp: -1,
        offset: -1,
        leader_epoch: -1,
    }
}

fn look_up(
    entry: Option<&TopicEntry>,
    partition: &ListOffsetsPartition,
    asker: Asker,
    version: i16,
) -> ListOffsetsPartitionResponse {
    // A symbol that the version does not know is refused before the topic is looked for.
    let found = query(partition.timestamp, version).and_then(|query| {
        let entry = entry.ok_or(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION)?;
        find(entry, partition, asker, query)
    });
    let nothing = without_offset(partition.partition_index, ErrorCode::NONE);
    match found {
        Ok(Some(found)) => ListOffsetsPartitionResponse {
            timestamp: found.timestamp.0,
            offset: found.offset.0,
            leader_epoch: if version >= 4 {
                found.leader_epoch.0
            } else {
                -1
            },
            ..nothing
        },
        Ok(None) => nothing,
        Err(error) => without_offset(partition.partition_index, error),
    }
}

fn find(
    entry: &TopicEntry,
    partition: &ListOffsetsPartition,
    asker: Asker,
    query: Option<OffsetQuery>,
) -> Result<Option<FoundOffset>, ErrorCode> {
    let (index, epoch) = (
        partition.partition_index,
        LeaderEpoch(partition.current_leader_epoch),
    );
    if let Asker::Debugger = asker
        && let Hosting::Following {
            replica,
            leader_epoch,
        } = entry.hosting(index)?
    {
        check_leader_epoch(*leader_epoch, epoch)?;
        return query.map_or(Ok(None), |query| {
            replica.find_offset_following(*leader_epoch, query)
        });
    }
    let replica = entry.leader(index, epoch)?;
    let bound = match asker {
        Asker::OfLeader(bound) => bound,
        Asker::Debugger => ReadBound::LogEnd,
    };
    query.map_or(Ok(None), |query| replica.find_offset(epoch, query, bound))
}

/// What a timestamp asks for; `None` for what exists only with tiered storage.
fn query(timestamp: i64, version: i16) -> Result<Option<OffsetQuery>, ErrorCode> {
    let needs = |lowest: i16, query| {
        if version >= lowest {
            Ok(query)
        } else {
            Err(ErrorCode::UNSUPPORTED_VERSION)
        }
    };
    match timestamp {
        LATEST => Ok(Some(OffsetQuery::Latest)),
        EARLIEST => Ok(Some(OffsetQuery::Earliest)),
        MAX_TIMESTAMP => needs(7, Some(OffsetQuery::LargestTimestamp)),
        EARLIEST_LOCAL => needs(8, Some(OffsetQuery::Earliest)),
        LATEST_TIERED => needs(9, None),
        EARLIEST_PENDING_UPLOAD => needs(11, None),
        // Later releases may give these a meaning.
        ..EARLIEST_PENDING_UPLOAD => Err(ErrorCode::UNSUPPORTED_VERSION),
        timestamp => Ok(Some(OffsetQuery::AtOrAfter(TimestampMs(timestamp)))),
    }
}
