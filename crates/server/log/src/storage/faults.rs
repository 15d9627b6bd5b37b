//! Devices that fail when a test says so; only in builds with the feature `faults`.
//!
//! *State*: the directories whose files cannot be synced, of the whole process.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use rustix::io::Errno;

static FAILING: RwLock<BTreeSet<PathBuf>> = RwLock::new(BTreeSet::new());

/// From now on nothing in `directory` gets onto its device: every sync ends with `EIO`.
pub fn fail_syncs(directory: &Path) {
    let path = fs::canonicalize(directory).unwrap_or_else(|_| directory.to_owned());
    let mut failing = FAILING.write().unwrap_or_else(PoisonError::into_inner);
    failing.insert(path);
}

/// The device of `directory` works again, as one that has told of its failure once does.
pub fn mend_syncs(directory: &Path) {
    let path = fs::canonicalize(directory).unwrap_or_else(|_| directory.to_owned());
    let mut failing = FAILING.write().unwrap_or_else(PoisonError::into_inner);
    failing.remove(&path);
}

/// What a sync of `file` meets.
pub(super) fn check_sync(file: &File) -> io::Result<()> {
    let failing = FAILING.read().unwrap_or_else(PoisonError::into_inner);
    if failing.is_empty() {
        return Ok(());
    }
    let path = fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd()))?;
    if failing.iter().any(|directory| path.starts_with(directory)) {
        return Err(Errno::IO.into());
    }
    Ok(())
}
