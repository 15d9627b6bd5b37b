//! A producer: the machine of our own client, with a shell that only counts records.

use std::collections::BTreeMap;

use ottla_machine::{Machine, Random};
use ottla_messages::ErrorCode;
use ottla_producer::{BatchId, Config, Effect, Input, PartitionHandle};
use ottla_records::{BatchBuilder, BatchOptions};
use ottla_types::{
    Duration, Instant, NodeId, Now, Offset, ProducerEpoch, ProducerId, RequestId, TimestampMs,
    TopicId,
};

use super::{ProducedBatch, Request, SentBatch};
use crate::checkers::{Origin, RecordId, value_of};
use crate::topics::PartitionId;

/// What a producer is to do.
#[derive(Clone, Debug)]
pub struct ProducerPlan {
    /// Its number.
    pub index: usize,
    /// `enable.idempotence`.
    pub is_idempotent: bool,
    /// acks=all, not 1.
    pub acks_all: bool,
    /// `max.in.flight.requests.per.connection`.
    pub max_in_flight: usize,
    /// Batches to produce.
    pub batches: u64,
    /// The mean time between them.
    pub every: Duration,
    /// Whether a retry loses its number: a planted bug.
    pub forgets_sequences: bool,
}

/// What a producer wants of the world.
#[derive(Clone, Debug)]
pub enum ProducerAction {
    /// Carry a request; its number.
    Send(u64, Request),
    /// Give it a producer id.
    InitProducerId,
    /// Tell it who leads a partition.
    FindLeader(PartitionId),
    /// A batch is acknowledged.
    Acknowledged {
        /// Where it was sent.
        partition: PartitionId,
        /// The topic that had the name.
        topic_id: TopicId,
        /// Its first offset, if the broker knows it.
        base_offset: Option<i64>,
        /// Its records.
        ids: Vec<RecordId>,
    },
    /// A batch was given up: nobody knows what became of it.
    GaveUp(Vec<RecordId>),
}

#[derive(Clone, Debug)]
struct OpenBatch {
    partition: PartitionId,
    /// Where it was answered from last.
    topic_id: Option<TopicId>,
    ids: Vec<RecordId>,
    timestamp: TimestampMs,
    was_sent: bool,
}

/// More partitions no topic gets.
pub const PARTITIONS_MAX: i32 = 6;
const HANDLES_PER_TOPIC: u32 = 64;

fn handle(partition: PartitionId) -> PartitionHandle {
    let topic = u32::try_from(partition.topic).unwrap_or(0);
    PartitionHandle(topic * HANDLES_PER_TOPIC + partition.partition.unsigned_abs())
}

fn partition_of(handle: PartitionHandle) -> PartitionId {
    PartitionId {
        topic: usize::try_from(handle.0 / HANDLES_PER_TOPIC).unwrap_or(0),
        partition: i32::try_from(handle.0 % HANDLES_PER_TOPIC).unwrap_or(0),
    }
}

/// How a batch is stamped.
type Stamp = (ProducerId, ProducerEpoch, i32);

/// A producer.
#[derive(Debug)]
pub struct Producer {
    plan: ProducerPlan,
    machine: ottla_producer::Producer,
    random: Random,
    batches: BTreeMap<BatchId, OpenBatch>,
    building: Vec<SentBatch>,
    in_flight: BTreeMap<RequestId, Vec<BatchId>>,
    opened: u64,
    next_record: u64,
    next_batch_at: Instant,
}

impl Producer {
    /// A producer that has not sent anything.
    #[must_use]
    pub fn new(plan: ProducerPlan, seed: u64) -> Producer {
        let config = Config {
            linger: Duration::ZERO,
            delivery_timeout: Duration::from_secs(120),
            max_in_flight: plan.max_in_flight,
            idempotent: plan.is_idempotent,
            ..Config::default()
        };
        Producer {
            machine: ottla_producer::Producer::new(config, seed),
            random: Random::from_seed(seed),
            batches: BTreeMap::new(),
            building: Vec::new(),
            in_flight: BTreeMap::new(),
            opened: 0,
            next_record: (plan.index as u64 + 1) << 32,
            next_batch_at: Instant::ZERO,
            plan,
        }
    }

