//! Fetch (1), versions 4–18.
//!
//! Version 4 brought read_committed, 5 the log start, 7 sessions (KIP-227), 9 leader epochs
//! (KIP-320),
//! 11 racks, 12 is flexible and detects divergence, 13 names topics by id, 15 moved the replica id,
//! 16 tells who leads now, 17 directories, 18 the follower's high watermark. Not implemented:
//! fetches of followers, which are told that they are no replica.

mod cold;
mod parked;
mod partitions;
mod reading;

pub use cold::ColdRead;
pub(crate) use cold::on_cold_read;
pub(crate) use parked::{ParkedFetch, ParkedFetches};
pub use partitions::{Place, Target};
pub use reading::{Answer, ColdReading, Reading, ReadingLimits, Step};

use std::ops::RangeInclusive;
use std::rc::Rc;

use bytes::Bytes;
use ottla_fetch::PartitionOutcome;
use ottla_messages::ErrorCode;
use ottla_messages::fetch_request::{FetchPartition, FetchRequest};
use ottla_messages::fetch_response::{
    AbortedTransaction, EpochEndOffset, FetchResponse, FetchableTopicResponse, LeaderIdAndEpoch,
    PartitionData,
};
use ottla_runtime::{ReadBound, ReadOutcome};

use crate::reactor::ReactorService;
use crate::request::RequestContext;

/// read_uncommitted and read_committed.
pub(super) const ISOLATION_LEVELS: RangeInclusive<i8> = 0..=1;

/// Handles the request: answers at once if there is enough, else waits.
pub fn handle(service: &Rc<ReactorService>, context: RequestContext, request: FetchRequest) {
    let node = service.node();
    if !ISOLATION_LEVELS.contains(&request.isolation_level) {
        return context.send(&refuse_all(&request, ErrorCode::INVALID_REQUEST));
    }
    let max_bytes = request.max_bytes.min(node.config().fetch.max_bytes).max(0) as usize;
    let bound = match (
        replica_id(&request, context.version),
        request.isolation_level,
    ) {
        // Debugging consumers (-2) read what is written, as followers do.
        (-2, _) => ReadBound::LogEnd,
        (_, 1) => ReadBound::LastStableOffset,
        _ => ReadBound::HighWatermark,
    };
    let session = service.resolve_fetch(context.version, &request);
    if session.error() != ErrorCode::NONE {
        let response = FetchResponse {
            error_code: session.error().0,
            ..FetchResponse::default()
        };
        return context.send(&response);
    }
    let as_follower = replica_id(&request, context.version) >= 0;
    let published = node.published();
    let places = service.fetch_places(&session, |requested| {
        Place::find(&published, context.version, as_follower, requested)
    });
    let answer_by = context.received.after_ms(request.max_wait_ms.max(0).into());
    let limits = ReadingLimits {
        min_bytes: request.min_bytes.max(0) as usize,
        max_bytes,
        bound,
    };
    let fetch = ParkedFetch {
        context,
        session,
        reading: Reading::new(places, limits),
        answer_by,
    };
    let answer = fetch.reading.attempt();
    let number = service.reserve_waiter_numbers(1);
    proceed(service, number, fetch, answer, request.max_wait_ms <= 0);
}

/// A partition that a waiting fetch reads can be read further.
pub(crate) fn on_readable(service: &Rc<ReactorService>, number: u64, mut fetch: ParkedFetch) {
    let step = fetch.reading.on_readable(service.waiter_id(number));
    act(service, number, fetch, step);
}

/// The time of a waiting fetch is up.
pub(crate) fn on_expired(service: &Rc<ReactorService>, number: u64, fetch: ParkedFetch) {
    let answer = fetch.reading.attempt();
    proceed(service, number, fetch, answer, true);
}

fn proceed(
    service: &Rc<ReactorService>,
    number: u64,
    mut fetch: ParkedFetch,
    answer: Answer,
    is_due: bool,
) {
    let waiter = service.waiter_id(number);
    let step = fetch.reading.proceed(waiter, answer, is_due);
    act(service, number, fetch, step);
}

fn act(service: &Rc<ReactorService>, number: u64, fetch: ParkedFetch, step: Step) {
    match step {
        Step::Answer(answer) => respond(service, fetch, answer),
        Step::ReadCold(cold) => cold::read(service, number, fetch, cold),
        Step::Wait => service.park_fetch(number, fetch),
    }
}

fn replica_id(request: &FetchRequest, version: i16) -> i32 {
    if version >= 15 {
        request.replica_state.replica_id
    } else {
        request.replica_id
    }
}

