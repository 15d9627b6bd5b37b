//! The seam to the file system: everything the log does to files goes through [`Storage`], so that
//! crash tests and the simulator run the real log code.
//!
//! *Invariants*: deterministic for equal calls (a listing is sorted); no call starts a thread.

#[cfg(feature = "faults")]
mod faults;
mod memory;
mod real;

#[cfg(feature = "faults")]
pub use faults::{fail_syncs, mend_syncs};
pub use memory::{BegunSync, MemoryFile, MemoryStorage};
pub use real::RealStorage;

use std::io::{self, IoSlice};
use std::path::{Path, PathBuf};

use ottla_types::TimestampMs;

use crate::LogError;

/// How to open a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenHow {
    /// It must exist; for reading alone, as a file that others have protected.
    ReadOnly,
    /// It must exist; for reading and writing.
    Existing,
    /// Created when missing.
    Create,
    /// Created when missing, emptied otherwise.
    Replace,
}

/// What a directory entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A plain file (or a link to one).
    File,
    /// A directory.
    Directory,
}

/// One entry of a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name; entries whose names are not UTF-8 are left out.
    pub name: String,
    /// What it is.
    pub kind: EntryKind,
    /// Bytes, of a file.
    pub size: u64,
}

/// What is known of a file without opening it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// What it is.
    pub kind: EntryKind,
    /// Bytes.
    pub size: u64,
    /// When it was written last.
    pub modified: TimestampMs,
}

/// A file system. All calls block.
pub trait Storage: Clone + Send + Sync + 'static {
    /// An open file; closed when dropped.
    type File: Send + Sync + 'static;

    /// Opens a file.
    fn open(&self, path: &Path, how: OpenHow) -> io::Result<Self::File>;
    /// Like [`Storage::read_at`], but never waits for a device: fewer bytes when it would have to
    /// for the next one, [`io::ErrorKind::WouldBlock`] when it would have to for the first.
    fn read_cached_at(
        &self,
        file: &Self::File,
        position: u64,
        place: &mut [u8],
    ) -> io::Result<usize>;
    /// Writes all of `buffers` at `position`, growing the file as needed.
    fn write_at(&self, file: &Self::File, position: u64, buffers: &[IoSlice<'_>])
    -> io::Result<()>;
    /// Fills `place` with the bytes from `position` on; fewer only at the end of the file.
    fn read_at(&self, file: &Self::File, position: u64, place: &mut [u8]) -> io::Result<usize>;
    /// Returns when the file's bytes and size are on the device (`fdatasync`).
    fn sync(&self, file: &Self::File) -> io::Result<()>;
    /// Has the device begin with the bytes of a range that it does not hold yet, and does not wait
    /// for it to end. What it promises is nothing: [`Storage::sync`] does.
    fn start_write_back(&self, file: &Self::File, position: u64, length: u64) -> io::Result<()>;
    /// Cuts (or extends with zeros) the file.
    fn truncate(&self, file: &Self::File, size: u64) -> io::Result<()>;
    /// Reserves space up to `end` without changing the file's size (`FALLOC_FL_KEEP_SIZE`).
    fn reserve(&self, file: &Self::File, end: u64) -> io::Result<()>;
    /// Looks at a path.
    fn metadata(&self, path: &Path) -> io::Result<Metadata>;
    /// Lists a directory, sorted by name.
    fn list(&self, directory: &Path) -> io::Result<Vec<Entry>>;
    /// Renames within the file system, replacing what is there.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file or an empty directory.
    fn unlink(&self, path: &Path, kind: EntryKind) -> io::Result<()>;
    /// Creates a directory and its missing parents; one that exists is fine.
    fn create_directory(&self, path: &Path) -> io::Result<()>;
    /// Returns when the directory's entries are on the device.
    fn sync_directory(&self, path: &Path) -> io::Result<()>;
}

/// Reads a whole file; `None` when there is none.
pub(crate) fn read_file<S: Storage>(storage: &S, path: &Path) -> Result<Option<Vec<u8>>, LogError> {
    let read = || -> io::Result<Vec<u8>> {
        let file = storage.open(path, OpenHow::ReadOnly)?;
        let size = storage.metadata(path)?.size;
        let mut bytes = vec![0; usize::try_from(size).map_err(io::Error::other)?];
        let count = storage.read_at(&file, 0, &mut bytes)?;
        bytes.truncate(count);
        Ok(bytes)
    };
    match read() {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(LogError::storage("read", path)(error)),
    }
}

/// Writes a file in place and syncs it.
pub(crate) fn write_file<S: Storage>(
    storage: &S,
    path: &Path,
    bytes: &[u8],
) -> Result<(), LogError> {
    let write = || {
        let file = storage.open(path, OpenHow::Replace)?;
        storage.write_at(&file, 0, &[IoSlice::new(bytes)])?;
        storage.sync(&file)
    };
    write().map_err(LogError::writing("write", path))
}

/// Replaces a file so that a crash leaves the old or the new one: written as `<name>.tmp`, synced,
/// renamed, the directory synced.
pub(crate) fn replace_file<S: Storage>(
    storage: &S,
    path: &Path,
    bytes: &[u8],
) -> Result<(), LogError> {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".tmp");
    let temporary = PathBuf::from(temporary);
    write_file(storage, &temporary, bytes)?;
    storage
        .rename(&temporary, path)
        .map_err(LogError::writing("replace", path))?;
    sync_parent(storage, path)
}

/// Syncs the directory that holds `path`.
pub(crate) fn sync_parent<S: Storage>(storage: &S, path: &Path) -> Result<(), LogError> {
    let parent = path.parent().unwrap_or(Path::new("."));
    storage
        .sync_directory(parent)
        .map_err(LogError::storage("sync", parent))
}

/// Removes a file; one that is not there is fine.
pub(crate) fn remove_file<S: Storage>(storage: &S, path: &Path) -> Result<(), LogError> {
    match storage.unlink(path, EntryKind::File) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(LogError::storage("remove", path)(error))
        }
        _ => Ok(()),
    }
}