    /// Who it is to the checkers.
    #[must_use]
    pub fn origin(&self) -> Origin {
        Origin {
            producer: self.plan.index,
            is_idempotent: self.plan.is_idempotent,
        }
    }

    /// Whether acks=all.
    #[must_use]
    pub fn acks_all(&self) -> bool {
        self.plan.acks_all
    }

    /// Whether everything was produced and answered.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.opened == self.plan.batches && self.batches.is_empty()
    }

    /// When it wants to be woken.
    #[must_use]
    pub fn next_wake(&self) -> Option<Instant> {
        let next = (self.opened < self.plan.batches).then_some(self.next_batch_at);
        let wakes = [next, self.machine.next_deadline()];
        wakes.into_iter().flatten().min()
    }

    /// Does what time demands. `targets` are the partitions it knows of.
    pub fn wake(&mut self, now: Now, targets: &[PartitionId]) -> Vec<ProducerAction> {
        let mut actions = Vec::new();
        if self.opened < self.plan.batches && self.next_batch_at <= now.monotonic {
            self.open_batch(now, targets, &mut actions);
        }
        self.step(now, Input::Deadline, &mut actions);
        actions
    }

    fn open_batch(&mut self, now: Now, targets: &[PartitionId], actions: &mut Vec<ProducerAction>) {
        let every = u64::try_from(self.plan.every.as_micros()).unwrap_or(1);
        let wait = Duration::from_micros(self.random.below(2 * every));
        self.next_batch_at = now.monotonic.after(wait);
        let choice = self.random.below(targets.len().max(1) as u64);
        let choice = usize::try_from(choice).unwrap_or(0);
        let Some(&partition) = targets.get(choice) else {
            // It has not heard of any topic yet.
            self.next_batch_at = now.monotonic.after(Duration::from_millis(100));
            return;
        };
        let count = 1 + self.random.below(5);
        let ids = self.next_record..self.next_record + count;
        self.next_record += count;
        let batch = BatchId::opened(self.opened);
        self.opened += 1;
        let open = OpenBatch {
            partition,
            topic_id: None,
            ids: ids.map(RecordId).collect(),
            timestamp: now.wall,
            was_sent: false,
        };
        self.batches.insert(batch, open);
        let opened = Input::Opened {
            batch,
            partition: handle(partition),
        };
        self.step(now, opened, actions);
        let closed = Input::Closed {
            batch,
            records: i32::try_from(count).unwrap_or(1),
            bytes: 1_000,
        };
        self.step(now, closed, actions);
    }

    /// It was given a producer id.
    pub fn identified(&mut self, now: Now, id: i64) -> Vec<ProducerAction> {
        let mut actions = Vec::new();
        let input = Input::ProducerId {
            id: ProducerId(id),
            epoch: ProducerEpoch(0),
        };
        self.step(now, input, &mut actions);
        actions
    }

    /// It was told who leads.
    pub fn leader(
        &mut self,
        now: Now,
        partition: PartitionId,
        node: NodeId,
    ) -> Vec<ProducerAction> {
        let mut actions = Vec::new();
        let partition = handle(partition);
        self.step(now, Input::Leader { partition, node }, &mut actions);
        actions
    }

    /// A request was answered.
    pub fn answered(
        &mut self,
        now: Now,
        number: u64,
        results: &[ProducedBatch],
    ) -> Vec<ProducerAction> {
        let mut actions = Vec::new();
        let request = RequestId(number);
        let batches = self.in_flight.remove(&request).unwrap_or_default();
        for (batch, result) in batches.into_iter().zip(results) {
            if let Some(open) = self.batches.get_mut(&batch) {
                open.topic_id = result.topic_id;
            }
            let answered = Input::Answered {
                request,
                batch,
                error: result.error,
                base_offset: Offset(result.base_offset),
                append_time: TimestampMs::NONE,
            };
            self.step(now, answered, &mut actions);
        }
        let error = ErrorCode::NONE;
        self.step(now, Input::Done { request, error }, &mut actions);
        actions
    }

    /// Its connection ended.
    pub fn disconnected(&mut self, now: Now) -> Vec<ProducerAction> {
        let mut actions = Vec::new();
        for (request, _) in std::mem::take(&mut self.in_flight) {
            let error = ErrorCode::NETWORK_EXCEPTION;
            self.step(now, Input::Done { request, error }, &mut actions);
        }
        actions
    }

    /// Whether a request waits for its answer.
    #[must_use]
    pub fn awaits(&self, number: u64) -> bool {
        self.in_flight.contains_key(&RequestId(number))
    }

    fn step(&mut self, now: Now, input: Input, actions: &mut Vec<ProducerAction>) {
        let mut effects = Vec::new();
        self.machine.step(now, input, &mut effects);
        self.machine.check_invariants();
        for effect in effects {
            self.perform(effect, actions);
        }
    }

    fn perform(&mut self, effect: Effect, actions: &mut Vec<ProducerAction>) {
        match effect {
            Effect::Take {
                request,
                batch,
                producer_id,
                producer_epoch,
                base_sequence,
            } => {
                let stamp = (producer_id, producer_epoch, base_sequence);
                if let Some(sent) = self.stamped(batch, stamp) {
                    self.in_flight.entry(request).or_default().push(batch);
                    self.building.push(sent);
                }
            }
            Effect::Send { request, .. } => {
                let batches = std::mem::take(&mut self.building);
                let acks_all = self.plan.acks_all;
                let produce = Request::Produce { batches, acks_all };
                actions.push(ProducerAction::Send(request.0, produce));
            }
            Effect::Complete {
                batch, base_offset, ..
            } => {
                if let Some(open) = self.batches.remove(&batch)
                    && let Some(topic_id) = open.topic_id
                {
                    actions.push(ProducerAction::Acknowledged {
                        partition: open.partition,
                        topic_id,
                        base_offset: (base_offset >= Offset::ZERO).then_some(base_offset.0),
                        ids: open.ids,
                    });
                }
            }
            Effect::Split {
                batch,
                records,
                rest,
            } => {
                if let Some(open) = self.batches.get_mut(&batch) {
                    let stay = usize::try_from(records).unwrap_or(usize::MAX);
                    let others = open.ids.split_off(stay.min(open.ids.len()));
                    let (partition, timestamp) = (open.partition, open.timestamp);
                    let split = OpenBatch {
                        partition,
                        topic_id: None,
                        ids: others,
                        timestamp,
                        was_sent: open.was_sent,
                    };
                    self.batches.insert(rest, split);
                }
            }
            Effect::Fail { batch, .. } => {
                if let Some(open) = self.batches.remove(&batch) {
                    actions.push(ProducerAction::GaveUp(open.ids));
                }
            }
            Effect::InitProducerId => actions.push(ProducerAction::InitProducerId),
            Effect::RefreshMetadata { partition } => {
                actions.push(ProducerAction::FindLeader(partition_of(partition)));
            }
        }
    }

    fn stamped(&mut self, batch: BatchId, stamp: Stamp) -> Option<SentBatch> {
        let open = self.batches.get_mut(&batch)?;
        let is_forgotten = self.plan.forgets_sequences && open.was_sent;
        open.was_sent = true;
        let mut options = BatchOptions::default();
        if !is_forgotten {
            (
                options.producer_id,
                options.producer_epoch,
                options.base_sequence,
            ) = stamp;
        }
        let mut builder = BatchBuilder::new(options);
        for id in &open.ids {
            builder.append(open.timestamp, None, Some(&value_of(*id)), &[]);
        }
        Some(SentBatch {
            partition: open.partition,
            bytes: builder.build(),
            ids: open.ids.clone(),
        })
    }
}
