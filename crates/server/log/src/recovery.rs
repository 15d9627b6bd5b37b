//! Opening a log: finds what is there, mends what a crash left, and rebuilds what is not on disk.
//!
//! *Kafka*: `LogLoader`. Stricter in two points: a batch that overlaps its predecessor is cut off
//! (Kafka empties the segment or keeps the overlap), and what was recovered is synced before it is
//! served, so that no reader sees what a second crash takes away (KAFKA-10101).

mod files;
mod producers;
mod segment;

pub use producers::load_producer_state;

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use ottla_partition::Producers;
use ottla_types::{Offset, TimestampMs};

use crate::checkpoint::{load_leader_epochs, store_leader_epochs};
use crate::files::FileKind;
use crate::index::{Indexer, Indexes};
use crate::log::{Log, Place, Recovered, Removal};
use crate::storage::{Storage, remove_file};
use crate::{LeaderEpochs, LogError, OpenFiles, Segment};
use files::Found;
use producers::ProducerLoader;
use segment::{End, RecoveredSegment};

/// How to open a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenOptions {
    /// `index.interval.bytes`.
    pub index_interval_bytes: u64,
    /// So much is written to a segment before the device is told to begin with it; at least 1.
    pub write_back_bytes: u64,
    /// Of `recovery-point-offset-checkpoint`; 0 if absent. The metadata log: always 0.
    pub recovery_point: Offset,
    /// Of `log-start-offset-checkpoint`; 0 if absent.
    pub log_start_offset: Offset,
    /// Whether the directory had its clean-shutdown marker. The metadata log: always false.
    pub was_clean: bool,
    /// The wall clock.
    pub now: TimestampMs,
    /// `producer.id.expiration.ms`.
    pub producer_id_expiration_ms: i64,
}

impl Default for OpenOptions {
    fn default() -> Self {
        OpenOptions {
            index_interval_bytes: 4096,
            write_back_bytes: 8 << 20,
            recovery_point: Offset::ZERO,
            log_start_offset: Offset::ZERO,
            was_clean: false,
            now: TimestampMs(0),
            producer_id_expiration_ms: 86_400_000,
        }
    }
}

/// An open log.
#[derive(Debug)]
pub struct Opened<S: Storage> {
    /// The log.
    pub log: Log<S>,
    /// The producers at its end.
    pub producers: Producers,
    /// What recovery had to do.
    pub report: RecoveryReport,
}

/// What recovery had to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecoveryReport {
    /// Segments that were read and checked.
    pub recovered_segments: usize,
    /// Bytes that were cut off behind the last good batch.
    pub truncated_bytes: u64,
    /// Segments that were removed because they lay behind a cut.
    pub removed_segments: usize,
}

/// Opens the log in `directory`, which is created when missing. Blocks.
///
/// # Errors
/// When a file cannot be read or written, or holds what cannot be mended.
pub fn open_log<S: Storage>(
    storage: &S,
    directory: &Path,
    open_files: &Arc<OpenFiles<S>>,
    options: &OpenOptions,
) -> Result<Opened<S>, LogError> {
    if storage.metadata(directory).is_err() {
        storage
            .create_directory(directory)
            .map_err(LogError::writing("create", directory))?;
        crate::storage::sync_parent(storage, directory)?;
    }
    let mut found = files::finish_swaps(storage, directory)?;
    found.keep_snapshots_above(storage, directory, options.log_start_offset)?;
    let place = Place {
        directory: directory.into(),
        storage: storage.clone(),
        open_files: open_files.clone(),
    };
    let leader_epochs = load_leader_epochs(storage, directory)?;
    let recovery = Recovery {
        stored_epochs: leader_epochs.clone(),
        leader_epochs,
        producers: ProducerLoader::new(place.clone(), options.log_start_offset),
        place,
        options: *options,
        segments: Vec::new(),
        report: RecoveryReport::default(),
    };
    recovery.run(found)
}

/// The work of opening one log.
struct Recovery<S: Storage> {
    place: Place<S>,
    options: OpenOptions,
    leader_epochs: LeaderEpochs,
    /// Those on disk.
    stored_epochs: LeaderEpochs,
    producers: ProducerLoader<S>,
    segments: Vec<OpenSegment<S>>,
    report: RecoveryReport,
}

/// A segment with what is known of it.
struct OpenSegment<S: Storage> {
    segment: Arc<Segment<S>>,
    size: u64,
    /// Of a segment that was read in full.
    recovered: Option<RecoveredSegment>,
    /// Of the last segment, when it is trusted.
    end: Option<End>,
}

