//! Each rule that a client can break.

use bytes::Bytes;
use ottla_types::{Offset, ProducerEpoch, ProducerId};

use super::*;
use crate::{BatchBuilder, BatchOptions};

const NOW: i64 = 1_000_000_000;

fn rules() -> ClientBatchRules {
    ClientBatchRules {
        batch_bytes_max: 1_048_588,
        segment_bytes: 1 << 30,
        timestamp_type: TimestampType::CreateTime,
        timestamp_before_max_ms: i64::MAX,
        timestamp_after_max_ms: 3_600_000,
        now: TimestampMs(NOW),
        is_compacted: false,
        inflate: InflateLimits::default(),
    }
}

fn batch(options: BatchOptions, timestamps: &[i64]) -> Bytes {
    let mut builder = BatchBuilder::new(options);
    for &timestamp in timestamps {
        builder.append(TimestampMs(timestamp), None, Some(b"v"), &[]);
    }
    builder.build()
}

fn plain() -> Bytes {
    batch(BatchOptions::default(), &[NOW, NOW + 3, NOW + 1])
}

fn check(bytes: &[u8], rules: &ClientBatchRules) -> Result<Summary, RecordError> {
    validate_client_batch(bytes, rules, &mut Vec::new())
}

/// Changes the header and makes the checksum right again.
fn forged(change: impl FnOnce(&mut BatchHeader)) -> Vec<u8> {
    let mut bytes = plain().to_vec();
    let mut header = BatchHeader::parse(&bytes).unwrap();
    change(&mut header);
    header.set_checksum(&bytes[BATCH_HEADER_SIZE..]);
    bytes[..BATCH_HEADER_SIZE].copy_from_slice(&header.encode());
    bytes
}

fn code_of(result: Result<Summary, RecordError>) -> i16 {
    result.unwrap_err().error_code()
}

#[test]
fn a_good_batch_passes_with_every_codec() {
    for id in 0..=4 {
        let options = BatchOptions {
            compression: Compression::from_id(id).unwrap(),
            ..BatchOptions::default()
        };
        let bytes = batch(options, &[NOW, NOW + 3, NOW + 1]);
        let summary = check(&bytes, &rules()).unwrap();
        assert_eq!(summary.max_timestamp, TimestampMs(NOW + 3));
        assert!(!summary.timestamp_rewrite);
        assert_eq!(summary.inflated_bytes, plain().len() - BATCH_HEADER_SIZE);
    }
}

#[test]
fn an_uncompressed_batch_needs_no_scratch() {
    let mut scratch = Vec::new();
    validate_client_batch(&plain(), &rules(), &mut scratch).unwrap();
    assert_eq!(scratch.capacity(), 0);
}

#[test]
fn broken_bytes_are_corrupt() {
    let mut bytes = plain().to_vec();
    *bytes.last_mut().unwrap() ^= 1;
    assert_eq!(code_of(check(&bytes, &rules())), 2);
}

#[test]
fn what_claims_a_codec_that_it_does_not_have_is_invalid() {
    for codec in 1..=7 {
        let bytes = forged(|header| header.attributes |= codec);
        assert_eq!(code_of(check(&bytes, &rules())), 87, "{codec}");
    }
}

#[test]
fn none_or_two_or_half_a_batch_are_invalid() {
    assert_eq!(code_of(check(&[], &rules())), 87);
    let bytes = plain();
    for length in [1, 10, 40, BATCH_HEADER_SIZE, bytes.len() - 1] {
        assert_eq!(code_of(check(&bytes[..length], &rules())), 87, "{length}");
    }
    let two = [bytes.clone(), bytes].concat();
    assert_eq!(code_of(check(&two, &rules())), 87);
}

#[test]
fn headers_that_contradict_themselves_are_invalid() {
    let changes: [fn(&mut BatchHeader); 9] = [
        |header| header.base_offset = Offset(1),
        |header| header.record_count = 0,
        |header| header.record_count = -1,
        |header| header.record_count = 4,
        |header| header.last_offset_delta = -1,
        |header| header.last_offset_delta = 3,
        |header| header.attributes |= 0x20,
        |header| header.attributes |= 0x05,
        |header| header.producer_id = ProducerId(1),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        assert_eq!(code_of(check(&forged(change), &rules())), 87, "{number}");
    }
    let more_records = forged(|header| {
        header.record_count = 4;
        header.last_offset_delta = 3;
    });
    assert_eq!(code_of(check(&more_records, &rules())), 87);
    let fewer_records = forged(|header| {
        header.record_count = 2;
        header.last_offset_delta = 1;
    });
    assert_eq!(code_of(check(&fewer_records, &rules())), 87);
}

#[test]
fn a_producer_with_its_sequence_passes() {
    let options = BatchOptions {
        producer_id: ProducerId(7),
        producer_epoch: ProducerEpoch(0),
        base_sequence: 0,
        ..BatchOptions::default()
    };
    assert!(check(&batch(options, &[NOW]), &rules()).is_ok());
}

#[test]
fn a_stated_maximum_that_is_wrong_is_to_be_rewritten() {
    let bytes = forged(|header| header.max_timestamp = TimestampMs(NOW + 500));
    let summary = check(&bytes, &rules()).unwrap();
    assert!(summary.timestamp_rewrite);
    assert_eq!(summary.max_timestamp, TimestampMs(NOW + 3));
}

#[test]
fn append_time_topics_take_the_clock() {
    let mut rules = rules();
    rules.timestamp_type = TimestampType::LogAppendTime;
    let summary = check(&plain(), &rules).unwrap();
    assert!(summary.timestamp_rewrite);
    assert_eq!(summary.max_timestamp, TimestampMs(NOW));
    let claimed = forged(|header| header.attributes |= 8);
    assert_eq!(code_of(check(&claimed, &rules)), 32);
}

#[test]
fn timestamps_out_of_bounds_name_their_records() {
    let mut rules = rules();
    rules.timestamp_before_max_ms = 10;
    let stamps = [NOW, NOW - 11, NOW + 3_600_001, NOW + 3_600_000, -1];
    let error = check(&batch(BatchOptions::default(), &stamps), &rules).unwrap_err();
    assert_eq!(error.error_code(), 32);
    let RecordError::Rejected(rejected) = error else {
        panic!("{error}")
    };
    let indexes: Vec<i32> = rejected
        .records
        .iter()
        .map(|record| record.batch_index)
        .collect();
    assert_eq!(indexes, [1, 2]);
}

#[test]
fn compacted_topics_need_keys() {
    let mut rules = rules();
    rules.is_compacted = true;
    assert_eq!(code_of(check(&plain(), &rules)), 87);
}

#[test]
fn sizes_have_two_limits() {
    let size = plain().len();
    let mut rules = rules();
    rules.batch_bytes_max = size;
    assert!(check(&plain(), &rules).is_ok());
    rules.batch_bytes_max = size - 1;
    assert_eq!(code_of(check(&plain(), &rules)), 10);
    rules.batch_bytes_max = size;
    rules.segment_bytes = size - 1;
    assert_eq!(code_of(check(&plain(), &rules)), 18);
}

#[test]
fn many_rejected_records_do_not_grow_the_answer_without_bound() {
    let mut rules = rules();
    rules.is_compacted = true;
    let error = check(&batch(BatchOptions::default(), &[NOW; 1000]), &rules).unwrap_err();
    let RecordError::Rejected(rejected) = error else {
        panic!("{error}")
    };
    assert_eq!(rejected.count, 1000);
    assert_eq!(rejected.records.len(), RejectedRecords::LISTED);
}
