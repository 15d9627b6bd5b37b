//! The batches that wait, under one lock: `send` appends to them, the driver takes them.
//!
//! *Invariants*: a partition has at most one open batch; bytes counted as buffered belong to a
//! batch that is neither delivered nor given up; nothing is awaited under the lock.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use ottla_machine::Machine;
use ottla_messages::ErrorCode;
use ottla_producer::{BatchId, Effect, Input, PartitionHandle};
use ottla_records::{BatchBuilder, BatchOptions, CompressionLevels};
use ottla_types::{Instant, NodeId, Now, Offset, TimestampMs, Uuid};
use tokio::sync::Notify;

use super::delivery::{Completion, Delivery, Outcome, Refused, Written};
use super::{ProducerRecord, content, lock};
use crate::cluster::Cluster;
use crate::metadata::Metadata;
use crate::partitioner::{StickyPartition, partition_of_key};
use crate::{Error, ProducerConfig, seed, wall_clock};

/// What `send` and the driver share.
#[derive(Debug)]
pub(super) struct Shared {
    pub config: ProducerConfig,
    pub cluster: Arc<Cluster>,
    state: Mutex<State>,
    /// Wakes the driver.
    pub work: Notify,
    /// Wakes those who wait for memory or for batches to be decided.
    pub room: Notify,
    started: std::time::Instant,
}

#[derive(Debug)]
struct State {
    machine: ottla_producer::Producer,
    topics: HashMap<String, Topic>,
    partitions: Vec<Partition>,
    batches: HashMap<BatchId, Batch>,
    next_batch: u64,
    buffered: u64,
    /// What the machine decided and the driver has not done yet.
    effects: VecDeque<Effect>,
    closed: bool,
}

#[derive(Debug)]
struct Topic {
    id: Uuid,
    handles: Vec<PartitionHandle>,
    /// Partitions with a leader.
    available: Vec<i32>,
    sticky: StickyPartition,
}

#[derive(Debug)]
struct Partition {
    topic: Arc<str>,
    index: i32,
    open: Option<BatchId>,
}

#[derive(Debug)]
struct Batch {
    partition: PartitionHandle,
    content: BatchContent,
    completion: Arc<Completion>,
    buffered: u64,
    refusal: Words,
}

/// What a broker said of a batch that it refused.
#[derive(Debug, Default)]
pub(super) struct Words {
    pub batch: Option<String>,
    /// Of single records, by their place.
    pub records: Vec<(i32, String)>,
}

#[derive(Debug)]
enum BatchContent {
    /// Not sent yet.
    Building(Box<BatchBuilder>),
    /// Sent at least once: kept for retries.
    Encoded(Bytes),
    /// With the driver, being compressed.
    Taken,
}

/// What became of an attempt to append.
#[derive(Debug)]
pub(super) enum Appended {
    Done(Delivery),
    /// The topic, or the partition asked for, is not known.
    UnknownTopic,
    NoMemory,
}

/// A batch on its way into a request.
#[derive(Debug)]
pub(super) struct TakenBatch {
    pub topic: Arc<str>,
    pub topic_id: Uuid,
    pub partition: i32,
    pub content: TakenContent,
}

#[derive(Debug)]
pub(super) enum TakenContent {
    Builder(Box<BatchBuilder>),
    Encoded(Bytes),
}

impl Shared {
    pub fn new(config: ProducerConfig, cluster: Arc<Cluster>) -> Result<Shared, Error> {
        let size = |bytes: u32| usize::try_from(bytes).unwrap_or(usize::MAX);
        let decisions = ottla_producer::Config {
            linger: config.linger_ms,
            delivery_timeout: config.delivery_timeout()?,
            retries: config.retries,
            retry_backoff: config.client.retry_backoff_ms,
            retry_backoff_max: config.client.retry_backoff_max_ms,
            max_in_flight: size(config.max_in_flight_requests_per_connection),
            max_request_size: size(config.max_request_size),
            batch_size: size(config.batch_size),
            idempotent: config.idempotent()?,
        };
        Ok(Shared {
            config,
            cluster,
            state: Mutex::new(State {
                machine: ottla_producer::Producer::new(decisions, seed()),
                topics: HashMap::new(),
                partitions: Vec::new(),
                batches: HashMap::new(),
                next_batch: 0,
                buffered: 0,
                effects: VecDeque::new(),
                closed: false,
            }),
            work: Notify::new(),
            room: Notify::new(),
            started: std::time::Instant::now(),
        })
    }

