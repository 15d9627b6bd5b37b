//! Small files that are replaced whole: `quorum-state` and snapshots.

use std::io::{self, IoSlice};
use std::path::Path;

use bytes::Bytes;
use ottla_log::{EntryKind, LogError, OpenHow, Storage};

/// The content of a file; none if there is no such file.
///
/// # Errors
/// If it cannot be read.
pub fn read_file<S: Storage>(storage: &S, path: &Path) -> Result<Option<Bytes>, LogError> {
    let read = || -> io::Result<Bytes> {
        let file = storage.open(path, OpenHow::ReadOnly)?;
        let size = storage.metadata(path)?.size;
        let mut bytes = vec![0; usize::try_from(size).map_err(io::Error::other)?];
        let count = storage.read_at(&file, 0, &mut bytes)?;
        bytes.truncate(count);
        Ok(bytes.into())
    };
    match read() {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed("read", path, error)),
    }
}

/// Puts a file in place so that after a crash there is the old content or the new, and after the
/// return the new: written under another name, flushed, renamed, the directory flushed.
///
/// # Errors
/// If any step fails.
pub fn replace_file<S: Storage>(
    storage: &S,
    temporary: &Path,
    path: &Path,
    bytes: &[u8],
) -> Result<(), LogError> {
    let write = || {
        let file = storage.open(temporary, OpenHow::Replace)?;
        storage.write_at(&file, 0, &[IoSlice::new(bytes)])?;
        storage.sync(&file)?;
        storage.rename(temporary, path)?;
        storage.sync_directory(path.parent().unwrap_or(Path::new(".")))
    };
    write().map_err(|error| {
        // What is left of it may hold the very space that was missing.
        let _ = storage.unlink(temporary, EntryKind::File);
        LogError::writing("write", path)(error)
    })
}

/// Removes a file; one that is not there is fine.
///
/// # Errors
/// If it cannot be removed.
pub fn remove_file<S: Storage>(storage: &S, path: &Path) -> Result<(), LogError> {
    match storage.unlink(path, EntryKind::File) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed("remove", path, error)),
        _ => Ok(()),
    }
}

pub(super) fn failed(operation: &'static str, path: &Path, source: io::Error) -> LogError {
    LogError::Storage {
        operation,
        path: path.to_owned(),
        source,
    }
}
