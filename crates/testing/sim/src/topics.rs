//! The topics of a simulation by their numbers in the plan.

use std::path::{Path, PathBuf};

use ottla_types::{PartitionIndex, TopicId, TopicPartition};

use crate::broker::LOG_DIRECTORY;

/// The topic of the group's coordinator.
pub const OFFSETS_TOPIC: &str = "__consumer_offsets";

const PREFIX: &str = "records-";

/// A partition as clients name it, whichever topic has the name at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PartitionId {
    /// The number of its topic.
    pub topic: usize,
    /// The partition.
    pub partition: i32,
}

/// A log: one name may come to have several, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogId {
    /// The topic's id.
    pub topic_id: TopicId,
    /// The partition.
    pub partition: i32,
}

/// The name of a topic.
#[must_use]
pub fn topic_name(topic: usize) -> String {
    format!("{PREFIX}{topic}")
}

/// The number of the topic of a name.
#[must_use]
pub fn topic_number(name: &str) -> Option<usize> {
    name.strip_prefix(PREFIX)?.parse().ok()
}

/// A partition by the name of its topic.
#[must_use]
pub fn topic_partition(topic: &str, partition: i32) -> TopicPartition {
    TopicPartition {
        topic: topic.into(),
        partition: PartitionIndex(partition),
    }
}

/// Where a partition's files lie.
#[must_use]
pub fn partition_directory(topic: &str, partition: i32) -> PathBuf {
    Path::new(LOG_DIRECTORY).join(topic_partition(topic, partition).to_string())
}
