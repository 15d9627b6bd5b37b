//! A sole voter over a simulated disk: what it writes, and what is left of it after every crash.

mod members;

use std::path::Path;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use ottla_log::{MemoryStorage, OpenHow, RollLimits, Storage};
use ottla_messages::ErrorCode;
use ottla_messages::begin_transaction_record::BeginTransactionRecord;
use ottla_messages::metadata_record::MetadataRecord;
use ottla_metadata::MetadataVersion;
use ottla_raft::{QuorumTimeouts, ReplicaKey};
use ottla_records::Batches;
use ottla_types::{Duration, Instant, LeaderEpoch, NodeId, Now, Offset, TimestampMs, Uuid};

use super::{NodeParts, QuorumNode};
use crate::quorum::bootstrap::load_bootstrap;
use crate::quorum::control_records::{ControlState, QuorumEndpoint, Voter};
use crate::quorum::error::QuorumError;
use crate::quorum::ledger::{Ledger, Published, topic};
use crate::quorum::metadata_log::MetadataLog;
use crate::quorum::peers::{PeerAddresses, PeerCalls};
use crate::quorum::replica::{Membership, Replica};
use crate::quorum::snapshot::Snapshot;
use crate::quorum::snapshots::{SnapshotLimits, SnapshotPolicy};

pub(in crate::quorum) type Node = QuorumNode<MemoryStorage, Ledger, Published>;
type Answers = Arc<Mutex<Vec<Result<Offset, ErrorCode>>>>;

const DIRECTORY: &str = "/data";

pub(in crate::quorum) fn now() -> Now {
    Now {
        monotonic: Instant::ZERO,
        wall: TimestampMs(1_700_000_000_000),
    }
}

fn voter(id: i32) -> Voter {
    Voter {
        key: ReplicaKey {
            id: NodeId(id),
            directory_id: Uuid(7 << 64),
        },
        endpoints: vec![QuorumEndpoint {
            listener: "CONTROLLER".to_owned(),
            host: "127.0.0.1".to_owned(),
            port: 9093,
        }],
        kraft_versions: (0, 1),
    }
}

/// A directory as a formatter leaves it, with the first voters in a snapshot.
pub(in crate::quorum) fn formatted() -> MemoryStorage {
    let storage = MemoryStorage::new();
    let log = Path::new(DIRECTORY).join("__cluster_metadata-0");
    storage.create_directory(&log).unwrap();
    let snapshot = Snapshot {
        control: ControlState {
            kraft_version: Some(1),
            voters: Some(vec![voter(1)]),
            voters_record: None,
        },
        ..Snapshot::default()
    };
    let bytes = snapshot.encode(LeaderEpoch(0), MetadataVersion::LATEST, now().wall);
    let name = "00000000000000000000-0000000000.checkpoint";
    put(&storage, &log.join(name), &bytes.unwrap());
    storage.sync_directory(Path::new(DIRECTORY)).unwrap();
    storage.sync_directory(Path::new("/")).unwrap();
    storage
}

fn put(storage: &MemoryStorage, path: &Path, bytes: &[u8]) {
    crate::quorum::files::replace_file(storage, &path.with_extension("x"), path, bytes).unwrap();
}

fn read(storage: &MemoryStorage, name: &str) -> Bytes {
    let path = Path::new(DIRECTORY).join("__cluster_metadata-0").join(name);
    crate::quorum::files::read_file(storage, &path)
        .unwrap()
        .unwrap()
}

fn limits(segment_bytes: u64) -> RollLimits {
    RollLimits {
        segment_bytes,
        segment_ms: i64::MAX,
        segment_index_bytes: 10 << 20,
    }
}

fn open(
    storage: &MemoryStorage,
    snapshot_limits: SnapshotLimits,
) -> Result<(Node, Published), QuorumError> {
    open_at(storage, snapshot_limits, Vec::new())
}

