//! One partition's log as it is in memory: where batches are and where the next one goes.
//!
//! A [`Log`] lives under its partition's lock, and none of its methods that take no `Storage` work
//! does IO: they hand out plans and [`Segment`]s, which do the IO after the lock was released.
//!
//! *Invariants*: `log_start_offset ≤ log_end_offset`; the last segment is the active one; offsets
//! and positions are reserved in order, each once.
//!
//! *Not here*: which offsets are written, durable or committed: the marks belong to
//! `core/partition`. A reader is told how far it may read.

mod close;
mod read;
mod retention;
mod roll;
mod space;
mod timestamps;
mod truncate;
mod write_back;

pub use close::ClosePlan;
pub use read::{Located, LogPosition, Read};
pub use retention::{DeletedFiles, Removal, RetentionLimits, RetentionView};
pub use roll::{RollFacts, RollLimits, RollPlan, Rolled, must_roll};
pub use space::{ReservedSpace, SpacePlan};
pub use timestamps::{AbortedView, TimestampAndOffset, TimestampView};
pub use write_back::WriteBackPlan;

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;

use ottla_partition::CompletedTransaction;
use ottla_records::BatchHeader;
use ottla_types::{LeaderEpoch, Offset, TimestampMs};

use crate::index::{AbortedTransaction, Indexer};
use crate::storage::Storage;
use crate::{LeaderEpochs, LogError, OpenFiles, Segment};

/// How many batches at the end are known by exact position, for readers at the tail.
const RECENT_BATCHES: usize = 64;

/// What all parts of a log need to reach its files.
#[derive(Debug)]
pub(crate) struct Place<S: Storage> {
    pub directory: Arc<Path>,
    pub storage: S,
    pub open_files: Arc<OpenFiles<S>>,
}

impl<S: Storage> Clone for Place<S> {
    fn clone(&self) -> Self {
        Place {
            directory: self.directory.clone(),
            storage: self.storage.clone(),
            open_files: self.open_files.clone(),
        }
    }
}

impl<S: Storage> Place<S> {
    pub fn segment(&self, base_offset: Offset, created: bool) -> Arc<Segment<S>> {
        Segment::new(
            base_offset,
            self.directory.clone(),
            self.storage.clone(),
            self.open_files.clone(),
            created,
        )
    }
}

/// The log of one partition.
#[derive(Debug)]
pub struct Log<S: Storage> {
    place: Place<S>,
    index_interval_bytes: u64,
    write_back_bytes: u64,
    /// Ascending; the last one is `active.segment`.
    segments: Vec<Arc<Segment<S>>>,
    active: Active<S>,
    log_start_offset: Offset,
    log_end_offset: Offset,
    /// Everything below is on the device.
    flushed_offset: Offset,
    /// Base offsets of segments whose roll is not finished, ascending: the recovery point stays
    /// below.
    rolling: VecDeque<Offset>,
    leader_epochs: LeaderEpochs,
    leader_epochs_changed: bool,
    /// Whether any segment has a transaction index: without one, no lookup needs to be made.
    has_aborted_transactions: bool,
    last_producer_snapshot: Offset,
    /// Whether the files are as a clean close leaves them.
    is_untouched: bool,
    is_retired: bool,
}

/// The segment that is appended to.
#[derive(Debug)]
struct Active<S: Storage> {
    segment: Arc<Segment<S>>,
    /// Bytes reserved for batches.
    size: u64,
    /// Up to here the device holds space for it, as far as this process knows.
    space_end: u64,
    /// Up to here the device was told to begin; whole portions.
    write_back_to: u64,
    indexer: Indexer,
    created_at: TimestampMs,
    /// Largest timestamp of the first batch.
    first_timestamp: Option<TimestampMs>,
    /// Base offset and position of the last batches.
    recent: VecDeque<(Offset, u32)>,
}

impl<S: Storage> Active<S> {
    fn new(segment: Arc<Segment<S>>, indexer: Indexer, now: TimestampMs) -> Self {
        Active {
            segment,
            size: 0,
            space_end: 0,
            write_back_to: 0,
            indexer,
            created_at: now,
            first_timestamp: None,
            recent: VecDeque::new(),
        }
    }
}

