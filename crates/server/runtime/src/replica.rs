//! A replica as a node runs it: the machine, the log and the shard on it behind one short lock, and
//! the file work outside that lock.
//!
//! *Invariants*: under the lock run machine steps and memory writes only. Whoever reserved a place
//! writes it and reports it, also when that fails.
//! *Not here*: what a request means (`server/broker`).

mod append;
mod flush;
mod hosting;
mod read;
mod retire;
mod roll;
mod space;
mod watch;
mod write_back;

pub use append::{ClientBatch, HostAppender};
pub use flush::FlushLimits;
pub use hosting::{LoadId, ShardState};
pub use read::{
    FoundOffset, OffsetQuery, Reach, ReadBound, ReadOutcome, ReadRequest, check_leader_epoch,
};

use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use ottla_log::{LeaderEpochs, Log, LogError, RealStorage, RollLimits, Storage};
use ottla_machine::Machine;
use ottla_messages::ErrorCode;
use ottla_partition::{Effect, Input, Partition, Settings};
use ottla_types::{LeaderEpoch, NodeId, Now, Offset, TopicId, TopicPartition};

use crate::directory::Directory;
use crate::notices::{Notice, Notices};
use flush::Flushing;
use hosting::Hosting;
use roll::Rolls;
use space::Space;
use watch::Watchers;

/// A shard that lives on a replica: a coordinator. Called under the replica's lock.
pub trait Hosted: Send + 'static {
    /// Everything below this offset is committed.
    fn on_committed(&mut self, now: Now, high_watermark: Offset);
    /// The replica does not lead any more: refuse whoever waits.
    fn on_stopped(&mut self, error: ErrorCode);
}

/// No shard at all.
impl Hosted for () {
    fn on_committed(&mut self, _now: Now, _high_watermark: Offset) {}
    fn on_stopped(&mut self, _error: ErrorCode) {}
}

/// One replica of this node.
pub struct Replica<H: Hosted = (), S: Storage = RealStorage> {
    topic_partition: TopicPartition,
    topic_id: TopicId,
    node_id: NodeId,
    directory: Arc<Directory<H, S>>,
    state: Mutex<State<H, S>>,
    /// Told when something ends that a clean stop waits for.
    settled: Condvar,
}

struct State<H, S: Storage> {
    machine: Partition,
    log: Log<S>,
    limits: RollLimits,
    hosting: Hosting<H>,
    watchers: Watchers,
    rolls: Rolls<S>,
    space: Space,
    flushing: Flushing,
    /// Whether the committer has it on its list.
    to_sync: bool,
    /// Whether a clean stop waits for what is on its way.
    is_closing: bool,
    /// Whether somebody stores the leader epochs.
    storing_epochs: bool,
    effects: Vec<Effect>,
}

/// What a replica is made of.
pub struct ReplicaParts<H: Hosted, S: Storage = RealStorage> {
    /// Its partition.
    pub topic_partition: TopicPartition,
    /// Its topic.
    pub topic_id: TopicId,
    /// The node that runs it.
    pub node_id: NodeId,
    /// Where it lives.
    pub directory: Arc<Directory<H, S>>,
    /// The machine, as recovery found it.
    pub machine: Partition,
    /// The log, opened.
    pub log: Log<S>,
    /// When to roll.
    pub limits: RollLimits,
}

impl<H: Hosted, S: Storage> Replica<H, S> {
    /// A replica that does not lead yet.
    #[must_use]
    pub fn new(parts: ReplicaParts<H, S>) -> Arc<Self> {
        let flushing = Flushing::since(parts.directory.now().wall);
        Arc::new(Replica {
            topic_partition: parts.topic_partition,
            topic_id: parts.topic_id,
            node_id: parts.node_id,
            directory: parts.directory,
            state: Mutex::new(State {
                machine: parts.machine,
                log: parts.log,
                limits: parts.limits,
                hosting: Hosting::default(),
                watchers: Watchers::default(),
                rolls: Rolls::default(),
                space: Space::default(),
                flushing,
                to_sync: false,
                is_closing: false,
                storing_epochs: false,
                effects: Vec::new(),
            }),
            settled: Condvar::new(),
        })
    }

    /// Its partition.
    #[must_use]
    pub fn topic_partition(&self) -> &TopicPartition {
        &self.topic_partition
    }

    /// Its topic.
    #[must_use]
    pub fn topic_id(&self) -> TopicId {
        self.topic_id
    }

    /// Where it lives.
    #[must_use]
    pub fn directory(&self) -> &Arc<Directory<H, S>> {
        &self.directory
    }

    /// This node and the epoch it leads in.
    #[must_use]
    pub fn leader(&self) -> Option<(NodeId, LeaderEpoch)> {
        self.lock()
            .machine
            .leader_epoch()
            .map(|epoch| (self.node_id, epoch))
    }

    /// Looks at machine and log under the lock; `look` must not block.
    pub fn look<T>(&self, look: impl FnOnce(&Partition, &Log<S>) -> T) -> T {
        let state = self.lock();
        look(&state.machine, &state.log)
    }

    /// Works on the log under the lock, for what needs no step of the machine.
    pub fn with_log<T>(&self, work: impl FnOnce(&Partition, &mut Log<S>) -> T) -> T {
        let state = &mut *self.lock();
        work(&state.machine, &mut state.log)
    }