fn open_at(
    storage: &MemoryStorage,
    snapshot_limits: SnapshotLimits,
    endpoints: Vec<QuorumEndpoint>,
) -> Result<(Node, Published), QuorumError> {
    let directory = Path::new(DIRECTORY);
    let bootstrap = load_bootstrap(storage, directory)?;
    let log = MetadataLog::open(storage.clone(), directory, limits(2_000), now().wall)?;
    let membership = Membership {
        local: voter(1).key,
        endpoints,
        static_voters: Vec::new(),
        bootstrap: Vec::new(),
        timeouts: QuorumTimeouts::default(),
        seed: 1,
    };
    let (replica, snapshot) = Replica::open(membership, log)?;
    let published = Published::default();
    let node = QuorumNode::new(NodeParts {
        replica,
        snapshot,
        peers: PeerCalls::new("cluster".to_owned(), 1 << 20),
        sender: members::sender(voter(1).key),
        addresses: PeerAddresses::default(),
        network: Box::new(members::Wire::default()),
        snapshots: SnapshotPolicy::new(snapshot_limits),
        context: Offset::ZERO,
        bootstrap,
        publisher: published.clone(),
        seed: 1,
    });
    Ok((node, published))
}

pub(in crate::quorum) fn started(storage: &MemoryStorage) -> (Node, Published) {
    let (mut node, published) = open(storage, SnapshotLimits::default()).unwrap();
    node.start(now()).unwrap();
    (node, published)
}

fn append(node: &mut Node, answers: &Answers, records: Vec<MetadataRecord>) {
    let answers = Arc::clone(answers);
    let reply = Box::new(move |answer| answers.lock().unwrap().push(answer));
    node.request(now(), records, reply);
}

fn named(numbers: std::ops::Range<u32>) -> Vec<String> {
    numbers.map(|number| format!("topic-{number:03}")).collect()
}

#[test]
fn a_new_log_opens_with_leader_and_voters_and_then_the_bootstrap_records() {
    let storage = formatted();
    let (_node, published) = started(&storage);
    let log = read(&storage, "00000000000000000000.log");
    let headers: Vec<_> = Batches::new(&log).map(|b| b.unwrap().0).collect();
    let facts: Vec<_> = headers
        .iter()
        .map(|h| {
            (
                h.base_offset.0,
                h.record_count,
                h.is_control(),
                h.partition_leader_epoch.0,
            )
        })
        .collect();
    assert_eq!(facts, [(0, 3, true, 1), (3, 1, false, 1)]);
    let state = read(&storage, "quorum-state");
    assert_eq!(
        state,
        r#"{"leaderId":1,"leaderEpoch":1,"votedId":-1,"votedDirectoryId":"AAAAAAAAAAAAAAAAAAAAAA","data_version":1}"#
    );
    let image = published
        .deltas
        .lock()
        .unwrap()
        .last()
        .unwrap()
        .after
        .clone();
    assert_eq!(
        image.features.metadata_version,
        Some(MetadataVersion::LATEST_PRODUCTION)
    );
}

#[test]
fn an_answer_comes_only_when_the_records_are_flushed_and_published() {
    let storage = formatted();
    let (mut node, published) = started(&storage);
    let answers = Answers::default();
    append(&mut node, &answers, vec![topic(0)]);
    append(&mut node, &answers, vec![topic(1), topic(2)]);
    assert!(answers.lock().unwrap().is_empty());
    assert!(published.topics().is_empty());
    node.settle(now()).unwrap();
    let offsets: Vec<_> = answers
        .lock()
        .unwrap()
        .iter()
        .map(|a| a.unwrap().0)
        .collect();
    assert_eq!(offsets, [4, 5]);
    assert_eq!(published.topics(), named(0..3));
}

#[test]
fn a_restart_is_a_new_epoch_over_the_same_metadata() {
    let storage = formatted();
    let (mut node, _) = started(&storage);
    append(&mut node, &Answers::default(), vec![topic(0)]);
    node.settle(now()).unwrap();
    node.close(Ok(()));
    let (node, published) = started(&storage);
    assert_eq!(node.replica.raft().epoch(), LeaderEpoch(2));
    assert_eq!(published.topics(), named(0..1));
    // LeaderChange alone: the voters are in the log already.
    assert_eq!(node.replica.raft().log_end_offset(), Offset(6));
}

#[test]
fn a_node_that_listens_elsewhere_records_it_once() {
    let storage = formatted();
    started(&storage).0.close(Ok(()));
    let mut moved = voter(1);
    moved.endpoints[0].port = 19_093;
    for (epoch, record_count) in [(2, 3), (3, 1)] {
        let limits = SnapshotLimits::default();
        let (mut node, _) = open_at(&storage, limits, moved.endpoints.clone()).unwrap();
        let before = node.replica.log().end_offset();
        node.start(now()).unwrap();
        assert_eq!(node.status().epoch, LeaderEpoch(epoch));
        assert_eq!(node.status().log_end_offset, before.plus(record_count));
        node.close(Ok(()));
    }
    let (node, _) = started(&storage);
    assert_eq!(node.replica.control().voters, Some(vec![moved]));
}

