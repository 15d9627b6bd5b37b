//! The contract of every deciding machine: a closed set of inputs, a closed set of effects, time as
//! an argument, and no way to block or fail. The shell feeds inputs and performs effects in order;
//! the simulator is a second shell.
//!
//! *Not here*: machines on a log (`core/coordinator`).

mod random;

pub use random::Random;

use ottla_types::{Instant, Now};

/// A machine that reacts: raft, partition, fetch, producer, consumer.
pub trait Machine {
    /// Closed enum of what can happen to it; a batch is one header, never a payload.
    type Input<'a>;
    /// Closed enum of what the shell must do, at most 64 bytes, without payload. The order of
    /// effects is part of the contract.
    type Effect;

    /// Takes one input and appends what is to be done. Never blocks, never fails.
    fn step(&mut self, now: Now, input: Self::Input<'_>, effects: &mut Vec<Self::Effect>);

    /// When the shell must step it with its deadline input, if nothing happens before.
    fn next_deadline(&self) -> Option<Instant>;

    /// Asserts what must always hold. Called after every step in tests and in the simulator.
    fn check_invariants(&self) {}
}
