//! Produce requests: as the broker's handler does it, batch by batch.

use std::sync::Arc;

use ottla_messages::ErrorCode;
use ottla_partition::{Acks, Produced, WaiterId};
use ottla_records::{ClientBatchRules, InflateLimits, TimestampType, validate_client_batch};
use ottla_runtime::{ClientBatch, Notices, Work, waiter_id};
use ottla_types::TimestampMs;

use super::{Broker, Left};
use crate::bugs::Bug;
use crate::clients::{Response, SentBatch};
use crate::network::Asker;

/// A produce request some of whose batches have not ended.
#[derive(Clone, Debug)]
pub struct WaitingProduce {
    asker: Asker,
    results: Vec<Option<(ErrorCode, i64)>>,
}

impl WaitingProduce {
    pub(super) fn new(asker: Asker, batches: usize) -> WaitingProduce {
        WaitingProduce {
            asker,
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
        let mut appends = Vec::new();
        for (place, batch) in batches.into_iter().enumerate() {
            let waiter = waiter_id(reactor, self.take_number());
            self.waiters.insert(waiter, (number, place));
            if let Some(replica) = self.replicas.get(batch.partition) {
                appends.push((Arc::clone(replica), batch.bytes, waiter));
            }
        }
        let outbox = self.outbox.clone();
        let rules = rules(self.clock.now().wall);
        Box::new(move || {
            let (mut notices, mut scratch) = (Notices::default(), Vec::new());
            for (replica, bytes, waiter) in appends {
                match validate_client_batch(&bytes, &rules, &mut scratch) {
                    Ok(summary) => {
                        let header = summary.header;
                        let batch = ClientBatch { header, bytes };
                        replica.append(batch, Some((waiter, acks)), &mut notices);
                    }
                    Err(error) => {
                        outbox.push(Left::Refused(waiter, ErrorCode(error.error_code())));
                    }
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

    fn on_ended(&mut self, waiter: WaiterId, ended: (ErrorCode, i64)) -> Option<(Asker, Response)> {
        let (number, place) = self.waiters.remove(&waiter)?;
        let produce = self.produces.get_mut(&number)?;
        *produce.results.get_mut(place)? = Some(ended);
        if produce.results.iter().any(Option::is_none) {
            return None;
        }
        let done = self.produces.remove(&number)?;
        let results = done.results.into_iter().flatten().collect();
        Some((done.asker, Response::Produce(results)))
    }
}

fn rules(now: TimestampMs) -> ClientBatchRules {
    ClientBatchRules {
        batch_bytes_max: 1 << 20,
        segment_bytes: 1 << 20,
        timestamp_type: TimestampType::CreateTime,
        timestamp_before_max_ms: i64::MAX,
        timestamp_after_max_ms: i64::MAX,
        now,
        is_compacted: false,
        inflate: InflateLimits::default(),
    }
}
