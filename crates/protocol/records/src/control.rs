//! Control records: keys, transaction markers, and batches of them.

use bytes::Bytes;
use ottla_types::{LeaderEpoch, Offset, ProducerEpoch, ProducerId, TimestampMs};

use crate::{Batch, BatchBuilder, BatchOptions, RecordError};

/// What a control record is; the second half of its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ControlRecordType {
    /// A transaction was aborted.
    Abort,
    /// A transaction was committed.
    Commit,
    /// A leader of the metadata quorum began its epoch.
    LeaderChange,
    /// First record of a snapshot.
    SnapshotHeader,
    /// Last record of a snapshot.
    SnapshotFooter,
    /// The level of `kraft.version`.
    KRaftVersion,
    /// The voters of the metadata quorum.
    KRaftVoters,
    /// A type of a later Kafka, to be skipped.
    Unknown(i16),
}

impl ControlRecordType {
    /// Its number.
    #[must_use]
    pub fn id(self) -> i16 {
        match self {
            ControlRecordType::Abort => 0,
            ControlRecordType::Commit => 1,
            ControlRecordType::LeaderChange => 2,
            ControlRecordType::SnapshotHeader => 3,
            ControlRecordType::SnapshotFooter => 4,
            ControlRecordType::KRaftVersion => 5,
            ControlRecordType::KRaftVoters => 6,
            ControlRecordType::Unknown(id) => id,
        }
    }

    /// The key of a control record: version 0 and the type.
    #[must_use]
    pub fn key(self) -> [u8; 4] {
        let [high, low] = self.id().to_be_bytes();
        [0, 0, high, low]
    }

    /// Reads a key; bytes behind the fourth are of a later version.
    ///
    /// # Errors
    /// [`RecordError::Corrupt`] when the key is null, short or of a negative version.
    pub fn from_key(key: Option<&[u8]>) -> Result<ControlRecordType, RecordError> {
        let &[version_high, version_low, high, low] = key
            .and_then(<[u8]>::first_chunk)
            .ok_or(RecordError::Corrupt("the key of a control record is short"))?;
        if i16::from_be_bytes([version_high, version_low]) < 0 {
            return Err(RecordError::Corrupt(
                "the version of a control record is negative",
            ));
        }
        Ok(match i16::from_be_bytes([high, low]) {
            0 => ControlRecordType::Abort,
            1 => ControlRecordType::Commit,
            2 => ControlRecordType::LeaderChange,
            3 => ControlRecordType::SnapshotHeader,
            4 => ControlRecordType::SnapshotFooter,
            5 => ControlRecordType::KRaftVersion,
            6 => ControlRecordType::KRaftVoters,
            id => ControlRecordType::Unknown(id),
        })
    }
}

/// The end of one transaction in one partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndTransactionMarker {
    /// Whether it was committed.
    pub committed: bool,
    /// Epoch of the transaction coordinator that wrote it.
    pub coordinator_epoch: i32,
}

impl EndTransactionMarker {
    /// The marker that `batch` holds; `None` for a batch that is no marker.
    ///
    /// # Errors
    /// When the control record is malformed.
    pub fn read(batch: &Batch) -> Result<Option<EndTransactionMarker>, RecordError> {
        if !batch.header.is_control() || !batch.header.has_producer_id() {
            return Ok(None);
        }
        // Compaction may have emptied the batch of a marker that is no longer needed.
        let Some(record) = batch.records().next().transpose()? else {
            return Ok(None);
        };
        let committed = match ControlRecordType::from_key(record.key)? {
            ControlRecordType::Commit => true,
            ControlRecordType::Abort => false,
            _ => return Ok(None),
        };
        let value: &[u8; 6] = record
            .value
            .and_then(<[u8]>::first_chunk)
            .ok_or(RecordError::Corrupt("the value of a marker is short"))?;
        let &[_, _, a, b, c, d] = value;
        Ok(Some(EndTransactionMarker {
            committed,
            coordinator_epoch: i32::from_be_bytes([a, b, c, d]),
        }))
    }

    fn value(self) -> [u8; 6] {
        let [a, b, c, d] = self.coordinator_epoch.to_be_bytes();
        [0, 0, a, b, c, d]
    }
}

/// The batch of one marker, 78 bytes.
#[must_use]
pub fn build_end_transaction_batch(
    base_offset: Offset,
    partition_leader_epoch: LeaderEpoch,
    timestamp: TimestampMs,
    (producer_id, producer_epoch): (ProducerId, ProducerEpoch),
    marker: EndTransactionMarker,
) -> Bytes {
    let mut builder = BatchBuilder::new(BatchOptions {
        base_offset,
        partition_leader_epoch,
        producer_id,
        producer_epoch,
        is_transactional: true,
        is_control: true,
        ..BatchOptions::default()
    });
    let kind = if marker.committed {
        ControlRecordType::Commit
    } else {
        ControlRecordType::Abort
    };
    builder.append(timestamp, Some(&kind.key()), Some(&marker.value()), &[]);
    builder.build()
}

/// A control batch of the metadata log; `records` are types with their encoded values.
#[must_use]
pub fn build_control_batch(
    base_offset: Offset,
    partition_leader_epoch: LeaderEpoch,
    timestamp: TimestampMs,
    records: &[(ControlRecordType, Bytes)],
) -> Bytes {
    let mut builder = BatchBuilder::new(BatchOptions {
        base_offset,
        partition_leader_epoch,
        is_control: true,
        ..BatchOptions::default()
    });
    for (kind, value) in records {
        builder.append(timestamp, Some(&kind.key()), Some(value), &[]);
    }
    builder.build()
}

#[cfg(test)]
mod tests;
