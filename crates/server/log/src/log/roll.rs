//! Rolling: the active segment is sealed and another one takes its place.
//!
//! The protocol, with the partition's lock as `[…]`:
//!
//! 1. `[plan = log.begin_roll(…); log.reserve(…)]`: from here on, batches get places in the new
//!    segment, whose file does not exist yet: their writes wait ([`Segment::is_created`]).
//! 2. When all that was reserved in the old segment is *written*: `plan.create_segment()`: the old
//!    segment is on the device, then the new one exists and its name is durable.
//! 3. Until it covers all that was given a place in the new segment:
//!    `[log.begin_space_of(…)]`, `reserved = space.perform()`. Then
//!    `[log.on_space_reserved(&reserved); plan.open_segment()]`; the writes go on.
//! 4. `rolled = plan.finish()`: the old segment's indexes and the producer snapshot are on the
//!    device.
//! 5. `[log.on_rolled(&rolled)]`: the recovery point may pass the old segment.
//!
//! Steps 2 to 4 can each be made again when the device was full ([`LogError::NoSpace`]).
//!
//! A crash between any of the steps leaves what recovery expects: indexes of the old segment are
//! rebuilt, because the recovery point is not above its base. The old segment comes first in step
//! 2 because a power cut must not take its end and leave the new segment: the log would have a
//! hole that looks like one of compaction (Kafka has that risk; its flush comes later).

use std::sync::Arc;

use ottla_partition::ProducerEntry;
use ottla_records::BatchHeader;
use ottla_types::{Offset, TimestampMs};

use super::{Active, Log, Place};
use crate::index::{Indexer, Indexes, relative_offset};
use crate::producer_snapshot::store_producers;
use crate::storage::Storage;
use crate::{LogError, Segment};

/// What decides whether the active segment must be rolled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RollFacts {
    /// The base offset of the active segment.
    pub base_offset: Offset,
    /// Its bytes.
    pub size: u64,
    /// When it was created, on the wall clock.
    pub created_at: TimestampMs,
    /// The largest timestamp of its first batch.
    pub first_timestamp: Option<TimestampMs>,
    /// Whether an index is full.
    pub is_index_full: bool,
}

/// The configured limits of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RollLimits {
    /// `segment.bytes`.
    pub segment_bytes: u64,
    /// `segment.ms`, less the jitter of this segment.
    pub segment_ms: i64,
    /// `segment.index.bytes`.
    pub segment_index_bytes: u64,
}

/// Whether the segment must be rolled before a batch is appended.
#[must_use]
pub fn must_roll(
    facts: &RollFacts,
    limits: &RollLimits,
    header: &BatchHeader,
    now: TimestampMs,
) -> bool {
    let size_after = facts.size.saturating_add(u64::from(header.size_in_bytes));
    let too_large = size_after > limits.segment_bytes.min(i32::MAX as u64);
    let waited_ms = match facts.first_timestamp {
        Some(first) if first > TimestampMs::NONE => header.max_timestamp.0.saturating_sub(first.0),
        _ => now.0.saturating_sub(facts.created_at.0),
    };
    let too_old = waited_ms > limits.segment_ms;
    let too_wide = relative_offset(facts.base_offset, header.last_offset()).is_none();
    (facts.size > 0 && (too_large || too_old)) || facts.is_index_full || too_wide
}

/// The file work of a roll; see the module.
#[derive(Debug)]
#[must_use = "writes to the new segment wait for it"]
pub struct RollPlan<S: Storage> {
    place: Place<S>,
    old: Arc<Segment<S>>,
    old_size: u64,
    old_indexes: Arc<Indexes>,
    new: Arc<Segment<S>>,
    producers: Option<Vec<ProducerEntry>>,
}

/// Proof that a roll is finished.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rolled {
    old_base_offset: Offset,
    new_base_offset: Offset,
}

impl<S: Storage> Log<S> {
    /// What [`must_roll`] asks for.
    #[must_use]
    pub fn roll_facts(&self, limits: &RollLimits) -> RollFacts {
        let active = &self.active;
        RollFacts {
            base_offset: active.indexer.base_offset,
            size: active.size,
            created_at: active.created_at,
            first_timestamp: active.first_timestamp,
            is_index_full: active.indexer.is_full(limits.segment_index_bytes),
        }
    }

