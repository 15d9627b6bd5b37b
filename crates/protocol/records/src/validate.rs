//! What the leader checks before it takes a client's batch.
//!
//! *Kafka*: `ProduceRequest.validateRecords`, `UnifiedLog.analyzeAndValidateRecords` and
//! `LogValidator`. Stricter in one point: offset deltas must count 0, 1, 2 … (Kafka rewrites a
//! compressed batch whose deltas do not, and trusts an uncompressed one).
//!
//! *Not here*: sequences against the producer's state (`core/partition`), permissions.

use std::ops::RangeInclusive;

use ottla_types::TimestampMs;

use crate::error::{RejectedRecord, RejectedRecords};
use crate::record::walk_records;
use crate::{
    BATCH_HEADER_SIZE, BatchHeader, Compression, InflateLimits, RecordError, TimestampType,
    decompress,
};

/// The rules of the topic that a batch is sent to.
#[derive(Clone, Copy, Debug)]
pub struct ClientBatchRules {
    /// `max.message.bytes`.
    pub batch_bytes_max: usize,
    /// `segment.bytes`.
    pub segment_bytes: usize,
    /// `message.timestamp.type`.
    pub timestamp_type: TimestampType,
    /// `message.timestamp.before.max.ms`.
    pub timestamp_before_max_ms: i64,
    /// `message.timestamp.after.max.ms`.
    pub timestamp_after_max_ms: i64,
    /// The wall clock.
    pub now: TimestampMs,
    /// Whether `cleanup.policy` contains `compact`.
    pub is_compacted: bool,
    /// Caps on inflating.
    pub inflate: InflateLimits,
}

impl ClientBatchRules {
    /// Checks the size of a batch: as it came, and again if it was compressed anew.
    ///
    /// # Errors
    /// When it is larger than the topic allows, or than a segment is.
    pub fn check_size(&self, size: usize) -> Result<(), RecordError> {
        if size > self.batch_bytes_max {
            return Err(RecordError::TooLarge {
                size,
                maximum: self.batch_bytes_max,
            });
        }
        if size > self.segment_bytes {
            return Err(RecordError::LargerThanSegment {
                size,
                maximum: self.segment_bytes,
            });
        }
        Ok(())
    }
}

/// What the check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The batch's header as it came.
    pub header: BatchHeader,
    /// The largest timestamp of its records by the topic's rule: their own, or the append time.
    pub max_timestamp: TimestampMs,
    /// Whether the header has to be rewritten by [`BatchHeader::set_max_timestamp`]: the append
    /// time is wanted, or the client stated another maximum or timestamp type than its records
    /// have.
    pub timestamp_rewrite: bool,
    /// Bytes of the records without compression.
    pub inflated_bytes: usize,
}

/// Checks the bytes that a client sent for one partition: exactly one batch. `scratch` is used for
/// inflating only, so that a caller can keep it from batch to batch.
///
/// # Errors
/// Whatever is wrong with it; [`RecordError::error_code`] is the answer.
pub fn validate_client_batch(
    bytes: &[u8],
    rules: &ClientBatchRules,
    scratch: &mut Vec<u8>,
) -> Result<Summary, RecordError> {
    let header = parse_only_batch(bytes)?;
    let compression = header.compression()?;
    if header.base_offset.0 != 0 {
        return Err(RecordError::invalid(format!(
            "the base offset of a record batch should be 0, but it is {}",
            header.base_offset
        )));
    }
    rules.check_size(bytes.len())?;
    header.verify_checksum(bytes)?;
    check_header(&header)?;

    let area = bytes.get(BATCH_HEADER_SIZE..).unwrap_or_default();
    let area = match compression {
        Compression::None => area,
        compression => {
            decompress(compression, area, &rules.inflate, scratch).map_err(as_sent)?;
            scratch
        }
    };
    let largest_timestamp = check_records(&header, area, rules)?;
    let max_timestamp = match rules.timestamp_type {
        TimestampType::CreateTime => largest_timestamp,
        TimestampType::LogAppendTime => rules.now,
    };
    let is_as_stated =
        header.timestamp_type() == rules.timestamp_type && header.max_timestamp == max_timestamp;
    Ok(Summary {
        header,
        max_timestamp,
        timestamp_rewrite: !is_as_stated,
        inflated_bytes: area.len(),
    })
}

fn parse_only_batch(bytes: &[u8]) -> Result<BatchHeader, RecordError> {
    if bytes.is_empty() {
        return Err(RecordError::NotOneBatch("the request has no record batch"));
    }
    if bytes.len() < BATCH_HEADER_SIZE {
        return Err(RecordError::NotOneBatch("the record batch is cut short"));
    }
    let header = BatchHeader::parse(bytes)?;
    match bytes.len().cmp(&(header.size_in_bytes as usize)) {
        std::cmp::Ordering::Less => Err(RecordError::NotOneBatch("the record batch is cut short")),
        std::cmp::Ordering::Equal => Ok(header),
        std::cmp::Ordering::Greater => Err(RecordError::NotOneBatch(
            "there must be exactly one record batch for a partition",
        )),
    }
}

