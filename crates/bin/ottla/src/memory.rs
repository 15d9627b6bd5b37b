//! The directory of a node that keeps nothing: in a file system in memory, gone with the process.
//!
//! *State*: a directory, and beside it a file that is locked while the process lives. A process
//! that was killed leaves both; the next one finds the lock free and removes them.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

/// File systems in memory, in the order in which they are tried.
const PLACES: [&str; 2] = ["/dev/shm", "/run"];

/// A directory of this process.
pub struct MemoryDirectory {
    path: PathBuf,
    lock: PathBuf,
    /// Keeps the lock.
    _locked: File,
}

impl MemoryDirectory {
    /// Makes it, and removes those of processes that were killed.
    pub fn new() -> anyhow::Result<MemoryDirectory> {
        let is_there = |path: &&&str| Path::new(path).is_dir();
        let Some(place) = PLACES.iter().find(is_there) else {
            bail!("there is no file system in memory here: use --data instead of --mem");
        };
        let place = Path::new(place);
        remove_abandoned(place);
        let path = place.join(format!("ottla-{}", std::process::id()));
        let lock = lock_of(&path);
        let locked = File::create(&lock).with_context(|| lock.display().to_string())?;
        locked.lock().with_context(|| lock.display().to_string())?;
        fs::create_dir(&path).with_context(|| path.display().to_string())?;
        Ok(MemoryDirectory {
            path,
            lock,
            _locked: locked,
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Removes it with all that is in it.
    pub fn remove(self) -> anyhow::Result<()> {
        fs::remove_dir_all(&self.path).with_context(|| self.path.display().to_string())?;
        fs::remove_file(&self.lock).with_context(|| self.lock.display().to_string())
    }
}

fn lock_of(path: &Path) -> PathBuf {
    path.with_extension("lock")
}

/// Removes what killed processes left. What cannot be removed, others' for example, is left alone.
fn remove_abandoned(place: &Path) {
    let entries = fs::read_dir(place).into_iter().flatten().flatten();
    for lock in entries.map(|entry| entry.path()) {
        let name = lock.file_name().and_then(|name| name.to_str());
        let pid = name.and_then(|name| name.strip_prefix("ottla-")?.strip_suffix(".lock"));
        if pid.is_none_or(|pid| pid.parse::<u32>().is_err()) {
            continue;
        }
        let Ok(file) = File::open(&lock) else {
            continue;
        };
        if file.try_lock().is_ok() {
            let _ = fs::remove_dir_all(lock.with_extension(""));
            let _ = fs::remove_file(&lock);
        }
    }
}
