//! Retention: which old segments may go, and how they go.
//!
//! Decided outside of the lock, because the largest timestamp of a segment may have to be read:
//! `[view = log.retention_view()]`, `upto = view.breached(…)`, `[removal =
//! log.begin_removal(upto)]`, `deleted = removal.perform()`, and after `file.delete.delay.ms`:
//! `deleted.unlink()`.

use std::path::PathBuf;
use std::sync::Arc;

use ottla_types::{Offset, TimestampMs};

use super::{Log, Place};
use crate::files::{FileKind, deleted};
use crate::storage::{Storage, remove_file};
use crate::{LogError, Segment};

/// The configured limits of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetentionLimits {
    /// `retention.ms`; negative: for ever.
    pub retention_ms: i64,
    /// `retention.bytes`; negative: without bound.
    pub retention_bytes: i64,
}

/// The segments at one moment.
#[derive(Clone, Debug)]
pub struct RetentionView<S: Storage> {
    sealed: Vec<(Arc<Segment<S>>, u64)>,
    active_size: u64,
    active_base_offset: Offset,
    active_max_timestamp: TimestampMs,
    log_start_offset: Offset,
    log_end_offset: Offset,
}

/// Segments that are no longer part of the log; their files are still there.
#[derive(Debug)]
#[must_use = "the files are still there"]
pub struct Removal<S: Storage> {
    place: Place<S>,
    segments: Vec<Arc<Segment<S>>>,
}

/// Files that were renamed and wait to be unlinked.
#[derive(Debug)]
#[must_use = "the files are still there"]
pub struct DeletedFiles<S: Storage> {
    place: Place<S>,
    paths: Vec<PathBuf>,
}

impl<S: Storage> Log<S> {
    /// What [`RetentionView::breached`] looks at.
    #[must_use]
    pub fn retention_view(&self) -> RetentionView<S> {
        let (_, sealed) = self.segments.split_last().expect("a log has a segment");
        RetentionView {
            sealed: sealed
                .iter()
                .map(|segment| (segment.clone(), segment.sealed_size()))
                .collect(),
            active_size: self.active.size,
            active_base_offset: self.active.indexer.base_offset,
            active_max_timestamp: self.active.indexer.max_timestamp,
            log_start_offset: self.log_start_offset,
            log_end_offset: self.log_end_offset,
        }
    }

    /// Takes the segments that lie wholly below `offset` out of the log, and raises the log start
    /// offset to it. The active segment stays: to let it go, roll first.
    pub fn begin_removal(&mut self, offset: Offset) -> Removal<S> {
        self.raise_log_start_offset(offset);
        let kept_from = self
            .floor(self.log_start_offset)
            .min(self.segments.len().saturating_sub(1));
        // A roll that is under way still works on the files of its old segment.
        let kept_from = match self.rolling.front() {
            Some(base) => kept_from.min(self.floor(*base)),
            None => kept_from,
        };
        Removal::new(
            self.place.clone(),
            self.segments.drain(..kept_from).collect(),
        )
    }
}

impl<S: Storage> RetentionView<S> {
    /// The new log start offset that the limits ask for; `None` when nothing is to be removed.
    /// Only what lies below the high watermark is removed. When the answer is the log end offset,
    /// the active segment goes too: roll before [`Log::begin_removal`].
    ///
    /// # Errors
    /// When the time index of a segment cannot be read.
    pub fn breached(
        &self,
        limits: &RetentionLimits,
        high_watermark: Offset,
        now: TimestampMs,
    ) -> Result<Option<Offset>, LogError> {
        let mut excess = self.excess_bytes(limits);
        let mut start = self.log_start_offset;
        let mut nexts: Vec<Offset> = self
            .sealed
            .iter()
            .skip(1)
            .map(|(segment, _)| segment.base_offset())
            .collect();
        nexts.push(self.active_base_offset);
        let mut sealed_going = 0;
        for ((segment, size), next) in self.sealed.iter().zip(nexts) {
            let too_much = excess.is_some_and(|excess| excess >= *size);
            let goes = next <= high_watermark
                && (next <= self.log_start_offset
                    || too_much
                    || is_too_old(limits, now, segment.largest_timestamp()?));
            if !goes {
                break;
            }
            sealed_going += 1;
            excess = excess.map(|excess| excess.saturating_sub(*size));
            start = start.max(next);
        }
        let active_goes = sealed_going == self.sealed.len()
            && self.active_size > 0
            && self.log_end_offset <= high_watermark
            && self.active_max_timestamp > TimestampMs::NONE
            && (is_too_old(limits, now, self.active_max_timestamp)
                || excess.is_some_and(|excess| excess >= self.active_size));
        if active_goes {
            start = self.log_end_offset;
        }
        Ok((sealed_going > 0 || active_goes).then_some(start))
    }

    /// How many bytes there are above `retention.bytes`; `None` when that is not exceeded.
    fn excess_bytes(&self, limits: &RetentionLimits) -> Option<u64> {
        let allowed = u64::try_from(limits.retention_bytes).ok()?;
        let sealed: u64 = self.sealed.iter().map(|(_, size)| *size).sum();
        (sealed + self.active_size).checked_sub(allowed)
    }
}

fn is_too_old(limits: &RetentionLimits, now: TimestampMs, largest: TimestampMs) -> bool {
    limits.retention_ms >= 0 && now.0.saturating_sub(largest.0) > limits.retention_ms
}

impl<S: Storage> Removal<S> {
    /// Whether there is nothing to remove.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }

    pub(crate) fn new(place: Place<S>, segments: Vec<Arc<Segment<S>>>) -> Self {
        for segment in &segments {
            segment.on_removed();
        }
        Removal { place, segments }
    }

    /// Renames the files to `.deleted`, so that a restart does not find them as segments. Readers
    /// that have them open go on reading.
    ///
    /// # Errors
    /// When a file cannot be renamed.
    pub fn perform(self) -> Result<DeletedFiles<S>, LogError> {
        let mut paths = Vec::new();
        for segment in &self.segments {
            let kinds = FileKind::OF_SEGMENT
                .into_iter()
                .chain([FileKind::ProducerSnapshot]);
            for kind in kinds {
                let from = segment.path(kind);
                let to = deleted(&from);
                match self.place.storage.rename(&from, &to) {
                    Ok(()) => paths.push(to),
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                    Err(error) => return Err(LogError::storage("rename", &from)(error)),
                }
            }
        }
        Ok(DeletedFiles {
            place: self.place,
            paths,
        })
    }
}

impl<S: Storage> DeletedFiles<S> {
    /// How many files wait.
    #[must_use]
    pub fn count(&self) -> usize {
        self.paths.len()
    }

    /// Unlinks the files.
    ///
    /// # Errors
    /// When a file cannot be removed.
    pub fn unlink(self) -> Result<(), LogError> {
        for path in &self.paths {
            remove_file(&self.place.storage, path)?;
        }
        Ok(())
    }
}
