//! Batches of metadata records: framed values, neither keys nor headers, never compressed.

use bytes::Bytes;
use ottla_messages::metadata_record::MetadataRecord;
use ottla_metadata::{MetadataVersion, record_version};
use ottla_records::{Batch, BatchBuilder, BatchOptions};
use ottla_types::{LeaderEpoch, Offset, TimestampMs};

use super::QuorumError;

/// The largest batch of the metadata log, fixed in Kafka.
pub const BATCH_BYTES_MAX: usize = 8 * 1024 * 1024;

/// The values of records at the versions that a metadata version implies.
///
/// # Errors
/// If a record has a field set that its version lacks.
pub fn encode_values(
    records: &[MetadataRecord],
    version: MetadataVersion,
) -> Result<Vec<Bytes>, QuorumError> {
    records
        .iter()
        .map(|record| Ok(record.encode_value(record_version(record, version))?))
        .collect()
}

/// One batch of these values, all stamped with one time.
#[must_use]
pub fn build_batch(
    base_offset: Offset,
    epoch: LeaderEpoch,
    timestamp: TimestampMs,
    values: &[Bytes],
) -> Bytes {
    let mut builder = BatchBuilder::new(BatchOptions {
        base_offset,
        partition_leader_epoch: epoch,
        ..BatchOptions::default()
    });
    for value in values {
        builder.append(timestamp, None, Some(value), &[]);
    }
    builder.build()
}

/// The records of a data batch with their offsets.
///
/// # Errors If a record is not one of the metadata log, or of a type or version that this node does
/// not know: going on without it would give another image than the other replicas have.
pub fn decode_batch(batch: &Batch) -> Result<Vec<(Offset, MetadataRecord)>, QuorumError> {
    batch
        .records()
        .map(|record| {
            let record = record?;
            let is_plain = record.key.is_none() && record.headers.into_iter().next().is_none();
            let value = match record.value {
                Some(value) if is_plain && !value.is_empty() => batch.record_area.slice_ref(value),
                _ => {
                    return Err(QuorumError::NotMetadata {
                        offset: record.offset,
                    });
                }
            };
            let (decoded, _) =
                MetadataRecord::decode_value(value).map_err(|source| QuorumError::Record {
                    offset: record.offset,
                    source,
                })?;
            Ok((record.offset, decoded))
        })
        .collect()
}
