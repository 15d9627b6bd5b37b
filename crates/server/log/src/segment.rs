//! One segment: a `.log` file that is written and read outside of any lock of the log.

use std::fmt;
use std::io::{ErrorKind, IoSlice};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ottla_types::{Offset, TimestampMs};
use parking_lot::Mutex;

use crate::files::FileKind;
use crate::index::Indexes;
use crate::storage::{OpenHow, Storage, read_file, remove_file, write_file};
use crate::{LogError, OpenFiles};

/// One segment of a partition. Its methods do IO and block; none needs the partition's lock.
pub struct Segment<S: Storage> {
    base_offset: Offset,
    directory: Arc<Path>,
    storage: S,
    open_files: Arc<OpenFiles<S>>,
    file: Mutex<Option<Arc<S::File>>>,
    /// False until the file exists: see [`crate::RollPlan`].
    created: AtomicBool,
    /// Its files may be gone: what is open can be read on, nothing can be opened any more.
    removed: AtomicBool,
    used: AtomicBool,
    indexes_used: AtomicBool,
    dirty: AtomicBool,
    /// Set when the segment is no longer the active one.
    sealed: Mutex<Option<Sealed>>,
}

/// What is known of a segment that is no longer appended to.
#[derive(Clone, Debug)]
struct Sealed {
    size: u64,
    /// Loaded when they are needed, dropped when others need the memory.
    indexes: Option<Arc<Indexes>>,
}

impl<S: Storage> Segment<S> {
    pub(crate) fn new(
        base_offset: Offset,
        directory: Arc<Path>,
        storage: S,
        open_files: Arc<OpenFiles<S>>,
        created: bool,
    ) -> Arc<Self> {
        Arc::new(Segment {
            base_offset,
            directory,
            storage,
            open_files,
            file: Mutex::new(None),
            created: AtomicBool::new(created),
            removed: AtomicBool::new(false),
            used: AtomicBool::new(false),
            indexes_used: AtomicBool::new(false),
            dirty: AtomicBool::new(false),
            sealed: Mutex::new(None),
        })
    }

    /// The offset of its first record, and its name.
    #[must_use]
    pub fn base_offset(&self) -> Offset {
        self.base_offset
    }

    /// Whether its file exists. Until then writes must wait for [`crate::RollPlan::perform`].
    #[must_use]
    pub fn is_created(&self) -> bool {
        self.created.load(Ordering::Acquire)
    }

