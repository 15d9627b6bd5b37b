//! The log as the quorum sees it: its ends, where each epoch starts, which snapshots stand beside
//! it.
//!
//! *Invariants*: epochs and their start offsets both grow strictly; `durable ≤ end`.

use ottla_types::{LeaderEpoch, Offset};

/// Names a snapshot: the offset it ends before, and the epoch of the last record in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SnapshotId {
    /// The first offset that the snapshot does not contain.
    pub end_offset: Offset,
    /// The epoch of the record before.
    pub epoch: LeaderEpoch,
}

/// The first offset written in an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochStart {
    /// The epoch.
    pub epoch: LeaderEpoch,
    /// Its first offset.
    pub start_offset: Offset,
}

/// What the shell found on disk.
#[derive(Clone, Debug)]
pub struct LogState {
    /// The first offset present; 0 unless a snapshot stands for what was before.
    pub start_offset: Offset,
    /// The offset the next record gets. All of the log is on disk.
    pub end_offset: Offset,
    /// Where each epoch of the log starts, ascending.
    pub epochs: Vec<EpochStart>,
    /// The offset of the newest Voters record in the log, if there is one.
    pub voters_record: Option<Offset>,
    /// The oldest snapshot.
    pub earliest_snapshot: Option<SnapshotId>,
    /// The newest snapshot.
    pub latest_snapshot: Option<SnapshotId>,
}

impl Default for LogState {
    fn default() -> Self {
        LogState {
            start_offset: Offset::ZERO,
            end_offset: Offset::ZERO,
            epochs: Vec::new(),
            voters_record: None,
            earliest_snapshot: None,
            latest_snapshot: None,
        }
    }
}

/// The machine's picture of the log.
#[derive(Clone, Debug)]
pub(crate) struct Log {
    pub(crate) start: Offset,
    pub(crate) end: Offset,
    pub(crate) durable: Offset,
    epochs: Vec<EpochStart>,
    pub(crate) voters_record: Option<Offset>,
    pub(crate) earliest_snapshot: Option<SnapshotId>,
    pub(crate) latest_snapshot: Option<SnapshotId>,
}

/// Where a fetching replica stands relative to this log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FetchPosition {
    /// A prefix of this log: records follow.
    Valid,
    /// Not a prefix: it must cut its log back to here or before.
    Diverging(EpochStart),
    /// What it needs is only in a snapshot.
    Snapshot(SnapshotId),
}

impl Log {
    pub(crate) fn new(state: LogState) -> Log {
        Log {
            start: state.start_offset,
            end: state.end_offset,
            durable: state.end_offset,
            epochs: state.epochs,
            voters_record: state.voters_record,
            earliest_snapshot: state.earliest_snapshot,
            latest_snapshot: state.latest_snapshot,
        }
    }

    /// The epoch of the last record; that of the snapshot, if the log has none behind it; else 0.
    pub(crate) fn last_epoch(&self) -> LeaderEpoch {
        let in_snapshot = self
            .latest_snapshot
            .filter(|snapshot| snapshot.end_offset == self.end)
            .map(|snapshot| snapshot.epoch);
        self.epochs
            .last()
            .map(|entry| entry.epoch)
            .or(in_snapshot)
            .unwrap_or(LeaderEpoch(0))
    }

    /// Whether a log that ends so has all that this one may have committed.
    pub(crate) fn is_covered_by(&self, last_epoch: LeaderEpoch, end: Offset) -> bool {
        (last_epoch, end) >= (self.last_epoch(), self.end)
    }

    /// The end of the largest epoch of this log that is not above `epoch`; none, if the log knows
    /// no epoch as high or has none at all.
    fn end_of_epoch(&self, epoch: LeaderEpoch) -> Option<EpochStart> {
        let above = self.epochs.partition_point(|entry| entry.epoch <= epoch);
        let floor = above
            .checked_sub(1)
            .and_then(|position| self.epochs.get(position));
        match (floor, self.epochs.get(above)) {
            (Some(floor), None) if floor.epoch == epoch => Some(EpochStart {
                epoch,
                start_offset: self.end,
            }),
            (_, None) => None,
            (Some(floor), Some(next)) => Some(EpochStart {
                epoch: floor.epoch,
                start_offset: next.start_offset,
            }),
            (None, Some(next)) => Some(EpochStart {
                epoch,
                start_offset: next.start_offset,
            }),
        }
    }

