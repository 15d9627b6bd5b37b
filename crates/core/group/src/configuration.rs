//! What the group coordinator can be configured to do.

use ottla_types::Duration;

/// The settings of `server.properties` for classic groups and offsets. `Default` is Kafka's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupConfiguration {
    /// `group.min.session.timeout.ms`: a shorter one is refused.
    pub min_session_timeout_ms: i32,
    /// `group.max.session.timeout.ms`: a longer one is refused.
    pub max_session_timeout_ms: i32,
    /// `group.initial.rebalance.delay.ms`: how long an empty group waits for more members.
    pub initial_rebalance_delay_ms: i32,
    /// `group.max.size`: members a group may have.
    pub max_size: i32,
    /// `offset.metadata.max.bytes`: in UTF-16 units, as Kafka counts in spite of the name.
    pub offset_metadata_max_size: i32,
    /// `offsets.retention.minutes`.
    pub offsets_retention: Duration,
    /// `offsets.retention.check.interval.ms`.
    pub offsets_retention_check_interval: Duration,
}

impl GroupConfiguration {
    pub(crate) fn session_timeouts_ms(&self) -> std::ops::RangeInclusive<i32> {
        self.min_session_timeout_ms..=self.max_session_timeout_ms
    }
}

impl Default for GroupConfiguration {
    fn default() -> Self {
        GroupConfiguration {
            min_session_timeout_ms: 6_000,
            max_session_timeout_ms: 1_800_000,
            initial_rebalance_delay_ms: 3_000,
            max_size: i32::MAX,
            offset_metadata_max_size: 4_096,
            offsets_retention: Duration::from_secs(7 * 24 * 60 * 60),
            offsets_retention_check_interval: Duration::from_secs(600),
        }
    }
}
