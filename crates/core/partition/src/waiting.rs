//! Producers that wait for their batch to be written or committed.
//!
//! *Invariant*: entries are in the order of their offsets, because offsets are given in order.
//! A repeated batch waits for its first copy and may lie earlier; it is put in its place.

use std::collections::VecDeque;

use ottla_types::Offset;

use crate::WaiterId;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Waiter {
    pub id: WaiterId,
    /// Released when the mark reaches this offset.
    pub upto: Offset,
    pub base_offset: Offset,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Waiting {
    entries: VecDeque<Waiter>,
}

impl Waiting {
    pub fn park(&mut self, waiter: Waiter) {
        let place = self
            .entries
            .iter()
            .rposition(|entry| entry.upto <= waiter.upto);
        self.entries
            .insert(place.map_or(0, |index| index + 1), waiter);
    }

    /// The next waiter whose offset the mark has reached.
    pub fn release(&mut self, mark: Offset) -> Option<Waiter> {
        self.entries.pop_front_if(|waiter| waiter.upto <= mark)
    }

    /// Any waiter, in order: used when nobody will be served any more.
    pub fn drain(&mut self) -> impl Iterator<Item = Waiter> + '_ {
        self.entries.drain(..)
    }

    pub fn check_invariants(&self) {
        assert!(self.entries.iter().is_sorted_by_key(|waiter| waiter.upto));
    }
}
