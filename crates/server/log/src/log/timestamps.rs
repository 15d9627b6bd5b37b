//! Look-ups that read more than one segment: offsets by timestamp, aborted transactions by offset.

use std::cmp::Reverse;
use std::sync::Arc;

use bytes::Bytes;
use ottla_records::{Batch, BatchHeader, InflateLimits};
use ottla_types::{LeaderEpoch, Offset, TimestampMs};

use super::Log;
use crate::index::{AbortedTransaction, Indexes, relative_offset};
use crate::scan::Scan;
use crate::storage::Storage;
use crate::{LogError, Segment};

/// How much of a segment is read at once by a scan.
const SCAN_STEP: usize = 64 << 10;

/// A record found by its timestamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimestampAndOffset {
    /// The record's timestamp.
    pub timestamp: TimestampMs,
    /// Its offset.
    pub offset: Offset,
    /// The epoch of the leader that appended it.
    pub leader_epoch: LeaderEpoch,
}

/// The segments at one moment, for look-ups by timestamp outside of the lock.
#[derive(Clone, Debug)]
pub struct TimestampView<S: Storage> {
    segments: Vec<Piece<S>>,
    start_offset: Offset,
    end_offset: Offset,
}

#[derive(Clone, Debug)]
struct Piece<S: Storage> {
    segment: Arc<Segment<S>>,
    size: u64,
    active: Option<ActivePiece>,
}

/// What the indexes of the active segment say at that moment.
#[derive(Clone, Copy, Debug)]
struct ActivePiece {
    largest_timestamp: TimestampMs,
    /// No visible record in front of `position` has this timestamp or a later one.
    target: TimestampMs,
    position: u32,
}

impl<S: Storage> Log<S> {
    /// What a look-up by timestamp works on: of `target` or, without one, of the largest. Others
    /// find the same, but read more. Only what is below `end_offset` is found: give the written
    /// mark.
    #[must_use]
    pub fn timestamp_view(
        &self,
        end_offset: Offset,
        target: Option<TimestampMs>,
    ) -> TimestampView<S> {
        let first = self.floor(self.log_start_offset);
        let segments = self.segments.get(first..).unwrap_or_default();
        let mut view = TimestampView {
            segments: segments.iter().map(sealed_piece).collect(),
            start_offset: self.log_start_offset,
            end_offset: end_offset.min(self.log_end_offset),
        };
        // Looked up here, because the indexes are too large to be taken along.
        let indexer = &self.active.indexer;
        let target = target.unwrap_or(indexer.max_timestamp);
        let position = view.position_in(indexer.base_offset, &indexer.indexes, target);
        if let Some(last) = view.segments.last_mut() {
            last.size = self.active.size;
            last.active = Some(ActivePiece {
                largest_timestamp: indexer.max_timestamp,
                target,
                position,
            });
        }
        view
    }
}

fn sealed_piece<S: Storage>(segment: &Arc<Segment<S>>) -> Piece<S> {
    Piece {
        segment: segment.clone(),
        size: segment.sealed_size(),
        active: None,
    }
}

impl<S: Storage> Piece<S> {
    fn largest_timestamp(&self) -> Result<TimestampMs, LogError> {
        match self.active {
            Some(active) => Ok(active.largest_timestamp),
            None => self.segment.largest_timestamp(),
        }
    }
}

