//! Reads assigned partitions: positions, seeks, records in order.
//!
//! A consumer belongs to one task: `poll` steps the machine in `core/consumer` and does what it
//! decides; requests are on their way between two polls.

mod buffer;
mod requests;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use ottla_consumer::{Effect, Failure, Input, PartitionHandle, Start};
use ottla_machine::Machine;
use ottla_messages::ErrorCode;
use ottla_types::{Instant, LeaderEpoch, NodeId, Now, Offset, RequestId};
use tokio::sync::mpsc;
use tokio::time::sleep_until;

use crate::admin::{Admin, ListedOffset, OffsetSpec};
use crate::cluster::Cluster;
use crate::{ConsumerConfig, Error, Refusal};
use buffer::Buffer;
pub use buffer::ConsumerRecord;
use requests::{Asked, Event};

/// Reads the partitions assigned to it.
///
/// ```no_run
/// use std::time::Duration;
///
/// use ottla_client::{Consumer, ConsumerConfig, Start};
///
/// # async fn example() -> Result<(), ottla_client::Error> {
/// let mut consumer = Consumer::new(ConsumerConfig::new("localhost:9092"))?;
/// consumer.assign(&[("orders", 0)]);
/// consumer.seek("orders", 0, Start::Beginning)?;
/// for record in consumer.poll(Duration::from_secs(1)).await? {
///     println!("{} {:?}", record.offset, record.value);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Consumer {
    config: Arc<ConsumerConfig>,
    cluster: Arc<Cluster>,
    machine: ottla_consumer::Consumer,
    assigned: BTreeMap<PartitionHandle, Assigned>,
    handles: BTreeMap<(String, i32), PartitionHandle>,
    next_handle: u32,
    /// Partitions with records, in the order they came: taken from the front, so none starves.
    ready: VecDeque<PartitionHandle>,
    effects: VecDeque<Effect>,
    building: BTreeMap<RequestId, Vec<Asked>>,
    stale: BTreeSet<String>,
    refreshing: bool,
    /// The answer being looked at: the machine says whether its records count.
    arrived: Option<Buffer>,
    failures: VecDeque<Error>,
    events: mpsc::UnboundedReceiver<Event>,
    sender: mpsc::UnboundedSender<Event>,
    started: std::time::Instant,
}

#[derive(Debug)]
struct Assigned {
    topic: Arc<str>,
    partition: i32,
    buffer: Option<Buffer>,
}

impl Consumer {
    /// A consumer without partitions; it dials when it is first used.
    ///
    /// # Errors
    /// When the settings are wrong.
    pub fn new(config: ConsumerConfig) -> Result<Consumer, Error> {
        let cluster = Arc::new(Cluster::new(config.client.clone())?);
        let decisions = ottla_consumer::Config {
            offset_reset: config.auto_offset_reset,
            retry_backoff: config.client.retry_backoff_ms,
            retry_backoff_max: config.client.retry_backoff_max_ms,
        };
        let (sender, events) = mpsc::unbounded_channel();
        Ok(Consumer {
            config: Arc::new(config),
            cluster,
            machine: ottla_consumer::Consumer::new(decisions, crate::seed()),
            assigned: BTreeMap::new(),
            handles: BTreeMap::new(),
            next_handle: 0,
            ready: VecDeque::new(),
            effects: VecDeque::new(),
            building: BTreeMap::new(),
            stale: BTreeSet::new(),
            refreshing: false,
            arrived: None,
            failures: VecDeque::new(),
            events,
            sender,
            started: std::time::Instant::now(),
        })
    }

    /// Reads exactly these partitions from now on. Those it had before keep their positions, others
    /// start as `auto.offset.reset` says, or where a seek puts them.
    pub fn assign(&mut self, partitions: &[(&str, i32)]) {
        let wanted: BTreeSet<(String, i32)> = partitions
            .iter()
            .map(|(topic, partition)| ((*topic).to_owned(), *partition))
            .collect();
        let gone: Vec<_> = self
            .handles
            .iter()
            .filter(|(place, _)| !wanted.contains(*place))
            .map(|(place, handle)| (place.clone(), *handle))
            .collect();
        for (place, handle) in gone {
            self.handles.remove(&place);
            self.assigned.remove(&handle);
            self.step(Input::Revoke { partition: handle });
        }
        for (topic, partition) in wanted {
            if self.handles.contains_key(&(topic.clone(), partition)) {
                continue;
            }
            let handle = PartitionHandle(self.next_handle);
            self.next_handle += 1;
            let fresh = Assigned {
                topic: topic.as_str().into(),
                partition,
                buffer: None,
            };
            self.assigned.insert(handle, fresh);
            self.handles.insert((topic, partition), handle);
            let start = Start::Reset;
            self.step(Input::Assign {
                partition: handle,
                start,
            });
        }
    }

