//! The simulated node: the runtime's own directory, replicas, pool, committer and quorum member,
//! the broker's publisher and group coordinator, over the simulated disk. What production's threads
//! do, tasks of the scheduler do.
//!
//! *Not here*: when they do it (`world`).

mod format;
mod groups;
mod lifecycle;
mod quorum;
mod reads;
mod shared;
mod writes;

pub use format::format;
pub use groups::WaitingGroup;
pub use quorum::Job as SnapshotWork;
pub use reads::WaitingFetch;
pub use writes::WaitingProduce;

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use ottla_broker::GroupHost;
use ottla_broker::parts::{
    CHECKPOINTS_AT_STOP, FetchAnswer, FetchReading, FetchStep, Published, expire_records,
    store_checkpoints,
};
use ottla_controller::{ControllerResponse, RequestBody};
use ottla_group::GroupRequest;
use ottla_log::{LogDirectory, OffsetCheckpoint};
use ottla_messages::ErrorCode;
use ottla_messages::allocate_producer_ids_request::AllocateProducerIdsRequest;
use ottla_metadata::{MetadataImage, Provenance};
use ottla_partition::WaiterId;
use ottla_runtime::{GivenWork, Notice, Notices, Work};
use ottla_types::{Duration, Instant, Offset};

use crate::bugs::Bug;
use crate::clients::{FetchRequest, SentBatch};
use crate::disk::SimulatedDisk;
use crate::network::Asker;
use crate::topics::{LogId, OFFSETS_TOPIC, PartitionId, topic_name};
use quorum::Quorum;
use shared::Shared;

/// A replica on the simulated disk.
pub type Replica = ottla_runtime::Replica<GroupHost, SimulatedDisk>;
/// A log directory on the simulated disk.
pub type Directory = ottla_runtime::Directory<GroupHost, SimulatedDisk>;

/// Where the node's log directory lies.
pub const LOG_DIRECTORY: &str = "/data";
/// Reactors of the node.
pub const REACTORS: usize = 2;

/// What a task leaves for the scheduler.
pub enum Left {
    /// For somebody who waits.
    Notice(Notice),
    /// A batch that was not handed to its replica.
    Refused(WaiterId, ErrorCode),
    /// A fetch was tried.
    Tried(
        u64,
        Box<FetchReading<SimulatedDisk>>,
        FetchStep<SimulatedDisk>,
    ),
    /// What a fetch lacked was read.
    ReadCold(u64, FetchAnswer),
    /// DeleteRecords has ended.
    DeletedRecords(Asker, Option<LogId>, Result<i64, ErrorCode>),
    /// Work for the pool, after a while.
    After(Duration, Work),
    /// The controller's answer to the request of a number.
    Decided(u64, Box<ControllerResponse>),
    /// The publisher has acted on an image.
    Published(Provenance, Box<MetadataImage>),
    /// A snapshot of the metadata is to be written.
    Snapshot(Box<SnapshotWork>),
    /// That these logs start there is on the disk.
    StoredLogStarts(Vec<(LogId, i64)>),
}

/// What tasks have left.
#[derive(Clone, Default)]
pub struct Outbox(Arc<Mutex<Vec<Left>>>);

impl Outbox {
    fn push(&self, left: Left) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(left);
    }

    fn push_notices(&self, notices: &mut Notices) {
        for (_, notice) in notices.drain() {
            self.push(Left::Notice(notice));
        }
    }

    /// Takes all of it.
    #[must_use]
    pub fn take(&self) -> Vec<Left> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What a reactor is to do.
#[derive(Clone, Debug)]
pub enum Job {
    /// Append batches; the produce's number.
    Produce(u64, Vec<SentBatch>, bool),
    /// Try a fetch, or try it again; its number.
    Fetch(u64),
    /// Delete records.
    DeleteRecords(Asker, PartitionId, i64),
    /// Ask the group's coordinator; the request's number.
    Group(u64, GroupRequest),
    /// Have the coordinator do what time demands.
    GroupDeadline,
}

/// A node that runs.
pub struct Broker {
    shared: Arc<Shared>,
    directory: Arc<Directory>,
    files: LogDirectory<SimulatedDisk>,
    given: GivenWork,
    /// The member of the metadata quorum.
    quorum: Quorum,
    broker_epoch: i64,
    bug: Option<Bug>,
    /// What each reactor has to do.
    pub reactors: Vec<VecDeque<Job>>,
    /// What the pool has to do.
    pub pool: VecDeque<Work>,
    /// Snapshots to be written.
    pub snapshots: VecDeque<Box<SnapshotWork>>,
    /// Produce requests that wait, by number.
    produces: BTreeMap<u64, WaitingProduce>,
    /// Which batch of which request a waiter is.
    waiters: BTreeMap<WaiterId, (u64, usize)>,
    /// Fetches that are tried or wait, by number.
    fetches: BTreeMap<u64, WaitingFetch>,
    /// Requests that the coordinator has not answered, by number.
    groups: BTreeMap<u64, WaitingGroup>,
    /// Requests that the controller has not answered, by number.
    changes: BTreeMap<u64, Asker>,
    /// Producer ids of this broker.
    producer_ids: Range<i64>,
    is_asking_for_ids: bool,
    next_number: u64,
}

