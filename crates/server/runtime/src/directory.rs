//! A log directory as a running node has it: its committer, its threads, and whether it failed.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ottla_log::{LogError, RealStorage, Remedy};
use ottla_types::Uuid;

use crate::committer::Committer;
use crate::notices::Notices;
use crate::pool::Pool;
use crate::replica::Hosted;

/// One entry of `log.dirs`.
pub struct Directory<H: Hosted> {
    id: Uuid,
    path: PathBuf,
    storage: RealStorage,
    pool: Pool,
    committer: Committer<H>,
    failed: AtomicBool,
    hooks: Box<dyn DirectoryHooks<H>>,
}

/// What the node does for its directories.
pub trait DirectoryHooks<H: Hosted>: Send + Sync + 'static {
    /// The directory failed: everything on it has to go offline. Runs once, outside every lock.
    fn on_failed(&self, directory: &Arc<Directory<H>>);
    /// Notices that arose on one of the directory's threads.
    fn deliver(&self, notices: Notices);
}

impl<H: Hosted> Directory<H> {
    /// A directory that works, with its committer running.
    ///
    /// # Errors
    /// When a thread cannot be made.
    pub fn start(
        id: Uuid,
        path: PathBuf,
        storage: RealStorage,
        pool: Pool,
        hooks: Box<dyn DirectoryHooks<H>>,
    ) -> std::io::Result<Arc<Directory<H>>> {
        let committer = Committer::default();
        let failed = AtomicBool::new(false);
        let directory = Arc::new(Directory {
            id,
            path,
            storage,
            pool,
            committer,
            failed,
            hooks,
        });
        Committer::start(&directory)?;
        Ok(directory)
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
    pub fn storage(&self) -> &RealStorage {
        &self.storage
    }

    /// Threads that may wait for it.
    #[must_use]
    pub fn pool(&self) -> &Pool {
        &self.pool
    }

    pub(crate) fn committer(&self) -> &Committer<H> {
        &self.committer
    }

    /// Bytes of its file system, and those that are free; `None` if it cannot say.
    #[must_use]
    pub fn space(&self) -> Option<(i64, i64)> {
        let space = rustix::fs::statvfs(&self.path).ok()?;
        let bytes = |blocks: u64| i64::try_from(blocks.saturating_mul(space.f_frsize)).ok();
        Some((bytes(space.f_blocks)?, bytes(space.f_bavail)?))
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

    /// Takes the directory offline: nothing on it is acknowledged any more.
    pub fn fail(self: &Arc<Self>, error: &LogError) {
        // Late work on a replica that was deleted meanwhile: nothing is wrong with the directory.
        if error.remedy() == Remedy::Answer {
            tracing::debug!(directory = %self.path.display(), %error, "work came too late");
            return;
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

impl<H: Hosted> fmt::Debug for Directory<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "log directory {}", self.path.display())
    }
}
