//! Reading one segment at recovery.

use std::sync::Arc;

use ottla_types::{Offset, TimestampMs};

use super::producers::ProducerLoader;
use crate::index::{AbortedTransaction, Indexer, Indexes, relative_offset};
use crate::scan::Scan;
use crate::storage::Storage;
use crate::{LeaderEpochs, LogError, Segment};

/// How much is read at once.
const SCAN_STEP: usize = 1 << 20;
/// The same behind the last index entry, where little is left.
const TAIL_STEP: usize = 16 << 10;

/// A segment that was read and checked in full.
pub(super) struct RecoveredSegment {
    /// Bytes of good batches.
    pub size: u64,
    /// The offset behind the last of them.
    pub next_offset: Offset,
    pub indexer: Indexer,
}

/// Reads a segment up to the first batch that is not whole, not intact or not in order.
pub(super) fn recover<S: Storage>(
    segment: &Arc<Segment<S>>,
    size: u64,
    index_interval_bytes: u64,
    leader_epochs: &mut LeaderEpochs,
    producers: &mut ProducerLoader<S>,
) -> Result<RecoveredSegment, LogError> {
    let base_offset = segment.base_offset();
    let mut indexer = Indexer::new(base_offset, index_interval_bytes);
    let mut next_offset = base_offset;
    let mut scan = Scan::new(segment, 0, size, SCAN_STEP);
    loop {
        let header = match scan.header() {
            Ok(Some(header)) => header,
            Ok(None) | Err(LogError::Corrupt { .. }) => break,
            Err(error) => return Err(error),
        };
        let position = scan.position();
        let batch = match scan.batch(&header) {
            Ok(batch) => batch,
            Err(LogError::Corrupt { .. }) => break,
            Err(error) => return Err(error),
        };
        let follows = header.base_offset >= next_offset && header.last_offset_delta >= 0;
        let fits = relative_offset(base_offset, header.last_offset()).is_some();
        if !follows || !fits || header.verify_checksum(batch).is_err() {
            break;
        }
        // Malformed control records in an intact batch: whoever wrote them, they end here.
        let Ok(completed) = producers.replay(&header, batch) else {
            break;
        };
        if let Some(completed) = completed.filter(|completed| !completed.commit) {
            indexer.indexes.aborted.push(AbortedTransaction {
                producer_id: completed.producer_id,
                first_offset: completed.first_offset,
                last_offset: completed.last_offset,
                last_stable_offset: completed.last_stable_offset,
            });
        }
        let position = u32::try_from(position).map_err(|_error| {
            LogError::Refused(format!("{segment:?} is larger than any segment can be"))
        })?;
        indexer.on_batch(&header, position);
        let latest = leader_epochs.latest();
        if latest.is_none_or(|latest| header.partition_leader_epoch > latest.epoch) {
            leader_epochs.assign(header.partition_leader_epoch, header.base_offset);
        }
        next_offset = header.next_offset();
        scan.skip(&header);
    }
    indexer.push_max_timestamp();
    Ok(RecoveredSegment {
        size: scan.position(),
        next_offset,
        indexer,
    })
}

/// The end of a segment that is trusted, and its indexes.
pub(super) struct End {
    pub next_offset: Offset,
    pub indexes: Indexes,
}

/// Finds the end of a trusted segment, from its last index entry on. `None` when it has to be read
/// in full all the same: its last batch does not end where the file ends (that would stop Kafka),
/// or its largest timestamp is not known.
pub(super) fn find_end<S: Storage>(
    segment: &Arc<Segment<S>>,
    size: u64,
) -> Result<Option<End>, LogError> {
    let mut next_offset = segment.base_offset();
    if size == 0 {
        let indexes = Indexes::default();
        return Ok(Some(End {
            next_offset,
            indexes,
        }));
    }
    let indexes = segment.load_indexes(size)?;
    if indexes.times.is_empty() {
        return Ok(None);
    }
    let start = indexes.position_for(u32::MAX);
    let mut scan = Scan::new(segment, start.into(), size, TAIL_STEP);
    loop {
        match scan.header() {
            Ok(Some(header)) => {
                next_offset = header.next_offset();
                scan.skip(&header);
            }
            Ok(None) => break,
            Err(LogError::Corrupt { .. }) => return Ok(None),
            Err(error) => return Err(error),
        }
    }
    let is_whole = scan.position() == size;
    Ok(is_whole.then_some(End {
        next_offset,
        indexes,
    }))
}

/// The largest timestamp of a segment's first batch.
pub(super) fn first_timestamp<S: Storage>(
    segment: &Arc<Segment<S>>,
    size: u64,
) -> Result<Option<TimestampMs>, LogError> {
    if size == 0 {
        return Ok(None);
    }
    let first = Scan::new(segment, 0, size, 0).header()?;
    Ok(first.map(|header| header.max_timestamp))
}