/// What does not inflate although the checksum is right was not broken on the way: sending it
/// again, as clients do with corrupt batches, would not help.
fn as_sent(error: RecordError) -> RecordError {
    match error {
        RecordError::Corrupt(what) => RecordError::invalid(what),
        error => error,
    }
}

fn check_header(header: &BatchHeader) -> Result<(), RecordError> {
    if header.last_offset_delta < 0 {
        return Err(RecordError::invalid(format!(
            "the batch has an invalid offset range: [0, {}]",
            header.last_offset_delta
        )));
    }
    if header.record_count <= 0 {
        return Err(RecordError::invalid(format!(
            "invalid reported count for record batch: {}",
            header.record_count
        )));
    }
    if i64::from(header.record_count) != i64::from(header.last_offset_delta) + 1 {
        return Err(RecordError::invalid(format!(
            "inconsistent batch offset range [0, {}] and count of records {}",
            header.last_offset_delta, header.record_count
        )));
    }
    if header.is_control() {
        return Err(RecordError::invalid(
            "clients are not allowed to write control records",
        ));
    }
    if header.has_producer_id() && header.base_sequence < 0 {
        return Err(RecordError::invalid(format!(
            "invalid sequence number {} in record batch with producer id {}",
            header.base_sequence, header.producer_id
        )));
    }
    Ok(())
}

/// Walks the records; returns their largest timestamp.
fn check_records(
    header: &BatchHeader,
    area: &[u8],
    rules: &ClientBatchRules,
) -> Result<TimestampMs, RecordError> {
    let append_time = match header.timestamp_type() {
        TimestampType::CreateTime => None,
        TimestampType::LogAppendTime => Some(header.max_timestamp),
    };
    let bounds = Bounds::new(header, rules);
    let mut largest = TimestampMs::NONE;
    let mut index = 0;
    let mut rejected: Option<Box<RejectedRecords>> = None;
    walk_records(header, area, |facts| {
        if facts.offset_delta != index {
            return Err(wrong_delta(index, facts.offset_delta));
        }
        let created = TimestampMs(header.base_timestamp.0.wrapping_add(facts.timestamp_delta));
        let timestamp = append_time.unwrap_or(created);
        largest = largest.max(timestamp);
        if !bounds.admit(timestamp, facts.has_key) {
            let rejected = rejected.get_or_insert_default();
            reject(
                rejected,
                index,
                bounds.complaint(index, timestamp, facts.has_key),
            );
        }
        index += 1;
        Ok(())
    })?;
    match rejected {
        None => Ok(largest),
        Some(rejected) => Err(RecordError::Rejected(rejected)),
    }
}

/// The topic's rules for single records.
struct Bounds {
    needs_key: bool,
    /// `None`: any timestamp is fine.
    timestamps: Option<RangeInclusive<i64>>,
    /// The client claims the broker's right to stamp records.
    claims_append_time: bool,
}

impl Bounds {
    fn new(header: &BatchHeader, rules: &ClientBatchRules) -> Bounds {
        let now = rules.now.0;
        let earliest = now.saturating_sub(rules.timestamp_before_max_ms);
        let latest = now.saturating_add(rules.timestamp_after_max_ms);
        let by_create_time = rules.timestamp_type == TimestampType::CreateTime;
        Bounds {
            needs_key: rules.is_compacted,
            timestamps: by_create_time.then_some(earliest..=latest),
            claims_append_time: header.timestamp_type() == TimestampType::LogAppendTime,
        }
    }

    #[inline(always)]
    fn admit(&self, timestamp: TimestampMs, has_key: bool) -> bool {
        let is_in_bounds = match &self.timestamps {
            Some(bounds) if timestamp != TimestampMs::NONE => bounds.contains(&timestamp.0),
            _ => !self.claims_append_time,
        };
        is_in_bounds && (has_key || !self.needs_key)
    }

    /// Whether it is the timestamp that is wrong, and what to say.
    #[cold]
    fn complaint(&self, index: i32, timestamp: TimestampMs, has_key: bool) -> (bool, String) {
        if self.needs_key && !has_key {
            let message = "Compacted topic cannot accept message without key";
            return (false, message.to_owned());
        }
        match &self.timestamps {
            Some(bounds) if timestamp != TimestampMs::NONE => {
                let message = format!(
                    "Timestamp {timestamp} of message with offset {index} is out of range. \
                     The timestamp should be within [{}, {}]",
                    bounds.start(),
                    bounds.end()
                );
                (true, message)
            }
            _ => {
                let message = "Producer should not set timestamp type to LogAppendTime.";
                (true, message.to_owned())
            }
        }
    }
}

#[cold]
fn wrong_delta(index: i32, offset_delta: i32) -> RecordError {
    RecordError::invalid(format!(
        "record {index} has the offset delta {offset_delta}"
    ))
}

#[cold]
fn reject(rejected: &mut RejectedRecords, index: i32, complaint: (bool, String)) {
    let (is_timestamp, message) = complaint;
    rejected.invalid_timestamp |= is_timestamp;
    rejected.count += 1;
    if rejected.records.len() < RejectedRecords::LISTED {
        rejected.records.push(RejectedRecord {
            batch_index: index,
            message,
        });
    }
}

#[cfg(test)]
mod tests;
