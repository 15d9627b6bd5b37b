//! The sparse indexes of one segment: offset → position, timestamp → offset, aborted transactions.
//!
//! *Invariants*: positions and relative offsets strictly increase; timestamps strictly increase;
//! an index on disk is right or absent, never stale. A file may end in zeros (Kafka preallocates):
//! what does not increase ends it.
//! *Kafka*: `OffsetIndex`, `TimeIndex`, `TransactionIndex`; bytes in `docs/formats/log.md`.

use ottla_records::BatchHeader;
use ottla_types::{Offset, ProducerId, TimestampMs};

const OFFSET_ENTRY_SIZE: usize = 8;
const TIME_ENTRY_SIZE: usize = 12;
const ABORTED_ENTRY_SIZE: usize = 34;

/// One entry of `.index`: a batch ends at this offset (relative to the segment's base) and begins
/// at this position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OffsetEntry {
    pub relative_offset: u32,
    pub position: u32,
}

/// One entry of `.timeindex`: no batch up to this offset has a later timestamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TimeEntry {
    pub timestamp: TimestampMs,
    pub relative_offset: u32,
}

/// An aborted transaction whose marker lies in the segment; one entry of `.txnindex`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AbortedTransaction {
    /// Whose it was.
    pub producer_id: ProducerId,
    /// Its first record.
    pub first_offset: Offset,
    /// Its marker.
    pub last_offset: Offset,
    /// First offset of the oldest transaction still open at the marker, else the offset behind it.
    pub last_stable_offset: Offset,
}

/// The indexes of one segment, in memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Indexes {
    pub offsets: Vec<OffsetEntry>,
    pub times: Vec<TimeEntry>,
    pub aborted: Vec<AbortedTransaction>,
}

impl Indexes {
    /// What they take, in bytes.
    pub fn size_in_memory(&self) -> usize {
        size_of_val(&*self.offsets) + size_of_val(&*self.times) + size_of_val(&*self.aborted)
    }

    /// Where to begin a scan for `relative_offset`.
    pub fn position_for(&self, relative_offset: u32) -> u32 {
        let behind = self
            .offsets
            .partition_point(|entry| entry.relative_offset <= relative_offset);
        behind
            .checked_sub(1)
            .and_then(|at| self.offsets.get(at))
            .map_or(0, |entry| entry.position)
    }

    /// The position of a batch, the last one known that begins at `position` or before.
    pub fn batch_before(&self, position: u64) -> u32 {
        let behind = self
            .offsets
            .partition_point(|entry| u64::from(entry.position) <= position);
        behind
            .checked_sub(1)
            .and_then(|at| self.offsets.get(at))
            .map_or(0, |entry| entry.position)
    }

    /// The relative offset up to which every timestamp is at most the given one, by the index
    /// alone.
    pub fn offset_before(&self, timestamp: TimestampMs) -> u32 {
        let behind = self
            .times
            .partition_point(|entry| entry.timestamp <= timestamp);
        behind
            .checked_sub(1)
            .and_then(|at| self.times.get(at))
            .map_or(0, |entry| entry.relative_offset)
    }

    /// Adds a time entry, if it is later than the last.
    pub fn push_time(&mut self, timestamp: TimestampMs, relative_offset: u32) {
        let last = self.times.last();
        let later = last.is_none_or(|entry| entry.timestamp < timestamp);
        let ordered = last.is_none_or(|entry| entry.relative_offset <= relative_offset);
        if later && ordered && timestamp > TimestampMs::NONE {
            self.times.push(TimeEntry {
                timestamp,
                relative_offset,
            });
        }
    }

