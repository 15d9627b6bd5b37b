//! Fetches that found too little and wait for more, or for their time to run out.
//!
//! *State*: a fetch is absent or waiting. It waits from `Park` until `Retry` finds enough, its
//! deadline comes, or its connection is gone.
//! *Invariant*: every waiting fetch has exactly one entry among the deadlines.
//! *Kafka*: `DelayedFetch` without a purgatory: a partition names the fetches that care about it.

use std::collections::{BTreeMap, BTreeSet};

use ottla_machine::Machine;
use ottla_types::{Instant, Now};

/// Names a waiting fetch; chosen by the shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FetchId(pub u64);

/// What can happen to the waiting fetches.
#[derive(Clone, Copy, Debug)]
pub enum Input {
    /// A fetch found too little: let it wait until this instant.
    Park(FetchId, Instant),
    /// A partition it reads has more to give.
    Readable(FetchId),
    /// The connection is gone, or the fetch was answered for another reason.
    Forget(FetchId),
    /// `next_deadline` has come.
    Deadline,
}

/// What the shell must do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// See whether there is enough now; if so answer and `Forget` it, else leave it waiting.
    Retry(FetchId),
    /// Its time is up: answer with what there is. It waits no longer.
    Expire(FetchId),
}

/// The waiting fetches of one reactor.
#[derive(Clone, Debug, Default)]
pub struct Waits {
    waiting: BTreeMap<FetchId, Instant>,
    deadlines: BTreeSet<(Instant, FetchId)>,
}

impl Waits {
    /// How many fetches wait.
    #[must_use]
    pub fn count(&self) -> usize {
        self.waiting.len()
    }

    fn forget(&mut self, id: FetchId) {
        if let Some(deadline) = self.waiting.remove(&id) {
            self.deadlines.remove(&(deadline, id));
        }
    }
}

impl Machine for Waits {
    type Input<'a> = Input;
    type Effect = Effect;

    fn step(&mut self, now: Now, input: Input, effects: &mut Vec<Effect>) {
        match input {
            Input::Park(id, deadline) => {
                self.forget(id);
                self.waiting.insert(id, deadline);
                self.deadlines.insert((deadline, id));
            }
            Input::Readable(id) => {
                if self.waiting.contains_key(&id) {
                    effects.push(Effect::Retry(id));
                }
            }
            Input::Forget(id) => self.forget(id),
            Input::Deadline => {
                while let Some((deadline, id)) = self.deadlines.first().copied() {
                    if deadline > now.monotonic {
                        break;
                    }
                    self.forget(id);
                    effects.push(Effect::Expire(id));
                }
            }
        }
    }

    fn next_deadline(&self) -> Option<Instant> {
        self.deadlines.first().map(|(deadline, _)| *deadline)
    }

    fn check_invariants(&self) {
        assert_eq!(self.waiting.len(), self.deadlines.len());
        for (id, deadline) in &self.waiting {
            assert!(
                self.deadlines.contains(&(*deadline, *id)),
                "a waiting fetch has a deadline"
            );
        }
    }
}

#[cfg(test)]
mod tests;
