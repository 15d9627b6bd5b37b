//! The lines that a node of Apache Kafka 4.3.1 wrote, and lines that must stop a node.

use ottla_raft::{QuorumState, ReplicaKey, VoterSet};
use ottla_types::{LeaderEpoch, NodeId, Uuid};

use super::{decode_quorum_state, encode_quorum_state};

const VERSION_1: &str = r#"{"leaderId":1,"leaderEpoch":1,"votedId":-1,"votedDirectoryId":"AAAAAAAAAAAAAAAAAAAAAA","data_version":1}"#;
const VERSION_0: &str = r#"{"clusterId":"","leaderId":1,"leaderEpoch":1,"votedId":-1,"appliedOffset":0,"currentVoters":[{"voterId":1}],"data_version":0}"#;

fn led_by_1() -> QuorumState {
    QuorumState {
        epoch: LeaderEpoch(1),
        leader: Some(NodeId(1)),
        voted: None,
    }
}

fn voters() -> VoterSet {
    VoterSet::from_iter([ReplicaKey::without_directory(NodeId(1))])
}

#[test]
fn lines_are_those_of_kafka() {
    assert_eq!(encode_quorum_state(&led_by_1(), 1, &voters()), VERSION_1);
    assert_eq!(encode_quorum_state(&led_by_1(), 0, &voters()), VERSION_0);
    assert_eq!(decode_quorum_state(VERSION_1), Ok(led_by_1()));
    assert_eq!(decode_quorum_state(VERSION_0), Ok(led_by_1()));
}

#[test]
fn a_vote_is_read_back_with_its_directory() {
    let state = QuorumState {
        epoch: LeaderEpoch(7),
        leader: None,
        voted: Some(ReplicaKey {
            id: NodeId(2),
            directory_id: Uuid(99 << 64),
        }),
    };
    let text = encode_quorum_state(&state, 1, &voters());
    assert_eq!(decode_quorum_state(&text), Ok(state));
}

#[test]
fn a_file_that_says_too_little_stops_the_node() {
    for text in [
        "",
        "{}",
        "[]",
        "not json",
        r#"{"leaderId":1,"leaderEpoch":1,"votedId":-1,"data_version":2}"#,
        r#"{"leaderId":1,"leaderEpoch":-1,"votedId":-1,"data_version":1}"#,
        r#"{"leaderId":1,"leaderEpoch":1,"data_version":1}"#,
        r#"{"leaderId":1,"leaderEpoch":1,"votedId":2,"votedDirectoryId":"x","data_version":1}"#,
    ] {
        assert!(decode_quorum_state(text).is_err(), "{text}");
    }
}
