//! What a consumer was configured with, as far as decisions depend on it.

use ottla_types::Duration;

/// `auto.offset.reset`: where to start when there is no position, or an invalid one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum OffsetReset {
    /// `earliest`: at the first offset that is there.
    Earliest,
    /// `latest`: behind the last record.
    #[default]
    Latest,
    /// `by_duration`: at the first record not older than this.
    ByDuration(Duration),
    /// `none`: the application is told.
    None,
}

/// Settings of one consumer; the names are Kafka's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// `auto.offset.reset`.
    pub offset_reset: OffsetReset,
    /// `retry.backoff.ms`: the wait before the first retry.
    pub retry_backoff: Duration,
    /// `retry.backoff.max.ms`: what the doubling wait stops at.
    pub retry_backoff_max: Duration,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            offset_reset: OffsetReset::Latest,
            retry_backoff: Duration::from_millis(100),
            retry_backoff_max: Duration::from_millis(1_000),
        }
    }
}