/// A log as recovery found it, from which [`Log`] is made.
#[derive(Debug)]
pub(crate) struct Recovered<S: Storage> {
    pub place: Place<S>,
    pub index_interval_bytes: u64,
    pub write_back_bytes: u64,
    pub segments: Vec<Arc<Segment<S>>>,
    pub active_size: u64,
    pub active_indexer: Indexer,
    pub active_created_at: TimestampMs,
    pub active_first_timestamp: Option<TimestampMs>,
    pub log_start_offset: Offset,
    pub log_end_offset: Offset,
    pub recovery_point: Offset,
    pub leader_epochs: LeaderEpochs,
    pub has_aborted_transactions: bool,
    pub last_producer_snapshot: Offset,
    pub is_untouched: bool,
}

/// A place in a segment that belongs to one batch.
#[derive(Clone, Debug)]
pub struct Reservation<S: Storage> {
    /// Where to write it. If [`Segment::is_created`] is false, after the roll only.
    pub segment: Arc<Segment<S>>,
    /// The position of its first byte.
    pub position: u64,
}

impl<S: Storage> Log<S> {
    pub(crate) fn new(recovered: Recovered<S>) -> Self {
        let segment = recovered
            .segments
            .last()
            .expect("a log has at least one segment")
            .clone();
        segment.unseal();
        let mut active = Active::new(
            segment,
            recovered.active_indexer,
            recovered.active_created_at,
        );
        active.size = recovered.active_size;
        active.skip_write_back(recovered.write_back_bytes.max(1));
        active.first_timestamp = recovered.active_first_timestamp;
        Log {
            place: recovered.place,
            index_interval_bytes: recovered.index_interval_bytes,
            write_back_bytes: recovered.write_back_bytes.max(1),
            segments: recovered.segments,
            active,
            log_start_offset: recovered.log_start_offset,
            log_end_offset: recovered.log_end_offset,
            flushed_offset: recovered.recovery_point,
            rolling: VecDeque::new(),
            leader_epochs: recovered.leader_epochs,
            leader_epochs_changed: false,
            has_aborted_transactions: recovered.has_aborted_transactions,
            last_producer_snapshot: recovered.last_producer_snapshot,
            is_untouched: recovered.is_untouched,
            is_retired: false,
        }
    }

