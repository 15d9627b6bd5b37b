//! The simulated node: the runtime's own directory, replicas, pool and committer over the simulated
//! disk. What production's threads do, tasks of the scheduler do.
//!
//! *Not here*: when they do it (`world`).

mod groups;
mod open;
mod reads;
mod writes;

pub use groups::WaitingGroup;
pub use open::{LOG_DIRECTORY, offsets_directory, partition_directory};
pub use reads::{Tried, WaitingFetch};
pub use writes::WaitingProduce;

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use ottla_broker::GroupHost;
use ottla_group::GroupRequest;
use ottla_log::{LogDirectory, LogError, OffsetCheckpoint};
use ottla_messages::ErrorCode;
use ottla_partition::{Input, WaiterId};
use ottla_runtime::{DirectoryHooks, GivenWork, Notice, Notices, Pool, ReadOutcome, Work};
use ottla_types::{Duration, Now};

use crate::bugs::Bug;
use crate::clients::{FetchRequest, SentBatch};
use crate::clock::SimulatedClock;
use crate::disk::SimulatedDisk;
use crate::network::Asker;

/// A replica on the simulated disk.
pub type Replica = ottla_runtime::Replica<GroupHost, SimulatedDisk>;
/// A log directory on the simulated disk.
pub type Directory = ottla_runtime::Directory<GroupHost, SimulatedDisk>;

/// Reactors of the node.
pub const REACTORS: usize = 2;

/// What a task leaves for the scheduler.
pub enum Left {
    /// For somebody who waits.
    Notice(Notice),
    /// A batch that was not handed to its replica.
    Refused(WaiterId, ErrorCode),
    /// A fetch was tried.
    Read(u64, ReadOutcome),
    /// Work for the pool, after a while.
    After(Duration, Work),
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

type Replicas = Arc<Mutex<Vec<Arc<Replica>>>>;

/// What the node does for its directory: as production's node does it.
struct Hooks {
    clock: SimulatedClock,
    outbox: Outbox,
    replicas: Replicas,
    failed: Arc<AtomicBool>,
}

impl DirectoryHooks<GroupHost, SimulatedDisk> for Hooks {
    fn on_failed(&self, _directory: &Arc<Directory>) {
        let replicas = self.replicas.lock().unwrap_or_else(PoisonError::into_inner);
        for replica in replicas.iter() {
            self.deliver(replica.step(Input::StorageFailed));
        }
        self.failed.store(true, Ordering::Release);
    }

    fn deliver(&self, mut notices: Notices) {
        self.outbox.push_notices(&mut notices);
    }

    fn after(&self, _pool: &Pool, wait: Duration, work: Work) {
        self.outbox.push(Left::After(wait, work));
    }

    fn now(&self) -> Now {
        self.clock.now()
    }

    fn write_back_window(&self) -> u64 {
        open::WRITE_BACK_WINDOW
    }
}

/// What a reactor is to do.
#[derive(Clone, Debug)]
pub enum Job {
    /// Append batches; the produce's number.
    Produce(u64, Vec<SentBatch>, bool),
    /// Try a fetch; its number.
    Fetch(u64),
    /// Ask the group's coordinator; the request's number.
    Group(u64, GroupRequest),
    /// Have the coordinator do what time demands.
    GroupDeadline,
}

/// A node that runs.
pub struct Broker {
    clock: SimulatedClock,
    directory: Arc<Directory>,
    files: LogDirectory<SimulatedDisk>,
    given: GivenWork,
    replicas: Vec<Arc<Replica>>,
    /// The partition of the group's coordinator.
    offsets: Arc<Replica>,
    outbox: Outbox,
    failed: Arc<AtomicBool>,
    is_storing_checkpoints: Arc<AtomicBool>,
    bug: Option<Bug>,
    /// What the directory's hooks know of.
    opened: Replicas,
    /// What each reactor has to do.
    pub reactors: Vec<VecDeque<Job>>,
    /// What the pool has to do.
    pub pool: VecDeque<Work>,
    /// Produce requests that wait, by number.
    pub produces: BTreeMap<u64, WaitingProduce>,
    /// Which batch of which request a waiter is.
    waiters: BTreeMap<WaiterId, (u64, usize)>,
    /// Fetches that are tried or wait, by number.
    pub fetches: BTreeMap<u64, WaitingFetch>,
    /// Requests that the coordinator has not answered, by number.
    pub groups: BTreeMap<u64, WaitingGroup>,
    next_number: u64,
}

impl Broker {
    /// Its replicas, by number of their partition.
    #[must_use]
    pub fn replicas(&self) -> &[Arc<Replica>] {
        &self.replicas
    }

    /// The partition of the group's coordinator.
    #[must_use]
    pub fn offsets(&self) -> &Arc<Replica> {
        &self.offsets
    }

    fn all_replicas(&self) -> Vec<Arc<Replica>> {
        let offsets = std::iter::once(&self.offsets);
        self.replicas.iter().chain(offsets).cloned().collect()
    }

    /// What its tasks have left.
    #[must_use]
    pub fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// Whether its directory failed and the process is to end.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Acquire)
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
            Job::Group(number, request) => self.group_work(number, request),
            Job::GroupDeadline => Some(self.group_deadline_work()),
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
        let deadline = self.clock.now().monotonic.after_ms(request.max_wait_ms);
        let fetch = WaitingFetch::new(asker, reactor, request, deadline);
        self.fetches.insert(number, fetch);
        self.queue_fetch(number);
        number
    }

    fn take_number(&mut self) -> u64 {
        self.next_number += 1;
        self.next_number
    }

    /// Has the pool store the checkpoints, as maintenance does: never twice at a time.
    pub fn spawn_checkpoint(&self) {
        if self.is_storing_checkpoints.swap(true, Ordering::AcqRel) {
            return;
        }
        let is_storing = Arc::clone(&self.is_storing_checkpoints);
        let (files, directory) = (self.files.clone(), Arc::clone(&self.directory));
        let replicas = self.all_replicas();
        self.directory.pool().spawn(move || {
            let stored = store_checkpoints(&files, &replicas);
            is_storing.store(false, Ordering::Release);
            if let Err(error) = stored {
                directory.fail(&error);
            }
        });
    }

    /// The end of an orderly stop, once nothing is under way.
    #[must_use]
    pub fn stop_work(&self) -> Work {
        let files = self.files.clone();
        let (replicas, directory) = (self.all_replicas(), Arc::clone(&self.directory));
        Box::new(move || {
            if let Err(error) = open::close(&files, &replicas) {
                directory.fail(&error);
            }
        })
    }

    /// Lets go of what holds each other, when the process is gone.
    pub fn take_apart(&self) {
        self.opened
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }
}

impl fmt::Debug for Broker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a node with {} replicas", self.replicas.len())
    }
}

fn store_checkpoints(
    files: &LogDirectory<SimulatedDisk>,
    replicas: &[Arc<Replica>],
) -> Result<(), LogError> {
    for checkpoint in [
        OffsetCheckpoint::Replication,
        OffsetCheckpoint::RecoveryPoint,
        OffsetCheckpoint::LogStart,
    ] {
        let offset = |replica: &Arc<Replica>| {
            replica.look(|machine, log| match checkpoint {
                OffsetCheckpoint::RecoveryPoint => log.recovery_point(),
                OffsetCheckpoint::LogStart => log.log_start_offset(),
                _ => machine.high_watermark(),
            })
        };
        let offsets = replicas
            .iter()
            .map(|replica| (replica.topic_partition().clone(), offset(replica)))
            .collect();
        files.store_checkpoint(checkpoint, &offsets)?;
    }
    Ok(())
}
