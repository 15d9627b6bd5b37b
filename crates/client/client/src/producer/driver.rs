//! The one task of a producer: does what the machine decides, and tells it what happened.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ottla_messages::ErrorCode;
use ottla_messages::init_producer_id_request::InitProducerIdRequest;
use ottla_messages::produce_response::{PartitionProduceResponse, ProduceResponse};
use ottla_producer::{Effect, Failure, Input};
use ottla_types::{NodeId, Offset, ProducerEpoch, ProducerId, RequestId, TimestampMs};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, sleep_until};

use super::accumulator::{Shared, Words, written};
use super::content::encode;
use super::delivery::Refused;
use super::node::{self, Outgoing, SentBatch};
use crate::cluster::Target;
use crate::error::check;
use crate::metadata::Metadata;
use crate::{Error, Refusal};

/// What the driver's helpers report.
#[derive(Debug)]
pub(super) enum Event {
    /// An answer, or why there is none.
    Produced {
        request: RequestId,
        answer: Result<ProduceResponse, Error>,
    },
    /// A request that gets no answer went into the socket's queue.
    Unanswered { request: RequestId },
    /// Metadata came, or did not.
    Metadata {
        topics: Vec<String>,
        answer: Result<Arc<Metadata>, Error>,
    },
    /// The producer id came, or never will.
    Identity(Result<(ProducerId, ProducerEpoch), Error>),
}

pub(super) struct Driver {
    shared: Arc<Shared>,
    events: mpsc::UnboundedSender<Event>,
    nodes: BTreeMap<NodeId, mpsc::UnboundedSender<Outgoing>>,
    /// Requests being filled.
    building: BTreeMap<RequestId, Outgoing>,
    /// What unanswered requests hold.
    in_flight: BTreeMap<RequestId, Vec<SentBatch>>,
    /// Topics to ask for with the next metadata request.
    stale: BTreeSet<String>,
    refreshing: bool,
    refresh_at: Instant,
}

impl Driver {
    pub fn new(shared: Arc<Shared>, events: mpsc::UnboundedSender<Event>) -> Driver {
        let refresh_at = Instant::now() + shared.config.client.metadata_max_age_ms;
        Driver {
            shared,
            events,
            nodes: BTreeMap::new(),
            building: BTreeMap::new(),
            in_flight: BTreeMap::new(),
            stale: BTreeSet::new(),
            refreshing: false,
            refresh_at,
        }
    }

