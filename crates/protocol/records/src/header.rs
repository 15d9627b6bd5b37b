//! The 61 bytes in front of every batch of format 2.
//!
//! *Kafka*: KIP-98. Base offset and leader epoch lie outside the checksum, so that a leader can
//! set them in place.

use ottla_types::{LeaderEpoch, Offset, ProducerEpoch, ProducerId, TimestampMs};

use crate::checksum::{crc32c, crc32c_of_two};
use crate::{Compression, RecordError};

/// Bytes of a batch's header.
pub const BATCH_HEADER_SIZE: usize = 61;
/// Bytes of base offset and batch length, which the batch length does not count.
pub const LOG_OVERHEAD: usize = 12;

/// Where the bytes begin that the checksum covers.
pub(crate) const CHECKSUMMED_FROM: usize = 21;
const MAGIC_AT: usize = 16;
/// No message of any format is smaller (format 0, null key and value).
const SIZE_OF_OLDEST: i32 = 14;

const COMPRESSION_MASK: i16 = 0x07;
const LOG_APPEND_TIME_BIT: i16 = 0x08;
const TRANSACTIONAL_BIT: i16 = 0x10;
const CONTROL_BIT: i16 = 0x20;
const DELETE_HORIZON_BIT: i16 = 0x40;

/// Who set the timestamps of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimestampType {
    /// The producer, record by record.
    CreateTime,
    /// The broker, one for the whole batch: its `max_timestamp`.
    LogAppendTime,
}

/// A batch without its records: everything that machines need to know of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchHeader {
    /// Offset of the first record; 0 from a client, assigned by the leader.
    pub base_offset: Offset,
    /// Timestamp that the records' deltas count from (with a delete horizon: that horizon).
    pub base_timestamp: TimestampMs,
    /// The largest timestamp, or the append time.
    pub max_timestamp: TimestampMs,
    /// The idempotent producer, or [`ProducerId::NONE`].
    pub producer_id: ProducerId,
    /// Bytes of the whole batch, header included; at least [`BATCH_HEADER_SIZE`].
    pub size_in_bytes: u32,
    /// Epoch of the leader that appended it, −1 from a client.
    pub partition_leader_epoch: LeaderEpoch,
    /// CRC-32C of the bytes from 21 on.
    pub crc: u32,
    /// Last offset − base offset.
    pub last_offset_delta: i32,
    /// Sequence of the first record, −1 without producer id.
    pub base_sequence: i32,
    /// Records in it: below `last_offset_delta + 1` after compaction.
    pub record_count: i32,
    /// Compression, timestamp type and flags.
    pub attributes: i16,
    /// Epoch of the producer, −1 for none.
    pub producer_epoch: ProducerEpoch,
}

impl BatchHeader {
    /// Reads the header at the front of `bytes`. The records behind it need not be there.
    ///
    /// # Errors
    /// [`RecordError::Corrupt`] when the bytes end early or the length is impossible,
    /// [`RecordError::UnsupportedMagic`] for formats 0 and 1.
    pub fn parse(bytes: &[u8]) -> Result<BatchHeader, RecordError> {
        let short = RecordError::Corrupt("shorter than its header");
        let impossible = RecordError::Corrupt("the batch length is impossible");
        let (Some(&magic), Some(batch_length)) = (
            bytes.get(MAGIC_AT),
            bytes.get(8..).and_then(<[u8]>::first_chunk),
        ) else {
            return Err(short);
        };
        let batch_length = i32::from_be_bytes(*batch_length);
        // Before the format, so that a hole of zeros is corrupt and not an old format.
        if batch_length < SIZE_OF_OLDEST {
            return Err(impossible);
        }
        match magic {
            0 | 1 => return Err(RecordError::UnsupportedMagic(magic)),
            2 => {}
            _ => return Err(RecordError::Corrupt("unknown message format")),
        }
        let bytes: &[u8; BATCH_HEADER_SIZE] = bytes.first_chunk().ok_or(short)?;
        let size_in_bytes = u32::try_from(batch_length)
            .ok()
            .and_then(|length| length.checked_add(LOG_OVERHEAD as u32))
            .filter(|&size| size as usize >= BATCH_HEADER_SIZE)
            .ok_or(impossible)?;
        let header = BatchHeader {
            base_offset: Offset(i64::from_be_bytes(field(bytes, 0))),
            base_timestamp: TimestampMs(i64::from_be_bytes(field(bytes, 27))),
            max_timestamp: TimestampMs(i64::from_be_bytes(field(bytes, 35))),
            producer_id: ProducerId(i64::from_be_bytes(field(bytes, 43))),
            size_in_bytes,
            partition_leader_epoch: LeaderEpoch(i32::from_be_bytes(field(bytes, 12))),
            crc: u32::from_be_bytes(field(bytes, 17)),
            last_offset_delta: i32::from_be_bytes(field(bytes, 23)),
            base_sequence: i32::from_be_bytes(field(bytes, 53)),
            record_count: i32::from_be_bytes(field(bytes, 57)),
            attributes: i16::from_be_bytes(field(bytes, 21)),
            producer_epoch: ProducerEpoch(i16::from_be_bytes(field(bytes, 51))),
        };
        Ok(header)
    }

