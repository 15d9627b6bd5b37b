//! Write-back in steady portions: the kernel lets written pages pile up for as long as it can, and
//! then whoever writes has to wait until the device has caught up. Who tells it to begin early
//! never meets that.
//!
//! *Invariants*: a range is asked for at most once, when all of it is written, and not after it was
//! synced: so what a roll leaves over is not asked for.

use std::sync::{Arc, Weak};

use ottla_types::Offset;

use super::{Active, Log};
use crate::storage::Storage;
use crate::{LogError, Segment};

/// A part of a segment that the device may begin with. It does not keep the segment's file open.
#[derive(Debug)]
pub struct WriteBackPlan<S: Storage> {
    segment: Weak<Segment<S>>,
    from: u64,
    to: u64,
}

impl<S: Storage> Log<S> {
    /// Plans whole portions of what lies below the offset `written` and was not planned yet, to be
    /// performed outside of the lock; `None` when not even one is full.
    pub fn begin_write_back(&mut self, written: Offset) -> Option<WriteBackPlan<S>> {
        let from = self.active.write_back_to;
        if self.is_retired || from + self.write_back_bytes > self.active.size {
            return None;
        }
        // Of a place that many batches have passed which are not written yet it is not known: the
        // last of them comes here too.
        let written = self.position_of(written)?.position;
        let to = written - written % self.write_back_bytes;
        if to <= from {
            return None;
        }
        self.active.write_back_to = to;
        Some(WriteBackPlan {
            segment: Arc::downgrade(&self.active.segment),
            from,
            to,
        })
    }
}

impl<S: Storage> Active<S> {
    /// Has nothing planned of what the segment holds by now: it was synced, or an earlier process
    /// has asked for it.
    pub(super) fn skip_write_back(&mut self, write_back_bytes: u64) {
        self.write_back_to = self.size - self.size % write_back_bytes;
    }
}

impl<S: Storage> WriteBackPlan<S> {
    /// How many bytes it is about.
    #[must_use]
    pub fn size_in_bytes(&self) -> u64 {
        self.to - self.from
    }

    /// Tells the device to begin, if it was not made to do all of it meanwhile. Blocks only while
    /// the device takes no more requests.
    ///
    /// # Errors
    /// When the device fails: the log directory goes offline.
    pub fn perform(&self) -> Result<(), LogError> {
        match self.segment.upgrade() {
            Some(segment) => segment.start_write_back(self.from, self.size_in_bytes()),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