    /// Appends a record to the batch of its partition, if that can be done at once.
    pub fn append(&self, record: &ProducerRecord<'_>) -> Result<Appended, Error> {
        let timestamp = record.timestamp.unwrap_or_else(wall_clock);
        if timestamp < TimestampMs(0) {
            return Err(Error::Record(format!(
                "a record cannot be of the time {timestamp}"
            )));
        }
        let mut state = lock(&self.state);
        if state.closed {
            return Err(Error::Closed);
        }
        let Some(topic) = state.topics.get_mut(record.topic) else {
            return Ok(Appended::UnknownTopic);
        };
        let index = self.choose(topic, record);
        let handle = usize::try_from(index)
            .ok()
            .and_then(|index| topic.handles.get(index).copied());
        let Some(handle) = handle else {
            return if index < 0 {
                Err(Error::Record(format!("there is no partition {index}")))
            } else {
                Ok(Appended::UnknownTopic)
            };
        };
        let size = self.check_size(record, timestamp)?;
        let empty = state.batches.is_empty();
        if state.buffered + size > self.config.buffer_memory && !empty {
            return Ok(Appended::NoMemory);
        }
        let (batch, stepped) = self.batch_for(&mut state, handle, record, timestamp);
        let (delivery, full) = state.append_to(batch, index, record, timestamp)?;
        let uses_sticky = record.partition.is_none()
            && (record.key.is_none() || self.config.partitioner_ignore_keys);
        if uses_sticky && let Some(topic) = state.topics.get_mut(record.topic) {
            topic
                .sticky
                .sent(usize::try_from(size).unwrap_or(usize::MAX));
        }
        let full = full >= u64::from(self.config.batch_size);
        if full {
            self.close_batch(&mut state, batch);
        }
        drop(state);
        if stepped || full {
            self.work.notify_one();
        }
        Ok(Appended::Done(delivery))
    }

    fn choose(&self, topic: &mut Topic, record: &ProducerRecord<'_>) -> i32 {
        if let Some(partition) = record.partition {
            return partition;
        }
        let count = topic.handles.len();
        match record.key {
            Some(key) if !self.config.partitioner_ignore_keys => {
                i32::try_from(partition_of_key(key, count)).unwrap_or(0)
            }
            _ => {
                let count = i32::try_from(count).unwrap_or(i32::MAX);
                topic.sticky.choose(&topic.available, count)
            }
        }
    }

    fn check_size(
        &self,
        record: &ProducerRecord<'_>,
        timestamp: TimestampMs,
    ) -> Result<u64, Error> {
        let alone = BatchBuilder::new(self.batch_options());
        let record_size = alone.size_of_record(timestamp, record.key, record.value, record.headers);
        let size = (alone.size_in_bytes() + record_size) as u64;
        let limit = u64::from(self.config.max_request_size).min(self.config.buffer_memory);
        if size > limit {
            return Err(Error::RecordTooLarge(format!(
                "the record has {size} bytes in a batch of its own; max.request.size={} and \
                 buffer.memory={} allow {limit}",
                self.config.max_request_size, self.config.buffer_memory
            )));
        }
        Ok(size)
    }

    fn batch_options(&self) -> BatchOptions {
        BatchOptions {
            compression: self.config.compression_type,
            levels: CompressionLevels {
                gzip: self.config.compression_gzip_level,
                zstd: self.config.compression_zstd_level,
            },
            ..BatchOptions::default()
        }
    }

