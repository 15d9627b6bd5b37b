//! Look-ups that read more than one segment: offsets by timestamp, aborted transactions by offset.

use std::sync::Arc;

use ottla_records::{Batch, InflateLimits};
use ottla_types::{LeaderEpoch, Offset, TimestampMs};

use super::Log;
use crate::files::FileKind;
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
    /// Of the active segment: its indexes as they are now, and its largest timestamp.
    active: Option<(Arc<Indexes>, TimestampMs)>,
}

impl<S: Storage> Log<S> {
    /// What look-ups by timestamp work on. Only what is below `end_offset` is found: give the
    /// written mark.
    #[must_use]
    pub fn timestamp_view(&self, end_offset: Offset) -> TimestampView<S> {
        let first = self.floor(self.log_start_offset);
        let segments = self.segments.get(first..).unwrap_or_default();
        TimestampView {
            segments: segments.iter().map(|segment| self.piece(segment)).collect(),
            start_offset: self.log_start_offset,
            end_offset: end_offset.min(self.log_end_offset),
        }
    }

    fn piece(&self, segment: &Arc<Segment<S>>) -> Piece<S> {
        let is_active = Arc::ptr_eq(segment, &self.active.segment);
        let indexer = &self.active.indexer;
        Piece {
            segment: segment.clone(),
            size: if is_active {
                self.active.size
            } else {
                segment.sealed_size()
            },
            active: is_active.then(|| (Arc::new(indexer.indexes.clone()), indexer.max_timestamp)),
        }
    }
}

impl<S: Storage> Piece<S> {
    fn indexes(&self) -> Result<Arc<Indexes>, LogError> {
        match &self.active {
            Some((indexes, _)) => Ok(indexes.clone()),
            None => self.segment.indexes(),
        }
    }

    fn largest_timestamp(&self) -> Result<TimestampMs, LogError> {
        match self.active {
            Some((_, largest)) => Ok(largest),
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
            let indexes = piece.indexes()?;
            let base = piece.segment.base_offset();
            // Entries say "no later timestamp up to here", so one below the target is needed.
            let before = TimestampMs(target.0.saturating_sub(1));
            let start = relative_offset(base, self.start_offset).unwrap_or(0);
            let from = indexes.position_for(indexes.offset_before(before).max(start));
            let found = self.scan(piece, from, |timestamp| timestamp >= target)?;
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
        let mut best: Option<(&Piece<S>, TimestampMs)> = None;
        for piece in &self.segments {
            let largest = piece.largest_timestamp()?;
            let is_better = best.is_none_or(|(_, best)| largest > best);
            if piece.size > 0 && is_better {
                best = Some((piece, largest));
            }
        }
        let Some((piece, largest)) = best else {
            return Ok(None);
        };
        let indexes = piece.indexes()?;
        let before = TimestampMs(largest.0.saturating_sub(1));
        let from = indexes.position_for(indexes.offset_before(before));
        self.scan(piece, from, |timestamp| timestamp >= largest)
    }

    fn scan(
        &self,
        piece: &Piece<S>,
        from: u32,
        wanted: impl Fn(TimestampMs) -> bool,
    ) -> Result<Option<TimestampAndOffset>, LogError> {
        let mut scan = Scan::new(&piece.segment, from.into(), piece.size, SCAN_STEP);
        let limits = InflateLimits::default();
        while let Some(header) = scan.header()? {
            if header.base_offset >= self.end_offset {
                return Ok(None);
            }
            if wanted(header.max_timestamp) && header.last_offset() >= self.start_offset {
                let bytes = bytes::Bytes::copy_from_slice(scan.batch(&header)?);
                let corrupt = |error: ottla_records::RecordError| {
                    LogError::corrupt(&piece.segment.path(FileKind::Log), error.to_string())
                };
                let batch = Batch::open(&bytes, &limits).map_err(corrupt)?;
                for record in batch.records() {
                    let record = record.map_err(corrupt)?;
                    let is_visible =
                        record.offset >= self.start_offset && record.offset < self.end_offset;
                    if is_visible && wanted(record.timestamp) {
                        return Ok(Some(TimestampAndOffset {
                            timestamp: record.timestamp,
                            offset: record.offset,
                            leader_epoch: header.partition_leader_epoch,
                        }));
                    }
                }
            }
            scan.skip(&header);
        }
        Ok(None)
    }
}

/// The transaction indexes at one moment, from one offset on.
#[derive(Clone, Debug)]
pub struct AbortedView<S: Storage> {
    segments: Vec<Piece<S>>,
    from: Offset,
}

impl<S: Storage> Log<S> {
    /// What a fetch from `offset` needs to find aborted transactions; `None` when there are none.
    #[must_use]
    pub fn aborted_view(&self, offset: Offset) -> Option<AbortedView<S>> {
        if !self.has_aborted_transactions {
            return None;
        }
        let first = self.floor(offset);
        let segments = self.segments.get(first..).unwrap_or_default();
        Some(AbortedView {
            segments: segments.iter().map(|segment| self.piece(segment)).collect(),
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
        for piece in &self.segments {
            for aborted in &piece.indexes()?.aborted {
                let overlaps =
                    aborted.last_offset >= self.from && aborted.first_offset < upper_bound;
                if overlaps {
                    found.push(*aborted);
                }
                // No transaction that ends later can have begun below the last stable offset.
                if aborted.last_stable_offset >= upper_bound {
                    return Ok(found);
                }
            }
        }
        Ok(found)
    }
}
