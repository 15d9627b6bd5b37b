//! Record batches of clients, and compressed streams.

use ottla_records::{
    BATCH_HEADER_SIZE, Batches, ClientBatchRules, Compression, InflateLimits, RecordIterator,
    TimestampType, crc32c, decompress, validate_client_batch,
};
use ottla_types::TimestampMs;

/// Small, so that a bomb is one long before it hurts the fuzzer.
const LIMITS: InflateLimits = InflateLimits {
    inflated_bytes_max: 1 << 20,
    ratio_max: 1024,
    zstd_window_log_max: 23,
};

/// The bytes claim to be a batch. Length, format and checksum are made right first, because no
/// fuzzer guesses a checksum; the low bits of the first byte say whether to leave them.
///
/// # Panics
/// When an accepted batch cannot be read record by record.
#[must_use]
pub fn record_batch(data: &[u8]) -> bool {
    let Some((choice, rest)) = data.split_first() else {
        return false;
    };
    let mut batch = rest.to_vec();
    if choice % 4 > 0 {
        make_right(&mut batch);
    }
    let rules = ClientBatchRules {
        batch_bytes_max: 1 << 20,
        segment_bytes: 1 << 20,
        timestamp_type: TimestampType::CreateTime,
        timestamp_before_max_ms: i64::MAX,
        timestamp_after_max_ms: i64::MAX,
        now: TimestampMs(0),
        is_compacted: choice & 4 != 0,
        inflate: LIMITS,
    };
    let mut scratch = Vec::new();
    for read in Batches::new(&batch) {
        let Ok((header, _)) = read else { break };
        // None of these may overflow, whatever the header says.
        let _ = (header.last_offset(), header.next_offset());
        let _ = (header.last_sequence(), header.encode());
    }
    let Ok(summary) = validate_client_batch(&batch, &rules, &mut scratch) else {
        return false;
    };
    let area = match summary.header.compression() {
        Ok(Compression::None) => batch.get(BATCH_HEADER_SIZE..).unwrap_or_default(),
        _ => &scratch,
    };
    let mut records = 0;
    for record in RecordIterator::new(&summary.header, area) {
        assert!(record.is_ok(), "a record of an accepted batch is readable");
        records += 1;
    }
    assert_eq!(
        records, summary.header.record_count,
        "an accepted batch has the records it counts"
    );
    true
}

fn make_right(batch: &mut [u8]) {
    let length = batch.len().saturating_sub(12) as u32;
    for (place, bytes) in [
        (0, &[0; 8][..]),
        (8, &length.to_be_bytes()[..]),
        (16, &[2][..]),
    ] {
        if let Some(target) = batch.get_mut(place..place + bytes.len()) {
            target.copy_from_slice(bytes);
        }
    }
    let checksum = crc32c(batch.get(21..).unwrap_or_default());
    if let Some(target) = batch.get_mut(17..21) {
        target.copy_from_slice(&checksum.to_be_bytes());
    }
}

/// The first byte chooses the codec; the rest claims to be its stream.
///
/// # Panics
/// When more comes out than the limits allow.
#[must_use]
pub fn inflate(data: &[u8]) -> bool {
    let Some((codec, stream)) = data.split_first() else {
        return false;
    };
    let Some(codec) = Compression::from_id(codec % 5) else {
        return false;
    };
    let mut inflated = Vec::new();
    let whole = decompress(codec, stream, &LIMITS, &mut inflated).is_ok();
    assert!(
        !whole || inflated.len() <= LIMITS.inflated_bytes_max,
        "the limit holds"
    );
    whole
}

#[cfg(test)]
mod tests;