    /// Judges a replica whose log ends at `offset` with a record of `epoch`.
    pub(crate) fn position_of(&self, offset: Offset, epoch: LeaderEpoch) -> FetchPosition {
        if offset == Offset::ZERO
            && let Some(latest) = self.latest_snapshot.filter(|s| s.end_offset > Offset::ZERO)
        {
            return FetchPosition::Snapshot(latest);
        }
        if offset == Offset::ZERO && self.start == Offset::ZERO {
            return FetchPosition::Valid;
        }
        if let (Some(earliest), Some(latest)) = (self.earliest_snapshot, self.latest_snapshot) {
            let before_log = offset < self.start
                || (offset == self.start && epoch != earliest.epoch)
                || epoch < earliest.epoch;
            if before_log {
                return FetchPosition::Snapshot(latest);
            }
            if offset == self.start {
                return FetchPosition::Valid;
            }
        }
        let end = self.end_of_epoch(epoch).unwrap_or(EpochStart {
            epoch: self.last_epoch(),
            start_offset: self.end,
        });
        if end.epoch != epoch || end.start_offset < offset {
            FetchPosition::Diverging(end)
        } else {
            FetchPosition::Valid
        }
    }

    /// Where to cut this log when its leader says that their logs part.
    pub(crate) fn truncation_point(&self, diverging: EpochStart) -> Offset {
        if diverging.epoch == LeaderEpoch(0) {
            return diverging.start_offset.min(self.end);
        }
        match self.end_of_epoch(diverging.epoch) {
            Some(local) if local.epoch == diverging.epoch => {
                diverging.start_offset.min(local.start_offset)
            }
            Some(local) => local.start_offset,
            None => self.end,
        }
    }

    /// Takes note of `count` records appended in `epoch`.
    pub(crate) fn append(&mut self, epoch: LeaderEpoch, count: i64) {
        self.note_epoch(epoch, self.end);
        self.end = self.end.plus(count);
    }

    /// Says that an epoch starts here, unless it has started before.
    pub(crate) fn note_epoch(&mut self, epoch: LeaderEpoch, start_offset: Offset) {
        if self.epochs.last().is_none_or(|last| last.epoch < epoch) {
            self.epochs.push(EpochStart {
                epoch,
                start_offset,
            });
        }
    }

    /// Cuts everything from `end` on.
    pub(crate) fn truncate(&mut self, end: Offset) {
        self.end = end;
        self.durable = self.durable.min(end);
        self.epochs.retain(|entry| entry.start_offset < end);
        self.voters_record = self.voters_record.filter(|&offset| offset < end);
    }

    /// A snapshot was written and, perhaps, what it makes superfluous removed.
    pub(crate) fn on_snapshots(&mut self, start: Offset, earliest: SnapshotId, latest: SnapshotId) {
        self.start = start;
        self.earliest_snapshot = Some(earliest);
        self.latest_snapshot = Some(latest);
        let behind = self
            .epochs
            .partition_point(|entry| entry.start_offset <= start);
        // The epoch that the start lies in keeps its entry, from the start on.
        self.epochs.drain(..behind.saturating_sub(1));
        if let Some(first) = self.epochs.first_mut() {
            first.start_offset = first.start_offset.max(start);
        }
    }

    pub(crate) fn check_invariants(&self) {
        assert!(self.start <= self.end, "the log starts before it ends");
        assert!(self.durable <= self.end, "only what is there is durable");
        let ascending = self.epochs.iter().zip(self.epochs.iter().skip(1));
        for (earlier, later) in ascending {
            assert!(
                earlier.epoch < later.epoch && earlier.start_offset < later.start_offset,
                "epochs and their starts grow"
            );
        }
    }
}

#[cfg(test)]
mod tests;
