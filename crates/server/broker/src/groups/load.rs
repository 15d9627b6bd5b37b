//! Reads a partition of the offsets topic from start to end and makes its coordinator.

use std::sync::Arc;

use bytes::Bytes;
use ottla_coordinator::{Entry, Loading};
use ottla_group::{GroupContext, GroupHard, GroupRecord, GroupShard};
use ottla_log::Storage;
use ottla_messages::ErrorCode;
use ottla_records::{Batch, Batches, EndTransactionMarker, InflateLimits, RecordError};
use ottla_runtime::{ReadBound, ReadRequest, Replica};
use ottla_types::{LeaderEpoch, Offset};

use super::GroupHost;

/// Bytes read at once.
const STRIDE: usize = 1 << 20;

/// Why groups cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The partition cannot be read.
    #[error("the partition cannot be read: {0}")]
    Unreadable(ErrorCode),
    /// A batch is broken.
    #[error("a batch at offset {0}: {1}")]
    Batch(Offset, RecordError),
    /// A record cannot be understood: guessing would lose somebody's offsets.
    #[error("a record at offset {0}: {1}")]
    Record(Offset, String),
}

/// Makes the coordinator of a partition of the offsets topic. Blocks.
///
/// # Errors
/// When the partition cannot be read as what it must be.
pub fn load_groups<S: Storage>(
    replica: &Arc<Replica<GroupHost, S>>,
    context: GroupContext,
    seed: u64,
) -> Result<GroupHost, LoadError> {
    let mut loading = Loading::<GroupShard>::new(GroupHard::default());
    let mut offset = replica.look(|machine, _| machine.log_start_offset());
    loop {
        let outcome = replica.read(&ReadRequest {
            offset,
            max_bytes: STRIDE,
            bound: ReadBound::LogEnd,
            leader_epoch: LeaderEpoch::NONE,
            last_fetched_epoch: LeaderEpoch::NONE,
            whole_first: true,
        });
        if outcome.error != ErrorCode::NONE {
            return Err(LoadError::Unreadable(outcome.error));
        }
        if outcome.records.is_empty() {
            break;
        }
        offset = replay(&mut loading, &outcome.records, offset)?;
    }
    let ends = replica.look(|machine, _| (machine.marks().reserved(), machine.high_watermark()));
    let mut outputs = Vec::new();
    let coordinator = loading.activate(
        &context,
        replica.directory().now(),
        seed,
        ends,
        &mut outputs,
    );
    Ok(GroupHost::new(coordinator, context))
}

fn replay(
    loading: &mut Loading<GroupShard>,
    records: &Bytes,
    from: Offset,
) -> Result<Offset, LoadError> {
    let mut next = from;
    for batch in Batches::new(records) {
        let (header, bytes) = batch.map_err(|error| LoadError::Batch(next, error))?;
        let at = header.base_offset;
        let batch = Batch::open(&records.slice_ref(bytes), &InflateLimits::default())
            .map_err(|error| LoadError::Batch(at, error))?;
        replay_batch(loading, &batch).map_err(|error| match error {
            ReplayError::Batch(error) => LoadError::Batch(at, error),
            ReplayError::Record(offset, error) => LoadError::Record(offset, error),
        })?;
        next = header.next_offset();
    }
    Ok(next)
}

enum ReplayError {
    Batch(RecordError),
    Record(Offset, String),
}

fn replay_batch(loading: &mut Loading<GroupShard>, batch: &Batch) -> Result<(), ReplayError> {
    let header = &batch.header;
    let (producer, epoch) = (header.producer_id, header.producer_epoch);
    if header.is_control() {
        let marker = EndTransactionMarker::read(batch).map_err(ReplayError::Batch)?;
        if let Some(marker) = marker {
            let end = Entry::TransactionEnd(producer, epoch, marker.committed);
            loading.replay(header.base_offset, end);
        }
        return Ok(());
    }
    for record in batch.records() {
        let record = record.map_err(ReplayError::Batch)?;
        let decoded = GroupRecord::decode(record.key.unwrap_or_default(), record.value)
            .map_err(|error| ReplayError::Record(record.offset, error.to_string()))?;
        // Kafka passes over keys of a type it does not know, and so do we.
        if let Some(decoded) = decoded {
            let entry = if header.is_transactional() {
                Entry::Transactional(producer, epoch, decoded)
            } else {
                Entry::Record(decoded)
            };
            loading.replay(record.offset, entry);
        }
    }
    Ok(())
}
