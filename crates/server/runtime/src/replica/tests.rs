//! A replica with real files: appends from several threads, rolls, commits, reads and a restart.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use ottla_log::{LogDirectory, OpenFiles, OpenOptions, RealStorage, RollLimits, open_log};
use ottla_messages::ErrorCode;
use ottla_partition::{Acks, Input, Partition, Settings, WaiterId};
use ottla_records::{Batch, BatchBuilder, BatchHeader, BatchOptions, Batches, InflateLimits};
use ottla_types::{LeaderEpoch, NodeId, Offset, PartitionIndex, TimestampMs, TopicPartition, Uuid};

use super::{ClientBatch, ReadBound, ReadRequest, Replica, ReplicaParts, ShardState};
use crate::directory::{Directory, DirectoryHooks};
use crate::notices::{Notice, Notices};
use crate::pool::Pool;

/// Hands every notice of a directory's threads to the test.
struct Forward(Mutex<Sender<Notice>>);

impl DirectoryHooks<()> for Forward {
    fn on_failed(&self, directory: &Arc<Directory<()>>) {
        panic!("{directory:?} failed");
    }

    fn deliver(&self, mut notices: Notices) {
        let sender = self.0.lock().unwrap();
        for (_, notice) in notices.drain() {
            sender.send(notice).unwrap();
        }
    }

    fn after(&self, pool: &Pool, _wait: Duration, work: Box<dyn FnOnce() + Send>) {
        pool.spawn(work);
    }
}

struct Rig {
    replica: Arc<Replica>,
    notices: Receiver<Notice>,
    sender: Sender<Notice>,
}

fn open(path: &Path, fsync: bool, was_clean: bool) -> Rig {
    let (sender, notices) = channel();
    let hooks = Box::new(Forward(Mutex::new(sender.clone())));
    let pool = Pool::start("test", 2).unwrap();
    let directory = Directory::start(Uuid(200), path.to_owned(), RealStorage, pool, hooks).unwrap();
    let at = TopicPartition {
        topic: "t".into(),
        partition: PartitionIndex(0),
    };
    let files = LogDirectory::new(RealStorage, path);
    let options = OpenOptions {
        was_clean,
        ..OpenOptions::default()
    };
    let open_files = OpenFiles::new(100);
    let opened = open_log(
        &RealStorage,
        &files.replica_path(&at),
        &open_files,
        &options,
    )
    .unwrap();
    let settings = Settings {
        fsync,
        min_insync_replicas: 1,
        producer_id_expiration_ms: 86_400_000,
    };
    let end = opened.log.log_end_offset();
    let replica = Replica::new(ReplicaParts {
        topic_partition: at,
        topic_id: Uuid(300),
        node_id: NodeId(1),
        directory,
        machine: Partition::new(settings, Offset(0), end, Offset(0), opened.producers),
        log: opened.log,
        limits: RollLimits {
            segment_bytes: 2_000,
            segment_ms: i64::MAX,
            segment_index_bytes: 10_000,
        },
    });
    replica.step(Input::Lead {
        leader_epoch: LeaderEpoch(1),
        in_sync_count: 1,
        replica_count: 1,
    });
    Rig {
        replica,
        notices,
        sender,
    }
}

fn batch(value: &str) -> ClientBatch {
    let mut builder = BatchBuilder::new(BatchOptions::default());
    builder.append(TimestampMs(1_000), None, Some(value.as_bytes()), &[]);
    let bytes = builder.build();
    ClientBatch {
        header: BatchHeader::parse(&bytes).unwrap(),
        bytes,
    }
}

fn read_all(replica: &Arc<Replica>) -> Vec<(Offset, String)> {
    let mut offset = Offset(0);
    let mut values = Vec::new();
    loop {
        let outcome = replica.read(&ReadRequest {
            offset,
            max_bytes: 700,
            bound: ReadBound::HighWatermark,
            leader_epoch: LeaderEpoch(1),
            last_fetched_epoch: LeaderEpoch::NONE,
            whole_first: true,
        });
        assert_eq!(outcome.error, ErrorCode::NONE);
        if outcome.records.is_empty() {
            return values;
        }
        offset = collect(&outcome.records, &mut values);
    }
}

fn collect(records: &Bytes, values: &mut Vec<(Offset, String)>) -> Offset {
    let mut next = Offset(0);
    for batch in Batches::new(records) {
        let (header, bytes) = batch.unwrap();
        let batch = Batch::open(&records.slice_ref(bytes), &InflateLimits::default()).unwrap();
        for record in batch.records() {
            let record = record.unwrap();
            let value = String::from_utf8(record.value.unwrap().to_vec()).unwrap();
            values.push((record.offset, value));
        }
        next = header.next_offset();
    }
    next
}

