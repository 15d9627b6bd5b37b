//! What a step at a partition means for those who wait on a reactor, this one or another.
//!
//! The id of whoever waits carries the number of its reactor in its highest byte, so that a
//! partition can name him without knowing reactors.

use ottla_partition::{Produced, WaiterId};

/// For somebody who waits on a reactor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// A producer's batch has ended.
    Produced(WaiterId, Produced),
    /// A fetch may find more now.
    Readable(WaiterId),
}

const REACTOR_SHIFT: u32 = 56;

/// How many reactors there can be: the number of one fits into a byte.
pub const REACTORS_MAX: usize = 256;

/// The id of the `number`th waiter of a reactor.
///
/// # Panics
/// If the reactor's number is [`REACTORS_MAX`] or more: another reactor's waiters would be
/// answered.
#[must_use]
pub fn waiter_id(reactor: usize, number: u64) -> WaiterId {
    assert!(
        reactor < REACTORS_MAX,
        "a reactor's number fits into a byte"
    );
    debug_assert!(number < 1 << REACTOR_SHIFT, "nobody counts that far");
    WaiterId(((reactor as u64) << REACTOR_SHIFT) | number)
}

/// Which waiter of its reactor an id names.
#[must_use]
pub fn waiter_number(waiter: WaiterId) -> u64 {
    waiter.0 & ((1 << REACTOR_SHIFT) - 1)
}

fn reactor_of(waiter: WaiterId) -> usize {
    (waiter.0 >> REACTOR_SHIFT) as usize
}

/// Notices gathered under a partition's lock, delivered after it.
#[derive(Debug, Default)]
pub struct Notices {
    notices: Vec<Notice>,
}

impl Notices {
    pub(crate) fn push(&mut self, notice: Notice) {
        self.notices.push(notice);
    }

    /// Whether there is nothing to deliver.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.notices.is_empty()
    }

    /// Takes every notice out, with the number of its reactor.
    pub fn drain(&mut self) -> impl Iterator<Item = (usize, Notice)> + '_ {
        self.notices.drain(..).map(|notice| {
            let (Notice::Produced(waiter, _) | Notice::Readable(waiter)) = notice;
            (reactor_of(waiter), notice)
        })
    }
}

#[cfg(test)]
mod tests;
