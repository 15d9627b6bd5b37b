//! The checkpoints of a log directory: where its replicas stand, one file per kind of offset.

use std::collections::BTreeMap;
use std::sync::Arc;

use ottla_log::{LogDirectory, LogError, OffsetCheckpoint, Storage};
use ottla_types::{Offset, TopicPartition};

use crate::Replica;

/// Those of an orderly stop, in the order in which Kafka writes them.
pub const CHECKPOINTS_AT_STOP: [OffsetCheckpoint; 3] = [
    OffsetCheckpoint::Replication,
    OffsetCheckpoint::RecoveryPoint,
    OffsetCheckpoint::LogStart,
];

/// Stores checkpoints of a directory, in which these replicas are open. Blocks.
///
/// # Errors
/// When one cannot be written.
pub fn store_checkpoints<S: Storage>(
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
            let start = log.log_start_offset();
            (start > log.first_base_offset()).then_some(start)
        }
        OffsetCheckpoint::Replication => Some(machine.high_watermark()),
        OffsetCheckpoint::Cleaner => None,
    })
}
