//! The bytes of the first batch of a node of Apache Kafka 4.3.1.

use bytes::Bytes;
use ottla_raft::{ReplicaKey, VoterSet};
use ottla_records::{Batch, InflateLimits, build_control_batch};
use ottla_types::{LeaderEpoch, NodeId, Offset, TimestampMs, Uuid};

use super::{ControlState, QuorumEndpoint, Voter, leader_change};

const FIRST_BATCH: &str = "0000000000000000000000a20000000102531ee98c002000000002\
    000001a1f8c4101a000001a1f8c4101affffffffffffffffffffffffffff00000003\
    3a0000000800000002260000000000010200000001000200000001000000\
    1e00000208000000050a000000010000\
    820100000408000000066e000002000000013c45b517a5b4495eaeb1df2b38aa700e\
    020b434f4e54524f4c4c45520a3132372e302e302e317975000000000100000000";

fn bytes(hex: &str) -> Bytes {
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
        .collect::<Vec<_>>()
        .into()
}

fn state() -> ControlState {
    ControlState {
        kraft_version: Some(1),
        voters: Some(vec![Voter {
            key: ReplicaKey {
                id: NodeId(1),
                directory_id: Uuid(0x3c45_b517_a5b4_495e_aeb1_df2b_38aa_700e),
            },
            endpoints: vec![QuorumEndpoint {
                listener: "CONTROLLER".to_owned(),
                host: "127.0.0.1".to_owned(),
                port: 31093,
            }],
            kraft_versions: (0, 1),
        }]),
        voters_record: None,
    }
}

#[test]
fn the_first_batch_of_a_new_log_is_that_of_kafka() {
    let voters = VoterSet::from_iter([ReplicaKey::without_directory(NodeId(1))]);
    let mut records = vec![leader_change(NodeId(1), &voters, &[NodeId(1)]).unwrap()];
    records.extend(state().records().unwrap());
    let timestamp = TimestampMs(0x01a1_f8c4_101a);
    let batch = build_control_batch(Offset::ZERO, LeaderEpoch(1), timestamp, &records);
    assert_eq!(batch, bytes(FIRST_BATCH));
}

#[test]
fn what_control_records_say_is_read_back() {
    let batch = Batch::open(&bytes(FIRST_BATCH), &InflateLimits::default()).unwrap();
    let mut read = ControlState::default();
    read.note(&batch).unwrap();
    let expected = ControlState {
        voters_record: Some(Offset::ZERO),
        ..state()
    };
    assert_eq!(read, expected);
}

#[test]
fn a_static_quorum_has_no_records() {
    assert!(ControlState::default().records().unwrap().is_empty());
}
