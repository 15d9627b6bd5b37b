//! The checkpoints of a log directory: where its replicas stand, one file per kind of offset.

use std::collections::BTreeMap;
use std::sync::Arc;

use ottla_log::{LogDirectory, LogError, OffsetCheckpoint, Storage};
use ottla_runtime::Directory;
use ottla_types::{Offset, TopicPartition};

use crate::Replica;
use crate::groups::GroupHost;

/// Those of an orderly stop, in the order in which Kafka writes them.
pub const CHECKPOINTS_AT_STOP: [OffsetCheckpoint; 3] = [
    OffsetCheckpoint::Replication,
    OffsetCheckpoint::RecoveryPoint,
    OffsetCheckpoint::LogStart,
];

/// Stores checkpoints of a directory, unless another thread does: then that one stores all of them
/// once more. `replicas` are those that are open in it. Blocks; whether they are stored now.
///
/// # Errors
/// When one cannot be written.
pub fn store_checkpoints<S: Storage>(
    (directory, files): (&Directory<GroupHost, S>, &LogDirectory<S>),
    replicas: impl Fn() -> Vec<Arc<Replica<S>>>,
    checkpoints: &[OffsetCheckpoint],
) -> Result<bool, LogError> {
    let turn = directory.checkpoint_turn();
    if !turn.take() {
        return Ok(false);
    }
    let mut outcome = store(files, &replicas(), checkpoints);
    while turn.end_round() {
        if outcome.is_ok() {
            outcome = store(files, &replicas(), &CHECKPOINTS_AT_STOP);
        }
    }
    outcome.map(|()| true)
}

/// Stores the checkpoints of an orderly stop, after whoever stores some. Blocks.
///
/// # Errors
/// When one cannot be written.
pub fn store_checkpoints_at_stop<S: Storage>(
    (directory, files): (&Directory<GroupHost, S>, &LogDirectory<S>),
    replicas: &[Arc<Replica<S>>],
) -> Result<(), LogError> {
    let turn = directory.checkpoint_turn();
    turn.wait();
    let outcome = store(files, replicas, &CHECKPOINTS_AT_STOP);
    while turn.end_round() {}
    outcome
}

fn store<S: Storage>(
    files: &LogDirectory<S>,
    replicas: &[Arc<Replica<S>>],
    checkpoints: &[OffsetCheckpoint],
) -> Result<(), LogError> {
    for checkpoint in checkpoints {
        let offsets: BTreeMap<TopicPartition, Offset> = replicas
            .iter()
            .filter_map(|replica| {
                let offset = offset_of(replica, *checkpoint)?;
                Some((replica.topic_partition().clone(), offset))
            })
            .collect();
        files.store_checkpoint(*checkpoint, &offsets)?;
    }
    Ok(())
}

fn offset_of<S: Storage>(replica: &Replica<S>, checkpoint: OffsetCheckpoint) -> Option<Offset> {
    replica.look(|machine, log| match checkpoint {
        OffsetCheckpoint::RecoveryPoint => Some(log.recovery_point()),
        OffsetCheckpoint::LogStart => {
            // Also where a segment begins: the names of those before it may come back when the
            // power goes, and with them what DeleteRecords has deleted.
            let start = log.log_start_offset();
            (start > Offset::ZERO).then_some(start)
        }
        OffsetCheckpoint::Replication => Some(machine.high_watermark()),
        OffsetCheckpoint::Cleaner => None,
    })
}
