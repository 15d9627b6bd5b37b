//! The only place that reads the clocks.

use std::sync::OnceLock;
use std::time::{Instant as StdInstant, SystemTime, UNIX_EPOCH};

use ottla_types::{Instant, Now, TimestampMs};

/// Both clocks, now. The monotonic one counts from the first call in this process.
#[must_use]
pub fn now() -> Now {
    let wall = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Now {
        monotonic: monotonic(),
        wall: TimestampMs(i64::try_from(wall.as_millis()).unwrap_or(i64::MAX)),
    }
}

/// The monotonic clock alone.
#[must_use]
pub fn monotonic() -> Instant {
    let nanoseconds = start().elapsed().as_nanos();
    Instant(u64::try_from(nanoseconds).unwrap_or(u64::MAX))
}

/// The same point of time for those who sleep.
#[must_use]
pub fn to_std(instant: Instant) -> StdInstant {
    start() + std::time::Duration::from_nanos(instant.0)
}

fn start() -> StdInstant {
    static START: OnceLock<StdInstant> = OnceLock::new();
    *START.get_or_init(StdInstant::now)
}