    /// The partitions assigned.
    #[must_use]
    pub fn assignment(&self) -> Vec<(String, i32)> {
        self.handles.keys().cloned().collect()
    }

    /// Continues a partition elsewhere.
    ///
    /// # Errors
    /// When the partition is not assigned.
    pub fn seek(&mut self, topic: &str, partition: i32, to: Start) -> Result<(), Error> {
        let handle = self.handle(topic, partition)?;
        // The application decides here what it would be asked for.
        self.effects.retain(
            |effect| !matches!(effect, Effect::Fail { partition, .. } if *partition == handle),
        );
        self.step(Input::Seek {
            partition: handle,
            start: to,
        });
        Ok(())
    }

    /// The offset of the record that comes next; `None` while it must be looked up.
    ///
    /// # Errors
    /// When the partition is not assigned.
    pub fn position(&self, topic: &str, partition: i32) -> Result<Option<Offset>, Error> {
        let handle = self.handle(topic, partition)?;
        let buffer = self.assigned.get(&handle);
        let buffer = buffer.and_then(|assigned| assigned.buffer.as_ref());
        Ok(match buffer {
            Some(buffer) => Some(buffer.position()),
            None => self.machine.position(handle),
        })
    }

    /// Fetches nothing of a partition until it is resumed. Records that are there already come.
    ///
    /// # Errors
    /// When the partition is not assigned.
    pub fn pause(&mut self, topic: &str, partition: i32) -> Result<(), Error> {
        let partition = self.handle(topic, partition)?;
        self.step(Input::Pause { partition });
        Ok(())
    }

    /// Fetches a partition again.
    ///
    /// # Errors
    /// When the partition is not assigned.
    pub fn resume(&mut self, topic: &str, partition: i32) -> Result<(), Error> {
        let partition = self.handle(topic, partition)?;
        self.step(Input::Resume { partition });
        Ok(())
    }

    /// The next records, at most `max.poll.records`; none if there are none within `wait`.
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # use ottla_client::{Consumer, Error};
    /// # async fn follow(mut consumer: Consumer) -> Result<(), Error> {
    /// let partitions = consumer.partitions_for("orders").await?;
    /// let all: Vec<(&str, i32)> = partitions.into_iter().map(|one| ("orders", one)).collect();
    /// consumer.assign(&all);
    /// loop {
    ///     for record in consumer.poll(Duration::from_secs(1)).await? {
    ///         println!("{}/{} @{}", record.topic, record.partition, record.offset);
    ///     }
    /// }
    /// # }
    /// ```
    ///
    /// # Errors
    /// When a partition cannot be read on without the application's decision; the others go on.
    pub async fn poll(&mut self, wait: Duration) -> Result<Vec<ConsumerRecord>, Error> {
        let end = tokio::time::Instant::now() + wait;
        loop {
            while let Ok(event) = self.events.try_recv() {
                self.happened(event);
            }
            self.perform();
            let records = self.collect();
            if !records.is_empty() {
                // What was used up is asked for again while the application works.
                self.perform();
                return Ok(records);
            }
            if let Some(error) = self.failures.pop_front() {
                return Err(error);
            }
            if !self.effects.is_empty() {
                continue;
            }
            if tokio::time::Instant::now() >= end {
                return Ok(Vec::new());
            }
            self.wait(end).await;
        }
    }

    /// Waits for the next event or for the machine's deadline, at most until `end`.
    async fn wait(&mut self, end: tokio::time::Instant) {
        let deadline = self.machine.next_deadline();
        let deadline = deadline
            .map(|at| self.started + at.since(Instant::ZERO))
            .map_or(end, |at| end.min(tokio::time::Instant::from_std(at)));
        tokio::select! {
            event = self.events.recv() => {
                if let Some(event) = event {
                    self.happened(event);
                }
            }
            () = sleep_until(deadline) => self.step(Input::Deadline),
        }
    }

    /// The partitions of a topic; waits until it is there.
    ///
    /// # Errors
    /// When the topic does not exist, or no broker answers in time.
    pub async fn partitions_for(&self, topic: &str) -> Result<Vec<i32>, Error> {
        let create = self.config.allow_auto_create_topics;
        let names = [topic.to_owned()];
        let attempt = || async {
            let metadata = self.cluster.refresh(&names, create).await?;
            match metadata.topics.get(topic) {
                None => Err(Error::refused(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION)),
                Some(known) => match known.error {
                    Some(code) => Err(Error::refused(code)),
                    None => Ok(known.partitions.keys().copied().collect()),
                },
            }
        };
        self.cluster.retry("the topic", attempt).await
    }

    /// The names of all topics.
    ///
    /// # Errors
    /// When no broker answers in time.
    pub async fn topics(&self) -> Result<Vec<String>, Error> {
        let attempt = || self.cluster.refresh_all();
        let metadata = self.cluster.retry("the topics", attempt).await?;
        Ok(metadata.topics.keys().cloned().collect())
    }

