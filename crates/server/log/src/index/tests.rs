//! Indexes, compared with Kafka's bytes.

use super::*;
use crate::testing::bytes_of;

/// What Apache Kafka 4.3.1 wrote for twelve batches with `index.interval.bytes` 300.
const KAFKA_INDEX: &str = "00000003 0000018f 00000006 0000031e 00000009 000004ad";
const KAFKA_TIME_INDEX: &str = "0000018bcfe5681e 00000003 0000018bcfe6eea0 00000005";
const KAFKA_TRANSACTION_INDEX: &str = "\
    0000 0000000000000001 0000000000000003 0000000000000004 0000000000000005 \
    0000 0000000000000001 0000000000000005 0000000000000006 0000000000000007";

fn header(offset: i64, timestamp: i64, size: u32) -> BatchHeader {
    let bytes = crate::testing::batch(Offset(offset), 1, timestamp, 0);
    let mut header = BatchHeader::parse(&bytes).unwrap();
    header.size_in_bytes = size;
    header
}

#[test]
fn batches_as_kafka_got_them_give_kafkas_index_files() {
    let start = 0x018b_cfe5_6800;
    let mut indexer = Indexer::new(Offset(0), 300);
    let mut position = 0;
    for offset in 0..12 {
        // Batches 0 to 2 and so on take 399 bytes together; batch 5 lies far in the future.
        let timestamp = match offset {
            5 => 0x018b_cfe6_eea0,
            _ => start + 10 * offset,
        };
        indexer.on_batch(&header(offset, timestamp, 133), position);
        position += 133;
    }
    indexer.push_max_timestamp();
    assert_eq!(indexer.indexes.encode_offsets(), bytes_of(KAFKA_INDEX));
    assert_eq!(indexer.indexes.encode_times(), bytes_of(KAFKA_TIME_INDEX));
}

#[test]
fn kafkas_files_read_and_write_back() {
    let mut indexes = Indexes::default();
    indexes.decode_offsets(&bytes_of(KAFKA_INDEX), 1600);
    indexes.decode_times(&bytes_of(KAFKA_TIME_INDEX));
    assert!(indexes.decode_aborted(&bytes_of(KAFKA_TRANSACTION_INDEX), Offset(0)));
    assert_eq!(indexes.encode_offsets(), bytes_of(KAFKA_INDEX));
    assert_eq!(indexes.encode_times(), bytes_of(KAFKA_TIME_INDEX));
    assert_eq!(indexes.encode_aborted(), bytes_of(KAFKA_TRANSACTION_INDEX));
    assert_eq!(indexes.aborted[1].first_offset, Offset(5));
    assert_eq!(indexes.position_for(2), 0);
    assert_eq!(indexes.position_for(3), 0x18f);
    assert_eq!(indexes.position_for(u32::MAX), 0x4ad);
}

#[test]
fn preallocated_tails_of_zeros_are_no_entries() {
    let mut indexes = Indexes::default();
    let mut offsets = bytes_of(KAFKA_INDEX);
    offsets.resize(10_485_760, 0);
    indexes.decode_offsets(&offsets, 1600);
    assert_eq!(indexes.offsets.len(), 3);
    let mut times = bytes_of(KAFKA_TIME_INDEX);
    times.resize(10_485_756, 0);
    indexes.decode_times(&times);
    assert_eq!(indexes.times.len(), 2);
    indexes.decode_times(&[0; 120]);
    assert_eq!(indexes.times.len(), 0);
}

#[test]
fn positions_beyond_the_segment_end_the_index() {
    let mut indexes = Indexes::default();
    indexes.decode_offsets(&bytes_of(KAFKA_INDEX), 800);
    assert_eq!(indexes.offsets.len(), 2);
}

#[test]
fn transaction_entries_of_another_segment_are_refused() {
    let mut indexes = Indexes::default();
    assert!(!indexes.decode_aborted(&bytes_of(KAFKA_TRANSACTION_INDEX), Offset(5)));
    assert!(!indexes.decode_aborted(&bytes_of(KAFKA_TRANSACTION_INDEX)[..40], Offset(0)));
}

#[test]
fn indexes_are_full_where_kafkas_files_are() {
    let mut indexer = Indexer::new(Offset(0), 0);
    for offset in 0..9 {
        indexer.on_batch(&header(offset, 5, 100), offset as u32 * 100);
    }
    assert_eq!(indexer.indexes.offsets.len(), 8);
    assert!(indexer.is_full(64));
    assert!(!indexer.is_full(72));
}