/// Appends from three threads at once and waits until everything is acknowledged.
fn append_from_threads(rig: &Rig, per_thread: u64) -> BTreeSet<String> {
    thread::scope(|scope| {
        for producer in 0..3 {
            let (replica, sender) = (Arc::clone(&rig.replica), rig.sender.clone());
            scope.spawn(move || {
                for number in 0..per_thread {
                    let mut notices = Notices::default();
                    let waiter = WaiterId(producer * per_thread + number);
                    let value = format!("{producer}-{number}");
                    replica.append(batch(&value), Some((waiter, Acks::All)), &mut notices);
                    for (_, notice) in notices.drain() {
                        sender.send(notice).unwrap();
                    }
                }
            });
        }
    });
    let mut acknowledged = BTreeSet::new();
    while acknowledged.len() < 3 * per_thread as usize {
        let Notice::Produced(waiter, produced) = rig.notices.recv().unwrap() else {
            continue;
        };
        assert_eq!(produced.error, ErrorCode::NONE);
        assert!(acknowledged.insert(waiter), "nobody is answered twice");
    }
    let value = |waiter: WaiterId| format!("{}-{}", waiter.0 / per_thread, waiter.0 % per_thread);
    acknowledged.into_iter().map(value).collect()
}

#[test]
fn what_several_threads_append_over_many_rolls_is_read_once_and_in_order() {
    for fsync in [true, false] {
        let directory = tempfile::tempdir().unwrap();
        let rig = open(directory.path(), fsync, true);
        let expected = append_from_threads(&rig, 100);
        let read = read_all(&rig.replica);
        let offsets: Vec<i64> = read.iter().map(|(offset, _)| offset.0).collect();
        assert_eq!(offsets, (0..300).collect::<Vec<_>>());
        for producer in ["0-", "1-", "2-"] {
            let own: Vec<u64> = read
                .iter()
                .filter_map(|(_, value)| value.strip_prefix(producer)?.parse().ok())
                .collect();
            assert!(own.is_sorted(), "each producer's batches keep their order");
        }
        let values: BTreeSet<String> = read.into_iter().map(|(_, value)| value).collect();
        assert_eq!(values, expected);
        assert!(
            rig.replica.look(|_, log| log.segments_count()) > 5,
            "segments were rolled"
        );
    }
}

#[test]
fn a_closed_replica_opens_with_the_same_records() {
    let directory = tempfile::tempdir().unwrap();
    let rig = open(directory.path(), true, true);
    append_from_threads(&rig, 40);
    let before = read_all(&rig.replica);
    rig.replica.step(Input::StopLeading {
        error: ErrorCode::NOT_LEADER_OR_FOLLOWER,
    });
    rig.replica.close().unwrap();
    rig.replica.directory().stop();
    for was_clean in [true, false] {
        let rig = open(directory.path(), true, was_clean);
        assert_eq!(read_all(&rig.replica), before);
        rig.replica.directory().stop();
    }
}

#[test]
fn a_watcher_is_woken_once_there_is_more_to_read() {
    let directory = tempfile::tempdir().unwrap();
    let rig = open(directory.path(), false, true);
    let fetch = WaiterId(7);
    assert!(
        !rig.replica
            .watch(fetch, ReadBound::HighWatermark, Offset(0))
    );
    assert!(
        !rig.replica
            .watch(fetch, ReadBound::HighWatermark, Offset(0)),
        "listed once"
    );
    let mut notices = Notices::default();
    rig.replica.append(batch("a"), None, &mut notices);
    let woken: Vec<Notice> = notices.drain().map(|(_, notice)| notice).collect();
    assert_eq!(woken, [Notice::Readable(fetch)]);
    assert!(
        rig.replica
            .watch(fetch, ReadBound::HighWatermark, Offset(0)),
        "there is more already"
    );
}

#[test]
fn space_in_front_of_the_records_is_reserved_and_given_back() {
    let directory = tempfile::tempdir().unwrap();
    let rig = open(directory.path(), false, true);
    append_from_threads(&rig, 1);
    let (reserved, size) = rig
        .replica
        .look(|_, log| (log.reserved_space(), log.size_in_bytes()));
    assert!(reserved > 0 && size > 0);
    rig.replica.close().unwrap();
    let segment = directory.path().join("t-0/00000000000000000000.log");
    assert_eq!(std::fs::metadata(segment).unwrap().len(), size);
    rig.replica.directory().stop();
}

