//! Space on the device, reserved in front of what is appended, so that a full device is met before
//! a batch has its offset and not in the middle of its write.
//!
//! *Invariants*: nobody writes behind what is reserved; what is reserved and not needed is given
//! back when the segment is rolled or closed. The file's size never tells of it.

use std::sync::Arc;

use super::{Active, Log};
use crate::storage::Storage;
use crate::{LogError, Segment};

/// So much is reserved in front of an empty segment: a partition that is hardly used must not
/// hold much of the device.
const AHEAD_MIN: u64 = 64 << 10;
/// So much at most: a busy partition asks for more while it still has half of it.
const AHEAD_MAX: u64 = 16 << 20;
/// Devices give space in blocks of this size.
const BLOCK: u64 = 4096;

/// A reservation to be made outside of the lock.
#[derive(Debug)]
pub struct SpacePlan<S: Storage> {
    segment: Arc<Segment<S>>,
    wanted_end: u64,
    needed_end: u64,
}

/// Proof that the device holds space for a segment up to some position.
#[derive(Debug)]
pub struct ReservedSpace<S: Storage> {
    segment: Arc<Segment<S>>,
    end: u64,
}

impl<S: Storage> Log<S> {
    /// Bytes that fit into the active segment without asking the device for space. Meaningless
    /// before that segment is created.
    #[must_use]
    pub fn reserved_space(&self) -> u64 {
        self.active.space_end.saturating_sub(self.active.size)
    }

    /// Whether so little is left that more should be reserved before anybody has to wait for it.
    #[must_use]
    pub fn is_space_running_out(&self) -> bool {
        self.reserved_space() < ahead_of(self.active.size) / 2
    }

    /// Whether the active segment has its file.
    #[must_use]
    pub fn is_active_created(&self) -> bool {
        self.active.segment.is_created()
    }

    /// Plans space in the active segment for `bytes` more, and for what may follow up to
    /// `segment_bytes`.
    #[must_use]
    pub fn begin_space(&self, bytes: u64, segment_bytes: u64) -> SpacePlan<S> {
        plan(
            self.active.segment.clone(),
            self.active.size + bytes,
            segment_bytes,
        )
    }

    /// Plans space for all that was given a place in `segment`, the file of which is being made,
    /// and for what may follow.
    #[must_use]
    pub fn begin_space_of(&self, segment: &Arc<Segment<S>>, segment_bytes: u64) -> SpacePlan<S> {
        plan(segment.clone(), self.size_of(segment), segment_bytes)
    }

    /// Whether all that was given a place in a segment has its space.
    #[must_use]
    pub fn is_covered(&self, reserved: &ReservedSpace<S>) -> bool {
        self.size_of(&reserved.segment) <= reserved.end
    }

    /// Whether a batch with a place in `segment` may be behind what is reserved.
    #[must_use]
    pub fn is_space_missing(&self, segment: &Arc<Segment<S>>) -> bool {
        let is_active = Arc::ptr_eq(segment, &self.active.segment);
        !is_active || self.active.space_end < self.active.size
    }

    /// Takes note of a reservation.
    pub fn on_space_reserved(&mut self, reserved: &ReservedSpace<S>) {
        if Arc::ptr_eq(&reserved.segment, &self.active.segment) {
            self.active.space_end = self.active.space_end.max(reserved.end);
        }
    }

    fn size_of(&self, segment: &Arc<Segment<S>>) -> u64 {
        if Arc::ptr_eq(segment, &self.active.segment) {
            self.active.size
        } else {
            segment.sealed_size()
        }
    }
}

impl<S: Storage> Active<S> {
    /// Whether something is reserved that was not written.
    pub(super) fn has_spare_space(&self) -> bool {
        self.space_end > self.size
    }
}

impl<S: Storage> SpacePlan<S> {
    /// Asks the device: for what is wanted, or else for what is needed.
    ///
    /// # Errors
    /// [`LogError::NoSpace`] when it has not even that.
    pub fn perform(self) -> Result<ReservedSpace<S>, LogError> {
        let end = match self.segment.reserve_space(self.wanted_end) {
            Ok(()) => self.wanted_end,
            Err(LogError::NoSpace { .. }) => {
                self.segment.reserve_space(self.needed_end)?;
                self.needed_end
            }
            Err(error) => return Err(error),
        };
        Ok(ReservedSpace {
            segment: self.segment,
            end,
        })
    }
}

fn plan<S: Storage>(segment: Arc<Segment<S>>, size: u64, segment_bytes: u64) -> SpacePlan<S> {
    // What is behind the end of a full segment would only be given back.
    let wanted = (size + ahead_of(size)).min(segment_bytes.max(size));
    SpacePlan {
        segment,
        wanted_end: wanted.next_multiple_of(BLOCK),
        needed_end: size.next_multiple_of(BLOCK),
    }
}

fn ahead_of(size: u64) -> u64 {
    size.clamp(AHEAD_MIN, AHEAD_MAX)
}

#[cfg(test)]
mod tests;
