//! `partition.metadata`: the id of the topic that a replica belongs to.
//!
//! *Kafka*: `PartitionMetadataFile`, KIP-516. 43 bytes, no newline at the end.

use std::path::Path;

use ottla_types::Uuid;

use crate::LogError;
use crate::storage::{Storage, read_file, replace_file};

/// The file's name.
const PARTITION_METADATA: &str = "partition.metadata";

/// Reads the topic id of the replica in `directory`; `None` when there is no such file.
///
/// # Errors
/// When it cannot be read or is malformed: the log directory is unusable.
pub fn load_topic_id<S: Storage>(storage: &S, directory: &Path) -> Result<Option<Uuid>, LogError> {
    let path = directory.join(PARTITION_METADATA);
    let Some(bytes) = read_file(storage, &path)? else {
        return Ok(None);
    };
    let malformed = || LogError::corrupt(&path, "it is not `version: N` and `topic_id: ID`");
    let text = std::str::from_utf8(&bytes).map_err(|_error| malformed())?;
    let mut lines = text.lines();
    let mut field = |key: &str| {
        let (found, value) = lines.next()?.split_once(':')?;
        let value = value.trim();
        (found == key && !value.is_empty()).then_some(value)
    };
    let version: i32 = field("version")
        .and_then(|text| text.parse().ok())
        .ok_or_else(malformed)?;
    let topic_id: Uuid = field("topic_id")
        .and_then(|text| text.parse().ok())
        .ok_or_else(malformed)?;
    if version < 0 || topic_id == Uuid::ZERO {
        return Err(malformed());
    }
    Ok(Some(topic_id))
}

/// Writes the topic id, before the first append at the latest.
///
/// # Errors
/// When it cannot be written.
pub fn store_topic_id<S: Storage>(
    storage: &S,
    directory: &Path,
    topic_id: Uuid,
) -> Result<(), LogError> {
    let text = format!("version: 0\ntopic_id: {topic_id}");
    replace_file(
        storage,
        &directory.join(PARTITION_METADATA),
        text.as_bytes(),
    )
}

#[cfg(test)]
mod tests;