fn respond(service: &Rc<ReactorService>, fetch: ParkedFetch, answer: Answer) {
    let ParkedFetch {
        context,
        session,
        reading,
        ..
    } = fetch;
    let places = reading.places();
    service.metrics().fetched(answer.bytes() as u64);
    let data: Vec<PartitionData> = places
        .iter()
        .zip(answer.into_outcomes())
        .map(|(place, outcome)| partition_data(place, outcome))
        .collect();
    let outcomes: Vec<PartitionOutcome> = data.iter().map(outcome).collect();
    let finished = service.finish_fetch(session, &outcomes);
    let told = places.iter().zip(data).zip(&finished.included);
    let mut responses: Vec<FetchableTopicResponse> = Vec::new();
    for (place, data) in told.filter(|(_, told)| **told).map(|(both, _)| both) {
        match responses.last_mut() {
            Some(topic) if topic.topic == place.topic && topic.topic_id == place.topic_id => {
                topic.partitions.push(data);
            }
            _ => responses.push(FetchableTopicResponse {
                topic: place.topic.clone(),
                topic_id: place.topic_id,
                partitions: vec![data],
            }),
        }
    }
    let response = FetchResponse {
        error_code: finished.error.0,
        session_id: finished.session_id,
        responses,
        ..FetchResponse::default()
    };
    context.send(&response);
}

fn refuse_all(request: &FetchRequest, error: ErrorCode) -> FetchResponse {
    let refused = |partition: &FetchPartition| PartitionData {
        partition_index: partition.partition,
        error_code: error.0,
        high_watermark: -1,
        records: Some(Bytes::new()),
        ..PartitionData::default()
    };
    let responses = request
        .topics
        .iter()
        .map(|topic| FetchableTopicResponse {
            topic: topic.topic.clone(),
            topic_id: topic.topic_id,
            partitions: topic.partitions.iter().map(refused).collect(),
        })
        .collect();
    FetchResponse {
        error_code: error.0,
        responses,
        ..FetchResponse::default()
    }
}

/// What a session has to know of a partition's answer.
fn outcome(data: &PartitionData) -> PartitionOutcome {
    let has_error = data.error_code != ErrorCode::NONE.0;
    PartitionOutcome {
        records_size: data.records.as_ref().map_or(0, Bytes::len),
        high_watermark: data.high_watermark,
        log_start_offset: data.log_start_offset,
        must_tell: has_error || data.diverging_epoch.epoch >= 0,
        has_error,
    }
}

/// Kafka's answer has no list where nothing was read, but an empty one where nothing could be.
fn aborted_transactions(place: &Place, outcome: &ReadOutcome) -> Option<Vec<AbortedTransaction>> {
    if let Target::Error(ErrorCode::UNKNOWN_TOPIC_ID | ErrorCode::UNKNOWN_TOPIC_OR_PARTITION) =
        place.target
    {
        return Some(Vec::new());
    }
    let aborted = outcome.aborted.as_ref();
    let aborted = aborted.filter(|_| outcome.error == ErrorCode::NONE)?;
    let answered = aborted.iter().map(|transaction| AbortedTransaction {
        producer_id: transaction.producer_id.0,
        first_offset: transaction.first_offset.0,
    });
    Some(answered.collect())
}

fn partition_data(place: &Place, outcome: ReadOutcome) -> PartitionData {
    let failed = outcome.error != ErrorCode::NONE;
    let aborted = aborted_transactions(place, &outcome);
    let current_leader = match (&place.target, outcome.error) {
        (
            Target::Replica(_),
            ErrorCode::NOT_LEADER_OR_FOLLOWER | ErrorCode::FENCED_LEADER_EPOCH,
        ) => place.current_leader(),
        _ => LeaderIdAndEpoch::default(),
    };
    PartitionData {
        partition_index: place.partition,
        error_code: outcome.error.0,
        high_watermark: if failed { -1 } else { outcome.high_watermark.0 },
        last_stable_offset: if failed {
            -1
        } else {
            outcome.last_stable_offset.0
        },
        log_start_offset: if failed {
            -1
        } else {
            outcome.log_start_offset.0
        },
        diverging_epoch: outcome
            .diverging
            .map_or_else(EpochEndOffset::default, |(epoch, end)| EpochEndOffset {
                epoch: epoch.0,
                end_offset: end.0,
            }),
        current_leader,
        aborted_transactions: aborted,
        preferred_read_replica: -1,
        records: Some(outcome.records),
        ..PartitionData::default()
    }
}
