//! A replica on a device that is full for a while, without threads: the test does their work.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use ottla_log::{
    LogDirectory, MemoryStorage, OpenFiles, OpenOptions, RollLimits, Storage, open_log,
};
use ottla_partition::{Acks, Input, Partition, Produced, Settings, WaiterId};
use ottla_records::{BatchBuilder, BatchOptions};
use ottla_types::{LeaderEpoch, NodeId, Offset, PartitionIndex, TimestampMs, TopicPartition, Uuid};

use super::*;
use crate::directory::{Directory, DirectoryHooks};
use crate::notices::Notice;
use crate::pool::{GivenWork, Pool, Work};
use crate::replica::{ReadBound, ReadRequest, ReplicaParts};

type Answers = Arc<Mutex<Vec<(WaiterId, Produced)>>>;
type Later = Arc<Mutex<VecDeque<Work>>>;

struct Hooks {
    answers: Answers,
    later: Later,
}

fn note(answers: &Answers, notices: &mut Notices) {
    for (_, notice) in notices.drain() {
        if let Notice::Produced(waiter, produced) = notice {
            answers.lock().unwrap().push((waiter, produced));
        }
    }
}

impl<H: Hosted> DirectoryHooks<H, MemoryStorage> for Hooks {
    fn on_failed(&self, directory: &Arc<Directory<H, MemoryStorage>>) {
        panic!("{directory:?} failed");
    }

    fn deliver(&self, mut notices: Notices) {
        note(&self.answers, &mut notices);
    }

    fn after(&self, _pool: &Pool, _wait: Duration, work: Work) {
        self.later.lock().unwrap().push_back(work);
    }

    fn write_back_window(&self) -> u64 {
        WRITE_BACK_WINDOW
    }
}

/// So much the directory lets wait.
pub(in crate::replica) const WRITE_BACK_WINDOW: u64 = 20_000;
/// A portion of write-back.
pub(in crate::replica) const WRITE_BACK_BYTES: u64 = 10_000;

pub(in crate::replica) struct Rig<H: Hosted = ()> {
    pub(in crate::replica) storage: MemoryStorage,
    pub(in crate::replica) replica: Arc<Replica<H, MemoryStorage>>,
    answers: Answers,
    later: Later,
    given: GivenWork,
}

fn at() -> TopicPartition {
    TopicPartition {
        topic: "t".into(),
        partition: PartitionIndex(0),
    }
}

pub(in crate::replica) fn rig<H: Hosted>(storage: MemoryStorage, segment_bytes: u64) -> Rig<H> {
    let path = Path::new("/data");
    storage.create_directory(path).unwrap();
    let (answers, later) = (Answers::default(), Later::default());
    let hooks = Box::new(Hooks {
        answers: Arc::clone(&answers),
        later: Arc::clone(&later),
    });
    let (pool, given) = Pool::without_threads();
    let directory = Directory::new(Uuid(200), path.to_owned(), storage.clone(), pool, hooks);
    let files = LogDirectory::new(storage.clone(), path);
    let options = OpenOptions {
        write_back_bytes: WRITE_BACK_BYTES,
        ..OpenOptions::default()
    };
    let open_files = OpenFiles::new(10);
    let opened = open_log(&storage, &files.replica_path(&at()), &open_files, &options).unwrap();
    let settings = Settings {
        fsync: false,
        min_insync_replicas: 1,
        producer_id_expiration_ms: 86_400_000,
    };
    let end = opened.log.log_end_offset();
    let replica = Replica::new(ReplicaParts {
        topic_partition: at(),
        topic_id: Uuid(300),
        node_id: NodeId(1),
        directory,
        machine: Partition::new(settings, Offset(0), end, Offset(0), opened.producers),
        log: opened.log,
        limits: RollLimits {
            segment_bytes,
            segment_ms: i64::MAX,
            segment_index_bytes: 10_000,
        },
    });
    replica.step(Input::Lead {
        leader_epoch: LeaderEpoch(1),
        in_sync_count: 1,
        replica_count: 1,
    });
    let rig = Rig {
        storage,
        replica,
        answers,
        later,
        given,
    };
    rig.work();
    rig
}

fn batch(value: &[u8]) -> ClientBatch {
    let mut builder = BatchBuilder::new(BatchOptions::default());
    builder.append(TimestampMs(1_000), None, Some(value), &[]);
    let bytes = builder.build();
    ClientBatch {
        header: BatchHeader::parse(&bytes).unwrap(),
        bytes,
    }
}

impl<H: Hosted> Rig<H> {
    /// What the threads of the directory would do.
    pub(in crate::replica) fn work(&self) {
        while let Some(work) = self.given.take() {
            work();
        }
    }

    /// A second goes by.
    fn wait(&self) {
        let due = std::mem::take(&mut *self.later.lock().unwrap());
        for work in due {
            work();
        }
        self.work();
    }

    pub(in crate::replica) fn append(&self, number: u64, size: usize) {
        let mut notices = Notices::default();
        let waiter = Some((WaiterId(number), Acks::All));
        self.replica
            .append(batch(&vec![b'x'; size]), waiter, &mut notices);
        note(&self.answers, &mut notices);
    }

    fn answers(&self) -> Vec<(u64, ErrorCode)> {
        let answers = std::mem::take(&mut *self.answers.lock().unwrap());
        answers
            .iter()
            .map(|(waiter, produced)| (waiter.0, produced.error))
            .collect()
    }

    fn fill_device(&self) {
        self.storage.set_capacity(Some(self.storage.used()));
    }

    /// Appends until the device has no more; how many were acknowledged.
    fn append_until_refused(&self, size: usize) -> u64 {
        for number in 0..10_000 {
            self.append(number, size);
            self.work();
            if self.answers() == [(number, ErrorCode::KAFKA_STORAGE_ERROR)] {
                return number;
            }
        }
        panic!("the device is never full");
    }

