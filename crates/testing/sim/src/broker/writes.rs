//! Produce requests: as the broker's handler does it, batch by batch.

use std::sync::Arc;

use ottla_messages::ErrorCode;
use ottla_partition::{Acks, Produced, WaiterId};
use ottla_records::validate_client_batch;
use ottla_runtime::{ClientBatch, Notices, Work, waiter_id};
use ottla_types::TopicId;

use super::{Broker, Left};
use crate::bugs::Bug;
use crate::clients::{ProducedBatch, Response, SentBatch};
use crate::network::Asker;
use crate::topics::topic_name;

/// A produce request some of whose batches have not ended.
#[derive(Clone, Debug)]
pub struct WaitingProduce {
    asker: Asker,
    /// The topic that each batch went to.
    topics: Vec<Option<TopicId>>,
    results: Vec<Option<ProducedBatch>>,
}

impl WaitingProduce {
    pub(super) fn new(asker: Asker, batches: usize) -> WaitingProduce {
        WaitingProduce {
            asker,
            topics: vec![None; batches],
            results: vec![None; batches],
        }
    }
}

impl Broker {
    pub(super) fn produce_work(
        &mut self,
        reactor: usize,
        number: u64,
        batches: Vec<SentBatch>,
        acks_all: bool,
    ) -> Work {
        let is_early = self.bug == Some(Bug::AcknowledgesTooEarly);
        let acks = if acks_all && !is_early {
            Acks::All
        } else {
            Acks::Leader
        };
        let published = self.published();
        let mut numbered = Vec::new();
        for (place, batch) in batches.into_iter().enumerate() {
            let waiter = waiter_id(reactor, self.take_number());
            self.waiters.insert(waiter, (number, place));
            let entry = published.topic_by_name(&topic_name(batch.partition.topic));
            let replica = entry
                .ok_or(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION)
                .and_then(|entry| entry.replica(batch.partition.partition));
            let topics = self.produces.get_mut(&number);
            let topic = topics.and_then(|produce| produce.topics.get_mut(place));
            if let (Some(topic), Ok(replica)) = (topic, replica) {
                *topic = Some(replica.topic_id());
            }
            numbered.push((batch, waiter));
        }
        let outbox = self.outbox().clone();
        let now = self.shared.now().wall;
        Box::new(move || {
            let (mut notices, mut scratch) = (Notices::default(), Vec::new());
            for (batch, waiter) in numbered {
                let refuse = |error| outbox.push(Left::Refused(waiter, error));
                let Some(entry) = published.topic_by_name(&topic_name(batch.partition.topic))
                else {
                    refuse(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
                    continue;
                };
                let replica = match entry.replica(batch.partition.partition) {
                    Ok(replica) => Arc::clone(replica),
                    Err(error) => {
                        refuse(error);
                        continue;
                    }
                };
                match validate_client_batch(&batch.bytes, &entry.batch_rules(now), &mut scratch) {
                    Ok(summary) => {
                        let batch = ClientBatch {
                            header: summary.header,
                            bytes: batch.bytes,
                        };
                        replica.append(batch, Some((waiter, acks)), &mut notices);
                    }
                    Err(error) => refuse(ErrorCode(error.error_code())),
                }
            }
            outbox.push_notices(&mut notices);
        })
    }

    /// Notes how a batch ended; the answer, if it was the last of its request.
    pub fn on_produced(
        &mut self,
        waiter: WaiterId,
        produced: Produced,
    ) -> Option<(Asker, Response)> {
        self.on_ended(waiter, (produced.error, produced.base_offset.0))
    }

    /// Notes that a batch was not taken; the answer, if it was the last of its request.
    pub fn on_refused(&mut self, waiter: WaiterId, error: ErrorCode) -> Option<(Asker, Response)> {
        self.on_ended(waiter, (error, -1))
    }

    fn on_ended(
        &mut self,
        waiter: WaiterId,
        (error, base_offset): (ErrorCode, i64),
    ) -> Option<(Asker, Response)> {
        let (number, place) = self.waiters.remove(&waiter)?;
        let produce = self.produces.get_mut(&number)?;
        *produce.results.get_mut(place)? = Some(ProducedBatch {
            error,
            base_offset,
            topic_id: produce.topics.get(place).copied().flatten(),
        });
        if produce.results.iter().any(Option::is_none) {
            return None;
        }
        let done = self.produces.remove(&number)?;
        let results = done.results.into_iter().flatten().collect();
        Some((done.asker, Response::Produce(results)))
    }
}