    /// The partition's directory.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.place.directory
    }

    /// The first offset that may be read.
    #[must_use]
    pub fn log_start_offset(&self) -> Offset {
        self.log_start_offset
    }

    /// The offset that the next batch gets; what lies below may not be written yet.
    #[must_use]
    pub fn log_end_offset(&self) -> Offset {
        self.log_end_offset
    }

    /// The base offset of the oldest segment: at the log start offset or below it.
    #[must_use]
    pub fn first_base_offset(&self) -> Offset {
        self.segments
            .first()
            .map_or(self.log_start_offset, |segment| segment.base_offset())
    }

    /// Bytes of all segments.
    #[must_use]
    pub fn size_in_bytes(&self) -> u64 {
        let sealed: u64 = self
            .segments
            .iter()
            .map(|segment| segment.sealed_size())
            .sum();
        sealed + self.active.size
    }

    /// How many segments there are.
    #[must_use]
    pub fn segments_count(&self) -> usize {
        self.segments.len()
    }

    /// The leader epochs of the log.
    #[must_use]
    pub fn leader_epochs(&self) -> &LeaderEpochs {
        &self.leader_epochs
    }

    /// Whether there are no records.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.log_start_offset == self.log_end_offset
    }

    /// Reserves the place of a batch whose base offset and leader epoch are final. The caller then
    /// writes its bytes there, outside of the lock.
    ///
    /// # Errors
    /// [`LogError::OutOfOrder`] when the batch begins below the log end offset.
    ///
    /// # Panics
    /// When the caller did not ask [`Log::must_roll`] before.
    pub fn reserve(&mut self, header: &BatchHeader) -> Result<Reservation<S>, LogError> {
        if header.base_offset < self.log_end_offset || header.last_offset_delta < 0 {
            return Err(LogError::OutOfOrder {
                offset: header.base_offset,
                end: self.log_end_offset,
            });
        }
        self.is_untouched = false;
        let active = &mut self.active;
        let position = u32::try_from(active.size).expect("a segment that large was rolled before");
        assert!(
            crate::index::relative_offset(active.indexer.base_offset, header.last_offset())
                .is_some(),
            "a segment that spans that many offsets was rolled before"
        );
        active.indexer.on_batch(header, position);
        active.size += u64::from(header.size_in_bytes);
        active.first_timestamp.get_or_insert(header.max_timestamp);
        if active.recent.len() == RECENT_BATCHES {
            active.recent.pop_front();
        }
        active.recent.push_back((header.base_offset, position));
        self.log_end_offset = header.next_offset();
        let latest = self.leader_epochs.latest();
        if latest.is_none_or(|latest| header.partition_leader_epoch > latest.epoch) {
            self.assign_leader_epoch(header.partition_leader_epoch, header.base_offset);
        }
        Ok(Reservation {
            segment: self.active.segment.clone(),
            position: u64::from(position),
        })
    }

    /// Notes that an epoch begins at an offset; [`Log::take_changed_leader_epochs`] says what to
    /// store. An epoch without batches need not be: who leads next begins another one.
    pub fn assign_leader_epoch(&mut self, epoch: LeaderEpoch, start_offset: Offset) {
        self.leader_epochs_changed |= self.leader_epochs.assign(epoch, start_offset);
    }

    /// Whether [`Log::take_changed_leader_epochs`] has something to store.
    #[must_use]
    pub fn has_changed_leader_epochs(&self) -> bool {
        self.leader_epochs_changed
    }

    /// The leader epochs, if they changed since the last call: to be stored by
    /// [`crate::store_leader_epochs`] at once, by one thread per partition.
    pub fn take_changed_leader_epochs(&mut self) -> Option<LeaderEpochs> {
        std::mem::take(&mut self.leader_epochs_changed).then(|| self.leader_epochs.clone())
    }

    /// Takes an ended transaction into the transaction index, if it was aborted. Its marker must
    /// be the batch that was reserved last.
    pub fn on_completed_transaction(&mut self, completed: &CompletedTransaction) {
        if completed.commit {
            return;
        }
        self.has_aborted_transactions = true;
        self.active
            .indexer
            .indexes
            .aborted
            .push(AbortedTransaction {
                producer_id: completed.producer_id,
                first_offset: completed.first_offset,
                last_offset: completed.last_offset,
                last_stable_offset: completed.last_stable_offset,
            });
    }

    /// The segments that hold bytes which are not known to be on the device, oldest first. The
    /// committer syncs them in this order, then calls [`Log::on_flushed`].
    #[must_use]
    pub fn segments_to_sync(&self) -> Vec<Arc<Segment<S>>> {
        let first = self.floor(self.flushed_offset);
        self.segments.get(first..).unwrap_or_default().to_vec()
    }

    /// Notes that everything below `offset` is on the device.
    pub fn on_flushed(&mut self, offset: Offset) {
        self.flushed_offset = self.flushed_offset.max(offset.min(self.log_end_offset));
    }

    /// The offset for `recovery-point-offset-checkpoint`: below it everything is on the device,
    /// the indexes of full segments too.
    #[must_use]
    pub fn recovery_point(&self) -> Offset {
        let rolling = self.rolling.front().copied();
        rolling.map_or(self.flushed_offset, |base| base.min(self.flushed_offset))
    }

    /// Raises the log start offset (retention, DeleteRecords). False when it was there already.
    pub fn raise_log_start_offset(&mut self, offset: Offset) -> bool {
        let offset = offset.min(self.log_end_offset);
        if offset <= self.log_start_offset {
            return false;
        }
        self.log_start_offset = offset;
        self.is_untouched = false;
        self.leader_epochs_changed |= self.leader_epochs.truncate_from_start(offset);
        true
    }

    /// Notes that the directory is about to be renamed, because the replica is deleted or stray:
    /// who still reads gets [`LogError::Removed`], and nothing needs to be synced any more.
    pub fn retire(&mut self) {
        self.is_retired = true;
        for segment in &self.segments {
            segment.on_removed();
        }
    }

    /// Whether [`Log::retire`] was called: failures to write its files mean nothing any more.
    #[must_use]
    pub fn is_retired(&self) -> bool {
        self.is_retired
    }

    /// Takes over a changed `index.interval.bytes`, from the next segment on.
    pub fn set_index_interval_bytes(&mut self, bytes: u64) {
        self.index_interval_bytes = bytes;
    }

    /// The index of the last segment that begins at `offset` or before; 0 if all begin later.
    fn floor(&self, offset: Offset) -> usize {
        self.segments
            .partition_point(|segment| segment.base_offset() <= offset)
            .saturating_sub(1)
    }
}

#[cfg(test)]
mod tests;