    /// The 61 bytes, as [`BatchHeader::parse`] reads them.
    #[must_use]
    pub fn encode(&self) -> [u8; BATCH_HEADER_SIZE] {
        let mut bytes = [0; BATCH_HEADER_SIZE];
        put(&mut bytes, 0, self.base_offset.0.to_be_bytes());
        let batch_length = self.size_in_bytes.saturating_sub(LOG_OVERHEAD as u32);
        put(&mut bytes, 8, batch_length.to_be_bytes());
        put(&mut bytes, 12, self.partition_leader_epoch.0.to_be_bytes());
        put(&mut bytes, MAGIC_AT, [2]);
        put(&mut bytes, 17, self.crc.to_be_bytes());
        put(&mut bytes, 21, self.attributes.to_be_bytes());
        put(&mut bytes, 23, self.last_offset_delta.to_be_bytes());
        put(&mut bytes, 27, self.base_timestamp.0.to_be_bytes());
        put(&mut bytes, 35, self.max_timestamp.0.to_be_bytes());
        put(&mut bytes, 43, self.producer_id.0.to_be_bytes());
        put(&mut bytes, 51, self.producer_epoch.0.to_be_bytes());
        put(&mut bytes, 53, self.base_sequence.to_be_bytes());
        put(&mut bytes, 57, self.record_count.to_be_bytes());
        bytes
    }

    /// Offset of the last record.
    #[must_use]
    pub fn last_offset(&self) -> Offset {
        Offset(
            self.base_offset
                .0
                .saturating_add(i64::from(self.last_offset_delta)),
        )
    }

    /// The offset behind the last record.
    #[must_use]
    pub fn next_offset(&self) -> Offset {
        Offset(self.last_offset().0.saturating_add(1))
    }

    /// Sequence of the last record; wraps from 2³¹−1 to 0. −1 without sequence.
    #[must_use]
    pub fn last_sequence(&self) -> i32 {
        if self.base_sequence < 0 {
            return -1;
        }
        let last = i64::from(self.base_sequence) + i64::from(self.last_offset_delta);
        (last & i64::from(i32::MAX)) as i32
    }

    /// How the records are compressed.
    ///
    /// # Errors
    /// [`RecordError::Invalid`] for the numbers 5 to 7, which Kafka does not define.
    pub fn compression(&self) -> Result<Compression, RecordError> {
        Compression::from_id((self.attributes & COMPRESSION_MASK) as u8)
            .ok_or_else(|| RecordError::invalid("unknown compression type"))
    }

    /// Who set the timestamps.
    #[must_use]
    pub fn timestamp_type(&self) -> TimestampType {
        if self.attributes & LOG_APPEND_TIME_BIT != 0 {
            TimestampType::LogAppendTime
        } else {
            TimestampType::CreateTime
        }
    }

