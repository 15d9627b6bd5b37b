//! Closing cleanly, so that the next start needs no recovery.

use std::sync::Arc;

use ottla_partition::ProducerEntry;
use ottla_types::Offset;

use super::{Log, Place};
use crate::checkpoint::store_leader_epochs;
use crate::index::Indexes;
use crate::producer_snapshot::store_producers;
use crate::storage::Storage;
use crate::{LeaderEpochs, LogError, Segment};

/// The file work of a clean close; nothing may be appended after it was made.
#[derive(Debug)]
#[must_use = "the log is closed by performing it"]
pub struct ClosePlan<S: Storage> {
    place: Place<S>,
    unsynced: Vec<Arc<Segment<S>>>,
    active: Arc<Segment<S>>,
    /// Where the active segment ends, if something is reserved behind.
    spare_from: Option<u64>,
    indexes: Indexes,
    leader_epochs: LeaderEpochs,
    end_offset: Offset,
    producers: Option<Vec<ProducerEntry>>,
    /// Nothing is to be done.
    is_untouched: bool,
}

impl<S: Storage> Log<S> {
    /// Prepares a clean close, when all rolls are finished and all that is reserved is written.
    /// `producers` is the state at the log end offset.
    pub fn begin_close(&mut self, producers: Vec<ProducerEntry>) -> ClosePlan<S> {
        let unsynced = self.segments_to_sync();
        self.active.indexer.push_max_timestamp();
        let is_news = self.log_end_offset > self.last_producer_snapshot;
        ClosePlan {
            place: self.place.clone(),
            unsynced,
            active: self.active.segment.clone(),
            spare_from: self.active.has_spare_space().then_some(self.active.size),
            indexes: self.active.indexer.indexes.clone(),
            leader_epochs: self.leader_epochs.clone(),
            end_offset: self.log_end_offset,
            producers: is_news.then_some(producers),
            is_untouched: self.is_untouched,
        }
    }
}

impl<S: Storage> ClosePlan<S> {
    /// Puts everything on the device. The answer is the recovery point to checkpoint.
    ///
    /// # Errors
    /// When a file cannot be written: the directory gets no clean-shutdown marker.
    pub fn perform(self) -> Result<Offset, LogError> {
        if self.is_untouched {
            return Ok(self.end_offset);
        }
        let Place {
            directory, storage, ..
        } = &self.place;
        // First of all: on a full device the indexes may need that space.
        if let Some(size) = self.spare_from {
            self.active.release_space(size)?;
        }
        for segment in &self.unsynced {
            segment.sync()?;
        }
        self.active.store_indexes(&self.indexes)?;
        if let Some(producers) = &self.producers {
            store_producers(storage, directory, self.end_offset, producers)?;
        }
        store_leader_epochs(storage, directory, &self.leader_epochs)?;
        Ok(self.end_offset)
    }
}
