//! What makes a replica's log shorter at its start, and what ends it.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use ottla_log::{LogError, Removal, Storage};
use ottla_messages::ErrorCode;
use ottla_partition::Input;
use ottla_types::Offset;

use super::{Hosted, Replica};
use crate::notices::Notices;

const FAILURE_CHECK_INTERVAL: Duration = Duration::from_millis(50);

impl<H: Hosted, S: Storage> Replica<H, S> {
    /// Takes everything below an offset out of the log, which must be committed. The files are
    /// removed by what is returned. When nothing is to be left, the active segment is rolled.
    pub fn remove_below(self: &Arc<Self>, offset: Offset) -> (Removal<S>, Notices) {
        let mut notices = Notices::default();
        let state = &mut *self.lock();
        let now = self.directory.now();
        if offset >= state.log.log_end_offset() && state.machine.marks().reserved() == offset {
            let producers = state.machine.producers().entries().collect();
            self.begin_roll(state, offset, producers, now);
        }
        let removal = state.log.begin_removal(offset);
        let start = state
            .log
            .log_start_offset()
            .min(state.machine.high_watermark());
        self.step_locked(state, Input::LogStart(start), &mut notices);
        self.store_leader_epochs(state);
        (removal, notices)
    }

    /// Lets the log start at an offset, or at the high watermark; where it starts then. Segments
    /// that lie below it go with the next round of retention.
    ///
    /// # Errors
    /// NOT_LEADER_OR_FOLLOWER; OFFSET_OUT_OF_RANGE for what is not committed.
    pub fn delete_records(
        self: &Arc<Self>,
        before: Option<Offset>,
    ) -> Result<(Offset, Notices), ErrorCode> {
        let mut notices = Notices::default();
        let state = &mut *self.lock();
        if state.machine.leader_epoch().is_none() {
            return Err(ErrorCode::NOT_LEADER_OR_FOLLOWER);
        }
        let committed = state.machine.high_watermark();
        let start = before.unwrap_or(committed);
        if start < Offset::ZERO || start > committed {
            return Err(ErrorCode::OFFSET_OUT_OF_RANGE);
        }
        if state.log.raise_log_start_offset(start) {
            self.step_locked(state, Input::LogStart(start), &mut notices);
            self.store_leader_epochs(state);
        }
        Ok((state.log.log_start_offset(), notices))
    }

    /// Puts everything on the device in the form of a clean stop. Nothing may be appended any
    /// more, and whoever was appending is done. Blocks.
    ///
    /// # Errors
    /// When a file cannot be written: the directory must not be marked clean.
    pub fn close(self: &Arc<Self>) -> Result<(), LogError> {
        self.finish_writes()?;
        let (plan, end) = {
            let state = &mut *self.lock();
            let producers = state.machine.producers().entries().collect();
            (state.log.begin_close(producers), state.log.log_end_offset())
        };
        plan.perform()?;
        self.lock().log.on_flushed(end);
        Ok(())
    }

    /// Waits until rolls and stores that are under way are finished: their threads work on the same
    /// files.
    ///
    /// # Errors
    /// When they wait for space: not all that has an offset is written.
    fn finish_writes(&self) -> Result<(), LogError> {
        let mut state = self.lock();
        state.is_closing = true;
        while !self.directory.has_failed() {
            let marks = state.machine.marks();
            let is_written = marks.written() == marks.reserved();
            if state.rolls.is_empty() && is_written && !state.storing_epochs {
                break;
            }
            if self.directory.is_full() {
                let path = state.log.directory().to_owned();
                return Err(LogError::NoSpace { path });
            }
            // The failure of a directory is not told to every replica.
            let waited = self.settled.wait_timeout(state, FAILURE_CHECK_INTERVAL);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        Ok(())
    }
}
