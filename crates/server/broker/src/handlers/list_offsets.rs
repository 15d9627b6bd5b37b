//! ListOffsets (2), versions 1–11.
//!
//! Version 2 brought isolation, 4 leader epochs, 6 is flexible, 7 finds the largest timestamp, 8
//! the earliest local offset, 9 and 11 tiered offsets (there is no tiered storage: none exist), 10
//! a time-out for them.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use ottla_messages::list_offsets_request::{ListOffsetsPartition, ListOffsetsRequest};
use ottla_messages::list_offsets_response::{
    ListOffsetsPartitionResponse, ListOffsetsResponse, ListOffsetsTopicResponse,
};
use ottla_messages::{ErrorCode, KafkaString};
use ottla_runtime::{FoundOffset, OffsetQuery, ReadBound, check_leader_epoch};
use ottla_types::{LeaderEpoch, TimestampMs};
use tokio::sync::oneshot;

use super::fetch::ISOLATION_LEVELS;
use crate::Replica;
use crate::published::{Hosting, Published, TopicEntry};
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

/// A look-up that can be made, by whoever may wait for what it reads.
#[derive(Debug)]
struct LookUp {
    replica: Arc<Replica>,
    query: OffsetQuery,
    /// The epoch in which the replica leads, as far as the client knows, or follows.
    leader_epoch: LeaderEpoch,
    /// How far the client may see of a leader; of a follower, all that it has.
    bound: Option<ReadBound>,
}

impl LookUp {
    fn perform(&self) -> Result<Option<FoundOffset>, ErrorCode> {
        match self.bound {
            Some(bound) => self
                .replica
                .find_offset(self.leader_epoch, self.query, bound),
            None => self
                .replica
                .find_offset_following(self.leader_epoch, self.query),
        }
    }
}

/// A partition of the answer: the places of its topic and of itself.
type Place = (usize, usize);

/// Answers for every partition. What needs records to be read is looked up by threads that may
/// wait for the disk.
pub async fn handle(
    service: &Rc<ReactorService>,
    context: &RequestContext,
    request: ListOffsetsRequest,
) -> ListOffsetsResponse {
    let (mut topics, reading) = look_up_all(&service.node().published(), context.version, request);
    for (place, index, found) in read(reading).await {
        let partitions = topics.get_mut(place.0).map(|topic| &mut topic.partitions);
        if let Some(partition) = partitions.and_then(|partitions| partitions.get_mut(place.1)) {
            *partition = answer(index, context.version, found);
        }
    }
    ListOffsetsResponse {
        topics,
        ..ListOffsetsResponse::default()
    }
}

/// Answers what can be answered at once, and says which look-ups are left.
fn look_up_all(
    published: &Published,
    version: i16,
    request: ListOffsetsRequest,
) -> (Vec<ListOffsetsTopicResponse>, Vec<(Place, i32, LookUp)>) {
    let asker = match (request.replica_id, request.isolation_level) {
        (-2, _) => Asker::Debugger,
        (0.., _) => Asker::OfLeader(ReadBound::LogEnd),
        (_, 1) => Asker::OfLeader(ReadBound::LastStableOffset),
        _ => Asker::OfLeader(ReadBound::HighWatermark),
    };
    let is_known = ISOLATION_LEVELS.contains(&request.isolation_level);
    let repeated = repeated_partitions(&request);
    let mut reading = Vec::new();
    let topics = (0..).zip(request.topics).map(|(topic_place, topic)| {
        let entry = published.topic_by_name(&topic.name);
        let partitions = (0..)
            .zip(&topic.partitions)
            .map(|(partition_place, partition)| {
                let index = partition.partition_index;
                if !is_known || repeated.contains(&(topic.name.clone(), index)) {
                    return without_offset(index, ErrorCode::INVALID_REQUEST);
                }
                match look_up(entry, partition, asker, version) {
                    Ok(Some(look_up)) if look_up.query.reads_records() => {
                        reading.push(((topic_place, partition_place), index, look_up));
                        without_offset(index, ErrorCode::NONE)
                    }
                    Ok(Some(look_up)) => answer(index, version, look_up.perform()),
                    Ok(None) => without_offset(index, ErrorCode::NONE),
                    Err(error) => without_offset(index, error),
                }
            });
        ListOffsetsTopicResponse {
            partitions: partitions.collect(),
            name: topic.name,
        }
    });
    (topics.collect(), reading)
}

type Found = (Place, i32, Result<Option<FoundOffset>, ErrorCode>);

/// Has the look-ups made, those of a directory one after the other on one of its threads.
async fn read(mut reading: Vec<(Place, i32, LookUp)>) -> Vec<Found> {
    let mut answers = Vec::new();
    while let Some((_, _, first)) = reading.first() {
        let directory = Arc::clone(first.replica.directory());
        let is_there = |look_up: &LookUp| Arc::ptr_eq(look_up.replica.directory(), &directory);
        let (there, elsewhere) = reading
            .into_iter()
            .partition::<Vec<_>, _>(|(_, _, look_up)| is_there(look_up));
        reading = elsewhere;
        let (reply, answer) = oneshot::channel();
        directory.pool().spawn(move || {
            let look_ups = there.into_iter();
            let found = look_ups.map(|(place, index, look_up)| (place, index, look_up.perform()));
            // Nobody waits any more: its connection is gone.
            let _ = reply.send(found.collect::<Vec<Found>>());
        });
        answers.push(answer);
    }
    let mut all = Vec::new();
    for answer in answers {
        all.extend(answer.await.expect("a pool does all that it is given"));
    }
    all
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

fn answer(
    partition_index: i32,
    version: i16,
    found: Result<Option<FoundOffset>, ErrorCode>,
) -> ListOffsetsPartitionResponse {
    let nothing = without_offset(partition_index, ErrorCode::NONE);
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
        Err(error) => without_offset(partition_index, error),
    }
}

/// What a partition is to be asked; `None` for what exists only with tiered storage.
fn look_up(
    entry: Option<&TopicEntry>,
    partition: &ListOffsetsPartition,
    asker: Asker,
    version: i16,
) -> Result<Option<LookUp>, ErrorCode> {
    // A symbol that the version does not know is refused before the topic is looked for.
    let query = query(partition.timestamp, version)?;
    let entry = entry.ok_or(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION)?;
    let (index, epoch) = (
        partition.partition_index,
        LeaderEpoch(partition.current_leader_epoch),
    );
    let (replica, leader_epoch, bound) = match (asker, entry.hosting(index)) {
        (
            Asker::Debugger,
            Ok(Hosting::Following {
                replica,
                leader_epoch,
            }),
        ) => {
            check_leader_epoch(*leader_epoch, epoch)?;
            (replica, *leader_epoch, None)
        }
        (Asker::Debugger, _) => (entry.leader(index, epoch)?, epoch, Some(ReadBound::LogEnd)),
        (Asker::OfLeader(bound), _) => (entry.leader(index, epoch)?, epoch, Some(bound)),
    };
    Ok(query.map(|query| LookUp {
        replica: Arc::clone(replica),
        query,
        leader_epoch,
        bound,
    }))
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
