//! Headers, compared with Kafka's bytes.

use super::*;

/// A batch that Apache Kafka 4.3.1 wrote: two records, headers, no producer.
pub(crate) const PLAIN: &str = "\
    00000000000000000000004c0000000002b2d6846a0000000000010000018bcfe568000000018bcfe56805\
    ffffffffffffffffffffffffffff00000002\
    22000000046b3104763104026802780\
    26e0110000a020104763200";

pub(crate) fn bytes_of(hex: &str) -> Vec<u8> {
    let digits: Vec<u32> = hex.chars().filter_map(|c| c.to_digit(16)).collect();
    digits
        .chunks(2)
        .map(|pair| (pair[0] * 16 + pair[1]) as u8)
        .collect()
}

#[test]
fn the_header_of_a_batch_that_kafka_wrote_reads_and_writes_back() {
    let bytes = bytes_of(PLAIN);
    let header = BatchHeader::parse(&bytes).unwrap();
    assert_eq!(header.size_in_bytes, 88);
    assert_eq!(header.record_count, 2);
    assert_eq!(header.last_offset(), Offset(1));
    assert_eq!(header.next_offset(), Offset(2));
    assert_eq!(header.base_timestamp, TimestampMs(0x018b_cfe5_6800));
    assert_eq!(header.max_timestamp, TimestampMs(0x018b_cfe5_6805));
    assert_eq!(header.producer_id, ProducerId::NONE);
    assert_eq!(header.last_sequence(), -1);
    assert_eq!(header.timestamp_type(), TimestampType::CreateTime);
    assert!(!header.is_control() && !header.is_transactional());
    header.verify_checksum(&bytes).unwrap();
    assert_eq!(header.encode()[..], bytes[..BATCH_HEADER_SIZE]);
}

#[test]
fn one_flipped_bit_behind_the_leader_epoch_breaks_the_checksum() {
    let good = bytes_of(PLAIN);
    for at in CHECKSUMMED_FROM..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 1;
        let header = BatchHeader::parse(&bad).unwrap();
        assert!(header.verify_checksum(&bad).is_err(), "byte {at}");
    }
}

#[test]
fn position_is_patched_outside_the_checksum() {
    let mut bytes = bytes_of(PLAIN);
    patch_position(&mut bytes, Offset(7), LeaderEpoch(3));
    let header = BatchHeader::parse(&bytes).unwrap();
    assert_eq!(
        (header.base_offset, header.last_offset()),
        (Offset(7), Offset(8))
    );
    assert_eq!(header.partition_leader_epoch, LeaderEpoch(3));
    header.verify_checksum(&bytes).unwrap();
}

#[test]
fn append_time_is_patched_with_its_checksum() {
    let mut bytes = bytes_of(PLAIN);
    let mut header = BatchHeader::parse(&bytes).unwrap();
    header.set_max_timestamp(
        TimestampType::LogAppendTime,
        TimestampMs(99),
        &bytes[BATCH_HEADER_SIZE..],
    );
    bytes[..BATCH_HEADER_SIZE].copy_from_slice(&header.encode());
    let patched = BatchHeader::parse(&bytes).unwrap();
    patched.verify_checksum(&bytes).unwrap();
    assert_eq!(patched.timestamp_type(), TimestampType::LogAppendTime);
    assert_eq!(patched.max_timestamp, TimestampMs(99));
}

#[test]
fn sequences_wrap_to_zero() {
    let mut header = BatchHeader::parse(&bytes_of(PLAIN)).unwrap();
    header.base_sequence = i32::MAX;
    header.last_offset_delta = 2;
    assert_eq!(header.last_sequence(), 1);
}

#[test]
fn impossible_lengths_and_old_formats_are_refused() {
    let mut bytes = bytes_of(PLAIN);
    assert!(BatchHeader::parse(&bytes[..60]).is_err());
    assert!(BatchHeader::parse(&[]).is_err());
    bytes[16] = 1;
    assert_eq!(
        BatchHeader::parse(&bytes),
        Err(RecordError::UnsupportedMagic(1))
    );
    bytes[16] = 3;
    assert!(BatchHeader::parse(&bytes).is_err());
    bytes[16] = 2;
    for length in [-1_i32, 0, 48, i32::MIN] {
        bytes[8..12].copy_from_slice(&length.to_be_bytes());
        assert!(BatchHeader::parse(&bytes).is_err(), "{length}");
    }
}

#[test]
fn a_hole_of_zeros_is_corrupt_and_no_old_format() {
    let error = BatchHeader::parse(&[0; 100]).unwrap_err();
    assert!(matches!(error, RecordError::Corrupt(_)));
}