impl<S: Storage> Recovery<S> {
    fn run(mut self, mut found: Found) -> Result<Opened<S>, LogError> {
        self.open_segments(&mut found)?;
        let mut log_end_offset = self.log_end_offset();
        if log_end_offset.is_some_and(|end| end < self.options.log_start_offset) {
            self.discard_all(&mut found)?;
            log_end_offset = None;
        }
        if self.segments.is_empty() {
            self.create_first_segment()?;
        }
        let log_end_offset = match log_end_offset {
            Some(offset) => offset,
            None => self.options.log_start_offset,
        };
        self.leader_epochs.truncate_from_end(log_end_offset);
        let first = self.segments.first().expect("one was created if need be");
        let log_start_offset = self
            .options
            .log_start_offset
            .max(first.segment.base_offset());
        self.leader_epochs
            .truncate_from_start(self.options.log_start_offset);
        if self.leader_epochs != self.stored_epochs {
            store_leader_epochs(
                &self.place.storage,
                &self.place.directory,
                &self.leader_epochs,
            )?;
        }
        let pieces = self.pieces();
        let last_producer_snapshot = self.producers.finish(
            &mut found,
            &pieces,
            log_start_offset,
            log_end_offset,
            self.options.was_clean,
        )?;
        let mut producers = std::mem::take(&mut self.producers.producers);
        producers.expire(self.options.now, self.options.producer_id_expiration_ms);
        let report = self.report;
        let has_aborted_transactions = found.has_transaction_index
            || self.segments.iter().any(|open| {
                let recovered = open.recovered.as_ref();
                recovered.is_some_and(|r| !r.indexer.indexes.aborted.is_empty())
            });
        let log = self.into_log(
            log_start_offset,
            log_end_offset,
            has_aborted_transactions,
            last_producer_snapshot,
        )?;
        Ok(Opened {
            log,
            producers,
            report,
        })
    }

    /// Opens every segment; reads those that the recovery point does not vouch for.
    fn open_segments(&mut self, found: &mut Found) -> Result<(), LogError> {
        let unflushed_from = found
            .segments
            .partition_point(|file| file.base_offset <= self.options.recovery_point)
            .saturating_sub(1);
        let files = std::mem::take(&mut found.segments);
        let count = files.len();
        for (at, file) in files.into_iter().enumerate() {
            let segment = self.place.segment(file.base_offset, true);
            // Kafka makes indexes at their full size and trims them when it stops cleanly.
            let is_empty = file.size == 0 && !file.has_filled_index;
            let is_unflushed = !self.options.was_clean && at >= unflushed_from && !is_empty;
            // Kafka trusts the indexes of flushed segments; a missing or impossible one is
            // rebuilt.
            let is_unusable = !file.has_offset_index && !is_empty
                || file.has_transaction_index && segment.load_indexes(file.size).is_err();
            let is_last = at + 1 == count;
            let mut is_trusted = !is_unflushed && !is_unusable;
            let mut end = None;
            if is_trusted && is_last {
                end = segment::find_end(&segment, file.size)?;
                is_trusted = end.is_some();
            }
            if is_trusted {
                segment.seal(file.size, None);
                self.segments.push(OpenSegment {
                    segment,
                    size: file.size,
                    recovered: None,
                    end,
                });
                continue;
            }
            let behind = at + 1..count;
            if self.recover(found, segment, file.size, behind)? {
                break;
            }
        }
        Ok(())
    }

    /// Reads one segment in full, rebuilds what belongs to it, cuts it behind its last good batch
    /// and syncs it. True if something was cut: the segments `behind` are gone then.
    fn recover(
        &mut self,
        found: &mut Found,
        segment: Arc<Segment<S>>,
        size: u64,
        behind: Range<usize>,
    ) -> Result<bool, LogError> {
        let pieces = self.pieces();
        self.producers
            .advance_to(found, &pieces, segment.base_offset())?;
        let recovered = segment::recover(
            &segment,
            size,
            self.options.index_interval_bytes,
            &mut self.leader_epochs,
            &mut self.producers,
        )?;
        let truncated = size - recovered.size;
        if truncated > 0 {
            self.report.truncated_bytes += truncated;
            // Before the cut: a crash between must find the reason for removing the rest again.
            self.remove_behind(found, behind.clone())?;
            segment.truncate(recovered.size)?;
        } else {
            if behind.is_empty() {
                // The process that died may have reserved space behind the end.
                segment.release_space(size)?;
            }
            segment.sync()?;
        }
        if behind.is_empty() {
            // The other indexes of the active segment are removed in the end.
            segment.store_aborted(&recovered.indexer.indexes)?;
        } else {
            segment.store_indexes(&recovered.indexer.indexes)?;
        }
        let indexes = Arc::new(recovered.indexer.indexes.clone());
        segment.seal(recovered.size, Some(indexes.clone()));
        if !behind.is_empty() {
            segment.on_indexes_stored(&indexes);
        }
        self.producers
            .store_snapshot(found, recovered.next_offset)?;
        self.report.recovered_segments += 1;
        self.segments.push(OpenSegment {
            segment,
            size: recovered.size,
            recovered: Some(recovered),
            end: None,
        });
        Ok(truncated > 0)
    }

