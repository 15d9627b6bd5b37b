//! Lines on the error stream in the form of Kafka's tools, and Java's names of errors.

use std::fmt::Display;
use std::time::{SystemTime, UNIX_EPOCH};

use ottla_client::Error;
use ottla_messages::ErrorCode;

/// Prints `[time] LEVEL text (class)`; the time is UTC.
pub(crate) fn log_line(level: &str, text: impl Display, class: &str) {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let stamp = timestamp(since.unwrap_or_default().as_millis());
    eprintln!("[{stamp}] {level} {text} ({class})");
}

/// `2026-11-20 10:31:37,347` of milliseconds since 1970.
fn timestamp(ms: u128) -> String {
    let (seconds, ms) = (ms / 1_000, ms % 1_000);
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil(u64::try_from(days).unwrap_or(0));
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02},{ms:03}")
}

/// Year, month and day of a number of days since 1970: counted in years from March, so that the
/// leap day is the last one.
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (month, carry) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    (year_of_era + era * 400 + carry, month, day)
}

/// The name of Java's exception for an error.
pub(crate) fn exception(error: &Error) -> String {
    if let Error::Config(_) = error {
        return "org.apache.kafka.common.config.ConfigException".to_owned();
    }
    let name = match error.code() {
        ErrorCode::REQUEST_TIMED_OUT => "Timeout",
        ErrorCode::UNKNOWN_SERVER_ERROR => "UnknownServer",
        ErrorCode::UNKNOWN_TOPIC_OR_PARTITION => "UnknownTopicOrPartition",
        ErrorCode::INVALID_TOPIC_EXCEPTION => "InvalidTopic",
        ErrorCode::TOPIC_ALREADY_EXISTS => "TopicExists",
        ErrorCode::INVALID_PARTITIONS => "InvalidPartitions",
        ErrorCode::INVALID_REPLICATION_FACTOR => "InvalidReplicationFactor",
        ErrorCode::INVALID_REPLICA_ASSIGNMENT => "InvalidReplicaAssignment",
        ErrorCode::INVALID_CONFIG => "InvalidConfiguration",
        ErrorCode::INVALID_RECORD => "InvalidRecord",
        ErrorCode::INVALID_REQUEST => "InvalidRequest",
        ErrorCode::MESSAGE_TOO_LARGE => "RecordTooLarge",
        ErrorCode::NOT_CONTROLLER => "NotController",
        ErrorCode::POLICY_VIOLATION => "PolicyViolation",
        ErrorCode::TOPIC_AUTHORIZATION_FAILED => "TopicAuthorization",
        ErrorCode::CLUSTER_AUTHORIZATION_FAILED => "ClusterAuthorization",
        ErrorCode::UNSUPPORTED_VERSION => "UnsupportedVersion",
        ErrorCode::OFFSET_OUT_OF_RANGE => "OffsetOutOfRange",
        ErrorCode::NETWORK_EXCEPTION => "Network",
        ErrorCode::LEADER_NOT_AVAILABLE => "LeaderNotAvailable",
        ErrorCode::REASSIGNMENT_IN_PROGRESS => "ReassignmentInProgress",
        ErrorCode::TOPIC_DELETION_DISABLED => "TopicDeletionDisabled",
        code => return format!("{code}"),
    };
    format!("org.apache.kafka.common.errors.{name}Exception")
}

#[cfg(test)]
mod tests;
