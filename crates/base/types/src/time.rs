//! The two kinds of time. Decisions use the monotonic [`Instant`]; records carry the wall clock as
//! [`TimestampMs`]. Machines never read a clock: [`Now`] comes in with every step.

use std::fmt;

pub use std::time::Duration;

use crate::ids::id;

/// A point of the monotonic clock, in nanoseconds since an arbitrary start of the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Instant(pub u64);

impl Instant {
    /// The start of the clock.
    pub const ZERO: Instant = Instant(0);

    /// The instant `duration` later; saturates at the end of time, which no clock reaches.
    #[must_use]
    pub fn after(self, duration: Duration) -> Instant {
        Instant(
            self.0
                .saturating_add(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)),
        )
    }

    /// The instant `milliseconds` later; a negative number counts as 0.
    #[must_use]
    pub fn after_ms(self, milliseconds: i64) -> Instant {
        self.after(Duration::from_millis(
            u64::try_from(milliseconds).unwrap_or(0),
        ))
    }

    /// How long ago `earlier` was; zero if it lies ahead.
    #[must_use]
    pub fn since(self, earlier: Instant) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

id! {
    /// Milliseconds of the wall clock since 1970. `-1` means none.
    TimestampMs(i64), none = -1
}

/// What time it is, on both clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// The monotonic clock: what deadlines are made of.
    pub monotonic: Instant,
    /// The wall clock: what records are stamped with.
    pub wall: TimestampMs,
}
