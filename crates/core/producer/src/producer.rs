//! The machine: takes inputs, keeps the batches, and hands over to draining and answering.
//!
//! *Invariants*: every batch opened is completed or failed exactly once; with idempotence the
//! batches of a partition are numbered without gaps per epoch, and one with a number is only
//! numbered anew when a broker's answer proves that it was not written.

mod answers;
mod drain;

use std::collections::{BTreeMap, BTreeSet};

use ottla_machine::{Machine, Random};
use ottla_messages::ErrorCode;
use ottla_types::{Duration, Instant, NodeId, Now, ProducerEpoch, ProducerId, RequestId};

use crate::config::Config;
use crate::input::{BatchId, Effect, Failure, Input, PartitionHandle};
use crate::partition::{Batch, Content, Partition, sequence_after};

/// The deciding part of one producer.
#[derive(Debug)]
pub struct Producer {
    config: Config,
    random: Random,
    batches: BTreeMap<BatchId, Batch>,
    partitions: BTreeMap<PartitionHandle, Partition>,
    nodes: BTreeMap<NodeId, Node>,
    requests: BTreeMap<RequestId, Request>,
    /// When a partition's first waiting batch may leave, for those that must wait until then.
    timers: BTreeSet<(Instant, PartitionHandle)>,
    next_request: u64,
    /// Batches up to this one do not linger.
    flushed: Option<BatchId>,
    identity: Identity,
}

/// Whether batches can be numbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Identity {
    NotNeeded,
    Unknown,
    Asked,
    Known(ProducerId, ProducerEpoch),
}

/// A broker that leads partitions.
#[derive(Clone, Debug, Default)]
struct Node {
    in_flight: usize,
    /// Partitions with a batch that may leave with the next request.
    waiting: BTreeSet<PartitionHandle>,
    /// Those of them whose batch shall leave now.
    ready: BTreeSet<PartitionHandle>,
    /// Where the next request starts, so that no partition starves.
    turn: PartitionHandle,
}

#[derive(Clone, Debug)]
struct Request {
    node: NodeId,
    batches: Vec<BatchId>,
}

impl Machine for Producer {
    type Input<'a> = Input;
    type Effect = Effect;

    fn step(&mut self, now: Now, input: Input, effects: &mut Vec<Effect>) {
        let now = now.monotonic;
        match input {
            Input::Opened { batch, partition } => self.opened(now, batch, partition, effects),
            Input::Closed {
                batch,
                records,
                bytes,
            } => self.closed(now, batch, Content { records, bytes }),
            Input::Flush => self.flush(now),
            Input::Leader { partition, node } => self.leader(now, partition, node),
            Input::ProducerId { id, epoch } => self.identified(now, id, epoch),
            Input::NoProducerId { error } => self.fail_all(Failure::Refused(error), effects),
            Input::Answered {
                request,
                batch,
                error,
                base_offset,
                append_time,
            } => {
                if self.is_in_flight(request, batch) {
                    let answer = answers::Answer {
                        error,
                        base_offset,
                        append_time,
                    };
                    self.answered(now, batch, answer, effects);
                }
            }
            Input::Done { request, error } => self.done(now, request, error, effects),
            Input::Abort => self.fail_all(Failure::Closed, effects),
            Input::Deadline => {}
        }
        self.expire(now, effects);
        self.drain(now, effects);
    }

    fn next_deadline(&self) -> Option<Instant> {
        let timer = self.timers.first().map(|(instant, _)| *instant);
        let oldest = self.batches.first_key_value();
        let expiry = oldest.map(|(_, batch)| batch.opened.after(self.config.delivery_timeout));
        match (timer, expiry) {
            (Some(timer), Some(expiry)) => Some(timer.min(expiry)),
            (timer, expiry) => timer.or(expiry),
        }
    }

    fn check_invariants(&self) {
        for (id, batch) in &self.batches {
            let partition = self.partitions.get(&batch.partition);
            let waits = partition.is_some_and(|partition| partition.waiting.contains(id));
            let flies = partition.is_some_and(|partition| partition.in_flight.contains(id));
            assert_ne!(waits, flies, "{id:?} waits or flies");
            assert_eq!(
                waits,
                batch.request.is_none(),
                "{id:?} flies in its request"
            );
        }
        for node in self.nodes.values() {
            assert!(
                node.in_flight <= self.config.max_in_flight,
                "in flight is bounded"
            );
            assert!(
                node.ready.is_subset(&node.waiting),
                "only what waits is ready"
            );
        }
    }
}

impl Producer {
    /// A producer without batches; the seed is for jitter in back-off.
    #[must_use]
    pub fn new(config: Config, seed: u64) -> Producer {
        let identity = if config.idempotent {
            Identity::Unknown
        } else {
            Identity::NotNeeded
        };
        Producer {
            config,
            random: Random::from_seed(seed),
            batches: BTreeMap::new(),
            partitions: BTreeMap::new(),
            nodes: BTreeMap::new(),
            requests: BTreeMap::new(),
            timers: BTreeSet::new(),
            next_request: 0,
            flushed: None,
            identity,
        }
    }

    /// The oldest batch that is neither completed nor failed.
    #[must_use]
    pub fn oldest_batch(&self) -> Option<BatchId> {
        self.batches.first_key_value().map(|(id, _)| *id)
    }

