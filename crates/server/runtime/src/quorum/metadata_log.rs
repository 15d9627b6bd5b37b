//! The directory `__cluster_metadata-0`: the log and the snapshots beside it.
//!
//! *Invariants*: one thread appends, with nothing else in flight, so that every reservation is
//! written before the next; the log starts at 0 or at the end of a snapshot that is there. What is
//! decided has its space before it is appended ([`MetadataLog::make_room`]), and what must be
//! appended without having been decided finds some that is kept for it.

use std::io::IoSlice;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use ottla_log::{
    EntryKind, LeaderEpochs, Log, LogError, OpenFiles, OpenOptions, Remedy, RollLimits, RollPlan,
    Storage, open_log, parse_snapshot_file_name, snapshot_file_name, store_leader_epochs,
};
use ottla_raft::{EpochStart, LogState, SnapshotId};
use ottla_records::BatchHeader;
use ottla_types::{Offset, TimestampMs};

use super::QuorumError;
use super::files::{failed, read_file, remove_file};

/// The name of the directory.
pub const METADATA_LOG_DIRECTORY: &str = "__cluster_metadata-0";

/// Kept for control records, which a full device must not keep from being written.
const CONTROL_BYTES: u64 = 64 << 10;

/// The log of the metadata with its snapshots.
#[derive(Debug)]
pub struct MetadataLog<S: Storage> {
    storage: S,
    directory: PathBuf,
    log: Log<S>,
    limits: RollLimits,
    /// Oldest first.
    snapshots: Vec<SnapshotId>,
    /// A roll that has found no space yet.
    rolling: Option<RollPlan<S>>,
    /// Epochs that have found no space yet.
    unstored: Option<LeaderEpochs>,
}

impl<S: Storage> MetadataLog<S> {
    /// Opens the log below a metadata log directory, a new one if there is none. Every batch is
    /// checked, whatever a clean stop may have promised.
    ///
    /// # Errors
    /// If a file cannot be read, or the log's beginning is gone and no snapshot stands for it.
    pub fn open(
        storage: S,
        metadata_directory: &Path,
        limits: RollLimits,
        now: TimestampMs,
    ) -> Result<MetadataLog<S>, QuorumError> {
        let directory = metadata_directory.join(METADATA_LOG_DIRECTORY);
        let open_files = OpenFiles::new(64);
        let options = OpenOptions {
            now,
            ..OpenOptions::default()
        };
        let opened = open_log(&storage, &directory, &open_files, &options)?;
        if opened.report.truncated_bytes > 0 {
            let report = &opened.report;
            tracing::warn!(directory = %directory.display(), ?report, "the metadata log was cut");
        }
        let mut metadata_log = MetadataLog {
            storage,
            directory,
            log: opened.log,
            limits,
            snapshots: Vec::new(),
            rolling: None,
            unstored: None,
        };
        metadata_log.find_snapshots()?;
        metadata_log.reconcile(now)?;
        Ok(metadata_log)
    }

    fn find_snapshots(&mut self) -> Result<(), QuorumError> {
        let entries = self
            .storage
            .list(&self.directory)
            .map_err(|error| failed("list", &self.directory, error))?;
        for entry in entries.iter().filter(|e| e.kind == EntryKind::File) {
            let path = self.directory.join(&entry.name);
            let is_left_over = [".checkpoint.part", ".checkpoint.deleted"];
            if is_left_over.iter().any(|end| entry.name.ends_with(end)) {
                remove_file(&self.storage, &path)?;
            } else if let Some((end_offset, epoch)) = parse_snapshot_file_name(&entry.name) {
                if end_offset < self.log.log_start_offset() {
                    remove_file(&self.storage, &path)?;
                } else {
                    self.snapshots.push(SnapshotId { end_offset, epoch });
                }
            }
        }
        self.snapshots.sort_by_key(|id| (id.epoch, id.end_offset));
        Ok(())
    }

