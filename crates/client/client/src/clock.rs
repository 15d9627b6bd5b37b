//! What differs from run to run: the wall clock, and seeds for machines.

use std::hash::{BuildHasher, RandomState};
use std::time::{SystemTime, UNIX_EPOCH};

use ottla_types::TimestampMs;

/// The wall clock, as records carry it.
pub(crate) fn wall_clock() -> TimestampMs {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let ms = since.unwrap_or_default().as_millis();
    TimestampMs(i64::try_from(ms).unwrap_or(i64::MAX))
}

/// A number that differs between clients: for jitter and first choices, not for secrets.
pub(crate) fn seed() -> u64 {
    RandomState::new().hash_one(wall_clock())
}