    /// Offsets of partitions: the ends of their logs, or by time; the end is what the isolation
    /// level shows.
    ///
    /// # Errors
    /// When a leader refuses or does not answer in time.
    pub async fn offsets_for(
        &self,
        asked: &[((String, i32), OffsetSpec)],
    ) -> Result<BTreeMap<(String, i32), ListedOffset>, Error> {
        let admin = Admin::of(Arc::clone(&self.cluster));
        let found = admin
            .list_offsets(asked, self.config.isolation_level)
            .await?;
        let found = found.into_iter();
        found.map(|(place, listed)| Ok((place, listed?))).collect()
    }

    /// Waits until the position of a partition is known.
    ///
    /// # Errors
    /// When the partition is not assigned, cannot be read, or the time is over.
    pub async fn await_position(
        &mut self,
        topic: &str,
        partition: i32,
        wait: Duration,
    ) -> Result<Offset, Error> {
        let end = tokio::time::Instant::now() + wait;
        loop {
            if let Some(offset) = self.position(topic, partition)? {
                return Ok(offset);
            }
            self.perform();
            if let Some(error) = self.failures.pop_front() {
                return Err(error);
            }
            if tokio::time::Instant::now() >= end {
                return Err(Error::Timeout {
                    what: format!("the position of {topic}-{partition}"),
                    after: wait,
                });
            }
            self.wait(end).await;
        }
    }

    fn handle(&self, topic: &str, partition: i32) -> Result<PartitionHandle, Error> {
        let handle = self.handles.get(&(topic.to_owned(), partition));
        handle.copied().ok_or_else(|| {
            Error::Refused(Refusal {
                code: ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
                message: Some(format!("{topic}-{partition} is not assigned")),
            })
        })
    }

    fn step(&mut self, input: Input) {
        let now = Now {
            monotonic: Instant::ZERO.after(self.started.elapsed()),
            wall: crate::wall_clock(),
        };
        let mut effects = Vec::new();
        self.machine.step(now, input, &mut effects);
        self.effects.extend(effects);
    }

    /// Takes buffered records, partition by partition.
    fn collect(&mut self) -> Vec<ConsumerRecord> {
        let most = self.config.max_poll_records as usize;
        let mut records = Vec::new();
        while records.len() < most
            && let Some(handle) = self.ready.front().copied()
        {
            let Some(assigned) = self.assigned.get_mut(&handle) else {
                self.ready.pop_front();
                continue;
            };
            let Some(buffer) = &mut assigned.buffer else {
                self.ready.pop_front();
                continue;
            };
            match buffer.take(most - records.len(), &mut records) {
                Ok(true) => {}
                Ok(false) => {
                    let (next, epoch) = (buffer.position(), buffer.leader_epoch());
                    assigned.buffer = None;
                    self.ready.pop_front();
                    self.step(Input::Consumed {
                        partition: handle,
                        next,
                        epoch,
                    });
                }
                Err(reason) => {
                    // The partition rests here until the application seeks past it.
                    let place = format!(
                        "{}-{} at offset {}",
                        assigned.topic,
                        assigned.partition,
                        buffer.position()
                    );
                    self.ready.pop_front();
                    self.failures.push_back(Error::protocol(&place, reason));
                    if !records.is_empty() {
                        break;
                    }
                }
            }
        }
        records
    }

    fn fail(&mut self, handle: PartitionHandle, failure: Failure) {
        let Some(assigned) = self.assigned.get(&handle) else {
            return;
        };
        let place = format!("{}-{}", assigned.topic, assigned.partition);
        let (code, message) = match failure {
            Failure::NoPosition => (
                ErrorCode::OFFSET_OUT_OF_RANGE,
                format!("{place} has no position, and auto.offset.reset is none"),
            ),
            Failure::OutOfRange(offset) => (
                ErrorCode::OFFSET_OUT_OF_RANGE,
                format!("{place} has no offset {offset}, and auto.offset.reset is none"),
            ),
            Failure::Refused(code) => (code, format!("{place}: {code}")),
        };
        self.failures.push_back(Error::Refused(Refusal {
            code,
            message: Some(message),
        }));
    }

    fn learn_leader(&mut self, handle: PartitionHandle) {
        let Some(assigned) = self.assigned.get(&handle) else {
            return;
        };
        let metadata = self.cluster.metadata();
        let leader = metadata.leader(&assigned.topic, assigned.partition);
        let (node, epoch) = leader.unwrap_or((NodeId::NONE, LeaderEpoch::NONE));
        self.step(Input::Leader {
            partition: handle,
            node,
            epoch,
        });
    }
}

/// What an answer says of one partition.
#[derive(Debug)]
struct Told {
    handle: PartitionHandle,
    error: ErrorCode,
    offset: Offset,
}
