//! Appending: a place is reserved under the lock, the bytes are written outside it, and the write
//! is reported under it again.

use std::io::IoSlice;
use std::sync::Arc;

use bytes::Bytes;
use ottla_log::{RealStorage, Segment, Storage};
use ottla_messages::ErrorCode;
use ottla_partition::{Acks, AppendOrigin, Input, Produced, WaiterId};
use ottla_records::{BATCH_HEADER_SIZE, BatchHeader};
use ottla_types::{Now, Offset};

use super::space::Room;
use super::{Hosted, Replica, State};
use crate::notices::{Notice, Notices};

/// A checked batch: the header as it shall be written (but for its offset and leader epoch), and
/// the bytes, of which only those behind the header count.
#[derive(Clone, Debug)]
pub struct ClientBatch {
    /// The header.
    pub header: BatchHeader,
    /// The whole batch as it came.
    pub bytes: Bytes,
}

/// A batch whose place is reserved.
#[derive(Debug)]
pub(super) struct PlacedWrite<S: Storage> {
    segment: Arc<Segment<S>>,
    position: u64,
    header: [u8; BATCH_HEADER_SIZE],
    bytes: Bytes,
    next_offset: Offset,
}

impl<S: Storage> PlacedWrite<S> {
    pub fn segment(&self) -> &Arc<Segment<S>> {
        &self.segment
    }

    fn perform(&self) -> Result<(), ottla_log::LogError> {
        let records = self.bytes.get(BATCH_HEADER_SIZE..).unwrap_or_default();
        self.segment.write_at(
            self.position,
            &[IoSlice::new(&self.header), IoSlice::new(records)],
        )
    }
}

/// How the shard on a replica appends: at once, under the replica's lock.
pub struct HostAppender<'a, H: Hosted, S: Storage = RealStorage> {
    replica: &'a Arc<Replica<H, S>>,
    state: &'a mut State<H, S>,
    writes: &'a mut Vec<PlacedWrite<S>>,
    notices: &'a mut Notices,
}

impl<H: Hosted, S: Storage> HostAppender<'_, H, S> {
    /// Appends one batch; its first offset. The bytes are written once the lock is free.
    ///
    /// # Errors
    /// Why nothing was appended.
    pub fn append(&mut self, batch: ClientBatch) -> Result<Offset, ErrorCode> {
        // What clients of a coordinator are told of KAFKA_STORAGE_ERROR too.
        const REFUSAL: ErrorCode = ErrorCode::NOT_COORDINATOR;
        if let Room::Refused = self.replica.room_for(self.state, &batch) {
            return Err(REFUSAL);
        }
        // Space that is missing is looked for when the lock is free, before the write.
        let origin = AppendOrigin::Coordinator;
        let placed = self
            .replica
            .place(self.state, &batch, origin, None, self.notices);
        let (base_offset, write) = placed.ok_or(REFUSAL)?;
        self.writes.extend(write);
        Ok(base_offset)
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Now {
        self.replica.directory.now()
    }

    /// Below it everything is committed.
    #[must_use]
    pub fn high_watermark(&self) -> Offset {
        self.state.machine.high_watermark()
    }
}

impl<H: Hosted, S: Storage> Replica<H, S> {
    /// Appends a client's batch; whether it was appended, and not refused or there already.
    /// Whoever waits is answered through `notices`, now or later.
    pub fn append(
        self: &Arc<Self>,
        batch: ClientBatch,
        waiter: Option<(WaiterId, Acks)>,
        notices: &mut Notices,
    ) -> bool {
        let bytes = u64::from(batch.header.size_in_bytes);
        let placed = loop {
            let plan = {
                let state = &mut *self.lock();
                match self.room_for(state, &batch) {
                    Room::Missing(plan) => plan,
                    Room::Refused => {
                        refuse(waiter, ErrorCode::KAFKA_STORAGE_ERROR, notices);
                        return false;
                    }
                    Room::Enough => {
                        let origin = AppendOrigin::Client;
                        break self.place(state, &batch, origin, waiter, notices);
                    }
                }
            };
            if let Err(error) = self.reserve_now(plan, bytes) {
                refuse(waiter, error, notices);
                return false;
            }
        };
        if let Some((_, Some(write))) = &placed {
            self.write(write, notices);
        }
        placed.is_some()
    }