    pub fn encode_offsets(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.offsets.len() * OFFSET_ENTRY_SIZE);
        for entry in &self.offsets {
            bytes.extend_from_slice(&entry.relative_offset.to_be_bytes());
            bytes.extend_from_slice(&entry.position.to_be_bytes());
        }
        bytes
    }

    pub fn encode_times(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.times.len() * TIME_ENTRY_SIZE);
        for entry in &self.times {
            bytes.extend_from_slice(&entry.timestamp.0.to_be_bytes());
            bytes.extend_from_slice(&entry.relative_offset.to_be_bytes());
        }
        bytes
    }

    pub fn encode_aborted(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.aborted.len() * ABORTED_ENTRY_SIZE);
        for entry in &self.aborted {
            bytes.extend_from_slice(&0_i16.to_be_bytes());
            bytes.extend_from_slice(&entry.producer_id.0.to_be_bytes());
            bytes.extend_from_slice(&entry.first_offset.0.to_be_bytes());
            bytes.extend_from_slice(&entry.last_offset.0.to_be_bytes());
            bytes.extend_from_slice(&entry.last_stable_offset.0.to_be_bytes());
        }
        bytes
    }

    /// Reads `.index`; `segment_size` bounds what a position can be.
    pub fn decode_offsets(&mut self, bytes: &[u8], segment_size: u64) {
        self.offsets.clear();
        for entry in bytes.as_chunks::<OFFSET_ENTRY_SIZE>().0 {
            let &[a, b, c, d, e, f, g, h] = entry;
            let entry = OffsetEntry {
                relative_offset: u32::from_be_bytes([a, b, c, d]),
                position: u32::from_be_bytes([e, f, g, h]),
            };
            let last = self.offsets.last().copied().unwrap_or(OffsetEntry {
                relative_offset: 0,
                position: 0,
            });
            let increases = entry.relative_offset > last.relative_offset
                && entry.position > last.position
                && u64::from(entry.position) < segment_size;
            if !increases {
                break;
            }
            self.offsets.push(entry);
        }
        self.offsets.shrink_to_fit();
    }

    /// Reads `.timeindex`.
    pub fn decode_times(&mut self, bytes: &[u8]) {
        self.times.clear();
        for entry in bytes.as_chunks::<TIME_ENTRY_SIZE>().0 {
            let &[a, b, c, d, e, f, g, h, i, j, k, l] = entry;
            let timestamp = TimestampMs(i64::from_be_bytes([a, b, c, d, e, f, g, h]));
            let count = self.times.len();
            self.push_time(timestamp, u32::from_be_bytes([i, j, k, l]));
            // A preallocated file ends in entries of timestamp 0.
            if self.times.len() == count || (count > 0 && timestamp.0 == 0) {
                break;
            }
        }
        // A lone entry of zeros is the start of a preallocated tail, not a record of 1970.
        let lone_zero = TimeEntry {
            timestamp: TimestampMs(0),
            relative_offset: 0,
        };
        if self.times == [lone_zero] && bytes.len() > TIME_ENTRY_SIZE {
            self.times.clear();
        }
        self.times.shrink_to_fit();
    }

    /// Reads `.txnindex`; false when an entry cannot be of this segment.
    pub fn decode_aborted(&mut self, bytes: &[u8], base_offset: Offset) -> bool {
        self.aborted.clear();
        for entry in bytes.chunks_exact(ABORTED_ENTRY_SIZE) {
            let long = |at: usize| {
                entry
                    .get(at..)
                    .and_then(<[u8]>::first_chunk)
                    .map_or(-1, |bytes| i64::from_be_bytes(*bytes))
            };
            let aborted = AbortedTransaction {
                producer_id: ProducerId(long(2)),
                first_offset: Offset(long(10)),
                last_offset: Offset(long(18)),
                last_stable_offset: Offset(long(26)),
            };
            if !entry.starts_with(&[0, 0]) || aborted.last_offset < base_offset {
                return false;
            }
            self.aborted.push(aborted);
        }
        bytes.len().is_multiple_of(ABORTED_ENTRY_SIZE)
    }
}

/// Fills the indexes of a segment as batches are appended or recovered.
#[derive(Clone, Debug)]
pub(crate) struct Indexer {
    pub base_offset: Offset,
    pub indexes: Indexes,
    pub max_timestamp: TimestampMs,
    offset_of_max_timestamp: Offset,
    interval_bytes: u64,
    bytes_since_entry: u64,
}

impl Indexer {
    pub fn new(base_offset: Offset, interval_bytes: u64) -> Self {
        Indexer {
            base_offset,
            indexes: Indexes::default(),
            max_timestamp: TimestampMs::NONE,
            offset_of_max_timestamp: Offset::NONE,
            interval_bytes,
            bytes_since_entry: 0,
        }
    }

    /// Goes on with indexes that were loaded; the counter starts anew, as Kafka's does.
    pub fn resume(base_offset: Offset, interval_bytes: u64, indexes: Indexes) -> Self {
        let mut indexer = Indexer::new(base_offset, interval_bytes);
        if let Some(last) = indexes.times.last() {
            indexer.max_timestamp = last.timestamp;
            indexer.offset_of_max_timestamp = base_offset.plus(i64::from(last.relative_offset));
        }
        indexer.indexes = indexes;
        indexer
    }

    /// Takes in the batch that begins at `position`. Its last offset fits the segment: see
    /// [`relative_offset`].
    pub fn on_batch(&mut self, header: &BatchHeader, position: u32) {
        if header.max_timestamp > self.max_timestamp {
            self.max_timestamp = header.max_timestamp;
            self.offset_of_max_timestamp = header.last_offset();
        }
        if self.bytes_since_entry > self.interval_bytes {
            if let Some(relative_offset) = relative_offset(self.base_offset, header.last_offset()) {
                self.indexes.offsets.push(OffsetEntry {
                    relative_offset,
                    position,
                });
            }
            self.push_max_timestamp();
            self.bytes_since_entry = 0;
        }
        self.bytes_since_entry += u64::from(header.size_in_bytes);
    }

    /// The last time entry of a segment: its largest timestamp.
    pub fn push_max_timestamp(&mut self) {
        if let Some(relative) = relative_offset(self.base_offset, self.offset_of_max_timestamp) {
            self.indexes.push_time(self.max_timestamp, relative);
        }
    }

    /// Whether Kafka's index files of so many bytes would be full.
    pub fn is_full(&self, index_bytes_max: u64) -> bool {
        let offsets = index_bytes_max / OFFSET_ENTRY_SIZE as u64;
        let times = index_bytes_max / TIME_ENTRY_SIZE as u64;
        self.indexes.offsets.len() as u64 >= offsets
            || self.indexes.times.len() as u64 >= times.saturating_sub(1)
    }
}

/// The offset relative to a segment's base; `None` when it does not fit the indexes.
pub(crate) fn relative_offset(base_offset: Offset, offset: Offset) -> Option<u32> {
    let relative = offset.0.checked_sub(base_offset.0)?;
    let relative = i32::try_from(relative).ok()?;
    u32::try_from(relative).ok()
}

#[cfg(test)]
mod tests;
