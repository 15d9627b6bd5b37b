//! Rebuilding producer state: the newest snapshot, then the batches behind it.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use ottla_partition::{CompletedTransaction, Marker, Producers};
use ottla_records::{
    BATCH_HEADER_SIZE, Batch, BatchHeader, Compression, EndTransactionMarker, RecordError,
};
use ottla_types::Offset;

use super::files::{Found, finish_swaps};
use crate::log::Place;
use crate::producer_snapshot::{load_producers, store_producers};
use crate::scan::Scan;
use crate::storage::Storage;
use crate::{LogError, OpenFiles, Segment};

/// How much is read at once.
const SCAN_STEP: usize = 1 << 20;
/// How much of a log's end is looked through for batches that may be repeated: what producers have
/// in flight at a time.
const REPEATABLE_BYTES: u64 = 256 << 10;

/// Producer state on its way to the end of a log.
pub(super) struct ProducerLoader<S: Storage> {
    place: Place<S>,
    pub producers: Producers,
    log_start_offset: Offset,
    /// The state covers the offsets below; `None` before anything was loaded.
    end: Option<Offset>,
    last_snapshot: Offset,
}

impl<S: Storage> ProducerLoader<S> {
    pub fn new(place: Place<S>, log_start_offset: Offset) -> Self {
        ProducerLoader {
            place,
            producers: Producers::default(),
            log_start_offset,
            end: None,
            last_snapshot: Offset::ZERO,
        }
    }

    /// Forgets everything; the log begins anew at `offset`.
    pub fn restart_at(&mut self, offset: Offset) {
        self.producers = Producers::default();
        self.log_start_offset = offset;
        self.end = Some(offset);
        self.last_snapshot = Offset::ZERO;
    }

    /// Brings the state to `offset`, for a segment that begins there and is about to be read.
    /// Snapshots above are of bytes that are not trusted: they are removed.
    pub fn advance_to(
        &mut self,
        found: &mut Found,
        pieces: &[(Arc<Segment<S>>, u64)],
        offset: Offset,
    ) -> Result<(), LogError> {
        if self.end.is_some_and(|end| end >= offset) {
            return Ok(());
        }
        let Place {
            directory, storage, ..
        } = self.place.clone();
        if self.end.is_none() {
            found.remove_snapshots_above(&storage, &directory, offset)?;
            self.load_snapshot(found, offset)?;
        }
        self.replay_pieces(pieces, offset)
    }

    /// Loads the newest intact snapshot at or below `offset`; broken ones are removed.
    fn load_snapshot(&mut self, found: &mut Found, offset: Offset) -> Result<(), LogError> {
        let Place {
            directory, storage, ..
        } = self.place.clone();
        while let Some(&at) = found.snapshots.range(..=offset).next_back() {
            if let Some(entries) = load_producers(&storage, &directory, at)? {
                self.producers = Producers::from_entries(entries);
                self.end = Some(at);
                self.last_snapshot = at;
                return Ok(());
            }
            found.retain_snapshots(&storage, &directory, |other| other != at)?;
        }
        self.end = Some(self.log_start_offset);
        Ok(())
    }

    fn replay_pieces(
        &mut self,
        pieces: &[(Arc<Segment<S>>, u64)],
        offset: Offset,
    ) -> Result<(), LogError> {
        for (at, (segment, size)) in pieces.iter().enumerate() {
            let start = self.end.unwrap_or(self.log_start_offset);
            let next = pieces.get(at + 1).map(|(next, _)| next.base_offset());
            let ends_before = next.is_some_and(|next| next <= start);
            if ends_before || segment.base_offset() >= offset {
                continue;
            }
            let mut scan = Scan::new(segment, 0, *size, SCAN_STEP);
            while let Some(header) = scan.header()? {
                if header.base_offset >= offset {
                    break;
                }
                if header.base_offset >= start && header.has_producer_id() {
                    let batch = scan.batch(&header)?;
                    let replayed = self.replay(&header, batch);
                    replayed.map_err(|error| scan.broken(&error))?;
                }
                scan.skip(&header);
            }
        }
        self.end = Some(offset);
        Ok(())
    }

    /// Takes in one batch; the transaction it ended, if any.
    pub fn replay(
        &mut self,
        header: &BatchHeader,
        batch: &[u8],
    ) -> Result<Option<CompletedTransaction>, RecordError> {
        let completed = replay_batch(&mut self.producers, header, batch)?;
        self.end = Some(header.next_offset());
        Ok(completed)
    }

    /// Writes a snapshot at `offset`, which the state has reached, if it is news.
    pub fn store_snapshot(&mut self, found: &mut Found, offset: Offset) -> Result<(), LogError> {
        if offset <= self.last_snapshot {
            return Ok(());
        }
        let entries: Vec<_> = self.producers.entries().collect();
        store_producers(&self.place.storage, &self.place.directory, offset, &entries)?;
        found.snapshots.insert(offset);
        self.last_snapshot = offset;
        Ok(())
    }

