//! `.lock`: one process per log directory, Kafka's brokers included.
//!
//! Two locks are taken: a POSIX record lock, which is what Java takes, and a `flock`, which also
//! keeps out another part of the same process.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::FlockOperation;

use crate::LogError;

/// The name of the lock file; it stays empty.
const LOCK: &str = ".lock";

/// A held lock; dropping it removes the file and lets the directory go.
#[derive(Debug)]
pub struct DirectoryLock {
    path: PathBuf,
    _file: File,
}

impl DirectoryLock {
    /// Locks the directory at `directory`, without waiting.
    ///
    /// # Errors
    /// [`LogError::Refused`] when another process holds it, naming that process where the system
    /// says which; [`LogError::Storage`] when the file cannot be made.
    pub fn acquire(directory: &Path) -> Result<DirectoryLock, LogError> {
        let path = directory.join(LOCK);
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(LogError::storage("open", &path))?;
        let operation = FlockOperation::NonBlockingLockExclusive;
        let locked = rustix::fs::flock(&file, operation)
            .and_then(|()| rustix::fs::fcntl_lock(&file, operation));
        if locked.is_err() {
            return Err(LogError::Refused(in_use(directory, &file)));
        }
        Ok(DirectoryLock { path, _file: file })
    }
}

impl Drop for DirectoryLock {
    fn drop(&mut self) {
        // The file without its lock is harmless, so a failure does not matter.
        let _removed = fs::remove_file(&self.path);
    }
}

fn in_use(directory: &Path, file: &File) -> String {
    let holder = holder_of(file).map_or_else(String::new, |pid| {
        let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        format!(" by process {pid} ({})", name.trim())
    });
    format!(
        "the log directory {} is in use{holder}: each needs its own",
        directory.display()
    )
}

/// The process that holds a lock on the file, by the kernel's table of locks.
fn holder_of(file: &File) -> Option<u32> {
    let inode = file.metadata().ok()?.ino().to_string();
    let locks = fs::read_to_string("/proc/locks").ok()?;
    locks.lines().find_map(|line| {
        let mut fields = line.split_whitespace().skip(4);
        let pid = fields.next()?;
        let of_inode = fields.next()?.rsplit(':').next() == Some(inode.as_str());
        of_inode.then(|| pid.parse().ok())?
    })
}

#[cfg(test)]
mod tests;
