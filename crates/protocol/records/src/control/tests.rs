//! Control batches, compared with Kafka's bytes.

use super::*;
use crate::InflateLimits;
use crate::header::tests::bytes_of;

const COMMIT: &str = "0000000000000002 00000042 00000000 02 2f6eaca3 0030 00000000 \
    000001a1f8c4449b 000001a1f8c4449b 0000000000000001 0001 ffffffff 00000001 \
    20000000 08000000 010c0000 00000000 00";

#[test]
fn a_commit_marker_of_kafka_comes_out_byte_for_byte() {
    let bytes = build_end_transaction_batch(
        Offset(2),
        LeaderEpoch(0),
        TimestampMs(0x01a1_f8c4_449b),
        (ProducerId(1), ProducerEpoch(1)),
        EndTransactionMarker {
            committed: true,
            coordinator_epoch: 0,
        },
    );
    assert_eq!(bytes[..], bytes_of(COMMIT)[..]);
    assert_eq!(bytes.len(), 78);
}

#[test]
fn markers_are_read_back() {
    for committed in [true, false] {
        let marker = EndTransactionMarker {
            committed,
            coordinator_epoch: 9,
        };
        let bytes = build_end_transaction_batch(
            Offset(0),
            LeaderEpoch(0),
            TimestampMs(5),
            (ProducerId(1), ProducerEpoch(1)),
            marker,
        );
        let batch = Batch::open(&bytes, &InflateLimits::default()).unwrap();
        assert_eq!(EndTransactionMarker::read(&batch), Ok(Some(marker)));
    }
}

#[test]
fn the_first_batch_of_a_metadata_log_comes_out_byte_for_byte() {
    let kafka = bytes_of(
        "0000000000000000 000000a2 00000001 02 531ee98c 0020 00000002 000001a1f8c4101a \
         000001a1f8c4101a ffffffffffffffff ffff ffffffff 00000003 \
         3a000000 08000000 02 26000000 00000102 00000001 00 02000000 01000000 \
         1e000002 08000000 05 0a000000 010000 \
         82010000 04080000 0006 6e000002 00000001 3c45b517 a5b4495e aeb1df2b 38aa700e \
         020b434f 4e54524f 4c4c4552 0a313237 2e302e30 2e317975 00000000 01000000 00",
    );
    let leader_change = bytes_of("0000 00000001 02 00000001 00 02 00000001 00 00");
    let kraft_version = bytes_of("0000 0001 00");
    let voters = bytes_of(
        "0000 02 00000001 3c45b517a5b4495eaeb1df2b38aa700e 02 0b434f4e54524f4c4c4552 \
         0a3132372e302e302e31 7975 00 0000 0001 00 00 00",
    );
    let built = build_control_batch(
        Offset(0),
        LeaderEpoch(1),
        TimestampMs(0x01a1_f8c4_101a),
        &[
            (ControlRecordType::LeaderChange, leader_change.into()),
            (ControlRecordType::KRaftVersion, kraft_version.into()),
            (ControlRecordType::KRaftVoters, voters.into()),
        ],
    );
    assert_eq!(built[..], kafka[..]);
}

#[test]
fn keys_of_later_types_are_unknown_and_short_ones_corrupt() {
    assert_eq!(
        ControlRecordType::from_key(Some(&[0, 1, 0, 9])),
        Ok(ControlRecordType::Unknown(9))
    );
    assert!(ControlRecordType::from_key(Some(&[0, 0, 0])).is_err());
    assert!(ControlRecordType::from_key(None).is_err());
}
