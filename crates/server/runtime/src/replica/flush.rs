//! `flush.messages` and `flush.ms`: how much and how long a replica whose acknowledgements do not
//! wait for the device may keep back from it. Where they do wait, every record is put there at once
//! and there is nothing left to do.
//!
//! *Kafka*: flushes within the append that reaches the number; here the committer does, at once.

use std::sync::Arc;

use ottla_log::Storage;
use ottla_types::TimestampMs;

use super::{Hosted, Replica, State};

/// When to flush; the largest value stands for never.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlushLimits {
    /// `flush.messages`: so many records may be in the page cache alone.
    pub messages: i64,
    /// `flush.ms`: for so long.
    pub ms: i64,
}

impl Default for FlushLimits {
    fn default() -> Self {
        FlushLimits {
            messages: i64::MAX,
            ms: i64::MAX,
        }
    }
}

/// The limits, and since when they count.
#[derive(Debug)]
pub(super) struct Flushing {
    limits: FlushLimits,
    last: TimestampMs,
}

impl Flushing {
    pub fn since(now: TimestampMs) -> Flushing {
        Flushing {
            limits: FlushLimits::default(),
            last: now,
        }
    }

    pub fn on_flushed(&mut self, now: TimestampMs) {
        self.last = now;
    }
}

impl<H: Hosted, S: Storage> Replica<H, S> {
    /// Changes when it is flushed.
    pub fn set_flush_limits(&self, limits: FlushLimits) {
        self.lock().flushing.limits = limits;
    }

    /// Has the committer flush what lies in the page cache for longer than `flush.ms`.
    pub fn flush_if_due(self: &Arc<Self>) {
        let now = self.directory.now().wall;
        let state = &mut *self.lock();
        let waited = now.0.saturating_sub(state.flushing.last.0);
        if waited >= state.flushing.limits.ms && unflushed(state) > 0 {
            self.enqueue_sync(state);
        }
    }

    /// Has the committer flush when as many records as `flush.messages` lie in the page cache.
    pub(super) fn flush_if_many(self: &Arc<Self>, state: &mut State<H, S>) {
        if unflushed(state) >= state.flushing.limits.messages {
            self.enqueue_sync(state);
        }
    }
}

fn unflushed<H: Hosted, S: Storage>(state: &State<H, S>) -> i64 {
    let marks = state.machine.marks();
    marks.written().0 - marks.durable().0
}

#[cfg(test)]
mod tests;
