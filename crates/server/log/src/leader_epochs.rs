//! Which leader epoch began at which offset: the cache behind `leader-epoch-checkpoint`.
//!
//! *Invariants*: epochs and start offsets both increase from entry to entry.
//! *Kafka*: `LeaderEpochFileCache`, KIP-101, KIP-279.

use ottla_types::{LeaderEpoch, Offset};

/// One epoch and the first offset that its leader wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochEntry {
    /// The epoch.
    pub epoch: LeaderEpoch,
    /// Its first offset.
    pub start_offset: Offset,
}

/// The epochs of one log, ascending.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeaderEpochs {
    entries: Vec<EpochEntry>,
}

impl LeaderEpochs {
    /// Takes over entries of a checkpoint; those that contradict later ones are dropped.
    #[must_use]
    pub fn from_entries(entries: impl IntoIterator<Item = EpochEntry>) -> Self {
        let mut epochs = LeaderEpochs::default();
        for entry in entries {
            epochs.assign(entry.epoch, entry.start_offset);
        }
        epochs
    }

    /// The entries, ascending.
    #[must_use]
    pub fn entries(&self) -> &[EpochEntry] {
        &self.entries
    }

    /// The newest epoch.
    #[must_use]
    pub fn latest(&self) -> Option<EpochEntry> {
        self.entries.last().copied()
    }

    /// The oldest epoch.
    #[must_use]
    pub fn earliest(&self) -> Option<EpochEntry> {
        self.entries.first().copied()
    }

    /// Notes that `epoch` begins at `start_offset`; true if that changed anything.
    pub fn assign(&mut self, epoch: LeaderEpoch, start_offset: Offset) -> bool {
        if epoch.0 < 0 || start_offset.0 < 0 {
            return false;
        }
        let known = self
            .latest()
            .is_some_and(|latest| latest.epoch == epoch && latest.start_offset <= start_offset);
        if known {
            return false;
        }
        while self
            .latest()
            .is_some_and(|latest| latest.epoch >= epoch || latest.start_offset >= start_offset)
        {
            self.entries.pop();
        }
        self.entries.push(EpochEntry {
            epoch,
            start_offset,
        });
        true
    }

    /// Forgets epochs that begin at `end_offset` or later; true if there were any.
    pub fn truncate_from_end(&mut self, end_offset: Offset) -> bool {
        let kept = self
            .entries
            .partition_point(|entry| entry.start_offset < end_offset);
        let changed = kept < self.entries.len();
        self.entries.truncate(kept);
        changed
    }

    /// Forgets epochs that end at `start_offset` or before; the one that covers it begins there
    /// then.
    pub fn truncate_from_start(&mut self, start_offset: Offset) -> bool {
        let behind = self
            .entries
            .partition_point(|entry| entry.start_offset <= start_offset);
        let Some(covering) = behind.checked_sub(1) else {
            return false;
        };
        self.entries.drain(..covering);
        match self.entries.first_mut() {
            Some(first) if first.start_offset < start_offset => {
                first.start_offset = start_offset;
                true
            }
            _ => covering > 0,
        }
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.entries.clear();
    }

    /// Where the largest epoch that is not above `epoch` ends, as OffsetForLeaderEpoch answers it;
    /// `(-1, -1)` when that is not known.
    #[must_use]
    pub fn end_offset_for(
        &self,
        epoch: LeaderEpoch,
        log_end_offset: Offset,
    ) -> (LeaderEpoch, Offset) {
        let undefined = (LeaderEpoch::NONE, Offset::NONE);
        let (Some(first), Some(latest)) = (self.earliest(), self.latest()) else {
            return undefined;
        };
        if epoch == LeaderEpoch::NONE || epoch > latest.epoch {
            return undefined;
        }
        if epoch == latest.epoch {
            return (epoch, log_end_offset);
        }
        if epoch < first.epoch {
            return (epoch, first.start_offset);
        }
        let above = self.entries.partition_point(|entry| entry.epoch <= epoch);
        let floor = above.checked_sub(1).and_then(|at| self.entries.get(at));
        match (floor, self.entries.get(above)) {
            (Some(floor), Some(higher)) => (floor.epoch, higher.start_offset),
            _ => undefined,
        }
    }

    /// The epoch that wrote `offset`.
    #[must_use]
    pub fn epoch_of(&self, offset: Offset) -> Option<LeaderEpoch> {
        let behind = self
            .entries
            .partition_point(|entry| entry.start_offset <= offset);
        let covering = behind.checked_sub(1)?;
        Some(self.entries.get(covering)?.epoch)
    }
}

#[cfg(test)]
mod tests;
