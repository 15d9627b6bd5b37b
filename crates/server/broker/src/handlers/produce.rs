//! Produce (0), versions 3–13.
//!
//! Version 8 added error messages per record, 9 is flexible, 10 told who leads now, 12 let a
//! transaction begin implicitly, 13 names topics by id. Not implemented: transactional batches
//! (INVALID_TXN_STATE: no producer can have got a transactional id here).

mod check;

pub use check::CheckedRequest;
pub(crate) use check::check_all;

use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;
use ottla_messages::produce_request::{PartitionProduceData, ProduceRequest, TopicProduceData};
use ottla_messages::produce_response::{
    PartitionProduceResponse, ProduceResponse, TopicProduceResponse,
};
use ottla_messages::{ErrorCode, KafkaString};
use ottla_partition::{Acks, Produced, WaiterId};
use ottla_records::BatchHeader;
use ottla_runtime::{ClientBatch, Notice, Notices, clock, waiter_number};
use ottla_types::Instant;

use crate::Replica;
use crate::published::{Published, TopicEntry};
use crate::reactor::{PendingProduce, ReactorService};
use crate::request::RequestContext;
use check::{Checked, Refusal, broken, check, find_topic, is_heavy};

/// Handles the request; answers at once or when the last of its batches is done.
pub fn handle(service: &Rc<ReactorService>, context: RequestContext, request: ProduceRequest) {
    if let Some(message) = broken(&request) {
        return refuse_whole(context, &request, message);
    }
    let Some(acks) = acks_of(&request) else {
        let refused = refuse_acks(&service.node().published(), context.version, &request);
        return context.send(&refused);
    };
    let published = service.node().published();
    if is_heavy(&published, context.version, &request) {
        return service.check_elsewhere(context, request, published);
    }
    append_all(service, context, &request, acks, &published, Vec::new());
}

/// Goes on with a request whose batches another thread has checked.
pub(crate) fn on_checked(
    service: &Rc<ReactorService>,
    context: RequestContext,
    request: CheckedRequest,
) {
    let connection = Rc::clone(context.connection());
    let CheckedRequest {
        request,
        published,
        checked,
        ..
    } = request;
    match acks_of(&request) {
        Some(acks) => append_all(service, context, &request, acks, &published, checked),
        None => {
            let refused = refuse_acks(&published, context.version, &request);
            context.send(&refused);
        }
    }
    connection.resume();
}

fn acks_of(request: &ProduceRequest) -> Option<Acks> {
    match request.acks {
        0 => Some(Acks::None),
        1 => Some(Acks::Leader),
        -1 => Some(Acks::All),
        _ => None,
    }
}

fn append_all(
    service: &Rc<ReactorService>,
    context: RequestContext,
    request: &ProduceRequest,
    acks: Acks,
    published: &Published,
    checked: Vec<Result<Checked, Refusal>>,
) {
    let count: usize = request
        .topic_data
        .iter()
        .map(|topic| topic.partition_data.len())
        .sum();
    let first_number = service.reserve_waiter_numbers(count as u64);
    let numbers = first_number..first_number + count as u64;
    let mut produce = Produce {
        service,
        published,
        version: context.version,
        acks,
        next_number: first_number,
        accepted: 0,
        checked: checked.into_iter(),
        notices: Notices::default(),
    };
    let responses = request
        .topic_data
        .iter()
        .map(|topic| produce.topic(topic))
        .collect();
    let Produce {
        accepted, notices, ..
    } = produce;
    if acks == Acks::None {
        return end_silently(service, context, &numbers, count - accepted, notices);
    }
    let response = ProduceResponse {
        responses,
        ..ProduceResponse::default()
    };
    let mut entry = PendingProduce::new(context, response, accepted, first_number);
    settle(service, &numbers, notices, |waiter, produced| {
        entry.complete(waiter, produced);
    });
    service.answer_or_park(entry, deadline(request.timeout_ms));
}

/// Takes the answers meant for the batches of a request out of the notices and delivers the rest.
fn settle(
    service: &Rc<ReactorService>,
    numbers: &Range<u64>,
    mut notices: Notices,
    mut take: impl FnMut(WaiterId, Produced),
) {
    for (reactor, notice) in notices.drain() {
        match notice {
            Notice::Produced(waiter, produced)
                if reactor == service.index() && numbers.contains(&waiter_number(waiter)) =>
            {
                take(waiter, produced);
            }
            notice => service.deliver(reactor, notice),
        }
    }
}

/// With acks=0 nobody is told of an error but by the end of the connection.
fn end_silently(
    service: &Rc<ReactorService>,
    context: RequestContext,
    numbers: &Range<u64>,
    mut refused: usize,
    notices: Notices,
) {
    settle(service, numbers, notices, |_, produced| {
        refused += usize::from(produced.error != ErrorCode::NONE);
    });
    if refused > 0 {
        context.connection().close();
    }
    context.stay_silent();
}

