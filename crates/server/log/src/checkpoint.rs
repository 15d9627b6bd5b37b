//! Kafka's text checkpoints: a version, a count, and one entry per line.
//!
//! *Invariants*: replaced atomically, so that a crash leaves the old or the new file.
//! *Kafka*: `CheckpointFile`, version 0. An empty file, or one with only a version, has no
//! entries; a count that does not match or a malformed line makes the directory unusable.

use std::collections::BTreeMap;
use std::path::Path;

use ottla_types::{LeaderEpoch, Offset, PartitionIndex, TopicName, TopicPartition};

use crate::leader_epochs::EpochEntry;
use crate::storage::{Storage, read_file, replace_file};
use crate::{LeaderEpochs, LogError};

/// `leader-epoch-checkpoint`, in a partition's directory.
pub const LEADER_EPOCH_CHECKPOINT: &str = "leader-epoch-checkpoint";

/// Reads the lines of a checkpoint, each split at white space.
fn load_lines<S: Storage, T>(
    storage: &S,
    path: &Path,
    parse: impl Fn(&[&str]) -> Option<T>,
) -> Result<Vec<T>, LogError> {
    let Some(bytes) = read_file(storage, path)? else {
        return Ok(Vec::new());
    };
    let text =
        std::str::from_utf8(&bytes).map_err(|_error| LogError::corrupt(path, "it is not UTF-8"))?;
    let mut lines = text.lines();
    match lines.next() {
        None => return Ok(Vec::new()),
        Some("0") => {}
        Some(other) => {
            let detail = format!("version {other:?} is unknown");
            return Err(LogError::corrupt(path, detail));
        }
    }
    let Some(count) = lines.next() else {
        return Ok(Vec::new());
    };
    let malformed = |line: &str| LogError::corrupt(path, format!("malformed line {line:?}"));
    let count: usize = count.parse().map_err(|_error| malformed(count))?;
    let mut entries = Vec::new();
    for line in lines {
        let fields: Vec<&str> = line.split_whitespace().collect();
        entries.push(parse(&fields).ok_or_else(|| malformed(line))?);
    }
    if entries.len() != count {
        let detail = format!("it announces {count} entries and has {}", entries.len());
        return Err(LogError::corrupt(path, detail));
    }
    Ok(entries)
}

fn store_lines<S: Storage>(
    storage: &S,
    path: &Path,
    lines: impl ExactSizeIterator<Item = String>,
) -> Result<(), LogError> {
    let mut text = format!("0\n{}\n", lines.len());
    for line in lines {
        text.push_str(&line);
        text.push('\n');
    }
    replace_file(storage, path, text.as_bytes())
}

/// Reads `leader-epoch-checkpoint`.
///
/// # Errors
/// When it cannot be read or is malformed.
pub fn load_leader_epochs<S: Storage>(
    storage: &S,
    directory: &Path,
) -> Result<LeaderEpochs, LogError> {
    let path = directory.join(LEADER_EPOCH_CHECKPOINT);
    let entries = load_lines(storage, &path, |fields| match fields {
        [epoch, start_offset] => Some(EpochEntry {
            epoch: LeaderEpoch(epoch.parse().ok()?),
            start_offset: Offset(start_offset.parse().ok()?),
        }),
        _ => None,
    })?;
    Ok(LeaderEpochs::from_entries(entries))
}

/// Replaces `leader-epoch-checkpoint`.
///
/// # Errors
/// When it cannot be written.
pub fn store_leader_epochs<S: Storage>(
    storage: &S,
    directory: &Path,
    epochs: &LeaderEpochs,
) -> Result<(), LogError> {
    let lines = epochs
        .entries()
        .iter()
        .map(|entry| format!("{} {}", entry.epoch, entry.start_offset));
    store_lines(storage, &directory.join(LEADER_EPOCH_CHECKPOINT), lines)
}

/// Reads one of the checkpoints of a log directory: an offset per partition.
///
/// # Errors
/// When it cannot be read or is malformed.
pub fn load_offsets<S: Storage>(
    storage: &S,
    path: &Path,
) -> Result<BTreeMap<TopicPartition, Offset>, LogError> {
    let entries = load_lines(storage, path, |fields| match fields {
        [topic, partition, offset] => Some((
            TopicPartition {
                topic: TopicName::from(*topic),
                partition: PartitionIndex(partition.parse().ok()?),
            },
            Offset(offset.parse().ok()?),
        )),
        _ => None,
    })?;
    Ok(entries.into_iter().collect())
}

/// Replaces one of the checkpoints of a log directory.
///
/// # Errors
/// When it cannot be written.
pub fn store_offsets<S: Storage>(
    storage: &S,
    path: &Path,
    offsets: &BTreeMap<TopicPartition, Offset>,
) -> Result<(), LogError> {
    let lines = offsets
        .iter()
        .map(|(at, offset)| format!("{} {} {offset}", at.topic, at.partition));
    store_lines(storage, path, lines)
}

#[cfg(test)]
mod tests;