    /// Makes log and snapshots fit: a log that ends before the newest snapshot is superseded by it.
    fn reconcile(&mut self, now: TimestampMs) -> Result<(), QuorumError> {
        let start = self.log.log_start_offset();
        match self.snapshots.last() {
            None if start > Offset::ZERO => Err(QuorumError::Refused(format!(
                "the metadata log starts at offset {start}, and no snapshot stands for what was \
                 before"
            ))),
            Some(newest) if newest.end_offset > self.log.log_end_offset() => {
                let restarted = self.log.truncate_fully_and_start_at(newest.end_offset, now);
                Ok(restarted?)
            }
            _ => Ok(()),
        }
    }

    /// What the raft machine starts from, but for the Voters record.
    #[must_use]
    pub fn log_state(&self) -> LogState {
        let epochs = self.log.leader_epochs().entries().iter();
        LogState {
            start_offset: self.log.log_start_offset(),
            end_offset: self.log.log_end_offset(),
            epochs: epochs
                .map(|entry| EpochStart {
                    epoch: entry.epoch,
                    start_offset: entry.start_offset,
                })
                .collect(),
            voters_record: None,
            earliest_snapshot: self.snapshots.first().copied(),
            latest_snapshot: self.snapshots.last().copied(),
        }
    }

    /// The first offset of the log.
    #[must_use]
    pub fn start_offset(&self) -> Offset {
        self.log.log_start_offset()
    }

    /// The offset that the next record gets.
    #[must_use]
    pub fn end_offset(&self) -> Offset {
        self.log.log_end_offset()
    }

    /// The snapshots, oldest first.
    #[must_use]
    pub fn snapshots(&self) -> &[SnapshotId] {
        &self.snapshots
    }

    /// The directory itself.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The file system under it.
    #[must_use]
    pub fn storage(&self) -> &S {
        &self.storage
    }

    /// Sees to space for a batch that is about to be decided, and rolls if it must.
    ///
    /// # Errors
    /// [`LogError::NoSpace`]: nothing may be appended, and the next call tries again. Otherwise the
    /// node must stop.
    pub fn make_room(&mut self, header: &BatchHeader, now: TimestampMs) -> Result<(), LogError> {
        if self.rolling.is_none() && self.log.must_roll(&self.limits, header, now) {
            self.rolling = self.log.begin_roll(header.base_offset, Vec::new(), now);
        }
        self.finish_roll()?;
        let bytes = u64::from(header.size_in_bytes) + CONTROL_BYTES;
        if self.log.reserved_space() < bytes {
            let plan = self.log.begin_space(bytes, self.limits.segment_bytes);
            self.log.on_space_reserved(&plan.perform()?);
        }
        self.store_epochs()
    }

    /// Goes on with a roll; one that finds no space stays to be gone on with.
    fn finish_roll(&mut self) -> Result<(), LogError> {
        if let Some(plan) = &self.rolling {
            let rolled = plan.perform()?;
            self.log.on_rolled(&rolled);
            self.rolling = None;
        }
        Ok(())
    }

    /// Stores leader epochs that changed. What finds no space is tried again with the next batch;
    /// until then a start learns them from the batches.
    fn store_epochs(&mut self) -> Result<(), LogError> {
        if let Some(changed) = self.log.take_changed_leader_epochs() {
            self.unstored = Some(changed);
        }
        let Some(epochs) = &self.unstored else {
            return Ok(());
        };
        match store_leader_epochs(&self.storage, &self.directory, epochs) {
            Err(error) if error.remedy() != Remedy::Retry => return Err(error),
            Err(_) => {}
            Ok(()) => self.unstored = None,
        }
        Ok(())
    }

    /// Appends a batch whose base offset and epoch are final. It is in the page cache afterwards.
    ///
    /// # Errors
    /// If it cannot be written: the node must stop.
    pub fn append(&mut self, batch: &Bytes, now: TimestampMs) -> Result<(), QuorumError> {
        let header = BatchHeader::parse(batch)?;
        if self.rolling.is_none() && self.log.must_roll(&self.limits, &header, now) {
            self.rolling = self.log.begin_roll(header.base_offset, Vec::new(), now);
        }
        self.finish_roll()?;
        let reservation = self.log.reserve(&header)?;
        reservation
            .segment
            .write_at(reservation.position, &[IoSlice::new(batch)])?;
        Ok(self.store_epochs()?)
    }