    /// The open batch that the record fits in; a new one if there is none. Says whether the machine
    /// was told of a change.
    fn batch_for(
        &self,
        state: &mut State,
        handle: PartitionHandle,
        record: &ProducerRecord<'_>,
        timestamp: TimestampMs,
    ) -> (BatchId, bool) {
        let open = state.partition(handle).and_then(|partition| partition.open);
        if let Some(open) = open {
            let fits = state.builder(open).is_some_and(|builder| {
                let size =
                    builder.size_of_record(timestamp, record.key, record.value, record.headers);
                builder.size_in_bytes() + size <= self.config.batch_size as usize
            });
            if fits {
                return (open, false);
            }
            self.close_batch(state, open);
        }
        let batch = BatchId::opened(state.next_batch);
        state.next_batch += 1;
        let fresh = Batch {
            partition: handle,
            content: BatchContent::Building(Box::new(BatchBuilder::new(self.batch_options()))),
            completion: Arc::new(Completion::default()),
            buffered: 0,
            refusal: Words::default(),
        };
        state.batches.insert(batch, fresh);
        if let Some(partition) = state.partition(handle) {
            partition.open = Some(batch);
        }
        let opened = Input::Opened {
            batch,
            partition: handle,
        };
        self.step_locked(state, opened);
        (batch, true)
    }

    /// Tells the machine that the batch takes no further record.
    fn close_batch(&self, state: &mut State, id: BatchId) {
        let Some(batch) = state.batches.get(&id) else {
            return;
        };
        let handle = batch.partition;
        if let Some(partition) = state.partition(handle) {
            partition.open.take_if(|open| *open == id);
        }
        if let Some(builder) = state.builder(id) {
            let closed = Input::Closed {
                batch: id,
                records: builder.record_count(),
                bytes: builder.size_in_bytes(),
            };
            self.step_locked(state, closed);
        }
    }

    /// Steps the machine; what it decides is kept for the driver.
    pub fn step(&self, input: Input) {
        self.step_locked(&mut lock(&self.state), input);
    }

    fn step_locked(&self, state: &mut State, input: Input) {
        let mut effects = Vec::new();
        let now = self.now();
        state.machine.step(now, input, &mut effects);
        state.effects.extend(effects);
    }

    fn now(&self) -> Now {
        let elapsed = self.started.elapsed();
        Now {
            monotonic: Instant::ZERO.after(elapsed),
            wall: wall_clock(),
        }
    }

    /// When the driver must step the machine, if nothing happens before.
    pub fn next_deadline(&self) -> Option<std::time::Instant> {
        let deadline = lock(&self.state).machine.next_deadline()?;
        Some(self.started + deadline.since(Instant::ZERO))
    }

    /// The next thing the machine decided.
    pub fn next_effect(&self) -> Option<Effect> {
        lock(&self.state).effects.pop_front()
    }

    /// Takes a batch for a request, closing it if it is open.
    pub fn take(&self, id: BatchId) -> Option<TakenBatch> {
        let mut state = lock(&self.state);
        let handle = state.batches.get(&id)?.partition;
        if state.partition(handle)?.open == Some(id) {
            self.close_batch(&mut state, id);
        }
        let batch = state.batches.get_mut(&id)?;
        let content = match std::mem::replace(&mut batch.content, BatchContent::Taken) {
            BatchContent::Building(builder) => TakenContent::Builder(builder),
            BatchContent::Encoded(bytes) => TakenContent::Encoded(bytes),
            BatchContent::Taken => return None,
        };
        let partition = state.partition(handle)?;
        let (topic, partition) = (Arc::clone(&partition.topic), partition.index);
        let topic_id = state
            .topics
            .get(&*topic)
            .map_or(Uuid::ZERO, |topic| topic.id);
        Some(TakenBatch {
            topic,
            topic_id,
            partition,
            content,
        })
    }

