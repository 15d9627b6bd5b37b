//! Cutting the log's end off, and starting it anew: what a follower of another log does.
//!
//! These block: the caller owns the log exclusively, with nothing in flight.

use std::sync::Arc;

use ottla_types::{Offset, TimestampMs};

use super::{Active, Log, Removal};
use crate::checkpoint::store_leader_epochs;
use crate::files::FileKind;
use crate::index::Indexer;
use crate::scan::Scan;
use crate::storage::{EntryKind, Storage, remove_file};
use crate::{FileName, LogError, Segment};

impl<S: Storage> Log<S> {
    /// Cuts off everything from `offset` on; a batch that contains it goes as a whole. The caller
    /// rebuilds its producer state from [`crate::load_producer_state`].
    ///
    /// # Errors
    /// When a file cannot be read or written.
    pub fn truncate_to(&mut self, offset: Offset, now: TimestampMs) -> Result<(), LogError> {
        if offset >= self.log_end_offset {
            return Ok(());
        }
        self.is_untouched = false;
        let first = self.segments.first().expect("a log has a segment");
        if offset <= first.base_offset() {
            return self.truncate_fully_and_start_at(offset, now);
        }
        let at = self.floor(Offset(offset.0 - 1));
        let removed = self.segments.split_off(at + 1);
        // The last segment first: what is left after a crash is a log without a gap.
        for segment in removed.iter().rev() {
            Removal::new(self.place.clone(), vec![segment.clone()])
                .perform()?
                .unlink()?;
        }
        let segment = self
            .segments
            .last()
            .expect("its predecessors stayed")
            .clone();
        let end = if removed.is_empty() {
            self.active.size
        } else {
            segment.sealed_size()
        };
        self.reopen_cut(segment, offset, end, now)?;
        self.remove_producer_snapshots_above(self.log_end_offset)?;
        self.log_start_offset = self.log_start_offset.min(self.log_end_offset);
        self.leader_epochs.truncate_from_end(self.log_end_offset);
        store_leader_epochs(
            &self.place.storage,
            &self.place.directory,
            &self.leader_epochs,
        )
    }

    /// Makes `segment` the active one, cut before the first batch that reaches `offset`.
    fn reopen_cut(
        &mut self,
        segment: Arc<Segment<S>>,
        offset: Offset,
        end: u64,
        now: TimestampMs,
    ) -> Result<(), LogError> {
        let base_offset = segment.base_offset();
        let indexer = Indexer::new(base_offset, self.index_interval_bytes);
        let mut active = Active::new(segment.clone(), indexer, now);
        let mut log_end_offset = base_offset;
        let mut scan = Scan::new(&segment, 0, end, 1 << 20);
        while let Some(header) = scan.header()? {
            if header.last_offset() >= offset {
                break;
            }
            let position = u32::try_from(scan.position()).expect("a segment is below 2 GiB");
            active.indexer.on_batch(&header, position);
            active.first_timestamp.get_or_insert(header.max_timestamp);
            log_end_offset = header.next_offset();
            scan.skip(&header);
        }
        let mut aborted = segment.load_indexes(end)?.aborted;
        if Arc::ptr_eq(&segment, &self.active.segment) {
            aborted = std::mem::take(&mut self.active.indexer.indexes.aborted);
        }
        aborted.retain(|aborted| aborted.last_offset < log_end_offset);
        active.indexer.indexes.aborted = aborted;
        active.size = scan.position();
        active.skip_write_back(self.write_back_bytes);
        // Absent rather than stale: they are written again when the segment is full.
        for kind in [
            FileKind::OffsetIndex,
            FileKind::TimeIndex,
            FileKind::TransactionIndex,
        ] {
            remove_file(&self.place.storage, &segment.path(kind))?;
        }
        segment.truncate(active.size)?;
        segment.unseal();
        self.active = active;
        self.log_end_offset = log_end_offset;
        self.flushed_offset = self.flushed_offset.min(log_end_offset);
        self.rolling.clear();
        Ok(())
    }

    /// Throws everything away and begins anew at `offset`.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn truncate_fully_and_start_at(
        &mut self,
        offset: Offset,
        now: TimestampMs,
    ) -> Result<(), LogError> {
        self.is_untouched = false;
        let removed = std::mem::take(&mut self.segments);
        Removal::new(self.place.clone(), removed)
            .perform()?
            .unlink()?;
        self.remove_producer_snapshots_above(Offset(-1))?;
        let segment = self.place.segment(offset, false);
        segment.create()?;
        let directory = &self.place.directory;
        self.place
            .storage
            .sync_directory(directory)
            .map_err(LogError::storage("sync", directory))?;
        segment.on_created();
        self.segments.push(segment.clone());
        let indexer = Indexer::new(offset, self.index_interval_bytes);
        self.active = Active::new(segment, indexer, now);
        self.log_start_offset = offset;
        self.log_end_offset = offset;
        self.flushed_offset = offset;
        self.rolling.clear();
        self.has_aborted_transactions = false;
        self.leader_epochs.clear();
        store_leader_epochs(
            &self.place.storage,
            &self.place.directory,
            &self.leader_epochs,
        )
    }

    fn remove_producer_snapshots_above(&mut self, offset: Offset) -> Result<(), LogError> {
        let directory = &self.place.directory;
        let entries = self
            .place
            .storage
            .list(directory)
            .map_err(LogError::storage("list", directory))?;
        for entry in entries {
            let name = FileName::parse(&entry.name);
            let is_above = name.is_some_and(|name| {
                name.kind == FileKind::ProducerSnapshot && name.offset > offset
            });
            if entry.kind == EntryKind::File && is_above {
                remove_file(&self.place.storage, &directory.join(&entry.name))?;
            }
        }
        self.last_producer_snapshot = self.last_producer_snapshot.min(offset);
        Ok(())
    }
}
