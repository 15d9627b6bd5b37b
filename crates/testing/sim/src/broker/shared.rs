//! What the threads of the simulated node share, and what it does for its directory and its
//! publisher: as production's node does it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use ottla_broker::parts::{
    OpenPlan, OpenReplicas, Opening, Published, PublisherHooks, Settings, on_topics_deleted,
    open_in_turn,
};
use ottla_broker::{GroupHost, load_groups};
use ottla_config::BrokerConfig;
use ottla_group::GroupContext;
use ottla_machine::Random;
use ottla_messages::KafkaString;
use ottla_partition::Input;
use ottla_runtime::{DirectoryHooks, Notices, Pool, Work};
use ottla_types::{Duration, Now, TopicId};

use super::{Directory, Left, Outbox, Replica};
use crate::clock::SimulatedClock;
use crate::disk::SimulatedDisk;
use crate::tasks::pause;

/// A few batches, so that write-back begins often.
pub const WRITE_BACK_BYTES: u64 = 1_000;
/// And some of them wait.
const WRITE_BACK_WINDOW: u64 = 3_000;

/// What the threads of a node share.
pub struct Shared {
    settings: Settings,
    clock: SimulatedClock,
    disk: SimulatedDisk,
    outbox: Outbox,
    published: Mutex<Arc<Published<SimulatedDisk>>>,
    replicas: OnceLock<OpenReplicas<SimulatedDisk>>,
    /// Why the process ends, if it does.
    end: Mutex<Option<String>>,
    seed: AtomicU64,
}

impl Shared {
    /// Nothing published, no replica open.
    #[must_use]
    pub fn new(
        settings: Settings,
        clock: SimulatedClock,
        disk: SimulatedDisk,
        seed: u64,
    ) -> Arc<Shared> {
        Arc::new(Shared {
            settings,
            clock,
            disk,
            outbox: Outbox::default(),
            published: Mutex::default(),
            replicas: OnceLock::new(),
            end: Mutex::default(),
            seed: AtomicU64::new(seed),
        })
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Now {
        self.clock.now()
    }

    /// What tasks leave for the scheduler.
    #[must_use]
    pub fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// The disk.
    #[must_use]
    pub fn disk(&self) -> &SimulatedDisk {
        &self.disk
    }

    /// The newest picture of the cluster.
    #[must_use]
    pub fn published(&self) -> Arc<Published<SimulatedDisk>> {
        Arc::clone(&self.lock_published())
    }

    fn lock_published(&self) -> MutexGuard<'_, Arc<Published<SimulatedDisk>>> {
        self.published
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Names the publisher's replicas.
    pub fn set_replicas(&self, replicas: OpenReplicas<SimulatedDisk>) {
        self.replicas.get_or_init(|| replicas);
    }

    /// The replicas that are open.
    #[must_use]
    pub fn open_replicas(&self) -> Vec<Arc<Replica>> {
        let Some(replicas) = self.replicas.get() else {
            return Vec::new();
        };
        let replicas = replicas.lock().unwrap_or_else(PoisonError::into_inner);
        replicas.values().cloned().collect()
    }

    /// The process ends at once: nothing it still does reaches the disk.
    pub fn end(&self, reason: impl Into<String>) {
        self.disk.die();
        let end = &mut *self.end.lock().unwrap_or_else(PoisonError::into_inner);
        end.get_or_insert(reason.into());
    }

    /// Why it ends, if it does.
    #[must_use]
    pub fn ended(&self) -> Option<String> {
        self.end
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Lets go of what holds each other.
    pub fn take_apart(&self) {
        *self.lock_published() = Arc::default();
        if let Some(replicas) = self.replicas.get() {
            replicas
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clear();
        }
    }

    fn next_seed(&self) -> u64 {
        Random::from_seed(self.seed.fetch_add(1, Ordering::Relaxed)).next_u64()
    }
}

/// What a node does.
#[derive(Clone)]
pub struct Hooks(pub Arc<Shared>);

impl DirectoryHooks<GroupHost, SimulatedDisk> for Hooks {
    fn on_failed(&self, _directory: &Arc<Directory>) {
        for replica in self.0.open_replicas() {
            DirectoryHooks::deliver(self, replica.step(Input::StorageFailed));
        }
        self.0.end("no log directory is left");
    }

    fn deliver(&self, mut notices: Notices) {
        self.0.outbox.push_notices(&mut notices);
    }

    fn after(&self, _pool: &Pool, wait: Duration, work: Work) {
        self.0.outbox.push(Left::After(wait, work));
    }

    fn now(&self) -> Now {
        self.0.now()
    }

    fn write_back_window(&self) -> u64 {
        WRITE_BACK_WINDOW
    }
}

impl PublisherHooks<SimulatedDisk> for Hooks {
    fn settings(&self) -> &Settings {
        &self.0.settings
    }

    fn published(&self) -> Arc<Published<SimulatedDisk>> {
        self.0.published()
    }

    fn publish(&self, published: Published<SimulatedDisk>) {
        *self.0.lock_published() = Arc::new(published);
    }

    fn deliver(&self, mut notices: Notices) {
        self.0.outbox.push_notices(&mut notices);
    }

    fn configure(&self, _: &BrokerConfig) {}

    fn open_all(
        &self,
        plans: Vec<OpenPlan<SimulatedDisk>>,
        _: usize,
    ) -> Vec<Opening<SimulatedDisk>> {
        open_in_turn(plans)
    }

    fn wait(&self, duration: Duration) {
        pause(duration);
    }

    fn load_groups(&self, replica: &Arc<Replica>) {
        let (shared, replica) = (Arc::clone(&self.0), Arc::clone(replica));
        let pool = replica.directory().pool().clone();
        let id = replica.begin_loading();
        let seed = shared.next_seed();
        pool.spawn(move || {
            let loaded = load_groups(&replica, GroupContext::default(), seed);
            let is_loaded = loaded.is_ok();
            if !replica.host(id, loaded.ok()) || !is_loaded {
                return;
            }
            let (_, mut notices) = replica.step_hosted(|host, appender| {
                host.on_loaded(appender.now(), appender.high_watermark());
            });
            shared.outbox.push_notices(&mut notices);
        });
    }

    fn tell_groups(&self, deleted: &[(KafkaString, TopicId)]) {
        let published = self.0.published();
        for mut notices in on_topics_deleted(&published, &GroupContext::default(), deleted) {
            self.0.outbox.push_notices(&mut notices);
        }
    }
}