    /// Keeps the bytes of a batch for its retries.
    pub fn keep(&self, id: BatchId, bytes: Bytes) {
        if let Some(batch) = lock(&self.state).batches.get_mut(&id) {
            batch.content = BatchContent::Encoded(bytes);
        }
    }

    /// Notes the broker's words for a batch, in case it is given up.
    pub fn note_refusal(&self, id: BatchId, words: Words) {
        if let Some(batch) = lock(&self.state).batches.get_mut(&id) {
            batch.refusal = words;
        }
    }

    /// Makes two batches of one whose bytes are kept, and sends its deliveries on to them.
    pub fn split(&self, id: BatchId, records: i32, rest: BatchId) {
        let mut state = lock(&self.state);
        let Some(batch) = state.batches.get(&id) else {
            return;
        };
        let BatchContent::Encoded(bytes) = &batch.content else {
            return;
        };
        let parts = content::halve(bytes, records, self.batch_options());
        let Some(whole) = state.batches.remove(&id) else {
            return;
        };
        let Some((first, others)) = parts else {
            // Only a defect of this client could bring this about: its own bytes make no sense.
            state.buffered -= whole.buffered;
            drop(state);
            whole.completion.resolve(Err(Refused {
                error: Error::refused(ErrorCode::MESSAGE_TOO_LARGE),
                records: Vec::new(),
            }));
            self.room.notify_waiters();
            return;
        };
        let half = whole.buffered / 2;
        for (id, builder, buffered) in [(id, first, whole.buffered - half), (rest, others, half)] {
            let part = Batch {
                partition: whole.partition,
                content: BatchContent::Building(Box::new(builder)),
                completion: Arc::new(Completion::default()),
                buffered,
                refusal: Words::default(),
            };
            state.batches.insert(id, part);
        }
        let completion = |id| state.batches.get(&id).map(|part| &part.completion);
        if let (Some(first), Some(others)) = (completion(id), completion(rest)) {
            whole.completion.split(records, first, others);
        }
    }

    /// Ends a batch.
    pub fn decide(&self, id: BatchId, outcome: impl FnOnce(Words) -> Outcome) {
        let mut state = lock(&self.state);
        let Some(batch) = state.batches.remove(&id) else {
            return;
        };
        state.buffered -= batch.buffered;
        if let Some(partition) = state.partition(batch.partition) {
            partition.open.take_if(|open| *open == id);
        }
        drop(state);
        batch.completion.resolve(outcome(batch.refusal));
        self.room.notify_waiters();
    }

    /// Takes over what metadata say of these topics, and tells the machine the leaders.
    pub fn learn(&self, metadata: &Metadata, names: &[String]) {
        let mut state = lock(&self.state);
        for name in names {
            let Some(known) = metadata.topics.get(name) else {
                continue;
            };
            let count = known.partitions.keys().max().map_or(0, |last| last + 1);
            if known.error.is_none() && count > 0 {
                state.register(name, count, self.config.batch_size);
            }
            let Some(topic) = state.topics.get_mut(name) else {
                continue;
            };
            if known.error.is_none() {
                topic.id = known.id;
                topic.available = known
                    .partitions
                    .iter()
                    .filter(|(_, partition)| partition.leader.is_some())
                    .map(|(index, _)| *index)
                    .collect();
            }
            let handles = topic.handles.clone();
            for (handle, index) in handles.into_iter().zip(0..) {
                let partition = known.partitions.get(&index);
                let leader = partition.and_then(|partition| partition.leader);
                let input = Input::Leader {
                    partition: handle,
                    node: leader.unwrap_or(NodeId::NONE),
                };
                self.step_locked(&mut state, input);
            }
        }
        drop(state);
        self.work.notify_one();
    }

    /// The topic of a partition.
    pub fn topic_of(&self, handle: PartitionHandle) -> Option<String> {
        let mut state = lock(&self.state);
        state
            .partition(handle)
            .map(|partition| partition.topic.to_string())
    }