    /// Whether it belongs to a transaction.
    #[must_use]
    pub fn is_transactional(&self) -> bool {
        self.attributes & TRANSACTIONAL_BIT != 0
    }

    /// Whether its records are control records: markers, leader changes and the like.
    #[must_use]
    pub fn is_control(&self) -> bool {
        self.attributes & CONTROL_BIT != 0
    }

    /// Whether `base_timestamp` is the time from which compaction may drop its tombstones.
    #[must_use]
    pub fn has_delete_horizon(&self) -> bool {
        self.attributes & DELETE_HORIZON_BIT != 0
    }

    /// Whether an idempotent producer wrote it.
    #[must_use]
    pub fn has_producer_id(&self) -> bool {
        self.producer_id > ProducerId::NONE
    }

    /// Checks the checksum; `batch` begins with this header and is whole.
    ///
    /// # Errors
    /// [`RecordError::Corrupt`] when the checksum differs or bytes are missing.
    pub fn verify_checksum(&self, batch: &[u8]) -> Result<(), RecordError> {
        let covered = batch
            .get(CHECKSUMMED_FROM..self.size_in_bytes as usize)
            .ok_or(RecordError::Corrupt("shorter than its length says"))?;
        if crc32c(covered) == self.crc {
            Ok(())
        } else {
            Err(RecordError::Corrupt("the checksum does not match"))
        }
    }

    /// Sets who set the timestamps and the largest of them, and computes the checksum anew over
    /// `record_area`, the bytes behind the header.
    pub fn set_max_timestamp(
        &mut self,
        timestamp_type: TimestampType,
        max_timestamp: TimestampMs,
        record_area: &[u8],
    ) {
        match timestamp_type {
            TimestampType::CreateTime => self.attributes &= !LOG_APPEND_TIME_BIT,
            TimestampType::LogAppendTime => self.attributes |= LOG_APPEND_TIME_BIT,
        }
        self.max_timestamp = max_timestamp;
        self.set_checksum(record_area);
    }

    pub(crate) fn set_checksum(&mut self, record_area: &[u8]) {
        let encoded = self.encode();
        let covered = encoded.get(CHECKSUMMED_FROM..).unwrap_or_default();
        self.crc = crc32c_of_two(covered, record_area);
    }

    pub(crate) fn attributes_of(
        compression: Compression,
        timestamp_type: TimestampType,
        is_transactional: bool,
        is_control: bool,
    ) -> i16 {
        let mut attributes = i16::from(compression.id());
        if timestamp_type == TimestampType::LogAppendTime {
            attributes |= LOG_APPEND_TIME_BIT;
        }
        if is_transactional {
            attributes |= TRANSACTIONAL_BIT;
        }
        if is_control {
            attributes |= CONTROL_BIT;
        }
        attributes
    }
}

/// Writes base offset and leader epoch into a batch, in place; the checksum covers neither.
///
/// # Panics
/// When `batch` is shorter than a header: the caller has parsed it.
pub fn patch_position(batch: &mut [u8], base_offset: Offset, leader_epoch: LeaderEpoch) {
    let header: &mut [u8; BATCH_HEADER_SIZE] = batch
        .first_chunk_mut()
        .expect("a parsed batch has a whole header");
    put(header, 0, base_offset.0.to_be_bytes());
    put(header, LOG_OVERHEAD, leader_epoch.0.to_be_bytes());
}

fn field<const SIZE: usize>(bytes: &[u8; BATCH_HEADER_SIZE], at: usize) -> [u8; SIZE] {
    bytes
        .get(at..)
        .and_then(<[u8]>::first_chunk)
        .copied()
        .expect("every field lies within the header")
}

fn put<const SIZE: usize>(bytes: &mut [u8; BATCH_HEADER_SIZE], at: usize, value: [u8; SIZE]) {
    bytes
        .get_mut(at..)
        .and_then(<[u8]>::first_chunk_mut)
        .map(|place| *place = value)
        .expect("every field lies within the header");
}

#[cfg(test)]
pub(crate) mod tests;