    /// Whether the active segment must be rolled before this batch.
    #[must_use]
    pub fn must_roll(&self, limits: &RollLimits, header: &BatchHeader, now: TimestampMs) -> bool {
        must_roll(&self.roll_facts(limits), limits, header, now)
    }

    /// Makes a new segment the active one, beginning at `base_offset` (at least the log end
    /// offset). `producers` is the state below that offset. `None` when the active segment is
    /// empty and begins there already.
    pub fn begin_roll(
        &mut self,
        base_offset: Offset,
        producers: Vec<ProducerEntry>,
        now: TimestampMs,
    ) -> Option<RollPlan<S>> {
        let base_offset = base_offset.max(self.log_end_offset);
        if base_offset == self.active.indexer.base_offset {
            return None;
        }
        self.is_untouched = false;
        let new = self.place.segment(base_offset, false);
        let indexer = Indexer::new(base_offset, self.index_interval_bytes);
        let mut old = std::mem::replace(&mut self.active, Active::new(new.clone(), indexer, now));
        old.indexer.push_max_timestamp();
        let old_indexes = Arc::new(old.indexer.indexes);
        old.segment.seal(old.size, Some(old_indexes.clone()));
        self.segments.push(new.clone());
        self.rolling.push_back(old.segment.base_offset());
        self.log_end_offset = base_offset;
        let is_news = base_offset > self.last_producer_snapshot;
        self.last_producer_snapshot = self.last_producer_snapshot.max(base_offset);
        Some(RollPlan {
            place: self.place.clone(),
            old: old.segment,
            old_size: old.size,
            old_indexes,
            new,
            producers: is_news.then_some(producers),
        })
    }

    /// Lets the recovery point pass the old segment.
    pub fn on_rolled(&mut self, rolled: &Rolled) {
        self.rolling.retain(|base| *base != rolled.old_base_offset);
        if self.flushed_offset >= rolled.old_base_offset {
            self.on_flushed(rolled.new_base_offset);
        }
    }
}

impl<S: Storage> RollPlan<S> {
    /// The segment that becomes writable with [`RollPlan::create_segment`].
    #[must_use]
    pub fn new_segment(&self) -> &Arc<Segment<S>> {
        &self.new
    }

    /// Syncs the old segment, creates the file of the new one and makes its name durable. To be
    /// called when all that was reserved in the old segment is written.
    ///
    /// # Errors
    /// [`LogError::NoSpace`] when the device is full: to be called again. Otherwise the log
    /// directory goes offline.
    pub fn create_segment(&self) -> Result<(), LogError> {
        let create = || {
            self.old.release_space(self.old_size)?;
            self.old.sync()?;
            self.new.create()?;
            self.sync_directory()
        };
        self.new.unless_removed(create())
    }

    /// Lets writers into the new segment.
    pub fn open_segment(&self) {
        self.new.on_created();
    }

    /// Puts the old segment's indexes and the producer snapshot on the device.
    ///
    /// # Errors
    /// [`LogError::NoSpace`] when the device is full: to be called again. Otherwise the log
    /// directory goes offline. [`LogError::Removed`] when the old segment, or the whole replica,
    /// was removed meanwhile.
    pub fn finish(&self) -> Result<Rolled, LogError> {
        let finish = || {
            self.old.store_indexes(&self.old_indexes)?;
            self.old.on_indexes_stored(&self.old_indexes);
            if let Some(producers) = &self.producers {
                let Place {
                    directory, storage, ..
                } = &self.place;
                store_producers(storage, directory, self.new.base_offset(), producers)?;
            }
            self.sync_directory()
        };
        self.old.unless_removed(finish())?;
        Ok(Rolled {
            old_base_offset: self.old.base_offset(),
            new_base_offset: self.new.base_offset(),
        })
    }

    fn sync_directory(&self) -> Result<(), LogError> {
        let directory = &self.place.directory;
        self.place
            .storage
            .sync_directory(directory)
            .map_err(LogError::storage("sync", directory))
    }

    /// All of it in one, where nothing is in flight and space is not looked after.
    ///
    /// # Errors
    /// As those.
    pub fn perform(&self) -> Result<Rolled, LogError> {
        self.create_segment()?;
        self.open_segment();
        self.finish()
    }
}
