//! Simulated time: the scheduler sets it, the node and the clients read it.

use std::sync::{Arc, Mutex, PoisonError};

use ottla_types::{Duration, Instant, Now, TimestampMs};

/// Where the wall clock begins: some time in 2025.
const EPOCH_MS: i64 = 1_750_000_000_000;

/// A clock that stands still until it is moved; clones share it.
#[derive(Clone, Debug, Default)]
pub struct SimulatedClock(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    monotonic: Instant,
    /// How far the wall clock was set forth or back.
    offset_ms: i64,
}

impl SimulatedClock {
    /// Both clocks.
    #[must_use]
    pub fn now(&self) -> Now {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let elapsed_ms = i64::try_from(state.monotonic.0 / 1_000_000).unwrap_or(i64::MAX);
        Now {
            monotonic: state.monotonic,
            wall: TimestampMs(EPOCH_MS + elapsed_ms + state.offset_ms),
        }
    }

    /// Moves time forth.
    pub fn advance_to(&self, instant: Instant) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.monotonic = state.monotonic.max(instant);
    }

    /// Sets the wall clock forth or back; the monotonic one never jumps.
    pub fn jump_ms(&self, by: i64) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.offset_ms += by;
    }
}

/// The duration of so many microseconds.
#[must_use]
pub fn microseconds(count: u64) -> Duration {
    Duration::from_micros(count)
}