#[test]
fn what_was_answered_survives_a_power_cut_at_any_moment() {
    let mut finished = false;
    let mut cut_at = 0;
    while !finished {
        let storage = formatted();
        storage.fail_from(storage.changes() + cut_at);
        let answers = Answers::default();
        finished = run_until_failure(&storage, &answers).is_ok();
        let answered = answers.lock().unwrap().iter().filter(|a| a.is_ok()).count();
        let (_, published) = started(&storage.power_cut());
        let topics = published.topics();
        let count = u32::try_from(topics.len()).unwrap();
        assert_eq!(topics, named(0..count), "cut at {cut_at}");
        assert!(
            topics.len() >= answered,
            "cut at {cut_at}: {answered} answered"
        );
        cut_at += 1;
    }
    assert!(cut_at > 60, "only {cut_at} moments");
}

fn run_until_failure(storage: &MemoryStorage, answers: &Answers) -> Result<(), QuorumError> {
    let often = SnapshotLimits {
        record_bytes_between: 700,
        ..SnapshotLimits::default()
    };
    let (mut node, _) = open(storage, often)?;
    node.start(now())?;
    for number in 0..30 {
        append(&mut node, answers, vec![topic(number)]);
        if number % 3 == 2 {
            node.settle(now())?;
        }
        if let Some(job) = node.take_snapshot_job(now()) {
            node.on_snapshot_written(now(), job.run())?;
        }
    }
    node.settle(now())?;
    node.replica.close()
}

#[test]
fn a_snapshot_stands_for_the_log_before_it() {
    let storage = formatted();
    let tight = SnapshotLimits {
        record_bytes_between: 1,
        retention_bytes: Some(0),
        ..SnapshotLimits::default()
    };
    let (mut node, _) = open(&storage, tight).unwrap();
    node.start(now()).unwrap();
    for number in 0..60 {
        append(&mut node, &Answers::default(), vec![topic(number)]);
        node.settle(now()).unwrap();
        let job = node.take_snapshot_job(now()).expect("a snapshot is due");
        assert!(node.take_snapshot_job(now()).is_none(), "one at a time");
        node.on_snapshot_written(now(), job.run()).unwrap();
    }
    assert_eq!(node.replica.log().snapshots().len(), 1);
    assert_eq!(node.replica.log().start_offset(), Offset(64));
    node.close(Ok(()));
    let (node, published) = started(&storage);
    assert!(
        node.replica.log().start_offset() > Offset::ZERO,
        "segments went"
    );
    assert_eq!(published.topics(), named(0..60));
    assert_eq!(node.replica.control().voters, Some(vec![voter(1)]));
}

#[test]
fn a_snapshot_is_due_after_its_interval_if_there_is_news() {
    let storage = formatted();
    let (mut node, _) = started(&storage);
    let later = Now {
        monotonic: Instant::ZERO.after(Duration::from_secs(3600)),
        ..now()
    };
    assert!(node.take_snapshot_job(now()).is_none());
    let job = node.take_snapshot_job(later).expect("an hour has passed");
    node.on_snapshot_written(later, job.run()).unwrap();
    let much_later = Now {
        monotonic: later.monotonic.after(Duration::from_secs(3600)),
        ..now()
    };
    assert!(node.take_snapshot_job(much_later).is_none(), "nothing new");
}

#[test]
fn an_open_transaction_is_hidden_and_ended_by_the_next_leader() {
    let storage = formatted();
    let (mut node, published) = started(&storage);
    let begin = BeginTransactionRecord::default().into();
    append(&mut node, &Answers::default(), vec![topic(0)]);
    append(&mut node, &Answers::default(), vec![begin, topic(1)]);
    node.settle(now()).unwrap();
    assert!(
        published.topics().is_empty(),
        "nothing is published meanwhile"
    );
    assert!(node.take_snapshot_job(now()).is_none());
    node.close(Ok(()));
    let (mut node, published) = started(&storage);
    append(&mut node, &Answers::default(), vec![topic(2)]);
    node.settle(now()).unwrap();
    assert_eq!(published.topics(), ["topic-000", "topic-002"]);
}

