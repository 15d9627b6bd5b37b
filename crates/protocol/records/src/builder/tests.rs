//! Built batches, compared with Kafka's bytes and read back.

use super::*;
use crate::header::tests::{PLAIN, bytes_of};
use crate::{Batch, InflateLimits};

#[test]
fn the_batch_of_kafka_comes_out_byte_for_byte() {
    let mut builder = BatchBuilder::new(BatchOptions {
        partition_leader_epoch: LeaderEpoch(0),
        ..BatchOptions::default()
    });
    let headers = [
        Header {
            key: b"h",
            value: Some(b"x"),
        },
        Header {
            key: b"n",
            value: None,
        },
    ];
    let at = TimestampMs(0x018b_cfe5_6800);
    let expected = builder.size_of_record(at, Some(b"k1"), Some(b"v1"), &headers);
    builder.append(at, Some(b"k1"), Some(b"v1"), &headers);
    assert_eq!(builder.size_in_bytes(), BATCH_HEADER_SIZE + expected);
    builder.append(TimestampMs(at.0 + 5), None, Some(b"v2"), &[]);
    assert_eq!(builder.build()[..], bytes_of(PLAIN)[..]);
}

#[test]
fn every_codec_round_trips_a_batch() {
    for id in 0..=4 {
        let compression = Compression::from_id(id).unwrap();
        let mut builder = BatchBuilder::new(BatchOptions {
            base_offset: Offset(100),
            compression,
            ..BatchOptions::default()
        });
        for number in 0..5000_i64 {
            let value = format!("value {}", number % 7);
            builder.append(TimestampMs(number), None, Some(value.as_bytes()), &[]);
        }
        let bytes = builder.build();
        let batch = Batch::open(&bytes, &InflateLimits::default()).unwrap();
        assert_eq!(batch.header.compression(), Ok(compression));
        let mut expected = 0..5000_i64;
        for record in batch.records() {
            let record = record.unwrap();
            let number = expected.next().unwrap();
            assert_eq!(record.offset, Offset(100 + number));
            assert_eq!(record.timestamp, TimestampMs(number));
            assert_eq!(
                record.value.unwrap(),
                format!("value {}", number % 7).as_bytes()
            );
        }
        assert_eq!(expected.next(), None);
    }
}

#[test]
fn an_append_time_goes_into_the_header() {
    let mut builder = BatchBuilder::new(BatchOptions {
        append_time: Some(TimestampMs(50)),
        ..BatchOptions::default()
    });
    builder.append(TimestampMs(1), None, None, &[]);
    let batch = Batch::open(&builder.build(), &InflateLimits::default()).unwrap();
    let record = batch.records().next().unwrap().unwrap();
    assert_eq!(record.timestamp, TimestampMs(50));
}