    fn readable(&self) -> u64 {
        let mut offset = Offset(0);
        loop {
            let outcome = self.replica.read(&ReadRequest {
                offset,
                max_bytes: 100_000,
                bound: ReadBound::HighWatermark,
                leader_epoch: LeaderEpoch(1),
                last_fetched_epoch: LeaderEpoch::NONE,
                whole_first: true,
            });
            assert_eq!(outcome.error, ErrorCode::NONE);
            if outcome.records.is_empty() {
                return u64::try_from(offset.0).unwrap();
            }
            for batch in ottla_records::Batches::new(&outcome.records) {
                let (header, bytes) = batch.unwrap();
                header.verify_checksum(bytes).unwrap();
                offset = header.next_offset();
            }
        }
    }

    fn after_kill(&self, segment_bytes: u64) -> Rig<H> {
        rig(self.storage.kill(), segment_bytes)
    }
}

#[test]
fn appends_are_refused_while_the_device_is_full_and_nothing_else_is() {
    let rig: Rig = rig(MemoryStorage::new(), 1 << 30);
    rig.append(0, 100);
    rig.fill_device();
    rig.answers();
    let written = 1 + rig.append_until_refused(1_000);
    assert!(written > 10, "what was reserved could be used");
    assert_eq!(rig.readable(), written);
    assert!(rig.replica.directory().is_full() && !rig.replica.directory().has_failed());
    rig.wait();
    rig.append(1_000, 100_000);
    let refused = [(1_000, ErrorCode::KAFKA_STORAGE_ERROR)];
    assert_eq!(rig.answers(), refused, "a second later it is as full");
    rig.storage.set_capacity(None);
    rig.wait();
    assert!(!rig.replica.directory().is_full());
    rig.append(1_001, 1_000);
    assert_eq!(rig.answers(), [(1_001, ErrorCode::NONE)]);
    assert_eq!(rig.readable(), written + 1);
    assert_eq!(rig.after_kill(1 << 30).readable(), written + 1);
}

#[test]
fn a_batch_that_rolls_on_a_full_device_waits_and_later_ones_are_refused() {
    let rig: Rig = rig(MemoryStorage::new(), 10_000);
    rig.append(0, 6_000);
    rig.work();
    assert_eq!(rig.answers(), [(0, ErrorCode::NONE)]);
    rig.storage.set_capacity(Some(rig.storage.used() - 4_096));
    rig.append(1, 6_000);
    rig.work();
    assert_eq!(rig.answers(), [], "it has its offset and waits");
    rig.append(2, 100);
    assert_eq!(rig.answers(), [(2, ErrorCode::KAFKA_STORAGE_ERROR)]);
    assert_eq!(rig.readable(), 1);
    assert_eq!(rig.after_kill(10_000).readable(), 1, "it was not promised");
    rig.replica.close().unwrap_err();
    rig.storage.set_capacity(None);
    rig.wait();
    assert_eq!(rig.answers(), [(1, ErrorCode::NONE)]);
    rig.append(3, 100);
    rig.work();
    assert_eq!(rig.answers(), [(3, ErrorCode::NONE)]);
    assert_eq!(rig.readable(), 3);
    assert_eq!(rig.after_kill(10_000).readable(), 3);
}

/// A shard that is told nothing.
struct Shard;

impl Hosted for Shard {
    fn on_committed(&mut self, _now: ottla_types::Now, _high_watermark: Offset) {}
    fn on_stopped(&mut self, _error: ErrorCode) {}
}

#[test]
fn a_shard_on_a_full_device_is_refused_and_what_it_had_appended_is_written_later() {
    let rig: Rig<Shard> = rig(MemoryStorage::new(), 1 << 30);
    let load = rig.replica.begin_loading();
    assert!(rig.replica.host(load, Some(Shard)));
    let step = || {
        let (appended, _) = rig
            .replica
            .step_hosted(|_, appender| appender.append(batch(&[b'x'; 70_000])));
        rig.work();
        appended.unwrap()
    };
    assert_eq!(step(), Ok(Offset(0)));
    rig.fill_device();
    let mut taken = 1;
    while step().is_ok() {
        taken += 1;
        assert!(taken < 100, "the device is never full");
    }
    assert!(rig.readable() < taken, "the last one found no space");
    rig.storage.set_capacity(None);
    rig.wait();
    assert_eq!(rig.readable(), taken);
    assert_eq!(step(), Ok(Offset(i64::try_from(taken).unwrap())));
    assert_eq!(rig.after_kill(1 << 30).readable(), taken + 1);
}

#[test]
fn epochs_that_find_no_space_are_stored_later() {
    let rig: Rig = rig(MemoryStorage::new(), 1 << 30);
    rig.append(0, 100);
    rig.work();
    rig.fill_device();
    rig.replica.step(Input::Lead {
        leader_epoch: LeaderEpoch(7),
        in_sync_count: 1,
        replica_count: 1,
    });
    rig.work();
    assert!(!rig.replica.directory().is_full(), "nothing is in it yet");
    rig.append(1, 100);
    rig.work();
    assert!(rig.replica.directory().is_full());
    let stored = || {
        let path = LogDirectory::new(rig.storage.clone(), "/data").replica_path(&at());
        ottla_log::load_leader_epochs(&rig.storage, &path)
            .unwrap()
            .latest()
            .map(|latest| latest.epoch)
    };
    assert_eq!(stored(), Some(LeaderEpoch(1)));
    rig.storage.set_capacity(None);
    rig.wait();
    assert_eq!(stored(), Some(LeaderEpoch(7)));
}