impl Broker {
    /// The newest picture of the cluster.
    #[must_use]
    pub fn published(&self) -> Arc<Published<SimulatedDisk>> {
        self.shared.published()
    }

    /// The replicas that are open.
    #[must_use]
    pub fn open_replicas(&self) -> Vec<Arc<Replica>> {
        self.shared.open_replicas()
    }

    /// The replica that serves a partition.
    #[must_use]
    pub fn replica(&self, partition: PartitionId) -> Option<Arc<Replica>> {
        let published = self.published();
        let entry = published.topic_by_name(&topic_name(partition.topic))?;
        entry.replica(partition.partition).ok().cloned()
    }

    /// The partition of the group's coordinator.
    #[must_use]
    pub fn offsets(&self) -> Option<Arc<Replica>> {
        let published = self.published();
        let entry = published.topic_by_name(OFFSETS_TOPIC)?;
        entry.replica(0).ok().cloned()
    }

    /// What its tasks have left.
    #[must_use]
    pub fn outbox(&self) -> &Outbox {
        self.shared.outbox()
    }

    /// Why the process is to end, if it is.
    #[must_use]
    pub fn ended(&self) -> Option<String> {
        self.shared.ended()
    }

    /// Whether the committer has something to do.
    #[must_use]
    pub fn wants_commit(&self) -> bool {
        self.directory.has_waiting()
    }

    /// A round of the committer.
    #[must_use]
    pub fn commit_work(&self) -> Work {
        let directory = Arc::clone(&self.directory);
        Box::new(move || directory.commit_waiting())
    }

    /// Whether the quorum's thread has something to do.
    #[must_use]
    pub fn wants_quorum_turn(&self) -> bool {
        self.quorum.is_due()
    }

    /// When the quorum's thread has something to do by itself.
    #[must_use]
    pub fn next_quorum_deadline(&self) -> Option<Instant> {
        self.quorum.next_deadline()
    }

    /// A turn of the quorum.
    #[must_use]
    pub fn quorum_work(&self) -> Work {
        self.quorum.turn_work()
    }

    /// Writing the next snapshot.
    pub fn snapshot_work(&mut self) -> Option<Work> {
        let job = self.snapshots.pop_front()?;
        Some(self.quorum.snapshot_work(*job))
    }

    /// Moves what was given to the pool where the scheduler sees it.
    pub fn collect_pool_work(&mut self) {
        while let Some(work) = self.given.take() {
            self.pool.push_back(work);
        }
    }

    /// What a reactor's job amounts to.
    pub fn job_work(&mut self, reactor: usize, job: Job) -> Option<Work> {
        match job {
            Job::Produce(number, batches, acks_all) => {
                Some(self.produce_work(reactor, number, batches, acks_all))
            }
            Job::Fetch(number) => self.fetch_work(number),
            Job::DeleteRecords(asker, partition, before) => {
                Some(self.delete_records_work(asker, partition, before))
            }
            Job::Group(number, request) => self.group_work(number, request),
            Job::GroupDeadline => self.group_deadline_work(),
        }
    }

    /// Takes a produce request up.
    pub fn accept_produce(
        &mut self,
        asker: Asker,
        reactor: usize,
        batches: Vec<SentBatch>,
        acks_all: bool,
    ) {
        let number = self.take_number();
        self.produces
            .insert(number, WaitingProduce::new(asker, batches.len()));
        if let Some(queue) = self.reactors.get_mut(reactor) {
            queue.push_back(Job::Produce(number, batches, acks_all));
        }
    }

    /// Takes a fetch request up; its number.
    pub fn accept_fetch(&mut self, asker: Asker, reactor: usize, request: FetchRequest) -> u64 {
        let number = self.take_number();
        let deadline = self.shared.now().monotonic.after_ms(request.max_wait_ms);
        let fetch = WaitingFetch::new(asker, reactor, request, deadline);
        self.fetches.insert(number, fetch);
        self.queue_fetch(number);
        number
    }

    /// Takes up a request that the controller decides.
    pub fn accept_change(&mut self, asker: Asker, body: RequestBody) {
        let number = self.take_number();
        self.changes.insert(number, asker);
        self.quorum.ask(number, body);
    }

    /// Who asked what the controller has decided, if it was a client.
    pub fn take_change(&mut self, number: u64) -> Option<Asker> {
        self.changes.remove(&number)
    }