#[test]
fn a_node_that_has_resigned_refuses() {
    let storage = formatted();
    let (mut node, published) = started(&storage);
    node.shut_down(now(), Duration::from_secs(1)).unwrap();
    node.settle(now()).unwrap();
    assert!(node.is_shut_down());
    let answers = Answers::default();
    append(&mut node, &answers, vec![topic(0)]);
    assert_eq!(*answers.lock().unwrap(), [Err(ErrorCode::NOT_CONTROLLER)]);
    node.close(Ok(()));
    assert!(matches!(*published.outcome.lock().unwrap(), Some(Ok(()))));
}

#[test]
fn a_batch_beyond_the_limit_is_refused_and_the_next_is_not() {
    let storage = formatted();
    let (mut node, published) = started(&storage);
    let answers = Answers::default();
    let many = (0..).map(topic).take(200_000).collect();
    append(&mut node, &answers, many);
    append(&mut node, &answers, vec![topic(0)]);
    node.settle(now()).unwrap();
    let answers = answers.lock().unwrap().clone();
    assert_eq!(answers[0], Err(ErrorCode::RECORD_LIST_TOO_LARGE));
    assert!(answers[1].is_ok());
    assert_eq!(published.topics(), named(0..1));
}

#[test]
fn what_cannot_be_understood_stops_the_start() {
    let refused = |storage: &MemoryStorage| open(storage, SnapshotLimits::default()).err();
    let log = Path::new(DIRECTORY).join("__cluster_metadata-0");

    let storage = formatted();
    put(&storage, &log.join("quorum-state"), b"");
    assert!(matches!(
        refused(&storage),
        Some(QuorumError::QuorumState(_))
    ));

    let storage = formatted();
    put(
        &storage,
        &Path::new(DIRECTORY).join("bootstrap.checkpoint"),
        b"",
    );
    assert!(matches!(refused(&storage), Some(QuorumError::Snapshot(_))));

    // Nobody votes: neither a record nor the configuration names voters.
    let storage = MemoryStorage::new();
    storage.open(Path::new("/x"), OpenHow::Create).unwrap();
    assert!(matches!(refused(&storage), Some(QuorumError::Refused(_))));
}

#[test]
fn on_a_full_device_decisions_are_refused_until_there_is_space_and_none_is_lost() {
    let storage = formatted();
    let (mut node, published) = started(&storage);
    let answers = Answers::default();
    append(&mut node, &answers, vec![topic(0)]);
    node.settle(now()).unwrap();
    storage.set_capacity(Some(storage.used()));
    let mut number = 1;
    while answers.lock().unwrap().last() != Some(&Err(ErrorCode::KAFKA_STORAGE_ERROR)) {
        append(&mut node, &answers, vec![topic(number)]);
        node.settle(now()).unwrap();
        number += 1;
        assert!(number < 10_000, "the device is never full");
    }
    let accepted = answers.lock().unwrap().iter().filter(|a| a.is_ok()).count();
    assert_eq!(published.topics().len(), accepted);
    storage.set_capacity(None);
    append(&mut node, &answers, vec![topic(number)]);
    node.settle(now()).unwrap();
    assert!(answers.lock().unwrap().last().unwrap().is_ok());
    let (_, published) = started(&storage.power_cut());
    assert_eq!(published.topics().len(), accepted + 1);
}

#[test]
fn a_roll_on_a_full_device_is_gone_on_with_once_there_is_space() {
    let storage = formatted();
    let (mut node, published) = started(&storage);
    let answers = Answers::default();
    for number in 0..300 {
        // Free for one topic, full for the next, so that rolls are cut short at every place.
        let spare = u64::from(number % 7) * 40;
        storage.set_capacity((number % 3 == 0).then(|| storage.used() + spare));
        append(&mut node, &answers, vec![topic(number)]);
        node.settle(now()).unwrap();
    }
    storage.set_capacity(None);
    let accepted = answers.lock().unwrap().iter().filter(|a| a.is_ok()).count();
    assert!((200..300).contains(&accepted), "{accepted}");
    assert_eq!(published.topics().len(), accepted);
    let (_, published) = started(&storage.power_cut());
    assert_eq!(published.topics().len(), accepted);
}