    /// Steps the shard on the replica; `None` if there is none.
    pub fn step_hosted<T>(
        self: &Arc<Self>,
        step: impl FnOnce(&mut H, &mut HostAppender<'_, H, S>) -> T,
    ) -> (Option<T>, Notices) {
        let (mut notices, mut writes) = (Notices::default(), Vec::new());
        let result = {
            let state = &mut *self.lock();
            let Some(mut hosted) = state.hosting.take_serving() else {
                return (None, notices);
            };
            let mut appender = HostAppender {
                replica: self,
                state: &mut *state,
                writes: &mut writes,
                notices: &mut notices,
            };
            let result = step(&mut hosted, &mut appender);
            state.hosting.put_back(hosted);
            result
        };
        for write in writes {
            self.write_with_space(write, &mut notices);
        }
        (Some(result), notices)
    }

    /// Has the machine take a batch and reserves its place: its first offset, and the write that
    /// is left to do. No write: the file of its segment is still being made, and whoever makes it
    /// writes the batch. `None`: the machine did not take it.
    fn place(
        self: &Arc<Self>,
        state: &mut State<H, S>,
        batch: &ClientBatch,
        origin: AppendOrigin,
        waiter: Option<(WaiterId, Acks)>,
        notices: &mut Notices,
    ) -> Option<(Offset, Option<PlacedWrite<S>>)> {
        let now = self.directory.now();
        let expected = BatchHeader {
            base_offset: state.machine.marks().reserved(),
            ..batch.header
        };
        // Taken before the step: the snapshot in front of a segment must not know its first batch.
        let rolls_behind = state
            .log
            .must_roll(&state.limits, &expected, now.wall)
            .then(|| state.machine.producers().entries().collect());
        let input = Input::Append {
            header: &batch.header,
            origin,
            waiter,
        };
        let appended = self.step_locked(state, input, notices)?;
        let header = BatchHeader {
            base_offset: appended.base_offset,
            partition_leader_epoch: appended.leader_epoch,
            ..batch.header
        };
        if let Some(producers) = rolls_behind {
            self.begin_roll(state, appended.base_offset, producers, now);
        }
        let reservation = state
            .log
            .reserve(&header)
            .expect("the machine gives offsets in order");
        if state.log.has_changed_leader_epochs() {
            self.store_leader_epochs(state);
        }
        let write = PlacedWrite {
            segment: reservation.segment,
            position: reservation.position,
            header: header.encode(),
            bytes: batch.bytes.clone(),
            next_offset: appended.next_offset,
        };
        if write.segment.is_created() {
            self.reserve_ahead(state);
            return Some((appended.base_offset, Some(write)));
        }
        state.rolls.queue(write);
        Some((appended.base_offset, None))
    }

    /// Writes a batch to its place and reports it.
    pub(super) fn write(self: &Arc<Self>, write: &PlacedWrite<S>, notices: &mut Notices) {
        match write.perform() {
            Ok(()) => {
                let state = &mut *self.lock();
                self.step_locked(state, Input::Written(write.next_offset), notices);
                self.advance_rolls(state);
                self.flush_if_many(state);
                self.write_back_if_due(state);
                if state.is_closing {
                    self.settled.notify_all();
                }
            }
            Err(error) => self.directory.fail(&error),
        }
    }
}

fn refuse(waiter: Option<(WaiterId, Acks)>, error: ErrorCode, notices: &mut Notices) {
    if let Some((waiter, _)) = waiter {
        let produced = Produced {
            error,
            base_offset: Offset::NONE,
            log_start_offset: Offset::NONE,
        };
        notices.push(Notice::Produced(waiter, produced));
    }
}
