//! Produce (0), versions 3–13.
//!
//! Version 8 added error messages per record, 9 is flexible, 10 told who leads now, 12 let a
//! transaction begin implicitly, 13 names topics by id. Not implemented: transactional batches
//! (INVALID_TXN_STATE: no producer can have got a transactional id here).

use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;
use ottla_messages::produce_request::{PartitionProduceData, ProduceRequest, TopicProduceData};
use ottla_messages::produce_response::{
    BatchIndexAndErrorMessage, PartitionProduceResponse, ProduceResponse, TopicProduceResponse,
};
use ottla_messages::{ErrorCode, KafkaString};
use ottla_partition::{Acks, Produced};
use ottla_records::{RecordError, Summary, TimestampType, validate_client_batch};
use ottla_runtime::{ClientBatch, Notice, Notices, clock};
use ottla_types::Instant;

use crate::Replica;
use crate::compression::recompress;
use crate::published::{Published, TopicEntry};
use crate::reactor::{PendingProduce, ReactorService};
use crate::request::RequestContext;

/// Handles the request; answers at once or when the last of its batches is done.
pub fn handle(service: &Rc<ReactorService>, context: RequestContext, request: ProduceRequest) {
    let silent = request.acks == 0;
    let acks = match request.acks {
        0 => None,
        1 => Some(Acks::Leader),
        -1 => Some(Acks::All),
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
    let mut produce = Produce {
        service,
        published: &published,
        acks,
        next_number: first_number,
        pending: 0,
        failed: false,
        notices: Notices::default(),
    };
    let responses = request
        .topic_data
        .iter()
        .map(|topic| produce.topic(context.version, topic))
        .collect();
    let Produce {
        pending,
        failed,
        mut notices,
        ..
    } = produce;
    let response = ProduceResponse {
        responses,
        ..ProduceResponse::default()
    };
    let mut entry = PendingProduce::new(context, response, pending, first_number);
    settle(service, &mut entry, &mut notices);
    if silent {
        // With acks=0 nobody is told of an error but by the end of the connection.
        if failed {
            entry.close();
        } else {
            entry.forget();
        }
    } else {
        let deadline = deadline(request.timeout_ms);
        service.answer_or_park(entry, deadline);
    }
}

/// Takes the answers meant for this request out of the notices and delivers the rest.
fn settle(service: &Rc<ReactorService>, entry: &mut PendingProduce, notices: &mut Notices) {
    for (reactor, notice) in notices.drain() {
        match notice {
            Notice::Produced(waiter, produced) if entry.is_for(service.index(), waiter) => {
                entry.complete(waiter, produced);
            }
            notice => service.deliver(reactor, notice),
        }
    }
}

fn deadline(timeout_ms: i32) -> Instant {
    clock::monotonic().after_ms(timeout_ms.into())
}

struct Produce<'a> {
    service: &'a Rc<ReactorService>,
    published: &'a Published,
    acks: Option<Acks>,
    next_number: u64,
    pending: usize,
    failed: bool,
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
                        self.pending += usize::from(self.acks.is_some());
                        accepted(partition.index, append_time)
                    }
                    Err(refusal) => {
                        self.failed = true;
                        refusal.into_response(partition.index)
                    }
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
        self.append(topic, replica, records, summary, number)
    }

    fn append(
        &mut self,
        topic: &TopicEntry,
        replica: &Arc<Replica>,
        records: Bytes,
        summary: Summary,
        number: u64,
    ) -> Result<i64, Refusal> {
        let (mut header, records) = recompress(topic.config(), &summary, records)?;
        if summary.timestamp_rewrite {
            let area = records
                .get(ottla_records::BATCH_HEADER_SIZE..)
                .unwrap_or_default();
            header.set_max_timestamp(topic.timestamp_type(), summary.max_timestamp, area);
        }
        self.service
            .metrics()
            .produced(records.len() as u64, header.record_count as u64);
        let waiter = self.acks.map(|acks| (self.service.waiter_id(number), acks));
        replica.append(
            ClientBatch {
                header,
                bytes: records,
            },
            waiter,
            &mut self.notices,
        );
        Ok(match topic.timestamp_type() {
            TimestampType::LogAppendTime => summary.max_timestamp.0,
            TimestampType::CreateTime => -1,
        })
    }
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