fn deadline(timeout_ms: i32) -> Instant {
    clock::monotonic().after_ms(timeout_ms.into())
}

struct Produce<'a> {
    service: &'a Rc<ReactorService>,
    published: &'a Published,
    version: i16,
    acks: Acks,
    next_number: u64,
    /// Batches that were handed to their replicas.
    accepted: usize,
    /// Batches that another thread has checked, one for each partition of a known topic.
    checked: std::vec::IntoIter<Result<Checked, Refusal>>,
    notices: Notices,
}

impl Produce<'_> {
    fn topic(&mut self, topic: &TopicProduceData) -> TopicProduceResponse {
        let entry = find_topic(self.published, self.version, topic);
        let partition_responses = topic
            .partition_data
            .iter()
            .map(|partition| {
                let number = self.next_number;
                self.next_number += 1;
                let outcome = match entry {
                    Ok(entry) => self.partition(entry, partition, number),
                    Err(unknown) => Err(Refusal::from(unknown)),
                };
                match outcome {
                    Ok(append_time) => {
                        self.accepted += 1;
                        accepted(partition.index, append_time)
                    }
                    Err(refusal) => refusal.into_response(partition.index),
                }
            })
            .collect();
        TopicProduceResponse {
            name: topic.name.clone(),
            topic_id: topic.topic_id,
            partition_responses,
        }
    }

    /// Checks a batch, unless that was done, and hands it to its replica; the append time, if the
    /// topic wants one.
    fn partition(
        &mut self,
        topic: &TopicEntry,
        partition: &PartitionProduceData,
        number: u64,
    ) -> Result<i64, Refusal> {
        let checked = match self.checked.next() {
            Some(checked) => checked,
            None => self
                .service
                .with_scratch(|scratch| check(topic, self.version, partition, scratch)),
        };
        let Checked {
            header,
            bytes,
            append_time,
        } = checked?;
        let replica = topic.replica(partition.index)?;
        self.append(replica, header, bytes, number);
        Ok(append_time)
    }

    fn append(&mut self, replica: &Arc<Replica>, header: BatchHeader, bytes: Bytes, number: u64) {
        let size = bytes.len() as u64;
        let waiter = Some((self.service.waiter_id(number), self.acks));
        let batch = ClientBatch { header, bytes };
        if replica.append(batch, waiter, &mut self.notices) {
            let metrics = self.service.metrics();
            metrics.produced(size, header.record_count as u64);
        }
    }
}

fn accepted(index: i32, log_append_time_ms: i64) -> PartitionProduceResponse {
    PartitionProduceResponse {
        index,
        log_append_time_ms,
        ..PartitionProduceResponse::default()
    }
}

/// Writes how a batch ended into its place of the answer.
pub fn apply(response: &mut PartitionProduceResponse, produced: &Produced) {
    response.error_code = produced.error.0;
    response.base_offset = produced.base_offset.0;
    response.log_start_offset = produced.log_start_offset.0;
    if produced.error != ErrorCode::NONE {
        response.log_append_time_ms = -1;
    }
}

/// Refuses all that a request brings because of a part that cannot even be walked over.
fn refuse_whole(context: RequestContext, request: &ProduceRequest, message: String) {
    if request.acks == 0 {
        context.connection().close();
        return context.stay_silent();
    }
    let message = KafkaString::from(message);
    let responses = request.topic_data.iter().map(|topic| {
        let refuse = |partition: &PartitionProduceData| {
            let refusal = Refusal::from(ErrorCode::CORRUPT_MESSAGE);
            refusal
                .because(message.clone())
                .into_response(partition.index)
        };
        TopicProduceResponse {
            partition_responses: topic.partition_data.iter().map(refuse).collect(),
            name: topic.name.clone(),
            topic_id: topic.topic_id,
        }
    });
    context.send(&ProduceResponse {
        responses: responses.collect(),
        ..ProduceResponse::default()
    });
}

/// Refuses a request whose acks mean nothing; what does not exist is named first.
fn refuse_acks(published: &Published, version: i16, request: &ProduceRequest) -> ProduceResponse {
    let responses = request.topic_data.iter().map(|topic| {
        let entry = find_topic(published, version, topic);
        let partitions = topic.partition_data.iter().map(|partition| {
            let hosting = entry.and_then(|entry| entry.hosting(partition.index));
            let error = hosting.map_or_else(|error| error, |_| ErrorCode::INVALID_REQUIRED_ACKS);
            Refusal::from(error).into_response(partition.index)
        });
        TopicProduceResponse {
            partition_responses: partitions.collect(),
            name: topic.name.clone(),
            topic_id: topic.topic_id,
        }
    });
    ProduceResponse {
        responses: responses.collect(),
        ..ProduceResponse::default()
    }
}