    fn opened(
        &mut self,
        now: Instant,
        batch: BatchId,
        partition: PartitionHandle,
        effects: &mut Vec<Effect>,
    ) {
        if self.identity == Identity::Unknown {
            self.identity = Identity::Asked;
            effects.push(Effect::InitProducerId);
        }
        let fresh = Batch {
            partition,
            opened: now,
            content: None,
            sequence: None,
            attempts: 0,
            request: None,
            parts: u32::MAX,
        };
        self.batches.insert(batch, fresh);
        let entry = self.partitions.entry(partition).or_default();
        entry.waiting.push_back(batch);
        self.schedule(now, partition);
    }

    fn closed(&mut self, now: Instant, id: BatchId, content: Content) {
        let Some(batch) = self.batches.get_mut(&id) else {
            return;
        };
        batch.content = Some(content);
        let handle = batch.partition;
        let Some(partition) = self.partitions.get_mut(&handle) else {
            return;
        };
        if partition.taken_open == Some(id) {
            partition.taken_open = None;
            partition.next_sequence = sequence_after(partition.next_sequence, content.records);
        }
        self.schedule(now, handle);
    }

    fn flush(&mut self, now: Instant) {
        self.flushed = self.batches.last_key_value().map(|(id, _)| *id);
        let waiting: Vec<_> = self.timers.iter().map(|(_, handle)| *handle).collect();
        for handle in waiting {
            self.schedule(now, handle);
        }
    }

    fn leader(&mut self, now: Instant, handle: PartitionHandle, node: NodeId) {
        let backoff = self.backoff(1);
        let partition = self.partitions.entry(handle).or_default();
        partition.asked = false;
        let old = partition.leader;
        if node == NodeId::NONE {
            partition.not_before = now.after(backoff);
        } else if old != node {
            // A new leader has not failed yet: there is nothing to wait for.
            partition.not_before = Instant::ZERO;
        }
        partition.leader = node;
        if let Some(old) = self.nodes.get_mut(&old) {
            old.waiting.remove(&handle);
            old.ready.remove(&handle);
        }
        self.schedule(now, handle);
    }

    fn identified(&mut self, now: Instant, id: ProducerId, epoch: ProducerEpoch) {
        self.identity = Identity::Known(id, epoch);
        let handles: Vec<_> = self.partitions.keys().copied().collect();
        for handle in handles {
            self.schedule(now, handle);
        }
    }

    /// Fails what has waited for an answer longer than `delivery.timeout.ms`. A number that was
    /// given to such a batch stays used: whether the broker wrote it shows in its answer to the
    /// next one.
    fn expire(&mut self, now: Instant, effects: &mut Vec<Effect>) {
        while let Some((id, batch)) = self.batches.first_key_value() {
            if batch.opened.after(self.config.delivery_timeout) > now {
                return;
            }
            let id = *id;
            effects.push(Effect::Fail {
                batch: id,
                failure: Failure::DeliveryTimeout,
            });
            self.remove(now, id);
        }
    }

    fn fail_all(&mut self, failure: Failure, effects: &mut Vec<Effect>) {
        for batch in self.batches.keys() {
            effects.push(Effect::Fail {
                batch: *batch,
                failure,
            });
        }
        self.batches.clear();
        self.timers.clear();
        for partition in self.partitions.values_mut() {
            partition.restart |= !partition.in_flight.is_empty();
            partition.waiting.clear();
            partition.in_flight.clear();
            partition.taken_open = None;
            partition.wake = None;
        }
        for node in self.nodes.values_mut() {
            node.waiting.clear();
            node.ready.clear();
        }
        if self.identity == Identity::Asked {
            self.identity = Identity::Unknown;
        }
    }

    /// Forgets a batch that is decided.
    fn remove(&mut self, now: Instant, id: BatchId) {
        let Some(batch) = self.batches.remove(&id) else {
            return;
        };
        if let Some(partition) = self.partitions.get_mut(&batch.partition) {
            partition.forget(id);
        }
        self.schedule(now, batch.partition);
    }

    fn is_in_flight(&self, request: RequestId, batch: BatchId) -> bool {
        let batch = self.batches.get(&batch);
        batch.is_some_and(|batch| batch.request == Some(request))
    }

    /// `retry.backoff.ms` doubled per attempt up to `retry.backoff.max.ms`, give or take a fifth.
    fn backoff(&mut self, attempts: u32) -> Duration {
        let doubled = self
            .config
            .retry_backoff
            .saturating_mul(1 << attempts.saturating_sub(1).min(20));
        let capped = doubled.min(self.config.retry_backoff_max.max(self.config.retry_backoff));
        let nanos = u64::try_from(capped.as_nanos()).unwrap_or(u64::MAX);
        let jitter = self.random.below(nanos / 5 * 2 + 1);
        Duration::from_nanos(nanos - nanos / 5 + jitter)
    }

    /// Whether an answer like this means that the metadata are stale.
    fn doubts_metadata(error: ErrorCode) -> bool {
        matches!(
            error,
            ErrorCode::NOT_LEADER_OR_FOLLOWER
                | ErrorCode::LEADER_NOT_AVAILABLE
                | ErrorCode::UNKNOWN_TOPIC_OR_PARTITION
                | ErrorCode::UNKNOWN_TOPIC_ID
                | ErrorCode::FENCED_LEADER_EPOCH
                | ErrorCode::KAFKA_STORAGE_ERROR
                | ErrorCode::NETWORK_EXCEPTION
        )
    }
}

#[cfg(test)]
mod tests;
