//! Records, compared with Kafka's bytes, and with any bytes.

use super::*;
use crate::BATCH_HEADER_SIZE;
use crate::header::tests::{PLAIN, bytes_of};

fn read(bytes: &[u8]) -> Vec<Result<Record<'_>, RecordError>> {
    let header = BatchHeader::parse(bytes).unwrap();
    RecordIterator::new(&header, &bytes[BATCH_HEADER_SIZE..]).collect()
}

#[test]
fn records_that_kafka_wrote_read_field_by_field() {
    let bytes = bytes_of(PLAIN);
    let records: Vec<Record<'_>> = read(&bytes).into_iter().map(Result::unwrap).collect();
    assert_eq!(records.len(), 2);
    assert_eq!(records[0].offset, Offset(0));
    assert_eq!(records[0].timestamp, TimestampMs(0x018b_cfe5_6800));
    assert_eq!(records[0].key, Some(&b"k1"[..]));
    assert_eq!(records[0].value, Some(&b"v1"[..]));
    let headers: Vec<Header<'_>> = records[0].headers.collect();
    assert_eq!(
        headers,
        [
            Header {
                key: b"h",
                value: Some(b"x")
            },
            Header {
                key: b"n",
                value: None
            }
        ]
    );
    assert_eq!(records[1].offset, Offset(1));
    assert_eq!(records[1].timestamp, TimestampMs(0x018b_cfe5_6805));
    assert_eq!(records[1].key, None);
    assert_eq!(records[1].value, Some(&b"v2"[..]));
    assert_eq!(records[1].headers.len(), 0);
}

#[test]
fn the_append_time_overrides_the_records() {
    let mut bytes = bytes_of(PLAIN);
    bytes[22] |= 8;
    for record in read(&bytes) {
        assert_eq!(record.unwrap().timestamp, TimestampMs(0x018b_cfe5_6805));
    }
}

#[test]
fn any_byte_may_be_anything_without_a_panic() {
    let good = bytes_of(PLAIN);
    for at in BATCH_HEADER_SIZE..good.len() {
        for value in 0..=255 {
            let mut bytes = good.clone();
            bytes[at] = value;
            for record in read(&bytes).into_iter().flatten() {
                let _count = record.headers.count();
            }
        }
    }
}

#[test]
fn bytes_behind_the_last_record_and_missing_ones_are_errors() {
    let mut bytes = bytes_of(PLAIN);
    bytes[60] = 1;
    let records = read(&bytes);
    assert_eq!(records.len(), 2);
    assert!(records[1].is_err());
    bytes[60] = 3;
    let records = read(&bytes);
    assert!(records[2].is_err());
}

#[test]
fn a_key_length_below_minus_one_is_refused() {
    let mut bytes = bytes_of(PLAIN);
    // The key length of the first record: −2 in zig-zag is 3.
    bytes[BATCH_HEADER_SIZE + 4] = 3;
    assert!(read(&bytes)[0].is_err());
}

#[test]
fn the_quick_walk_agrees_with_the_iterator_on_any_bytes() {
    let good = bytes_of(PLAIN);
    for at in BATCH_HEADER_SIZE..good.len() {
        for value in 0..=255 {
            let mut bytes = good.clone();
            bytes[at] = value;
            let header = BatchHeader::parse(&bytes).unwrap();
            let mut walked = Vec::new();
            let result = walk_records(&header, &bytes[BATCH_HEADER_SIZE..], |facts| {
                walked.push((facts.offset_delta, facts.has_key));
                Ok(())
            });
            let read = read(&bytes);
            let errors: Vec<_> = read
                .iter()
                .filter_map(|record| record.as_ref().err())
                .collect();
            let records = read.iter().flatten();
            let iterated: Vec<_> = records.map(|r| (r.offset_delta, r.key.is_some())).collect();
            assert_eq!(walked, iterated);
            assert_eq!(result.err().as_ref(), errors.first().copied());
        }
    }
}
