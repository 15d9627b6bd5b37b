//! How far a replica's log is reserved, written and durable.
//!
//! *Invariants*: `log_start ≤ high_watermark ≤ durable or written ≤ written ≤ reserved`. Writes may
//! finish in any order; `written` moves only over an unbroken prefix.

use std::collections::VecDeque;

use ottla_types::Offset;

/// The marks of one log. Every mark is the offset after the last record it covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marks {
    reserved: Offset,
    written: Offset,
    durable: Offset,
    /// Ends of reservations not covered by `written` yet, and whether each is done.
    outstanding: VecDeque<(Offset, bool)>,
}

impl Marks {
    /// The marks of a log that ends at `log_end_offset`, all of it on disk.
    #[must_use]
    pub fn at(log_end_offset: Offset) -> Marks {
        Marks {
            reserved: log_end_offset,
            written: log_end_offset,
            durable: log_end_offset,
            outstanding: VecDeque::new(),
        }
    }

    /// Where the next batch goes: Kafka's log end offset.
    #[must_use]
    pub fn reserved(&self) -> Offset {
        self.reserved
    }

    /// Below it every byte is in the page cache.
    #[must_use]
    pub fn written(&self) -> Offset {
        self.written
    }

    /// Below it every byte is on disk.
    #[must_use]
    pub fn durable(&self) -> Offset {
        self.durable
    }

    /// Takes the place for a batch of `count` offsets and returns its first one.
    pub(crate) fn reserve(&mut self, count: i64) -> Offset {
        let base = self.reserved;
        self.reserved = base.plus(count);
        self.outstanding.push_back((self.reserved, false));
        base
    }

    /// Notes that the reservation ending at `end` is written; true if `written` moved.
    pub(crate) fn on_written(&mut self, end: Offset) -> bool {
        let entry = self
            .outstanding
            .iter_mut()
            .find(|(reserved_end, _)| *reserved_end == end);
        let (_, done) = entry.expect("a finished write was reserved before");
        *done = true;
        let before = self.written;
        while let Some((end, true)) = self.outstanding.front().copied() {
            self.written = end;
            self.outstanding.pop_front();
        }
        self.written != before
    }

    /// Notes that everything below `upto` is on disk; true if `durable` moved.
    pub(crate) fn on_durable(&mut self, upto: Offset) -> bool {
        assert!(upto <= self.written, "only what is written can be durable");
        let moved = upto > self.durable;
        self.durable = self.durable.max(upto);
        moved
    }

    pub(crate) fn check_invariants(&self) {
        assert!(self.durable <= self.written && self.written <= self.reserved);
        assert!(self.outstanding.iter().is_sorted());
        assert!(
            self.outstanding
                .front()
                .is_none_or(|(end, done)| !done && *end > self.written)
        );
        assert_eq!(self.outstanding.is_empty(), self.written == self.reserved);
    }
}
