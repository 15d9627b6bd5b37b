//! Requests that wait for something, or for their time to run out: fetches for more bytes, produces
//! for their acknowledgements.
//!
//! *State*: a request is absent or waiting. It waits from `Park` until it is forgotten, because it
//! could be answered or its connection is gone, or until its deadline comes.
//! *Invariant*: every waiting request has exactly one entry among the deadlines.
//! *Kafka*: `DelayedFetch` and `DelayedProduce` without a purgatory: a partition names the requests
//! that care about it.

use std::collections::{BTreeMap, BTreeSet};

use ottla_machine::Machine;
use ottla_types::{Instant, Now, RequestId};

/// What can happen to the waiting requests.
#[derive(Clone, Copy, Debug)]
pub enum Input {
    /// A request cannot be answered yet: let it wait until this instant.
    Park(RequestId, Instant),
    /// A partition that a fetch reads has more to give.
    Readable(RequestId),
    /// The connection is gone, or the request was answered for another reason.
    Forget(RequestId),
    /// `next_deadline` has come.
    Deadline,
}

/// What the shell must do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// See whether there is enough now; if so answer and `Forget` it, else leave it waiting.
    Retry(RequestId),
    /// Its time is up: answer with what there is. It waits no longer.
    Expire(RequestId),
}

/// The waiting requests of one reactor.
#[derive(Clone, Debug, Default)]
pub struct Waits {
    waiting: BTreeMap<RequestId, Instant>,
    deadlines: BTreeSet<(Instant, RequestId)>,
}

impl Waits {
    /// How many wait.
    #[must_use]
    pub fn count(&self) -> usize {
        self.waiting.len()
    }

    fn forget(&mut self, id: RequestId) {
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
                "a waiting request has a deadline"
            );
        }
    }
}

#[cfg(test)]
mod tests;