impl<S: Storage> TimestampView<S> {
    /// The first record whose timestamp is `target` or later.
    ///
    /// # Errors
    /// When a segment cannot be read.
    pub fn first_at_or_after(
        &self,
        target: TimestampMs,
    ) -> Result<Option<TimestampAndOffset>, LogError> {
        for piece in &self.segments {
            if piece.largest_timestamp()? < target {
                continue;
            }
            let found = self.scan(piece, target)?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// The first record among those with the largest timestamp.
    ///
    /// # Errors
    /// When a segment cannot be read.
    pub fn largest(&self) -> Result<Option<TimestampAndOffset>, LogError> {
        let mut candidates = Vec::new();
        for piece in self.segments.iter().filter(|piece| piece.size > 0) {
            candidates.push((piece, piece.largest_timestamp()?));
        }
        // Stable, so that of equal ones the oldest segment comes first.
        candidates.sort_by_key(|(_, largest)| Reverse(*largest));
        for (piece, largest) in candidates {
            // The largest of the active segment may not be written yet, and a file's time is no
            // record's: then the records themselves say.
            let found = match self.scan(piece, largest)? {
                Some(found) => Some(found),
                None => match self.largest_in(piece)? {
                    Some(largest) => self.scan(piece, largest)?,
                    None => None,
                },
            };
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// The largest timestamp of a segment's visible batches, by their headers.
    fn largest_in(&self, piece: &Piece<S>) -> Result<Option<TimestampMs>, LogError> {
        let mut largest = None;
        self.visit(piece, 0, |header, _| {
            largest = largest.max(Some(header.max_timestamp));
            Ok(None::<()>)
        })?;
        Ok(largest)
    }

    /// The first record of a segment with this timestamp or a later one.
    fn scan(
        &self,
        piece: &Piece<S>,
        target: TimestampMs,
    ) -> Result<Option<TimestampAndOffset>, LogError> {
        let limits = InflateLimits::default();
        let from = self.position_before(piece, target)?;
        self.visit(piece, from, |header, scan| {
            if header.max_timestamp < target {
                return Ok(None);
            }
            let bytes = Bytes::copy_from_slice(scan.batch(header)?);
            let batch = Batch::open(&bytes, &limits).map_err(|error| scan.broken(&error))?;
            for record in batch.records() {
                let record = record.map_err(|error| scan.broken(&error))?;
                let visible = self.start_offset..self.end_offset;
                if visible.contains(&record.offset) && record.timestamp >= target {
                    return Ok(Some(TimestampAndOffset {
                        timestamp: record.timestamp,
                        offset: record.offset,
                        leader_epoch: header.partition_leader_epoch,
                    }));
                }
            }
            Ok(None)
        })
    }

    /// Where to begin: no visible record in front of it has this timestamp or a later one.
    fn position_before(&self, piece: &Piece<S>, target: TimestampMs) -> Result<u32, LogError> {
        match piece.active {
            Some(active) if active.target <= target => Ok(active.position),
            Some(_) => Ok(0),
            None => {
                let indexes = piece.segment.indexes()?;
                Ok(self.position_in(piece.segment.base_offset(), &indexes, target))
            }
        }
    }

    fn position_in(&self, base_offset: Offset, indexes: &Indexes, target: TimestampMs) -> u32 {
        let relative = |offset| relative_offset(base_offset, offset).unwrap_or(0);
        // Entries say "no later timestamp up to here", so one below the target is needed.
        let before = indexes.offset_before(TimestampMs(target.0.saturating_sub(1)));
        // Behind the end lie places that are reserved and not written yet.
        let last = Offset(self.end_offset.0.saturating_sub(1));
        let from = before.max(relative(self.start_offset)).min(relative(last));
        indexes.position_for(from)
    }

    /// Shows the visible batches from a position on, until one gives an answer.
    fn visit<T>(
        &self,
        piece: &Piece<S>,
        from: u32,
        mut look: impl FnMut(&BatchHeader, &mut Scan<'_, S>) -> Result<Option<T>, LogError>,
    ) -> Result<Option<T>, LogError> {
        let mut scan = Scan::new(&piece.segment, from.into(), piece.size, SCAN_STEP);
        let mut next_offset = piece.segment.base_offset();
        while next_offset < self.end_offset {
            let Some(header) = scan.header()? else { break };
            if header.last_offset() >= self.start_offset
                && let Some(answer) = look(&header, &mut scan)?
            {
                return Ok(Some(answer));
            }
            next_offset = header.next_offset();
            scan.skip(&header);
        }
        Ok(None)
    }
}

/// The transaction indexes at one moment, from one offset on.
#[derive(Clone, Debug)]
pub struct AbortedView<S: Storage> {
    sealed: Vec<Arc<Segment<S>>>,
    active: Vec<AbortedTransaction>,
    from: Offset,
}

impl<S: Storage> Log<S> {
    /// What a fetch from `offset` needs to find aborted transactions; `None` when there are none.
    #[must_use]
    pub fn aborted_view(&self, offset: Offset) -> Option<AbortedView<S>> {
        if !self.has_aborted_transactions {
            return None;
        }
        let (_, sealed) = self.segments.split_last().expect("a log has a segment");
        let first = self.floor(offset).min(sealed.len());
        let aborted = &self.active.indexer.indexes.aborted;
        let behind = aborted.partition_point(|aborted| aborted.last_offset < offset);
        Some(AbortedView {
            sealed: sealed.get(first..).unwrap_or_default().to_vec(),
            active: aborted.get(behind..).unwrap_or_default().to_vec(),
            from: offset,
        })
    }
}

impl<S: Storage> AbortedView<S> {
    /// The aborted transactions that have records from the view's offset up to `upper_bound` (the
    /// end of what was read), in the order of their markers.
    ///
    /// # Errors
    /// When a transaction index cannot be read.
    pub fn below(&self, upper_bound: Offset) -> Result<Vec<AbortedTransaction>, LogError> {
        let mut found = Vec::new();
        for segment in &self.sealed {
            if self.collect(&segment.indexes()?.aborted, upper_bound, &mut found) {
                return Ok(found);
            }
        }
        self.collect(&self.active, upper_bound, &mut found);
        Ok(found)
    }

    /// Like [`AbortedView::below`], but never waits for a device: `None` when it would have to.
    #[must_use]
    pub fn below_in_memory(&self, upper_bound: Offset) -> Option<Vec<AbortedTransaction>> {
        let mut found = Vec::new();
        for segment in &self.sealed {
            let indexes = segment.indexes_in_memory()?;
            if self.collect(&indexes.aborted, upper_bound, &mut found) {
                return Some(found);
            }
        }
        self.collect(&self.active, upper_bound, &mut found);
        Some(found)
    }

    /// Takes what overlaps; true when nothing that ends later can.
    fn collect(
        &self,
        aborted: &[AbortedTransaction],
        upper_bound: Offset,
        found: &mut Vec<AbortedTransaction>,
    ) -> bool {
        for aborted in aborted {
            if aborted.last_offset >= self.from && aborted.first_offset < upper_bound {
                found.push(*aborted);
            }
            // No transaction that ends later can have begun below the last stable offset.
            if aborted.last_stable_offset >= upper_bound {
                return true;
            }
        }
        false
    }
}
