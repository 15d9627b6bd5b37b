//! Produce (0), versions 3–13.
//!
//! Version 8 added error messages per record, 9 is flexible, 10 told who leads now, 12 let a
//! transaction begin implicitly, 13 names topics by id. Not implemented: transactional batches
//! (INVALID_TXN_STATE: no producer can have got a transactional id here).

use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;
use ottla_messages::produce_request::{PartitionProduceData, ProduceRequest, TopicProduceData};
use ottla_messages::produce_response::{
    BatchIndexAndErrorMessage, PartitionProduceResponse, ProduceResponse, TopicProduceResponse,
};
use ottla_messages::{ErrorCode, KafkaString};
use ottla_partition::{Acks, Produced, WaiterId};
use ottla_records::{
    BATCH_HEADER_SIZE, BatchHeader, ClientBatchRules, RecordError, Summary, TimestampType,
    validate_client_batch,
};
use ottla_runtime::{ClientBatch, Notice, Notices, clock, waiter_number};
use ottla_types::Instant;

use crate::Replica;
use crate::compression::recompress;
use crate::published::{Published, TopicEntry};
use crate::reactor::{PendingProduce, ReactorService};
use crate::request::RequestContext;

/// Handles the request; answers at once or when the last of its batches is done.
pub fn handle(service: &Rc<ReactorService>, context: RequestContext, request: ProduceRequest) {
    let acks = match request.acks {
        0 => Acks::None,
        1 => Acks::Leader,
        -1 => Acks::All,
        _ => {
            let refused = refuse_all(&request, ErrorCode::INVALID_REQUIRED_ACKS);
            return context.send(&refused);
        }
    };
    let published = service.node().published();
    let count: usize = request
        .topic_data
        .iter()
        .map(|topic| topic.partition_data.len())
        .sum();
    let first_number = service.reserve_waiter_numbers(count as u64);
    let numbers = first_number..first_number + count as u64;
    let mut produce = Produce {
        service,
        published: &published,
        acks,
        next_number: first_number,
        accepted: 0,
        notices: Notices::default(),
    };
    let responses = request
        .topic_data
        .iter()
        .map(|topic| produce.topic(context.version, topic))
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
    acks: Acks,
    next_number: u64,
    /// Batches that were handed to their replicas.
    accepted: usize,
    notices: Notices,
}

impl Produce<'_> {
    fn topic(&mut self, version: i16, topic: &TopicProduceData) -> TopicProduceResponse {
        let (entry, unknown) = if version >= 13 {
            (
                self.published.topic_by_id(topic.topic_id),
                ErrorCode::UNKNOWN_TOPIC_ID,
            )
        } else {
            (
                self.published.topic_by_name(&topic.name),
                ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
            )
        };
        let partition_responses = topic
            .partition_data
            .iter()
            .map(|partition| {
                let number = self.next_number;
                self.next_number += 1;
                let outcome = match entry {
                    Some(entry) => self.partition(entry, partition, number),
                    None => Err(Refusal::from(unknown)),
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

    /// Checks a batch and hands it to its replica; the append time, if the topic wants one.
    fn partition(
        &mut self,
        topic: &TopicEntry,
        partition: &PartitionProduceData,
        number: u64,
    ) -> Result<i64, Refusal> {
        if topic.is_internal() {
            return Err(ErrorCode::INVALID_TOPIC_EXCEPTION.into());
        }
        let replica = topic.replica(partition.index)?;
        let records = partition.records.clone().unwrap_or_default();
        let rules = topic.batch_rules(clock::now().wall);
        let summary = self
            .service
            .with_scratch(|scratch| validate_client_batch(&records, &rules, scratch))?;
        if summary.header.is_transactional() {
            return Err(ErrorCode::INVALID_TXN_STATE.into());
        }
        let (header, records) = prepare(topic, &rules, &summary, records)?;
        self.append(replica, header, records, number);
        Ok(match topic.timestamp_type() {
            TimestampType::LogAppendTime => summary.max_timestamp.0,
            TimestampType::CreateTime => -1,
        })
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

/// The batch as it is stored: compressed and stamped as the topic wants it.
fn prepare(
    topic: &TopicEntry,
    rules: &ClientBatchRules,
    summary: &Summary,
    records: Bytes,
) -> Result<(BatchHeader, Bytes), RecordError> {
    let (mut header, records) = recompress(topic.config(), rules, summary, records)?;
    if summary.timestamp_rewrite {
        let area = records.get(BATCH_HEADER_SIZE..).unwrap_or_default();
        header.set_max_timestamp(topic.timestamp_type(), summary.max_timestamp, area);
    }
    Ok((header, records))
}

/// Why a batch was not taken.
struct Refusal {
    error: ErrorCode,
    message: Option<KafkaString>,
    records: Vec<BatchIndexAndErrorMessage>,
}

impl From<ErrorCode> for Refusal {
    fn from(error: ErrorCode) -> Self {
        Refusal {
            error,
            message: None,
            records: Vec::new(),
        }
    }
}

impl From<RecordError> for Refusal {
    fn from(error: RecordError) -> Self {
        let records = match &error {
            RecordError::Rejected(rejected) => rejected
                .records
                .iter()
                .map(|record| BatchIndexAndErrorMessage {
                    batch_index: record.batch_index,
                    batch_index_error_message: Some(KafkaString::from(record.message.clone())),
                })
                .collect(),
            _ => Vec::new(),
        };
        Refusal {
            error: ErrorCode(error.error_code()),
            message: Some(KafkaString::from(error.to_string())),
            records,
        }
    }
}

impl Refusal {
    fn into_response(self, index: i32) -> PartitionProduceResponse {
        PartitionProduceResponse {
            index,
            error_code: self.error.0,
            base_offset: -1,
            log_append_time_ms: -1,
            log_start_offset: -1,
            record_errors: self.records,
            error_message: self.message,
            ..PartitionProduceResponse::default()
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

fn refuse_all(request: &ProduceRequest, error: ErrorCode) -> ProduceResponse {
    let responses = request
        .topic_data
        .iter()
        .map(|topic| TopicProduceResponse {
            name: topic.name.clone(),
            topic_id: topic.topic_id,
            partition_responses: topic
                .partition_data
                .iter()
                .map(|partition| Refusal::from(error).into_response(partition.index))
                .collect(),
        })
        .collect();
    ProduceResponse {
        responses,
        ..ProduceResponse::default()
    }
}
