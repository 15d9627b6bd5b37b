//! A log directory as a running node has it: its committer, its threads, and whether it failed.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ottla_log::{LogError, RealStorage, Remedy, Storage};
use ottla_types::{Now, Uuid};

use crate::checkpoint_turn::CheckpointTurn;
use crate::clock;
use crate::committer::Committer;
use crate::notices::Notices;
use crate::pool::{Pool, Work};
use crate::replica::Hosted;
use crate::space::WaitingForSpace;
use crate::write_back::{self, WriteBacks};

/// One entry of `log.dirs`.
pub struct Directory<H: Hosted, S: Storage = RealStorage> {
    id: Uuid,
    path: PathBuf,
    storage: S,
    pool: Pool,
    committer: Committer<H, S>,
    failed: AtomicBool,
    waiting_for_space: WaitingForSpace,
    write_backs: WriteBacks<S>,
    checkpoint_turn: CheckpointTurn,
    hooks: Box<dyn DirectoryHooks<H, S>>,
}

/// What the node does for its directories.
pub trait DirectoryHooks<H: Hosted, S: Storage = RealStorage>: Send + Sync + 'static {
    /// The directory failed: everything on it has to go offline. Runs once, outside every lock.
    fn on_failed(&self, directory: &Arc<Directory<H, S>>);
    /// Notices that arose on one of the directory's threads.
    fn deliver(&self, notices: Notices);
    /// Has work done after a while, by one of the directory's threads.
    fn after(&self, pool: &Pool, wait: Duration, work: Work);
    /// The time; the system's, unless the node has its own.
    fn now(&self) -> Now {
        clock::now()
    }
    /// How many bytes may be written before the device is told to begin with the oldest of them.
    fn write_back_window(&self) -> u64 {
        write_back::WINDOW
    }
}

impl<H: Hosted, S: Storage> Directory<H, S> {
    /// A directory that works, with its committer running.
    ///
    /// # Errors
    /// When a thread cannot be made.
    pub fn start(
        id: Uuid,
        path: PathBuf,
        storage: S,
        pool: Pool,
        hooks: Box<dyn DirectoryHooks<H, S>>,
    ) -> std::io::Result<Arc<Directory<H, S>>> {
        let directory = Directory::new(id, path, storage, pool, hooks);
        Committer::start(&directory)?;
        Ok(directory)
    }

    /// A directory without a thread of its own: what was written gets onto the device when somebody
    /// calls [`Directory::commit_waiting`].
    #[must_use]
    pub fn new(
        id: Uuid,
        path: PathBuf,
        storage: S,
        pool: Pool,
        hooks: Box<dyn DirectoryHooks<H, S>>,
    ) -> Arc<Directory<H, S>> {
        let write_backs = WriteBacks::new(hooks.write_back_window());
        Arc::new(Directory {
            id,
            path,
            storage,
            pool,
            committer: Committer::default(),
            failed: AtomicBool::new(false),
            waiting_for_space: WaitingForSpace::default(),
            write_backs,
            checkpoint_turn: CheckpointTurn::default(),
            hooks,
        })
    }

    /// The directory id of `meta.properties`.
    #[must_use]
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How its files are reached.
    #[must_use]
    pub fn storage(&self) -> &S {
        &self.storage
    }

    /// Threads that may wait for it.
    #[must_use]
    pub fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Who stores its checkpoints.
    #[must_use]
    pub fn checkpoint_turn(&self) -> &CheckpointTurn {
        &self.checkpoint_turn
    }

    pub(crate) fn waiting_for_space(&self) -> &WaitingForSpace {
        &self.waiting_for_space
    }

    pub(crate) fn write_backs(&self) -> &WriteBacks<S> {
        &self.write_backs
    }

    /// Has work done after a while, by one of the directory's threads.
    pub fn after(&self, wait: Duration, work: Work) {
        self.hooks.after(&self.pool, wait, work);
    }

    pub(crate) fn committer(&self) -> &Committer<H, S> {
        &self.committer
    }

    /// Whether a replica has bytes that wait for the device.
    #[must_use]
    pub fn has_waiting(&self) -> bool {
        self.committer.has_waiting()
    }

    /// One round of the committer on this thread; without one, for who has started none. Blocks.
    pub fn commit_waiting(self: &Arc<Self>) {
        self.committer.commit_waiting(self);
    }

    /// The time, as the node tells it.
    #[must_use]
    pub fn now(&self) -> Now {
        self.hooks.now()
    }

    /// Whether it failed.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Acquire)
    }

    /// Whether an error means that the directory has failed.
    #[must_use]
    pub fn is_failure(&self, error: &LogError) -> bool {
        error.remedy() == Remedy::TakeDirectoryOffline
    }

    /// Takes the directory offline: nothing on it is acknowledged any more. Not for an error that
    /// does not mean that; whoever was refused space comes again by himself.
    pub fn fail(self: &Arc<Self>, error: &LogError) {
        match error.remedy() {
            // Late work on a replica that was deleted meanwhile.
            Remedy::Answer => {
                tracing::debug!(directory = %self.path.display(), %error, "work came too late");
                return;
            }
            Remedy::Retry => {
                tracing::warn!(directory = %self.path.display(), %error, "put off");
                return;
            }
            Remedy::TakeDirectoryOffline | Remedy::Stop => {}
        }
        if self.failed.swap(true, Ordering::AcqRel) {
            return;
        }
        tracing::error!(directory = %self.path.display(), %error, "log directory taken offline");
        let directory = Arc::clone(self);
        self.pool
            .spawn(move || directory.hooks.on_failed(&directory));
    }

    pub(crate) fn deliver(&self, notices: Notices) {
        if !notices.is_empty() {
            self.hooks.deliver(notices);
        }
    }

    /// Ends the committer once its list is empty.
    pub fn stop(&self) {
        self.committer.stop();
    }
}

impl<H: Hosted> Directory<H> {
    /// Bytes of its file system, and those that are free; `None` if it cannot say.
    #[must_use]
    pub fn space(&self) -> Option<(i64, i64)> {
        let space = rustix::fs::statvfs(&self.path).ok()?;
        let bytes = |blocks: u64| i64::try_from(blocks.saturating_mul(space.f_frsize)).ok();
        Some((bytes(space.f_blocks)?, bytes(space.f_bavail)?))
    }
}

impl<H: Hosted, S: Storage> fmt::Debug for Directory<H, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "log directory {}", self.path.display())
    }
}
