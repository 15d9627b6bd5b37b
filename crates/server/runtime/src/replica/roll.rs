//! Rolling: while the file of a new segment is being made, the batches that belong there wait
//! here.
//!
//! *State* of a roll: begun (batches of the new segment queue up) → under way, once everything in
//! front of the new segment is written: a thread syncs the old segment and makes the file of the
//! new one → created (the queue is written, later batches are written by who brings them) →
//! finished.

use std::collections::VecDeque;
use std::sync::Arc;

use ottla_log::{RollPlan, Storage};
use ottla_partition::ProducerEntry;
use ottla_types::{Now, Offset};

use super::append::PlacedWrite;
use super::{Hosted, Replica, State};
use crate::notices::Notices;

#[derive(Debug)]
pub(super) struct Rolls<S: Storage> {
    /// Oldest first; only the newest one's segment is appended to.
    rolls: VecDeque<Roll<S>>,
}

#[derive(Debug)]
struct Roll<S: Storage> {
    base_offset: Offset,
    /// Until a thread works on it.
    plan: Option<RollPlan<S>>,
    queue: Vec<PlacedWrite<S>>,
}

impl<S: Storage> Default for Rolls<S> {
    fn default() -> Self {
        Rolls {
            rolls: VecDeque::new(),
        }
    }
}

impl<S: Storage> Rolls<S> {
    pub fn queue(&mut self, write: PlacedWrite<S>) {
        let roll = self
            .rolls
            .back_mut()
            .expect("a segment without a file is being rolled to");
        roll.queue.push(write);
    }

    pub fn is_empty(&self) -> bool {
        self.rolls.is_empty()
    }
}

impl<H: Hosted, S: Storage> Replica<H, S> {
    pub(super) fn begin_roll(
        self: &Arc<Self>,
        state: &mut State<H, S>,
        base: Offset,
        producers: Vec<ProducerEntry>,
        now: Now,
    ) {
        let Some(plan) = state.log.begin_roll(base, producers, now.wall) else {
            return;
        };
        state.rolls.rolls.push_back(Roll {
            base_offset: base,
            plan: Some(plan),
            queue: Vec::new(),
        });
        self.advance_rolls(state);
    }

    /// Has the oldest roll done, once everything in front of its segment is written: before that
    /// the old segment cannot be put on the device, which the new one must not get to first.
    pub(super) fn advance_rolls(self: &Arc<Self>, state: &mut State<H, S>) {
        let written = state.machine.marks().written();
        let Some(roll) = state.rolls.rolls.front_mut() else {
            return;
        };
        if written < roll.base_offset {
            return;
        }
        let Some(plan) = roll.plan.take() else { return };
        let replica = Arc::clone(self);
        self.directory.pool().spawn(move || replica.roll(plan));
    }

    fn roll(self: &Arc<Self>, plan: RollPlan<S>) {
        if let Err(error) = plan.create_segment() {
            return self.directory.fail(&error);
        }
        let queue = match self.lock().rolls.rolls.front_mut() {
            Some(roll) => std::mem::take(&mut roll.queue),
            None => Vec::new(),
        };
        let mut notices = Notices::default();
        for write in &queue {
            self.write(write, &mut notices);
        }
        self.directory.deliver(notices);
        match plan.finish() {
            Ok(rolled) => {
                let state = &mut *self.lock();
                state.log.on_rolled(&rolled);
                state.rolls.rolls.pop_front();
                self.advance_rolls(state);
            }
            Err(error) => self.directory.fail(&error),
        }
    }
}
