//! Snapshots of the metadata, and `bootstrap.checkpoint`, which has their shape: a control batch
//! with the header (and, with `kraft.version` 1, the voters), batches of records, a control batch
//! with the footer. Offsets count on from 0 over all of it.

use bytes::Bytes;
use ottla_messages::metadata_record::MetadataRecord;
use ottla_messages::snapshot_footer_record::SnapshotFooterRecord;
use ottla_messages::snapshot_header_record::SnapshotHeaderRecord;
use ottla_messages::{Message, Reader};
use ottla_metadata::MetadataVersion;
use ottla_records::{Batch, Batches, ControlRecordType, InflateLimits, build_control_batch};
use ottla_types::{LeaderEpoch, Offset, TimestampMs};

use super::QuorumError;
use super::control_records::{ControlState, encode};
use super::records::{BATCH_BYTES_MAX, build_batch, decode_batch, encode_values};

/// Batches of a snapshot stay well below the limit, so that readers need little memory.
const BATCH_BYTES: usize = BATCH_BYTES_MAX / 8;

/// What a snapshot holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    /// When the last record was appended that the snapshot stands for; 0 for a formatter's.
    pub last_contained_timestamp: i64,
    /// `kraft.version` and voters, if it has them.
    pub control: ControlState,
    /// The records.
    pub records: Vec<MetadataRecord>,
}

impl Snapshot {
    /// The bytes of the file.
    ///
    /// # Errors
    /// If a record has a field set that the metadata version lacks.
    pub fn encode(
        &self,
        epoch: LeaderEpoch,
        version: MetadataVersion,
        now: TimestampMs,
    ) -> Result<Vec<u8>, QuorumError> {
        let header = SnapshotHeaderRecord {
            version: 0,
            last_contained_log_timestamp: self.last_contained_timestamp,
        };
        let mut head = vec![(ControlRecordType::SnapshotHeader, encode(&header)?)];
        head.extend(self.control.records()?);
        let mut next = Offset::ZERO;
        let mut out = Vec::new();
        out.extend_from_slice(&build_control_batch(next, epoch, now, &head));
        next = next.plus(count(head.len()));
        for values in batches_of(&encode_values(&self.records, version)?) {
            out.extend_from_slice(&build_batch(next, epoch, now, values));
            next = next.plus(count(values.len()));
        }
        let footer = encode(&SnapshotFooterRecord { version: 0 })?;
        let foot = [(ControlRecordType::SnapshotFooter, footer)];
        out.extend_from_slice(&build_control_batch(next, epoch, now, &foot));
        Ok(out)
    }

    /// Reads the bytes of a file.
    ///
    /// # Errors
    /// If a batch is corrupt, the header is not the first record, the footer is missing or not the
    /// last, or a record is unknown.
    pub fn decode(bytes: &Bytes) -> Result<Snapshot, QuorumError> {
        let mut snapshot = Snapshot::default();
        let (mut has_header, mut has_footer) = (false, false);
        let mut batches = Batches::new(bytes);
        for batch in batches.by_ref() {
            let (_, slice) = batch?;
            if has_footer {
                return Err(QuorumError::Snapshot("something follows its footer"));
            }
            let batch = Batch::open(&bytes.slice_ref(slice), &InflateLimits::default())?;
            if batch.header.is_control() {
                for record in batch.records() {
                    let record = record?;
                    match ControlRecordType::from_key(record.key)? {
                        ControlRecordType::SnapshotHeader if !has_header => {
                            has_header = true;
                            let value = record.value.map_or(Bytes::new(), Bytes::copy_from_slice);
                            let header = SnapshotHeaderRecord::decode(&mut Reader::new(value), 0)?;
                            snapshot.last_contained_timestamp = header.last_contained_log_timestamp;
                        }
                        ControlRecordType::SnapshotFooter => has_footer = true,
                        _ => {}
                    }
                }
                snapshot.control.note(&batch)?;
            } else {
                let records = decode_batch(&batch)?;
                snapshot
                    .records
                    .extend(records.into_iter().map(|(_, record)| record));
            }
            if !has_header {
                return Err(QuorumError::Snapshot("it does not begin with a header"));
            }
        }
        if !has_footer || !batches.unread().is_empty() {
            return Err(QuorumError::Snapshot("it does not end with a footer"));
        }
        // Where its Voters record lies says nothing about the log.
        snapshot.control.voters_record = None;
        Ok(snapshot)
    }
}

fn count(records: usize) -> i64 {
    i64::try_from(records).expect("a batch has fewer records than i64::MAX")
}

/// Cuts values into batches.
fn batches_of(values: &[Bytes]) -> Vec<&[Bytes]> {
    let mut batches = Vec::new();
    let mut rest = values;
    while !rest.is_empty() {
        let mut size = 0;
        let fitting = rest
            .iter()
            .take_while(|value| {
                size += value.len();
                size <= BATCH_BYTES
            })
            .count();
        let (batch, behind) = rest.split_at(fitting.max(1));
        batches.push(batch);
        rest = behind;
    }
    batches
}

#[cfg(test)]
mod tests;