    /// Writes `buffers` one after the other at `position`, into the page cache.
    ///
    /// # Errors
    /// Any failure is final: the caller takes the log directory offline.
    pub fn write_at(
        self: &Arc<Self>,
        position: u64,
        buffers: &[IoSlice<'_>],
    ) -> Result<(), LogError> {
        debug_assert!(self.is_created(), "writes wait until the roll is done");
        // Before the write: a concurrent sync must not take the mark away from bytes it misses.
        self.dirty.store(true, Ordering::Release);
        let file = self.file()?;
        self.storage
            .write_at(&file, position, buffers)
            .map_err(LogError::storage("write", &self.path(FileKind::Log)))
    }

    /// Fills `place` with the bytes from `position` on; fewer only at the end of the file. With
    /// `cached_only` fewer also where the device would have to be waited for; for the first byte
    /// that is an error with [`ErrorKind::WouldBlock`] as its source.
    pub(crate) fn read_into(
        self: &Arc<Self>,
        position: u64,
        place: &mut [u8],
        cached_only: bool,
    ) -> Result<usize, LogError> {
        if cached_only && self.file.lock().is_none() {
            // Opening it may wait as well.
            return Err(self.would_block());
        }
        let file = self.file()?;
        let read = if cached_only {
            self.storage.read_cached_at(&file, position, place)
        } else {
            self.storage.read_at(&file, position, place)
        };
        read.map_err(LogError::storage("read", &self.path(FileKind::Log)))
    }

    /// What a reader is told that must not wait for the device.
    pub(crate) fn would_block(&self) -> LogError {
        let path = self.path(FileKind::Log);
        LogError::storage("read", &path)(ErrorKind::WouldBlock.into())
    }

    /// Returns when all that was written before the call is on the device.
    ///
    /// # Errors
    /// Any failure is final: what was written may be lost although a later sync succeeds.
    pub fn sync(self: &Arc<Self>) -> Result<(), LogError> {
        if !self.is_created() || self.removed.load(Ordering::Acquire) {
            return Ok(());
        }
        let file = self.file()?;
        self.dirty.store(false, Ordering::Release);
        self.storage.sync(&file).map_err(|error| {
            self.dirty.store(true, Ordering::Release);
            LogError::storage("sync", &self.path(FileKind::Log))(error)
        })
    }

    /// Has the device begin with a range that was written, and does not wait for it. Nothing is
    /// done when all was synced since.
    ///
    /// # Errors
    /// When the device fails, as for [`Segment::sync`].
    pub(crate) fn start_write_back(&self, position: u64, length: u64) -> Result<(), LogError> {
        if self.removed.load(Ordering::Acquire) || !self.dirty.load(Ordering::Acquire) {
            return Ok(());
        }
        // A file that was closed since holds nothing that is not synced.
        let Some(file) = self.file.lock().clone() else {
            return Ok(());
        };
        self.storage
            .start_write_back(&file, position, length)
            .map_err(LogError::storage("write back", &self.path(FileKind::Log)))
    }

    /// Reserves space on the device up to `end`, without changing the file's size.
    ///
    /// # Errors
    /// [`LogError::NoSpace`] when there is none: nothing is lost yet.
    pub fn reserve_space(self: &Arc<Self>, end: u64) -> Result<(), LogError> {
        let file = self.file()?;
        let path = self.path(FileKind::Log);
        self.storage
            .reserve(&file, end)
            .map_err(LogError::writing("reserve space for", &path))
    }

    /// Gives back what is reserved behind `size`, the end of what is written. Nothing may be on its
    /// way to the segment any more.
    pub(crate) fn release_space(self: &Arc<Self>, size: u64) -> Result<(), LogError> {
        let file = self.file()?;
        self.storage
            .truncate(&file, size)
            .map_err(LogError::storage("cut", &self.path(FileKind::Log)))
    }

    /// The largest timestamp in a sealed segment: the last entry of its time index, else when the
    /// file was written last.
    ///
    /// # Errors
    /// When its files cannot be read.
    pub fn largest_timestamp(self: &Arc<Self>) -> Result<TimestampMs, LogError> {
        if let Some(last) = self.indexes()?.times.last() {
            return Ok(last.timestamp);
        }
        let path = self.path(FileKind::Log);
        let metadata = self.storage.metadata(&path);
        let metadata = metadata.map_err(LogError::storage("look at", &path));
        Ok(self.unless_removed(metadata)?.modified)
    }

    /// The indexes of a sealed segment, from its files if they are not in memory yet.
    pub(crate) fn indexes(self: &Arc<Self>) -> Result<Arc<Indexes>, LogError> {
        if let Some(indexes) = self.indexes_in_memory() {
            return Ok(indexes);
        }
        let size = self.sealed_size();
        // Files that were renamed meanwhile look like indexes without entries.
        let loaded = Arc::new(self.load_indexes(size)?);
        self.check_not_removed()?;
        match &mut *self.sealed.lock() {
            Some(Sealed {
                indexes: Some(others),
                ..
            }) => return Ok(others.clone()),
            Some(Sealed { indexes, .. }) => *indexes = Some(loaded.clone()),
            None => return Ok(loaded),
        }
        self.on_indexes_stored(&loaded);
        Ok(loaded)
    }

    /// Notes that the indexes in memory are in their files as well, so that they can be dropped.
    pub(crate) fn on_indexes_stored(self: &Arc<Self>, indexes: &Indexes) {
        let listed = self.open_files.indexes();
        listed.on_loaded(self, indexes.size_in_memory());
    }

    /// Drops the indexes unless they were used since the last call.
    pub(crate) fn drop_indexes_if_unused(&self) -> bool {
        if self.indexes_used.swap(false, Ordering::AcqRel) {
            return false;
        }
        if let Some(sealed) = &mut *self.sealed.lock() {
            sealed.indexes = None;
        }
        true
    }

    /// The indexes, if no file has to be read for them.
    pub(crate) fn indexes_in_memory(&self) -> Option<Arc<Indexes>> {
        let indexes = self.sealed.lock().as_ref()?.indexes.clone()?;
        // Not when they are loaded: what is used once must not outlast what is used often.
        self.indexes_used.store(true, Ordering::Release);
        Some(indexes)
    }

    pub(crate) fn load_indexes(&self, size: u64) -> Result<Indexes, LogError> {
        let mut indexes = Indexes::default();
        let read = |kind| Ok(read_file(&self.storage, &self.path(kind))?.unwrap_or_default());
        indexes.decode_offsets(&read(FileKind::OffsetIndex)?, size);
        indexes.decode_times(&read(FileKind::TimeIndex)?);
        let aborted = read(FileKind::TransactionIndex)?;
        if !indexes.decode_aborted(&aborted, self.base_offset) {
            let path = self.path(FileKind::TransactionIndex);
            return Err(LogError::corrupt(&path, "an entry is not of this segment"));
        }
        Ok(indexes)
    }

    /// Writes the three index files as they are in memory, and syncs them. A transaction index
    /// without entries is left out, as Kafka leaves it out.
    pub(crate) fn store_indexes(&self, indexes: &Indexes) -> Result<(), LogError> {
        let storage = &self.storage;
        write_file(
            storage,
            &self.path(FileKind::OffsetIndex),
            &indexes.encode_offsets(),
        )?;
        write_file(
            storage,
            &self.path(FileKind::TimeIndex),
            &indexes.encode_times(),
        )?;
        self.store_aborted(indexes)
    }

    /// Writes the transaction index and syncs it, or removes it.
    pub(crate) fn store_aborted(&self, indexes: &Indexes) -> Result<(), LogError> {
        let storage = &self.storage;
        let path = self.path(FileKind::TransactionIndex);
        if indexes.aborted.is_empty() {
            remove_file(storage, &path)
        } else {
            write_file(storage, &path, &indexes.encode_aborted())
        }
    }

    /// Notes, before it happens, that the files are about to be renamed or unlinked.
    pub(crate) fn on_removed(&self) {
        self.removed.store(true, Ordering::Release);
    }

    fn check_not_removed(&self) -> Result<(), LogError> {
        if self.removed.load(Ordering::Acquire) {
            return Err(LogError::Removed {
                path: self.path(FileKind::Log),
            });
        }
        Ok(())
    }

    /// What went wrong, unless it is only that the files are gone: then that.
    pub(crate) fn unless_removed<T>(&self, result: Result<T, LogError>) -> Result<T, LogError> {
        if result.is_err() {
            self.check_not_removed()?;
        }
        result
    }

    /// Marks the segment as no longer appended to.
    pub(crate) fn seal(&self, size: u64, indexes: Option<Arc<Indexes>>) {
        *self.sealed.lock() = Some(Sealed { size, indexes });
    }

    pub(crate) fn unseal(&self) {
        *self.sealed.lock() = None;
    }

    /// Bytes of a sealed segment; 0 for the active one, whose size the log knows.
    pub(crate) fn sealed_size(&self) -> u64 {
        self.sealed.lock().as_ref().map_or(0, |sealed| sealed.size)
    }

    /// Makes empty index files, as Kafka does for a new log. They may be lost.
    pub(crate) fn create_indexes(&self) -> Result<(), LogError> {
        for kind in [FileKind::OffsetIndex, FileKind::TimeIndex] {
            let path = self.path(kind);
            let created = self.storage.open(&path, OpenHow::Replace);
            created.map_err(LogError::writing("create", &path))?;
        }
        Ok(())
    }

    /// Creates the file. The caller syncs the directory, then says [`Segment::on_created`].
    pub(crate) fn create(self: &Arc<Self>) -> Result<(), LogError> {
        let path = self.path(FileKind::Log);
        let file = self
            .storage
            .open(&path, OpenHow::Replace)
            .map_err(LogError::writing("create", &path))?;
        self.keep_open(file);
        Ok(())
    }

    /// Lets writers in.
    pub(crate) fn on_created(&self) {
        self.created.store(true, Ordering::Release);
    }

    /// Cuts the file and syncs it.
    pub(crate) fn truncate(self: &Arc<Self>, size: u64) -> Result<(), LogError> {
        let file = self.file()?;
        let path = self.path(FileKind::Log);
        self.storage
            .truncate(&file, size)
            .and_then(|()| self.storage.sync(&file))
            .map_err(LogError::storage("truncate", &path))
    }

    pub(crate) fn path(&self, kind: FileKind) -> PathBuf {
        kind.path(&self.directory, self.base_offset)
    }

    /// Closes the file unless it was used since the last call, is in use, or holds unsynced bytes.
    pub(crate) fn close_if_unused(&self) -> bool {
        let Some(mut file) = self.file.try_lock() else {
            return false;
        };
        let used = self.used.swap(false, Ordering::AcqRel);
        if used || self.dirty.load(Ordering::Acquire) {
            return false;
        }
        *file = None;
        true
    }

    fn file(self: &Arc<Self>) -> Result<Arc<S::File>, LogError> {
        self.used.store(true, Ordering::Release);
        if let Some(file) = &*self.file.lock() {
            return Ok(file.clone());
        }
        let path = self.path(FileKind::Log);
        let opened = self.storage.open(&path, OpenHow::Existing);
        let file = self.unless_removed(opened.map_err(LogError::storage("open", &path)))?;
        Ok(self.keep_open(file))
    }

    fn keep_open(self: &Arc<Self>, file: S::File) -> Arc<S::File> {
        let opened = {
            let mut slot = self.file.lock();
            if let Some(other) = &*slot {
                // Another thread opened it meanwhile.
                return other.clone();
            }
            let file = Arc::new(file);
            *slot = Some(file.clone());
            file
        };
        self.open_files.on_opened(self);
        opened
    }
}

impl<S: Storage> fmt::Debug for Segment<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "segment {}", self.path(FileKind::Log).display())
    }
}

#[cfg(test)]
mod tests;
