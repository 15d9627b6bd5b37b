//! Space on the device for what is appended: reserved ahead by other threads, so that nobody who
//! appends has to wait for it.
//!
//! *State*: plenty → being reserved, when little is left → plenty. Who comes before that is done
//! reserves for himself. When the device has none the replica is short of space: appends are
//! refused, until the directory's next try finds some. What has an offset is never refused: it is
//! written once there is space.

use std::sync::{Arc, Weak};

use ottla_log::{LogError, Remedy, SpacePlan, Storage};
use ottla_messages::ErrorCode;
use ottla_records::BatchHeader;

use super::append::{ClientBatch, PlacedWrite};
use super::{Hosted, Replica, State};
use crate::notices::Notices;

/// What a replica knows of its space.
#[derive(Debug, Default)]
pub(super) struct Space {
    /// Whether another thread is about to reserve more.
    is_requested: bool,
    /// Whether the device had none when it was asked last.
    pub(super) is_short: bool,
}

/// Whether a batch may get an offset.
#[derive(Debug)]
pub(super) enum Room<S: Storage> {
    /// Yes.
    Enough,
    /// Not before this was reserved.
    Missing(SpacePlan<S>),
    /// The device has no space at the moment.
    Refused,
}

impl<H: Hosted, S: Storage> Replica<H, S> {
    /// Whether a batch may be appended now.
    pub(super) fn room_for(&self, state: &State<H, S>, batch: &ClientBatch) -> Room<S> {
        let bytes = u64::from(batch.header.size_in_bytes);
        let log = &state.log;
        if log.is_active_created() && log.reserved_space() >= bytes {
            // Also when it rolls the segment: then there is space for a new one, as likely as not,
            // and if there is none the batch waits for it.
            return Room::Enough;
        }
        if state.space.is_short {
            return Room::Refused;
        }
        // The file of a new segment is made with space for all that waits for it.
        let expected = BatchHeader {
            base_offset: state.machine.marks().reserved(),
            ..batch.header
        };
        if !log.is_active_created()
            || log.must_roll(&state.limits, &expected, self.directory.now().wall)
        {
            return Room::Enough;
        }
        Room::Missing(log.begin_space(bytes, state.limits.segment_bytes))
    }

    /// Writes a batch that got its offset before it had space. On a full device it waits, and
    /// everybody behind it is refused.
    pub(super) fn write_with_space(self: &Arc<Self>, write: PlacedWrite<S>, notices: &mut Notices) {
        match self.reserve_for(&write) {
            Ok(()) => self.write(&write, notices),
            Err(error) => {
                let replica = Arc::clone(self);
                let work = move || {
                    replica.reserve_for(&write)?;
                    let mut notices = Notices::default();
                    replica.write(&write, &mut notices);
                    replica.directory.deliver(notices);
                    Ok(())
                };
                self.directory.put_off(Box::new(work), &error);
            }
        }
    }

    fn reserve_for(&self, write: &PlacedWrite<S>) -> Result<(), LogError> {
        let plan = {
            let state = &*self.lock();
            let log = &state.log;
            log.is_space_missing(write.segment())
                .then(|| log.begin_space_of(write.segment(), state.limits.segment_bytes))
        };
        let Some(plan) = plan else { return Ok(()) };
        let reserved = self.reserve(plan);
        if let Err(LogError::NoSpace { .. }) = reserved {
            self.lock().space.is_short = true;
        }
        reserved
    }

    /// Reserves space for somebody who cannot go on without. Blocks, as writing does.
    ///
    /// # Errors
    /// KAFKA_STORAGE_ERROR when there is none.
    pub(super) fn reserve_now(
        self: &Arc<Self>,
        plan: SpacePlan<S>,
        bytes: u64,
    ) -> Result<(), ErrorCode> {
        match self.reserve(plan) {
            Ok(()) => Ok(()),
            Err(error) => {
                self.reserve_later(bytes, &error);
                Err(ErrorCode::KAFKA_STORAGE_ERROR)
            }
        }
    }

    /// Has more reserved by another thread when little is left.
    pub(super) fn reserve_ahead(self: &Arc<Self>, state: &mut State<H, S>) {
        let is_asked = state.space.is_requested || state.space.is_short;
        if is_asked || !state.log.is_active_created() || !state.log.is_space_running_out() {
            return;
        }
        state.space.is_requested = true;
        let plan = state.log.begin_space(0, state.limits.segment_bytes);
        let replica = Arc::clone(self);
        self.directory.pool().spawn(move || {
            match replica.reserve(plan) {
                // Nobody is refused before what is left is used up, nor asks in vain until then.
                Err(error) if error.remedy() != Remedy::Retry => replica.directory.fail(&error),
                _ => {}
            }
        });
    }

    fn reserve(&self, plan: SpacePlan<S>) -> Result<(), LogError> {
        let reserved = plan.perform()?;
        let state = &mut *self.lock();
        state.log.on_space_reserved(&reserved);
        state.space = Space::default();
        Ok(())
    }

    /// Refuses appends until space for so many bytes was found.
    fn reserve_later(self: &Arc<Self>, bytes: u64, error: &LogError) {
        if error.remedy() == Remedy::Retry {
            let space = &mut self.lock().space;
            if std::mem::replace(&mut space.is_short, true) {
                return;
            }
        }
        let replica = Arc::downgrade(self);
        let work = move || find_space(&replica, bytes);
        self.directory.put_off(Box::new(work), error);
    }
}

fn find_space<H: Hosted, S: Storage>(
    replica: &Weak<Replica<H, S>>,
    bytes: u64,
) -> Result<(), LogError> {
    let Some(replica) = replica.upgrade() else {
        return Ok(());
    };
    let plan = {
        let state = &mut *replica.lock();
        // The roll that makes the file of the active segment looks for space itself.
        let is_needed = state.log.is_active_created() && !state.log.is_retired();
        is_needed.then(|| state.log.begin_space(bytes, state.limits.segment_bytes))
    };
    if let Some(plan) = plan {
        replica.reserve(plan)?;
    }
    Ok(())
}

#[cfg(test)]
pub(super) mod tests;
