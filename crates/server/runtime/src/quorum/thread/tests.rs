//! The thread with a real directory.

use std::path::Path;
use std::sync::mpsc;

use ottla_log::{RealStorage, RollLimits};
use ottla_raft::{QuorumTimeouts, ReplicaKey};
use ottla_types::{Duration, NodeId, Offset, Uuid};
use tokio::runtime::Builder;

use super::{QuorumHandle, start_quorum};
use crate::quorum::configuration::QuorumConfiguration;
use crate::quorum::control_records::Voter;
use crate::quorum::ledger::{Ledger, Published, topic};
use crate::quorum::snapshots::SnapshotLimits;

fn configuration(directory: &Path) -> QuorumConfiguration {
    QuorumConfiguration {
        metadata_directory: directory.to_owned(),
        local: ReplicaKey {
            id: NodeId(1),
            directory_id: Uuid(7 << 64),
        },
        cluster_id: "cluster".to_owned(),
        endpoints: Vec::new(),
        static_voters: vec![Voter {
            key: ReplicaKey::without_directory(NodeId(1)),
            endpoints: Vec::new(),
            kraft_versions: (0, 1),
        }],
        bootstrap_servers: Vec::new(),
        controller_listener: "CONTROLLER".to_owned(),
        timeouts: QuorumTimeouts::default(),
        roll_limits: RollLimits {
            segment_bytes: 1 << 30,
            segment_ms: i64::MAX,
            segment_index_bytes: 10 << 20,
        },
        snapshot_limits: SnapshotLimits {
            record_bytes_between: 1,
            ..SnapshotLimits::default()
        },
        fetch_bytes_max: 1 << 20,
        seed: 1,
    }
}

#[test]
fn a_quorum_of_one_serves_stops_and_starts_again() {
    let directory = tempfile::tempdir().unwrap();
    let runtime = Builder::new_current_thread().build().unwrap();
    for round in 0..3_u32 {
        let published = Published::default();
        let configuration = configuration(directory.path());
        let (handle, thread): (QuorumHandle<Ledger>, _) = start_quorum(
            RealStorage,
            configuration,
            Offset::ZERO,
            published.clone(),
            runtime.handle().clone(),
        )
        .unwrap();
        let (sender, answers) = mpsc::channel();
        for number in 0..10 {
            let sender = sender.clone();
            let reply = move |answer| sender.send(answer).unwrap();
            handle.request(vec![topic(round * 10 + number)], reply);
        }
        for _ in 0..10 {
            answers.recv().unwrap().unwrap();
        }
        let count = usize::try_from(round * 10 + 10).unwrap();
        assert_eq!(published.topics().len(), count);
        let status = handle.status();
        assert_eq!(status.leader, Some(NodeId(1)));
        assert_eq!(status.state, "leader");
        handle.stop(Duration::from_secs(1));
        thread.join().unwrap();
        assert!(matches!(*published.outcome.lock().unwrap(), Some(Ok(()))));
    }
    let log = directory.path().join("__cluster_metadata-0");
    let state = std::fs::read_to_string(log.join("quorum-state")).unwrap();
    assert!(state.contains(r#""leaderEpoch":3"#), "{state}");
    assert!(state.ends_with(r#""currentVoters":[{"voterId":1}],"data_version":0}"#));
}
