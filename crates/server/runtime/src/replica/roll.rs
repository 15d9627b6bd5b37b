//! Rolling: while the file of a new segment is being made, the batches that belong there wait
//! here.
//!
//! *State* of a roll: begun (batches of the new segment queue up) → under way, once everything in
//! front of the new segment is written: a thread syncs the old segment, makes the file of the new
//! one and reserves space for the queue → open (the queue is written, later batches are written by
//! who brings them) → finished. On a full device a roll stays where it is and is tried again.

use std::collections::VecDeque;
use std::sync::Arc;

use ottla_log::{LogError, Remedy, RollPlan, Storage};
use ottla_partition::ProducerEntry;
use ottla_types::{Now, Offset};

use super::append::PlacedWrite;
use super::space::Space;
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
        let (replica, directory) = (Arc::clone(self), Arc::clone(&self.directory));
        let mut is_open = false;
        let work = move || {
            if !is_open {
                replica.open_segment(&plan)?;
                is_open = true;
            }
            replica.finish_roll(&plan)
        };
        self.directory
            .pool()
            .spawn(move || directory.attempt(Box::new(work)));
    }

    /// Makes the file of the new segment, with space for what waits for it, and writes that.
    fn open_segment(self: &Arc<Self>, plan: &RollPlan<S>) -> Result<(), LogError> {
        let queue = match self.make_segment(plan) {
            Err(error) => {
                if error.remedy() == Remedy::Retry {
                    self.lock().space.is_short = true;
                    self.settled.notify_all();
                }
                return Err(error);
            }
            Ok(queue) => queue,
        };
        for write in &queue {
            // Nobody waits for the writes behind his own.
            let mut notices = Notices::default();
            self.write(write, &mut notices);
            self.directory.deliver(notices);
        }
        Ok(())
    }

    fn make_segment(&self, plan: &RollPlan<S>) -> Result<Vec<PlacedWrite<S>>, LogError> {
        plan.create_segment()?;
        loop {
            let space = {
                let state = self.lock();
                let segment_bytes = state.limits.segment_bytes;
                state.log.begin_space_of(plan.new_segment(), segment_bytes)
            };
            let reserved = space.perform()?;
            let state = &mut *self.lock();
            if !state.log.is_covered(&reserved) {
                // More batches have come meanwhile.
                continue;
            }
            state.log.on_space_reserved(&reserved);
            state.space = Space::default();
            plan.open_segment();
            let front = state.rolls.rolls.front_mut();
            return Ok(front.map_or_else(Vec::new, |roll| std::mem::take(&mut roll.queue)));
        }
    }

    fn finish_roll(self: &Arc<Self>, plan: &RollPlan<S>) -> Result<(), LogError> {
        let rolled = plan.finish()?;
        let state = &mut *self.lock();
        state.log.on_rolled(&rolled);
        state.rolls.rolls.pop_front();
        self.advance_rolls(state);
        self.settled.notify_all();
        Ok(())
    }
}
