//! Rolling: while the file of a new segment is being made, the batches that belong there wait here.
//!
//! *State* of a roll: begun (the file does not exist, batches queue up) → created (the queue is
//! written, later batches are written by who brings them) → finished, once everything in front of
//! the new segment is written and has been put on the device.

use std::collections::VecDeque;
use std::sync::Arc;

use ottla_log::{RealStorage, RollPlan};
use ottla_partition::ProducerEntry;
use ottla_types::{Now, Offset};

use super::append::PlacedWrite;
use super::{Hosted, Replica, State};
use crate::notices::Notices;

#[derive(Debug, Default)]
pub(super) struct Rolls {
    /// Oldest first; only the newest one's segment is appended to.
    rolls: VecDeque<Roll>,
}

#[derive(Debug)]
struct Roll {
    base_offset: Offset,
    /// Taken out while a thread works on it.
    plan: Option<RollPlan<RealStorage>>,
    created: bool,
    queue: Vec<PlacedWrite>,
}

impl Rolls {
    pub fn queue(&mut self, write: PlacedWrite) {
        let roll = self
            .rolls
            .back_mut()
            .expect("a segment without a file is being rolled to");
        roll.queue.push(write);
    }

    pub fn is_empty(&self) -> bool {
        self.rolls.is_empty()
    }

    fn find(&mut self, base_offset: Offset) -> Option<&mut Roll> {
        self.rolls
            .iter_mut()
            .find(|roll| roll.base_offset == base_offset)
    }
}

impl<H: Hosted> Replica<H> {
    pub(super) fn begin_roll(
        self: &Arc<Self>,
        state: &mut State<H>,
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
            created: false,
            queue: Vec::new(),
        });
        let replica = Arc::clone(self);
        self.directory
            .pool()
            .spawn(move || replica.create_segment(base));
    }

    fn create_segment(self: &Arc<Self>, base: Offset) {
        let plan = self
            .lock()
            .rolls
            .find(base)
            .and_then(|roll| roll.plan.take());
        let Some(plan) = plan else { return };
        if let Err(error) = plan.create_segment() {
            return self.directory.fail(&error);
        }
        let queue = {
            let state = &mut *self.lock();
            let Some(roll) = state.rolls.find(base) else {
                return;
            };
            roll.plan = Some(plan);
            roll.created = true;
            std::mem::take(&mut roll.queue)
        };
        let mut notices = Notices::default();
        for write in &queue {
            self.write(write, &mut notices);
        }
        self.finish_rolls(&mut self.lock());
        self.directory.deliver(notices);
    }

    /// Has the oldest roll finished, if everything in front of its segment is written.
    pub(super) fn finish_rolls(self: &Arc<Self>, state: &mut State<H>) {
        let written = state.machine.marks().written();
        let Some(roll) = state.rolls.rolls.front_mut() else {
            return;
        };
        if !roll.created || written < roll.base_offset {
            return;
        }
        let Some(plan) = roll.plan.take() else { return };
        let replica = Arc::clone(self);
        self.directory.pool().spawn(move || match plan.finish() {
            Ok(rolled) => {
                let state = &mut *replica.lock();
                state.log.on_rolled(&rolled);
                state.rolls.rolls.pop_front();
                replica.finish_rolls(state);
            }
            Err(error) => replica.directory.fail(&error),
        });
    }
}
