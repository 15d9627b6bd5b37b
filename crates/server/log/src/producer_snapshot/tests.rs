//! Producer snapshots, compared with Kafka's bytes.

use super::*;
use crate::testing::bytes_of;

/// Snapshots of Apache Kafka 4.3.1: with an open transaction, after its marker, and empty.
const WITH_OPEN_TRANSACTION: &str = "\
    0001 1d093182 00000001 0000000000000001 0000 00000001 0000000000000001 \
    00000001 0000018bcfe56be9 ffffffff 0000000000000000";
const ENDED: &str = "0001 782ef75c 00000001 0000000000000001 0004 ffffffff ffffffffffffffff \
    00000000 000001a1f8c44510 00000000 ffffffffffffffff";
const EMPTY: &str = "0001 48674bc7 00000000";

#[test]
fn kafkas_snapshots_read_and_write_back() {
    for hex in [WITH_OPEN_TRANSACTION, ENDED, EMPTY] {
        let bytes = bytes_of(hex);
        let entries = decode_producers(&bytes).unwrap();
        assert_eq!(encode_producers(entries), bytes);
    }
    let open = decode_producers(&bytes_of(WITH_OPEN_TRANSACTION)).unwrap()[0];
    assert_eq!(open.producer_id, ProducerId(1));
    assert_eq!(
        (open.last_sequence, open.last_offset, open.offset_delta),
        (1, 1, 1)
    );
    assert_eq!(open.current_transaction_first_offset, 0);
}

#[test]
fn a_snapshot_with_any_wrong_byte_is_refused() {
    let good = bytes_of(WITH_OPEN_TRANSACTION);
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 0x10;
        assert!(decode_producers(&bad).is_err(), "byte {at}");
        assert!(decode_producers(&good[..at]).is_err(), "cut at {at}");
    }
}