#[test]
fn a_changed_interval_of_the_offset_index_holds_from_the_next_segment_on() {
    let directory = tempfile::tempdir().unwrap();
    let rig = open(directory.path(), false, true);
    append_from_threads(&rig, 40);
    let settings = Settings {
        fsync: false,
        min_insync_replicas: 1,
        producer_id_expiration_ms: 86_400_000,
    };
    let limits = RollLimits {
        segment_bytes: 2_000,
        segment_ms: i64::MAX,
        segment_index_bytes: 10_000,
    };
    let begun = rig.replica.look(|_, log| log.segments_count());
    rig.replica.configure(settings, limits, 0);
    append_from_threads(&rig, 40);
    rig.replica.step(Input::StopLeading {
        error: ErrorCode::NOT_LEADER_OR_FOLLOWER,
    });
    rig.replica.close().unwrap();
    rig.replica.directory().stop();
    let mut indexes: Vec<(String, u64)> = std::fs::read_dir(directory.path().join("t-0"))
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter_map(|entry| {
            let name = entry.file_name().into_string().unwrap();
            let is_index = name.ends_with(".index");
            is_index.then(|| (name, entry.metadata().unwrap().len()))
        })
        .collect();
    indexes.sort_unstable();
    // The last one may have a single batch, which needs no entry.
    let (_, full) = indexes.split_last().unwrap();
    let (before, behind) = full.split_at(begun);
    assert!(before.iter().all(|(_, bytes)| *bytes == 0), "{before:?}");
    assert!(!behind.is_empty());
    assert!(behind.iter().all(|(_, bytes)| *bytes > 0), "{behind:?}");
}

/// Writes a segment file of one-record batches at these offsets, as compaction leaves them.
fn write_segment(path: &Path, base: i64, offsets: &[i64]) {
    let mut bytes = Vec::new();
    for offset in offsets {
        let mut builder = BatchBuilder::new(BatchOptions {
            base_offset: Offset(*offset),
            ..BatchOptions::default()
        });
        builder.append(TimestampMs(1_000), None, Some(b"kept"), &[]);
        bytes.extend_from_slice(&builder.build());
    }
    std::fs::write(path.join(format!("{base:020}.log")), bytes).unwrap();
}

#[test]
fn a_reader_goes_on_behind_the_end_of_a_segment_that_compaction_removed() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("t-0");
    std::fs::create_dir(&path).unwrap();
    write_segment(&path, 0, &[1, 4]);
    write_segment(&path, 10, &[]);
    write_segment(&path, 20, &[23, 24]);
    let rig = open(directory.path(), true, false);
    let offsets: Vec<i64> = read_all(&rig.replica)
        .iter()
        .map(|(offset, _)| offset.0)
        .collect();
    assert_eq!(offsets, [1, 4, 23, 24]);
    rig.replica.directory().stop();
}

#[test]
fn bytes_that_came_since_can_be_counted_without_reading_them() {
    let directory = tempfile::tempdir().unwrap();
    let rig = open(directory.path(), false, true);
    let reach = || rig.replica.reach(ReadBound::HighWatermark);
    let before = reach();
    let mut notices = Notices::default();
    let mut written = 0;
    for _ in 0..3 {
        let batch = batch("a");
        written += batch.bytes.len() as u64;
        rig.replica.append(batch, None, &mut notices);
    }
    let after = reach();
    assert_eq!(after.offset, Offset(3));
    let position = after.position.unwrap();
    assert_eq!(
        position.bytes_since(before.position.unwrap()),
        Some(written)
    );
    assert_eq!(before.position.unwrap().bytes_since(position), None);
}

#[test]
fn a_shard_that_was_loaded_for_a_leadership_that_has_ended_serves_nobody() {
    let directory = tempfile::tempdir().unwrap();
    let replica = open(directory.path(), false, true).replica;
    assert_eq!(replica.shard_state(), ShardState::Absent);
    let first = replica.begin_loading();
    assert_eq!(replica.shard_state(), ShardState::Loading);
    replica.step(Input::StopLeading {
        error: ErrorCode::NOT_LEADER_OR_FOLLOWER,
    });
    assert!(!replica.host(first, Some(())));
    assert_eq!(replica.shard_state(), ShardState::Absent);
    let (second, third) = (replica.begin_loading(), replica.begin_loading());
    assert!(!replica.host(second, Some(())), "it is loaded anew");
    assert!(replica.host(third, Some(())));
    assert_eq!(replica.shard_state(), ShardState::Serving);
    assert_eq!(replica.step_hosted(|(), _| 7).0, Some(7));
}

#[test]
fn a_shard_that_cannot_be_loaded_is_not_waited_for() {
    let directory = tempfile::tempdir().unwrap();
    let replica = open(directory.path(), false, true).replica;
    let load = replica.begin_loading();
    assert!(replica.host(load, None));
    assert_eq!(replica.shard_state(), ShardState::Failed);
    assert_eq!(replica.step_hosted(|(), _| ()).0, None);
}