    /// Removes the segments behind a cut: they cannot follow what is no longer there.
    fn remove_behind(&mut self, found: &mut Found, behind: Range<usize>) -> Result<(), LogError> {
        let Place {
            directory, storage, ..
        } = &self.place;
        if behind.is_empty() {
            return Ok(());
        }
        let files = files::list_segments(storage, directory)?;
        // The last one first: a crash leaves no segment without its predecessor.
        let removed: Vec<_> = files
            .iter()
            .skip(behind.start)
            .rev()
            .map(|file| self.place.segment(file.base_offset, true))
            .collect();
        self.report.removed_segments = removed.len();
        for segment in &removed {
            found.snapshots.remove(&segment.base_offset());
        }
        let deleted = Removal::new(self.place.clone(), removed).perform()?;
        storage
            .sync_directory(directory)
            .map_err(LogError::storage("sync", directory))?;
        deleted.unlink()
    }

    fn log_end_offset(&self) -> Option<Offset> {
        let last = self.segments.last()?;
        let recovered = last.recovered.as_ref().map(|r| r.next_offset);
        recovered.or(last.end.as_ref().map(|end| end.next_offset))
    }

    fn discard_all(&mut self, found: &mut Found) -> Result<(), LogError> {
        let segments = self.segments.drain(..).map(|open| open.segment).collect();
        Removal::new(self.place.clone(), segments)
            .perform()?
            .unlink()?;
        self.leader_epochs.clear();
        self.producers.restart_at(self.options.log_start_offset);
        found.remove_all_snapshots(&self.place.storage, &self.place.directory)
    }

    fn create_first_segment(&mut self) -> Result<(), LogError> {
        let segment = self.place.segment(self.options.log_start_offset, false);
        segment.create()?;
        segment.create_indexes()?;
        let directory = &self.place.directory;
        self.place
            .storage
            .sync_directory(directory)
            .map_err(LogError::storage("sync", directory))?;
        segment.on_created();
        self.segments.push(OpenSegment {
            segment,
            size: 0,
            recovered: None,
            end: None,
        });
        Ok(())
    }

    fn pieces(&self) -> Vec<(Arc<Segment<S>>, u64)> {
        self.segments
            .iter()
            .map(|open| (open.segment.clone(), open.size))
            .collect()
    }

    fn into_log(
        mut self,
        log_start_offset: Offset,
        log_end_offset: Offset,
        has_aborted_transactions: bool,
        last_producer_snapshot: Offset,
    ) -> Result<Log<S>, LogError> {
        let last = self
            .segments
            .last_mut()
            .expect("one was created if need be");
        let interval = self.options.index_interval_bytes;
        let base_offset = last.segment.base_offset();
        let active_indexer = match last.recovered.take() {
            // The counter of bytes starts anew, as after any start.
            Some(recovered) => Indexer::resume(base_offset, interval, recovered.indexer.indexes),
            None => {
                let indexes = last
                    .end
                    .take()
                    .map_or_else(Indexes::default, |end| end.indexes);
                Indexer::resume(base_offset, interval, indexes)
            }
        };
        // The active segment's indexes are in memory from now on: absent rather than stale.
        let is_untouched =
            self.options.was_clean || self.report == RecoveryReport::default() && last.size == 0;
        if !is_untouched {
            for kind in [FileKind::OffsetIndex, FileKind::TimeIndex] {
                remove_file(&self.place.storage, &last.segment.path(kind))?;
            }
        }
        let active_first_timestamp = segment::first_timestamp(&last.segment, last.size)?;
        let active_size = last.size;
        let was_recovered = self.report.recovered_segments > 0;
        let recovery_point = if self.options.was_clean || was_recovered {
            // Recovered segments were synced, and those before are below the recovery point.
            log_end_offset
        } else {
            self.options.recovery_point.min(log_end_offset)
        };
        Ok(Log::new(Recovered {
            place: self.place,
            index_interval_bytes: interval,
            write_back_bytes: self.options.write_back_bytes,
            segments: self.segments.into_iter().map(|open| open.segment).collect(),
            active_size,
            active_indexer,
            active_created_at: self.options.now,
            active_first_timestamp,
            log_start_offset,
            log_end_offset,
            recovery_point,
            leader_epochs: self.leader_epochs,
            has_aborted_transactions,
            last_producer_snapshot,
            is_untouched: is_untouched && self.report == RecoveryReport::default(),
        }))
    }
}

#[cfg(test)]
mod tests;