    /// Changes what the topic's configuration says. The interval of the offset index holds from
    /// the next segment on.
    pub fn configure(
        self: &Arc<Self>,
        settings: Settings,
        limits: RollLimits,
        index_interval_bytes: u64,
    ) -> Notices {
        let mut notices = Notices::default();
        let state = &mut *self.lock();
        state.limits = limits;
        state.log.set_index_interval_bytes(index_interval_bytes);
        self.step_locked(state, Input::Configure(settings), &mut notices);
        notices
    }

    /// Feeds the machine an input that appends nothing.
    pub fn step(self: &Arc<Self>, input: Input<'_>) -> Notices {
        let mut notices = Notices::default();
        self.step_locked(&mut self.lock(), input, &mut notices);
        notices
    }

    fn lock(&self) -> MutexGuard<'_, State<H, S>> {
        // A panic aborts the process, so a poisoned lock is never seen by anybody.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Steps the machine and does what it asks for, but for appends, which the caller does.
    fn step_locked(
        self: &Arc<Self>,
        state: &mut State<H, S>,
        input: Input<'_>,
        notices: &mut Notices,
    ) -> Option<Appended> {
        let now = self.directory.now();
        let stops = matches!(input, Input::StopLeading { .. } | Input::StorageFailed);
        let mut effects = std::mem::take(&mut state.effects);
        state.machine.step(now, input, &mut effects);
        let mut appended = None;
        for effect in effects.drain(..) {
            match effect {
                Effect::Append {
                    base_offset,
                    next_offset,
                    leader_epoch,
                } => {
                    appended = Some(Appended {
                        base_offset,
                        next_offset,
                        leader_epoch,
                    });
                }
                Effect::AssignEpoch {
                    leader_epoch,
                    start_offset,
                } => {
                    // Stored with the first batch in it: until then nobody can miss it.
                    state.log.assign_leader_epoch(leader_epoch, start_offset);
                }
                Effect::Sync => self.enqueue_sync(state),
                Effect::Committed { high_watermark } => {
                    state.watchers.wake(notices);
                    if let Some(hosted) = state.hosting.serving() {
                        hosted.on_committed(now, high_watermark);
                    }
                }
                Effect::Answer { waiter, produced } => {
                    notices.push(Notice::Produced(waiter, produced));
                }
            }
        }
        state.effects = effects;
        if stops {
            self.settled.notify_all();
            state.watchers.wake(notices);
            if let Some(mut hosted) = state.hosting.clear() {
                hosted.on_stopped(ErrorCode::NOT_COORDINATOR);
            }
        }
        appended
    }

    fn enqueue_sync(self: &Arc<Self>, state: &mut State<H, S>) {
        if !std::mem::replace(&mut state.to_sync, true) {
            self.directory.committer().enqueue(Arc::clone(self));
        }
    }

    /// Puts everything written so far on the device; what that serves goes to `notices`.
    ///
    /// # Errors
    /// When it cannot be: the directory is offline.
    pub(crate) fn commit(self: &Arc<Self>, notices: &mut Notices) -> Result<(), LogError> {
        let (upto, segments) = {
            let state = &mut *self.lock();
            state.to_sync = false;
            (
                state.machine.marks().written(),
                state.log.segments_to_sync(),
            )
        };
        for segment in segments {
            segment.sync()?;
        }
        let state = &mut *self.lock();
        state.log.on_flushed(upto);
        state.flushing.on_flushed(self.directory.now().wall);
        if !state.machine.is_offline() {
            self.step_locked(state, Input::Durable(upto), notices);
        }
        Ok(())
    }

    /// Has the changed leader epochs stored by a thread that may wait for the disk.
    fn store_leader_epochs(self: &Arc<Self>, state: &mut State<H, S>) {
        if std::mem::replace(&mut state.storing_epochs, true) {
            return;
        }
        let (replica, directory) = (Arc::clone(self), Arc::clone(&self.directory));
        let mut unstored = None;
        let work = move || replica.store_changed_leader_epochs(&mut unstored);
        self.directory
            .pool()
            .spawn(move || directory.attempt(Box::new(work)));
    }

    /// Stores the leader epochs until they do not change any more. `unstored` are those that could
    /// not be stored the last time.
    fn store_changed_leader_epochs(
        &self,
        unstored: &mut Option<LeaderEpochs>,
    ) -> Result<(), LogError> {
        loop {
            let path = {
                let state = &mut *self.lock();
                if let Some(changed) = state.log.take_changed_leader_epochs() {
                    *unstored = Some(changed);
                }
                state.storing_epochs = unstored.is_some() && !state.log.is_retired();
                if !state.storing_epochs {
                    self.settled.notify_all();
                }
                state.log.directory().to_owned()
            };
            let Some(epochs) = unstored else {
                return Ok(());
            };
            let storage = self.directory.storage();
            let stored = ottla_log::store_leader_epochs(storage, &path, epochs);
            if self.lock().log.is_retired() {
                return Ok(());
            }
            stored?;
            *unstored = None;
        }
    }
}

/// Where a batch goes.
#[derive(Clone, Copy, Debug)]
struct Appended {
    base_offset: Offset,
    next_offset: Offset,
    leader_epoch: LeaderEpoch,
}

impl<H: Hosted, S: Storage> fmt::Debug for Replica<H, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "replica of {}", self.topic_partition)
    }
}

#[cfg(test)]
mod tests;