    /// A producer id, if there is one; else the controller is asked for some.
    pub fn take_producer_id(&mut self) -> Option<i64> {
        let id = self.producer_ids.next();
        if id.is_none() && !self.is_asking_for_ids {
            self.is_asking_for_ids = true;
            let request = AllocateProducerIdsRequest {
                broker_id: format::NODE_ID.0,
                broker_epoch: self.broker_epoch,
            };
            self.quorum
                .ask(0, RequestBody::AllocateProducerIds(request));
        }
        id
    }

    /// Takes note of what the controller has decided for the broker itself.
    pub fn on_decided(&mut self, response: &ControllerResponse) {
        let ControllerResponse::AllocateProducerIds(response) = response else {
            return;
        };
        self.is_asking_for_ids = false;
        if response.error_code == ErrorCode::NONE.0 {
            let start = response.producer_id_start;
            self.producer_ids = start..start + i64::from(response.producer_id_len);
        }
    }

    fn take_number(&mut self) -> u64 {
        self.next_number += 1;
        self.next_number
    }

    /// Takes up a request to delete records.
    pub fn accept_delete_records(
        &mut self,
        asker: Asker,
        reactor: usize,
        partition: PartitionId,
        before: i64,
    ) {
        if let Some(queue) = self.reactors.get_mut(reactor) {
            queue.push_back(Job::DeleteRecords(asker, partition, before));
        }
    }

    fn delete_records_work(&self, asker: Asker, partition: PartitionId, before: i64) -> Work {
        let (published, outbox) = (self.published(), self.outbox().clone());
        Box::new(move || {
            let entry = published.topic_by_name(&topic_name(partition.topic));
            let found = entry
                .ok_or(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION)
                .and_then(|entry| entry.replica(partition.partition));
            let (log, deleted) = match found {
                Err(error) => (None, Err(error)),
                Ok(replica) => {
                    let before = (before >= 0).then_some(Offset(before));
                    let deleted = replica.delete_records(before);
                    let start = deleted.map(|(start, mut notices)| {
                        outbox.push_notices(&mut notices);
                        start.0
                    });
                    (Some(log_id(replica)), start)
                }
            };
            outbox.push(Left::DeletedRecords(asker, log, deleted));
        })
    }

    /// Has the pool store the checkpoints, as maintenance does.
    pub fn spawn_checkpoint(&self) {
        let (files, directory) = (self.files.clone(), Arc::clone(&self.directory));
        let (shared, note) = (Arc::clone(&self.shared), self.log_starts_note());
        let forgotten = OffsetCheckpoint::LogStart;
        let forgotten = (self.bug == Some(Bug::ForgetsLogStarts)).then_some(forgotten);
        self.directory.pool().spawn(move || {
            let kinds: Vec<_> = CHECKPOINTS_AT_STOP
                .into_iter()
                .filter(|kind| Some(*kind) != forgotten)
                .collect();
            let replicas = || shared.open_replicas();
            match store_checkpoints((&directory, &files), replicas, &kinds) {
                Ok(true) => note(),
                Ok(false) => {}
                Err(error) => directory.fail(&error),
            }
        });
    }

    /// Says, once they are stored, where logs start now.
    fn log_starts_note(&self) -> impl FnOnce() + Send + use<> {
        let starts = self.log_starts();
        let outbox = self.outbox().clone();
        move || outbox.push(Left::StoredLogStarts(starts))
    }

    /// Where logs start.
    #[must_use]
    pub fn log_starts(&self) -> Vec<(LogId, i64)> {
        let replicas = self.open_replicas().into_iter();
        let start = |replica: &Arc<Replica>| replica.look(|_, log| log.log_start_offset().0);
        replicas
            .map(|replica| (log_id(&replica), start(&replica)))
            .collect()
    }

    /// Has the pool remove what is not to be kept.
    pub fn spawn_retention(&self) {
        let (shared, directory) = (Arc::clone(&self.shared), Arc::clone(&self.directory));
        self.directory.pool().spawn(move || {
            let published = shared.published();
            for replica in shared.open_replicas() {
                let Some(topic) = published.topic_by_id(replica.topic_id()) else {
                    continue;
                };
                let deliver = |mut notices: Notices| shared.outbox().push_notices(&mut notices);
                if let Err(error) = expire_records(&replica, topic.config(), deliver) {
                    return directory.fail(&error);
                }
            }
        });
    }

    /// Lets go of what holds each other, when the process is gone.
    pub fn take_apart(&self) {
        self.quorum.take_apart();
        self.shared.take_apart();
    }
}

/// The log of a replica.
#[must_use]
pub fn log_id(replica: &Replica) -> LogId {
    LogId {
        topic_id: replica.topic_id(),
        partition: replica.topic_partition().partition.0,
    }
}

impl fmt::Debug for Broker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a node with {} replicas", self.open_replicas().len())
    }
}