    pub fn knows(&self, topic: &str) -> bool {
        lock(&self.state).topics.contains_key(topic)
    }

    pub fn partition_count(&self, topic: &str) -> i32 {
        let state = lock(&self.state);
        let count = state
            .topics
            .get(topic)
            .map_or(0, |topic| topic.handles.len());
        i32::try_from(count).unwrap_or(i32::MAX)
    }

    pub fn topics(&self) -> Vec<String> {
        lock(&self.state).topics.keys().cloned().collect()
    }

    /// Lets everything leave at once; the last batch there is.
    pub fn flush(&self) -> Option<BatchId> {
        self.step(Input::Flush);
        self.work.notify_one();
        let last = lock(&self.state).next_batch.checked_sub(1);
        last.map(BatchId::opened)
    }

    /// Whether all batches up to this one, with all their parts, are delivered or given up.
    pub fn is_decided(&self, last: BatchId) -> bool {
        let state = lock(&self.state);
        state.batches.keys().all(|id| id.number > last.number)
    }

    /// Takes no further record.
    pub fn close(&self) {
        lock(&self.state).closed = true;
        self.step(Input::Flush);
        self.work.notify_one();
    }

    /// Gives up everything.
    pub fn abort(&self) {
        self.step(Input::Abort);
        self.work.notify_one();
    }

    /// Whether it was closed and nothing is left to do.
    pub fn is_finished(&self) -> bool {
        let state = lock(&self.state);
        state.closed && state.batches.is_empty() && state.effects.is_empty()
    }
}

impl State {
    fn partition(&mut self, handle: PartitionHandle) -> Option<&mut Partition> {
        self.partitions.get_mut(handle.0 as usize)
    }

    fn builder(&self, id: BatchId) -> Option<&BatchBuilder> {
        match &self.batches.get(&id)?.content {
            BatchContent::Building(builder) => Some(builder),
            BatchContent::Encoded(_) | BatchContent::Taken => None,
        }
    }

    /// Writes the record's bytes; says how large the batch is now.
    fn append_to(
        &mut self,
        id: BatchId,
        partition: i32,
        record: &ProducerRecord<'_>,
        timestamp: TimestampMs,
    ) -> Result<(Delivery, u64), Error> {
        let batch = self.batches.get_mut(&id).ok_or(Error::Closed)?;
        let BatchContent::Building(builder) = &mut batch.content else {
            return Err(Error::Closed);
        };
        let offset_delta = builder.append(timestamp, record.key, record.value, record.headers);
        let size = builder.size_in_bytes() as u64;
        self.buffered += size - batch.buffered;
        batch.buffered = size;
        let delivery = Delivery {
            completion: Arc::clone(&batch.completion),
            partition,
            offset_delta,
            timestamp,
        };
        Ok((delivery, size))
    }

    /// Makes room for the partitions of a topic; a topic never loses any.
    fn register(&mut self, name: &str, count: i32, batch_size: u32) {
        let topic = self.topics.entry(name.to_owned()).or_insert_with(|| Topic {
            id: Uuid::ZERO,
            handles: Vec::new(),
            available: Vec::new(),
            sticky: StickyPartition::new(seed(), (batch_size as usize).max(1)),
        });
        let shared: Arc<str> = name.into();
        let known = i32::try_from(topic.handles.len()).unwrap_or(i32::MAX);
        for index in known..count {
            let handle = PartitionHandle(self.partitions.len() as u32);
            topic.handles.push(handle);
            self.partitions.push(Partition {
                topic: Arc::clone(&shared),
                index,
                open: None,
            });
        }
    }
}

/// What a machine said of a delivered batch.
pub(super) fn written(base_offset: Offset, append_time: TimestampMs) -> Outcome {
    Ok(Written {
        base_offset,
        append_time,
    })
}
