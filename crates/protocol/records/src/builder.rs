//! Builds batches.

use bytes::Bytes;
use ottla_types::{LeaderEpoch, Offset, ProducerEpoch, ProducerId, TimestampMs};

use crate::varint::{size_of_varlong, write_varlong};
use crate::{
    BATCH_HEADER_SIZE, BatchHeader, Compression, CompressionLevels, Header, TimestampType, compress,
};

/// What a batch says besides its records. The default is a client's plain batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchOptions {
    /// Offset of the first record.
    pub base_offset: Offset,
    /// Epoch of the appending leader.
    pub partition_leader_epoch: LeaderEpoch,
    /// How to compress the records.
    pub compression: Compression,
    /// The level of that compression.
    pub levels: CompressionLevels,
    /// `Some(t)`: the batch carries the append time `t`.
    pub append_time: Option<TimestampMs>,
    /// Producer id, or none.
    pub producer_id: ProducerId,
    /// Producer epoch, or none.
    pub producer_epoch: ProducerEpoch,
    /// Sequence of the first record, or −1.
    pub base_sequence: i32,
    /// Whether it belongs to a transaction.
    pub is_transactional: bool,
    /// Whether its records are control records.
    pub is_control: bool,
}

impl Default for BatchOptions {
    fn default() -> Self {
        BatchOptions {
            base_offset: Offset::ZERO,
            partition_leader_epoch: LeaderEpoch::NONE,
            compression: Compression::None,
            levels: CompressionLevels::default(),
            append_time: None,
            producer_id: ProducerId::NONE,
            producer_epoch: ProducerEpoch::NONE,
            base_sequence: -1,
            is_transactional: false,
            is_control: false,
        }
    }
}

/// A batch that grows record by record; bytes of a record are written once.
#[derive(Clone, Debug)]
pub struct BatchBuilder {
    options: BatchOptions,
    /// A placeholder for the header, then the records.
    buffer: Vec<u8>,
    record_count: i32,
    last_offset_delta: i32,
    base_timestamp: TimestampMs,
    max_timestamp: TimestampMs,
}

impl BatchBuilder {
    /// An empty batch.
    #[must_use]
    pub fn new(options: BatchOptions) -> Self {
        BatchBuilder {
            options,
            buffer: vec![0; BATCH_HEADER_SIZE],
            record_count: 0,
            last_offset_delta: -1,
            base_timestamp: TimestampMs::NONE,
            max_timestamp: TimestampMs::NONE,
        }
    }

    /// Adds a record at the next offset; returns its offset delta.
    pub fn append(
        &mut self,
        timestamp: TimestampMs,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: &[Header<'_>],
    ) -> i32 {
        let offset_delta = self.last_offset_delta + 1;
        if self.record_count == 0 {
            self.base_timestamp = timestamp;
        }
        self.max_timestamp = self.max_timestamp.max(timestamp);
        let timestamp_delta = timestamp.0.wrapping_sub(self.base_timestamp.0);
        let length = size_of_body(timestamp_delta, offset_delta, key, value, headers);
        let out = &mut self.buffer;
        write_varlong(out, length as i64);
        out.push(0);
        write_varlong(out, timestamp_delta);
        write_varlong(out, i64::from(offset_delta));
        write_nullable(out, key);
        write_nullable(out, value);
        write_varlong(out, headers.len() as i64);
        for header in headers {
            write_nullable(out, Some(header.key));
            write_nullable(out, header.value);
        }
        self.record_count += 1;
        self.last_offset_delta = offset_delta;
        offset_delta
    }

    /// Bytes it would have if it were built now without compression.
    #[must_use]
    pub fn size_in_bytes(&self) -> usize {
        self.buffer.len()
    }

    /// How many bytes [`BatchBuilder::append`] would add for this record at the next place.
    #[must_use]
    pub fn size_of_record(
        &self,
        timestamp: TimestampMs,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: &[Header<'_>],
    ) -> usize {
        let base = if self.record_count == 0 {
            timestamp
        } else {
            self.base_timestamp
        };
        let delta = timestamp.0.wrapping_sub(base.0);
        let body = size_of_body(delta, self.last_offset_delta + 1, key, value, headers);
        size_of_varlong(body as i64) + body
    }

    /// Records so far.
    #[must_use]
    pub fn record_count(&self) -> i32 {
        self.record_count
    }

    /// Whether nothing was appended yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.record_count == 0
    }

    /// Sets producer and sequence, which a client knows only when it sends.
    pub fn set_producer(&mut self, id: ProducerId, epoch: ProducerEpoch, base_sequence: i32) {
        self.options.producer_id = id;
        self.options.producer_epoch = epoch;
        self.options.base_sequence = base_sequence;
    }

    /// The finished batch, compressed and with its checksum.
    #[must_use]
    pub fn build(self) -> Bytes {
        let options = self.options;
        let mut bytes = match options.compression {
            Compression::None => self.buffer,
            compression => {
                let mut out = vec![0; BATCH_HEADER_SIZE];
                let area = self.buffer.get(BATCH_HEADER_SIZE..).unwrap_or_default();
                compress(compression, options.levels, area, &mut out);
                out
            }
        };
        let timestamp_type = match options.append_time {
            None => TimestampType::CreateTime,
            Some(_) => TimestampType::LogAppendTime,
        };
        let mut header = BatchHeader {
            base_offset: options.base_offset,
            base_timestamp: self.base_timestamp,
            max_timestamp: options.append_time.unwrap_or(self.max_timestamp),
            producer_id: options.producer_id,
            size_in_bytes: u32::try_from(bytes.len()).expect("a batch is below 2 GiB"),
            partition_leader_epoch: options.partition_leader_epoch,
            crc: 0,
            last_offset_delta: self.last_offset_delta,
            base_sequence: options.base_sequence,
            record_count: self.record_count,
            attributes: BatchHeader::attributes_of(
                options.compression,
                timestamp_type,
                options.is_transactional,
                options.is_control,
            ),
            producer_epoch: options.producer_epoch,
        };
        let (front, area) = bytes.split_at_mut(BATCH_HEADER_SIZE);
        header.set_checksum(area);
        front.copy_from_slice(&header.encode());
        bytes.into()
    }
}

fn size_of_body(
    timestamp_delta: i64,
    offset_delta: i32,
    key: Option<&[u8]>,
    value: Option<&[u8]>,
    headers: &[Header<'_>],
) -> usize {
    let of_headers: usize = headers
        .iter()
        .map(|header| size_of_nullable(Some(header.key)) + size_of_nullable(header.value))
        .sum();
    1 + size_of_varlong(timestamp_delta)
        + size_of_varlong(i64::from(offset_delta))
        + size_of_nullable(key)
        + size_of_nullable(value)
        + size_of_varlong(headers.len() as i64)
        + of_headers
}

fn size_of_nullable(bytes: Option<&[u8]>) -> usize {
    match bytes {
        None => 1,
        Some(bytes) => size_of_varlong(bytes.len() as i64) + bytes.len(),
    }
}

fn write_nullable(out: &mut Vec<u8>, bytes: Option<&[u8]>) {
    match bytes {
        None => write_varlong(out, -1),
        Some(bytes) => {
            write_varlong(out, bytes.len() as i64);
            out.extend_from_slice(bytes);
        }
    }
}

#[cfg(test)]
mod tests;