    pub async fn run(mut self, mut events: mpsc::UnboundedReceiver<Event>) {
        loop {
            while let Some(effect) = self.shared.next_effect() {
                self.perform(effect);
            }
            self.refresh();
            if self.shared.is_finished() {
                return;
            }
            let deadline = self.shared.next_deadline().map(Instant::from_std);
            let wake = deadline.map_or(self.refresh_at, |at| at.min(self.refresh_at));
            tokio::select! {
                event = events.recv() => {
                    if let Some(event) = event {
                        self.happened(event);
                    }
                    while let Ok(event) = events.try_recv() {
                        self.happened(event);
                    }
                }
                () = self.shared.work.notified() => {}
                () = sleep_until(wake) => {
                    self.shared.step(Input::Deadline);
                    if Instant::now() >= self.refresh_at {
                        self.stale.extend(self.shared.topics());
                        self.refresh_at =
                            Instant::now() + self.shared.config.client.metadata_max_age_ms;
                    }
                }
            }
        }
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Take {
                request,
                batch,
                producer_id,
                producer_epoch,
                base_sequence,
            } => {
                let Some(taken) = self.shared.take(batch) else {
                    return;
                };
                let bytes = encode(taken.content, producer_id, producer_epoch, base_sequence);
                self.shared.keep(batch, bytes.clone());
                let sent = SentBatch {
                    batch,
                    topic: taken.topic,
                    topic_id: taken.topic_id,
                    partition: taken.partition,
                };
                let outgoing = self.building.entry(request).or_insert_with(|| Outgoing {
                    request,
                    batches: Vec::new(),
                });
                outgoing.batches.push((sent, bytes));
            }
            Effect::Send { request, node } => self.send(request, node),
            Effect::Complete {
                batch,
                base_offset,
                append_time,
            } => self
                .shared
                .decide(batch, |_| written(base_offset, append_time)),
            Effect::Split {
                batch,
                records,
                rest,
            } => self.shared.split(batch, records, rest),
            Effect::Fail { batch, failure } => {
                let after = self.shared.config.delivery_timeout().unwrap_or_default();
                self.shared.decide(batch, |words| {
                    let error = match failure {
                        Failure::Refused(code) => Error::Refused(Refusal {
                            code,
                            message: words.batch,
                        }),
                        Failure::DeliveryTimeout => Error::Timeout {
                            what: "the delivery of a batch (delivery.timeout.ms)".to_owned(),
                            after,
                        },
                        Failure::Closed => Error::Closed,
                    };
                    Err(Refused {
                        error,
                        records: words.records,
                    })
                });
            }
            Effect::InitProducerId => self.init_producer_id(),
            Effect::RefreshMetadata { partition } => {
                self.stale.extend(self.shared.topic_of(partition));
            }
        }
    }

    fn send(&mut self, request: RequestId, node: NodeId) {
        // All its batches may have been given up since: then there is nothing to send.
        let Some(outgoing) = self.building.remove(&request) else {
            self.shared.step(Input::Done {
                request,
                error: ErrorCode::NETWORK_EXCEPTION,
            });
            return;
        };
        let sent = outgoing.batches.iter().map(|(sent, _)| sent.clone());
        self.in_flight.insert(request, sent.collect());
        let requests = self.nodes.entry(node).or_insert_with(|| {
            let (requests, receiver) = mpsc::unbounded_channel();
            let (shared, events) = (Arc::clone(&self.shared), self.events.clone());
            tokio::spawn(node::run(node, shared, receiver, events));
            requests
        });
        // The task ends only when this sender is dropped.
        let _ = requests.send(outgoing);
    }

    fn init_producer_id(&self) {
        let (shared, events) = (Arc::clone(&self.shared), self.events.clone());
        tokio::spawn(async move {
            let request = InitProducerIdRequest {
                transactional_id: None,
                transaction_timeout_ms: i32::MAX,
                ..InitProducerIdRequest::default()
            };
            let identity = loop {
                let attempt = || async {
                    let response = shared.cluster.ask(Target::Any, &request).await?;
                    check(response.error_code, None)?;
                    let epoch = ProducerEpoch(response.producer_epoch);
                    Ok((ProducerId(response.producer_id), epoch))
                };
                match shared.cluster.retry("a producer id", attempt).await {
                    // The batches that wait for it have their own time-out.
                    Err(error) if error.is_retriable() && !shared.is_finished() => {}
                    identity => break identity,
                }
            };
            let _ = events.send(Event::Identity(identity));
        });
    }

    /// Asks for the metadata that are wanted, one request at a time.
    fn refresh(&mut self) {
        if self.refreshing || self.stale.is_empty() {
            return;
        }
        self.refreshing = true;
        let topics: Vec<String> = std::mem::take(&mut self.stale).into_iter().collect();
        let (shared, events) = (Arc::clone(&self.shared), self.events.clone());
        tokio::spawn(async move {
            let answer = shared.cluster.refresh(&topics, true).await;
            if answer.is_err() {
                sleep(shared.config.client.retry_backoff_ms).await;
            }
            let _ = events.send(Event::Metadata { topics, answer });
        });
    }

    fn happened(&mut self, event: Event) {
        match event {
            Event::Produced { request, answer } => self.produced(request, answer),
            Event::Unanswered { request } => {
                for sent in self.in_flight.remove(&request).unwrap_or_default() {
                    self.shared.step(Input::Answered {
                        request,
                        batch: sent.batch,
                        error: ErrorCode::NONE,
                        base_offset: Offset::NONE,
                        append_time: TimestampMs::NONE,
                    });
                }
                self.done(request, ErrorCode::NONE);
            }
            Event::Metadata { topics, answer } => {
                self.refreshing = false;
                match answer {
                    Ok(metadata) => self.shared.learn(&metadata, &topics),
                    // Still wanted: the leaders stay unknown until somebody answers.
                    Err(_) => self.stale.extend(topics),
                }
            }
            Event::Identity(Ok((id, epoch))) => self.shared.step(Input::ProducerId { id, epoch }),
            Event::Identity(Err(error)) => self.shared.step(Input::NoProducerId {
                error: error.code(),
            }),
        }
    }

    fn produced(&mut self, request: RequestId, answer: Result<ProduceResponse, Error>) {
        let sent = self.in_flight.remove(&request).unwrap_or_default();
        let response = match answer {
            Ok(response) => response,
            Err(error) => {
                for sent in sent {
                    let words = Words {
                        batch: Some(error.to_string()),
                        records: Vec::new(),
                    };
                    self.shared.note_refusal(sent.batch, words);
                }
                // Whatever it was, the broker did not refuse the batches: whether they are written
                // is open, and delivery.timeout.ms bounds the tries.
                let code = match error {
                    Error::UnsupportedApi { .. } => ErrorCode::UNSUPPORTED_VERSION,
                    _ => ErrorCode::NETWORK_EXCEPTION,
                };
                self.done(request, code);
                return;
            }
        };
        for sent in sent {
            let Some(partition) = partition_of(&response, &sent) else {
                continue;
            };
            self.shared.note_refusal(sent.batch, words(partition));
            self.shared.step(Input::Answered {
                request,
                batch: sent.batch,
                error: ErrorCode(partition.error_code),
                base_offset: Offset(partition.base_offset),
                append_time: TimestampMs(partition.log_append_time_ms),
            });
        }
        self.done(request, ErrorCode::NONE);
    }

    fn done(&self, request: RequestId, error: ErrorCode) {
        self.shared.step(Input::Done { request, error });
    }
}

fn partition_of<'a>(
    response: &'a ProduceResponse,
    sent: &SentBatch,
) -> Option<&'a PartitionProduceResponse> {
    let topic = response.responses.iter().find(|topic| {
        if topic.name.is_empty() {
            topic.topic_id == sent.topic_id
        } else {
            *topic.name == *sent.topic
        }
    })?;
    let mut partitions = topic.partition_responses.iter();
    partitions.find(|partition| partition.index == sent.partition)
}

/// The broker's words, of the batch and of single records of it.
fn words(partition: &PartitionProduceResponse) -> Words {
    let records = partition.record_errors.iter().map(|record| {
        let message = record.batch_index_error_message.as_deref();
        let message = message.or(partition.error_message.as_deref());
        let code = ErrorCode(partition.error_code);
        (
            record.batch_index,
            message.map_or_else(|| code.to_string(), str::to_owned),
        )
    });
    Words {
        batch: partition.error_message.as_deref().map(str::to_owned),
        records: records.collect(),
    }
}