    /// Brings the state to the end of the log, and leaves the snapshots there that the next start
    /// wants. The answer is the offset of the newest one.
    pub fn finish(
        &mut self,
        found: &mut Found,
        pieces: &[(Arc<Segment<S>>, u64)],
        log_start_offset: Offset,
        log_end_offset: Offset,
        was_clean: bool,
    ) -> Result<Offset, LogError> {
        let Place {
            directory, storage, ..
        } = self.place.clone();
        self.keep_wanted_snapshots(found, pieces)?;
        self.log_start_offset = log_start_offset;
        if found.snapshots.is_empty() && was_clean && self.end.is_none() {
            // A log of a version that had no snapshots: its producers are not worth a full scan.
            // Kafka leaves empty snapshots, so that later truncations need none either.
            let bases = pieces.iter().rev().take(2).rev();
            let offsets = bases.map(|(segment, _)| segment.base_offset());
            for offset in offsets.chain([log_end_offset]) {
                self.end = Some(offset);
                self.store_snapshot(found, offset)?;
            }
        } else if self.end.is_none_or(|end| end < log_end_offset) {
            found.remove_snapshots_above(&storage, &directory, log_end_offset)?;
            if self.end.is_none() {
                self.load_snapshot(found, log_end_offset)?;
            }
            self.replay_pieces(pieces, log_end_offset)?;
        }
        self.store_snapshot(found, log_end_offset)?;
        self.recall_earlier_batches(pieces)?;
        Ok(self.last_snapshot)
    }

    /// Lets producers remember the batches before their last one, as far as they lie near the end:
    /// a snapshot does not have them, and without them a repeated one would be taken for new.
    fn recall_earlier_batches(
        &mut self,
        pieces: &[(Arc<Segment<S>>, u64)],
    ) -> Result<(), LogError> {
        if self.producers.count() == 0 {
            return Ok(());
        }
        let mut left = REPEATABLE_BYTES;
        for (segment, size) in pieces.iter().rev() {
            let from = segment
                .load_indexes(*size)?
                .batch_before(size.saturating_sub(left));
            let mut headers = Vec::new();
            let mut scan = Scan::new(segment, from.into(), *size, SCAN_STEP);
            loop {
                match scan.header() {
                    Ok(Some(header)) => {
                        headers.push(header);
                        scan.skip(&header);
                    }
                    // What nobody had to read to open the log must not keep it from opening.
                    Ok(None) | Err(LogError::Corrupt { .. } | LogError::Refused(_)) => break,
                    Err(error) => return Err(error),
                }
            }
            for header in headers.iter().rev() {
                self.producers.on_earlier_batch(header);
            }
            left = left.saturating_sub(*size);
            if left == 0 {
                break;
            }
        }
        Ok(())
    }

    /// Keeps the snapshots at segment bases, and the newest other one if it lies above all of
    /// them.
    fn keep_wanted_snapshots(
        &self,
        found: &mut Found,
        pieces: &[(Arc<Segment<S>>, u64)],
    ) -> Result<(), LogError> {
        let newest = found.snapshots.last().copied();
        let highest_base = pieces.last().map(|(segment, _)| segment.base_offset());
        let keep = |offset: Offset| {
            pieces
                .iter()
                .any(|(segment, _)| segment.base_offset() == offset)
                || (Some(offset) == newest && Some(offset) > highest_base)
        };
        found.retain_snapshots(&self.place.storage, &self.place.directory, keep)
    }
}

fn replay_batch(
    producers: &mut Producers,
    header: &BatchHeader,
    batch: &[u8],
) -> Result<Option<CompletedTransaction>, RecordError> {
    if !header.has_producer_id() {
        return Ok(None);
    }
    if !header.is_control() {
        producers.on_recovered_batch(header);
        return Ok(None);
    }
    if header.compression()? != Compression::None {
        return Err(RecordError::Corrupt("a control batch is compressed"));
    }
    let area = batch.get(BATCH_HEADER_SIZE..).unwrap_or_default();
    let batch = Batch {
        header: *header,
        record_area: Bytes::copy_from_slice(area),
    };
    let Some(marker) = EndTransactionMarker::read(&batch)? else {
        return Ok(None);
    };
    Ok(producers.on_marker(&Marker {
        producer_id: header.producer_id,
        producer_epoch: header.producer_epoch,
        coordinator_epoch: marker.coordinator_epoch,
        commit: marker.committed,
        offset: header.base_offset,
        timestamp: header.max_timestamp,
    }))
}

/// The producers of a log at `offset`, from its files: for a log that was truncated to there.
///
/// # Errors
/// When a file cannot be read.
pub fn load_producer_state<S: Storage>(
    storage: &S,
    directory: &Path,
    open_files: &Arc<OpenFiles<S>>,
    (log_start_offset, offset): (Offset, Offset),
) -> Result<Producers, LogError> {
    let mut found = finish_swaps(storage, directory)?;
    let place = Place {
        directory: directory.into(),
        storage: storage.clone(),
        open_files: open_files.clone(),
    };
    let pieces: Vec<_> = found
        .segments
        .iter()
        .map(|file| (place.segment(file.base_offset, true), file.size))
        .collect();
    let mut loader = ProducerLoader::new(place, log_start_offset);
    loader.advance_to(&mut found, &pieces, offset)?;
    Ok(loader.producers)
}
