//! One seed from begin to end.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::bugs::Bug;
use crate::checkers::{Rule, Violation};
use crate::plan::{Plan, Scenario};
use crate::world::World;

/// What a seed came to.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The promise that was broken, if one was.
    pub violation: Option<Violation>,
    /// The hash of all that happened.
    pub trace_hash: u64,
    /// How much happened, in lines.
    pub trace_count: u64,
    /// The last of it.
    pub last_lines: Vec<String>,
}

/// How to simulate.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// The kind of trouble; the seed's own when none is named.
    pub scenario: Option<Scenario>,
    /// A bug to plant.
    pub bug: Option<Bug>,
    /// Whether everything that happens is printed.
    pub is_printed: bool,
}

/// Simulates a seed.
#[must_use]
pub fn simulate(seed: u64, options: Options) -> Outcome {
    let mut world = World::new(Plan::new(seed, options.scenario, options.bug));
    if options.is_printed {
        world.print();
    }
    let ended = catch_unwind(AssertUnwindSafe(|| world.run()));
    let violation = match ended {
        Ok(result) => result.err(),
        Err(panic) => Some(Violation::new(Rule::ThreadsRun, message_of(&*panic))),
    };
    Outcome {
        violation,
        trace_hash: world.trace().hash(),
        trace_count: world.trace().count(),
        last_lines: world.trace().last_lines(),
    }
}

fn message_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    format!("a panic: {}", text.unwrap_or("without a message"))
}

#[cfg(test)]
mod tests;