    /// Whether something was appended that is not known to be on the device.
    #[must_use]
    pub fn has_unflushed(&self) -> bool {
        self.log.recovery_point() < self.log.log_end_offset()
    }

    /// Returns when everything appended is on the device; the answer is the end of the log.
    ///
    /// # Errors
    /// If it cannot be: the node must stop, as a second attempt would prove nothing.
    pub fn sync(&mut self) -> Result<Offset, QuorumError> {
        let end = self.log.log_end_offset();
        for segment in self.log.segments_to_sync() {
            segment.sync()?;
        }
        self.log.on_flushed(end);
        Ok(end)
    }

    /// Whole batches from the one that has `offset`, nothing from `limit` on; at least one batch,
    /// if there is any, else about `max_bytes`.
    ///
    /// # Errors
    /// If the offset lies outside of the log, or the file cannot be read.
    pub fn read(&self, offset: Offset, limit: Offset, max_bytes: usize) -> Result<Bytes, LogError> {
        match self.log.locate(offset, limit)? {
            Some(located) => Ok(located.read(max_bytes, true)?.bytes),
            None => Ok(Bytes::new()),
        }
    }

    /// Cuts everything from an offset on.
    ///
    /// # Errors
    /// If the files cannot be cut.
    pub fn truncate_to(&mut self, offset: Offset, now: TimestampMs) -> Result<(), QuorumError> {
        Ok(self.log.truncate_to(offset, now)?)
    }

    /// The path of a snapshot.
    #[must_use]
    pub fn snapshot_path(&self, id: SnapshotId) -> PathBuf {
        self.directory
            .join(snapshot_file_name(id.end_offset, id.epoch))
    }

    /// The bytes of a snapshot.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn read_snapshot(&self, id: SnapshotId) -> Result<Bytes, QuorumError> {
        let bytes = read_file(&self.storage, &self.snapshot_path(id))?;
        bytes.ok_or(QuorumError::Snapshot("its file is gone"))
    }

    /// Takes note of a snapshot whose file is in place.
    pub fn on_snapshot(&mut self, id: SnapshotId) {
        self.snapshots.push(id);
        self.snapshots.sort_by_key(|id| (id.epoch, id.end_offset));
    }

    /// Bytes of the log and its snapshots.
    ///
    /// # Errors
    /// If a snapshot cannot be looked at.
    pub fn size_in_bytes(&self) -> Result<u64, QuorumError> {
        let mut size = self.log.size_in_bytes();
        for &id in &self.snapshots {
            let path = self.snapshot_path(id);
            let metadata = self.storage.metadata(&path);
            size += metadata
                .map_err(|error| failed("look at", &path, error))?
                .size;
        }
        Ok(size)
    }

    /// When a snapshot was written.
    ///
    /// # Errors
    /// If it cannot be looked at.
    pub fn snapshot_written_at(&self, id: SnapshotId) -> Result<TimestampMs, QuorumError> {
        let path = self.snapshot_path(id);
        let metadata = self.storage.metadata(&path);
        Ok(metadata
            .map_err(|error| failed("look at", &path, error))?
            .modified)
    }

    /// Removes the oldest snapshot and everything of the log that the next one stands for. The last
    /// snapshot stays.
    ///
    /// # Errors
    /// If a file cannot be removed.
    pub fn remove_oldest_snapshot(&mut self) -> Result<(), QuorumError> {
        let &[oldest, next, ..] = self.snapshots.as_slice() else {
            return Ok(());
        };
        // The log first: a log that starts behind its snapshots would not open.
        self.log
            .begin_removal(next.end_offset)
            .perform()?
            .unlink()?;
        self.store_epochs()?;
        remove_file(&self.storage, &self.snapshot_path(oldest))?;
        self.snapshots.remove(0);
        Ok(())
    }

    /// Closes in order: indexes and epochs are written as a clean stop of Kafka leaves them.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn close(mut self) -> Result<(), QuorumError> {
        self.log.begin_close(Vec::new()).perform()?;
        Ok(())
    }
}
