//! Logs opened after clean stops, kills, power cuts and damage.

use ottla_machine::Random;
use ottla_records::{BatchOptions, EndTransactionMarker, build_end_transaction_batch};
use ottla_types::{LeaderEpoch, ProducerEpoch, ProducerId};

use super::*;
use crate::storage::write_file;
use crate::testing::*;
use crate::{MemoryStorage, OpenHow};

fn clean() -> OpenOptions {
    OpenOptions {
        was_clean: true,
        ..options()
    }
}

/// Overwrites one byte of a file, synced.
fn flip(storage: &MemoryStorage, name: &str, at: usize) {
    let mut bytes = file(storage, name);
    bytes[at] ^= 1;
    write_file(storage, &directory().join(name), &bytes).unwrap();
}

#[test]
fn a_new_partition_gets_its_directory_and_first_segment() {
    let storage = storage();
    let opened = open(&storage, &options()).unwrap();
    assert!(opened.log.is_empty());
    let expected = [".index", ".log", ".timeindex"].map(|kind| format!("{:020}{kind}", 0));
    assert_eq!(names(&storage), expected);
    assert_eq!(names(&storage.power_cut()), expected);
}

#[test]
fn a_log_that_nobody_touched_is_opened_and_closed_without_a_write() {
    let (storage, opened) = filled(12);
    close(opened).unwrap();
    let clean = OpenOptions {
        was_clean: true,
        ..options()
    };
    let before = storage.changes();
    let mut opened = open(&storage, &clean).unwrap();
    opened.log.assign_leader_epoch(LeaderEpoch(7), Offset(12));
    assert_eq!(close(opened).unwrap(), Offset(12));
    assert_eq!(storage.changes(), before);
    let mut opened = open(&storage, &clean).unwrap();
    append(&mut opened, &batch(Offset(12), 1, 0, 8)).unwrap();
    assert_eq!(close(opened).unwrap(), Offset(13));
    let opened = open(&storage, &clean).unwrap();
    assert_eq!(read_all(&opened, Offset(0)), (0..13).collect::<Vec<_>>());
}

#[test]
fn an_empty_log_needs_no_write_after_a_crash_either() {
    let storage = storage();
    open(&storage, &options()).unwrap();
    let after = storage.power_cut();
    let before = after.changes();
    let opened = open(&after, &options()).unwrap();
    close(opened).unwrap();
    assert_eq!(after.changes(), before);
}

#[test]
fn a_clean_stop_leaves_what_kafka_leaves() {
    let (storage, opened) = filled(12);
    assert_eq!(close(opened).unwrap(), Offset(12));
    assert_eq!(
        names(&storage),
        [
            "00000000000000000000.index",
            "00000000000000000000.log",
            "00000000000000000000.timeindex",
            "00000000000000000010.index",
            "00000000000000000010.log",
            "00000000000000000010.snapshot",
            "00000000000000000010.timeindex",
            "00000000000000000012.snapshot",
            "leader-epoch-checkpoint",
        ]
    );
    let last_time = file(&storage, "00000000000000000010.timeindex");
    assert_eq!(
        last_time[last_time.len() - 12..],
        [0, 0, 0, 0, 0, 0, 0x03, 0xf3, 0, 0, 0, 1]
    );
    let reopened = open(&storage, &clean()).unwrap();
    assert_eq!(reopened.report, RecoveryReport::default());
    assert_eq!(reopened.log.recovery_point(), Offset(12));
    assert_eq!(read_all(&reopened, Offset(0)), (0..12).collect::<Vec<_>>());
}

#[test]
fn an_empty_log_has_no_snapshot() {
    let storage = storage();
    close(open(&storage, &options()).unwrap()).unwrap();
    assert!(
        !names(&storage)
            .iter()
            .any(|name| name.ends_with(".snapshot"))
    );
}

#[test]
fn only_segments_from_the_recovery_point_on_are_read() {
    let (storage, mut opened) = filled(60);
    flush(&mut opened).unwrap();
    let recovery_point = opened.log.recovery_point();
    assert_eq!(recovery_point, Offset(60));
    let mut options = options();
    options.recovery_point = recovery_point;
    let reopened = open(&storage.kill(), &options).unwrap();
    assert_eq!(reopened.report.recovered_segments, 1);
    assert_eq!(read_all(&reopened, Offset(0)), (0..60).collect::<Vec<_>>());
}

#[test]
fn a_log_is_cut_before_its_first_broken_batch_and_segments_behind_go() {
    let (storage, opened) = filled(60);
    drop(opened);
    flip(&storage, "00000000000000000020.log", 300);
    let reopened = open(&storage, &options()).unwrap();
    assert!(reopened.report.truncated_bytes > 0 && reopened.report.removed_segments > 0);
    let end = reopened.log.log_end_offset();
    assert!(end > Offset(20) && end < Offset(30), "{end}");
    assert_eq!(
        read_all(&reopened, Offset(0)),
        (0..end.0).collect::<Vec<_>>()
    );
    let again = open(&storage.power_cut(), &options()).unwrap();
    assert_eq!(again.log.log_end_offset(), end);
}

#[test]
fn every_torn_tail_recovers_to_whole_batches() {
    let (storage, opened) = filled(5);
    drop(opened);
    let name = "00000000000000000000.log";
    let whole = file(&storage, name);
    for length in 0..whole.len() {
        let torn = storage.kill();
        write_file(&torn, &directory().join(name), &whole[..length]).unwrap();
        let mut opened = open(&torn, &options()).unwrap();
        let end = opened.log.log_end_offset();
        assert_eq!(read_all(&opened, Offset(0)), (0..end.0).collect::<Vec<_>>());
        append(&mut opened, &batch(end, 1, 0, 0)).unwrap();
        assert_eq!(read_all(&opened, Offset(0)).len() as i64, end.0 + 1);
    }
}

#[test]
fn zeros_behind_the_last_batch_are_cut_off_clean_or_not() {
    for was_clean in [true, false] {
        let (storage, opened) = filled(5);
        close(opened).unwrap();
        let mut bytes = file(&storage, "00000000000000000000.log");
        let length = bytes.len();
        bytes.resize(length + 4096, 0);
        write_file(
            &storage,
            &directory().join("00000000000000000000.log"),
            &bytes,
        )
        .unwrap();
        let options = OpenOptions {
            was_clean,
            ..options()
        };
        let reopened = open(&storage, &options).unwrap();
        assert_eq!(reopened.log.log_end_offset(), Offset(5));
        assert_eq!(file(&storage, "00000000000000000000.log").len(), length);
    }
}

#[test]
fn a_batch_that_repeats_an_offset_is_cut_off() {
    let (storage, opened) = filled(3);
    drop(opened);
    let name = "00000000000000000000.log";
    let mut bytes = file(&storage, name);
    bytes.extend_from_slice(&batch(Offset(1), 1, 0, 0));
    write_file(&storage, &directory().join(name), &bytes).unwrap();
    let reopened = open(&storage, &options()).unwrap();
    assert_eq!(read_all(&reopened, Offset(0)), [0, 1, 2]);
}

#[test]
fn an_old_message_format_is_refused_and_nothing_is_cut() {
    let (storage, opened) = filled(3);
    drop(opened);
    let name = "00000000000000000000.log";
    // Offset 0, the value "abc" without a key, in format 0.
    let mut bytes = vec![0; 11];
    bytes.extend([17, 0x43, 0xdc, 0x3f, 0xaf, 0, 0, 0xff, 0xff, 0xff, 0xff]);
    bytes.extend([0, 0, 0, 3, b'a', b'b', b'c']);
    bytes.extend([0; 40]);
    write_file(&storage, &directory().join(name), &bytes).unwrap();
    let error = open(&storage, &options()).unwrap_err();
    assert_eq!(error.remedy(), crate::Remedy::Stop);
    assert_eq!(file(&storage, name).len(), bytes.len());
}

#[test]
fn missing_indexes_are_rebuilt_as_they_were() {
    for missing in [".index", ".timeindex"] {
        let (storage, opened) = filled(40);
        close(opened).unwrap();
        let before: Vec<_> = names(&storage);
        let contents: Vec<_> = before.iter().map(|name| file(&storage, name)).collect();
        for name in before.iter().filter(|name| name.ends_with(missing)) {
            crate::storage::remove_file(&storage, &directory().join(name)).unwrap();
        }
        let reopened = open(&storage, &clean()).unwrap();
        for from in 0..40 {
            assert_eq!(read_all(&reopened, Offset(from))[0], from);
        }
        close(reopened).unwrap();
        if missing == ".index" {
            let after: Vec<_> = before.iter().map(|name| file(&storage, name)).collect();
            assert_eq!(contents, after);
        }
    }
}

#[test]
fn indexes_and_snapshots_without_their_segment_go() {
    let (storage, opened) = filled(3);
    close(opened).unwrap();
    for name in [
        "00000000000000000777.index",
        "00000000000000000777.txnindex",
    ] {
        write_file(&storage, &directory().join(name), b"").unwrap();
    }
    write_file(
        &storage,
        &directory().join("00000000000000000777.snapshot"),
        b"",
    )
    .unwrap();
    write_file(&storage, &directory().join("unknown-file"), b"kept").unwrap();
    open(&storage, &clean()).unwrap();
    assert!(!names(&storage).iter().any(|name| name.contains("777")));
    assert!(names(&storage).contains(&"unknown-file".to_owned()));
}

#[test]
fn files_that_a_crash_left_half_way_are_finished_or_undone() {
    let (storage, opened) = filled(40);
    close(opened).unwrap();
    let path = |name: &str| directory().join(name);
    let write = |name: &str, bytes: &[u8]| write_file(&storage, &path(name), bytes).unwrap();
    write("00000000000000000099.log.deleted", b"");
    write("00000000000000000099.index.deleted", b"");
    // A compaction of the second segment finished; one of the third did not.
    let compacted = batch(Offset(15), 1, 77, 0);
    write("00000000000000000010.log.swap", &compacted);
    write("00000000000000000020.log.cleaned", b"torn");
    write("00000000000000000030.log.swap", b"of the unfinished one");
    let reopened = open(&storage, &clean()).unwrap();
    let left = names(&storage);
    assert!(!left.iter().any(|name| name.ends_with(".deleted")
        || name.ends_with(".swap")
        || name.ends_with(".cleaned")));
    let mut expected: Vec<i64> = (0..10).collect();
    expected.push(15);
    expected.extend(16..40);
    let covered: Vec<i64> = read_all(&reopened, Offset(0));
    assert_eq!(covered[..11], expected[..11]);
    assert_eq!(reopened.log.log_end_offset(), Offset(40));
}

#[test]
fn a_log_that_ends_below_its_checkpointed_start_begins_anew_there() {
    let (storage, opened) = filled(10);
    close(opened).unwrap();
    let options = OpenOptions {
        log_start_offset: Offset(50),
        ..clean()
    };
    let mut reopened = open(&storage, &options).unwrap();
    assert_eq!(reopened.log.log_start_offset(), Offset(50));
    assert_eq!(reopened.log.log_end_offset(), Offset(50));
    assert!(reopened.log.leader_epochs().entries().is_empty());
    append(&mut reopened, &batch(Offset(50), 1, 0, 2)).unwrap();
    assert_eq!(read_all(&reopened, Offset(50)), [50]);
}

#[test]
fn leader_epochs_survive_a_crash_without_their_checkpoint() {
    let storage = storage();
    let mut opened = open(&storage, &options()).unwrap();
    for offset in 0..30 {
        append(
            &mut opened,
            &batch(Offset(offset), 1, 0, (offset / 10) as i32),
        )
        .unwrap();
    }
    let expected = opened.log.leader_epochs().clone();
    drop(opened);
    let reopened = open(&storage, &options()).unwrap();
    assert_eq!(*reopened.log.leader_epochs(), expected);
    assert_eq!(
        load_leader_epochs(&storage, &directory()).unwrap(),
        expected
    );
}

fn with_producers(count: i32) -> (MemoryStorage, Opened<MemoryStorage>) {
    let storage = storage();
    let mut opened = open(&storage, &options()).unwrap();
    for number in 0..count {
        let options = idempotent(Offset(number.into()), i64::from(number % 3), number / 3);
        append(&mut opened, &produced(options, 1, 1000)).unwrap();
    }
    (storage, opened)
}

#[test]
fn producer_state_is_the_same_after_a_clean_stop_a_kill_and_a_lost_snapshot() {
    let (storage, opened) = with_producers(40);
    let expected = opened.producers.clone();
    let killed = open(&storage.kill(), &options()).unwrap();
    assert_eq!(state_of(&killed.producers), state_of(&expected));
    close(opened).unwrap();
    let stopped = open(&storage.kill(), &clean()).unwrap();
    assert_eq!(state_of(&stopped.producers), state_of(&expected));
    let newest = "00000000000000000040.snapshot";
    flip(&storage, newest, 12);
    let older = open(&storage, &clean()).unwrap();
    assert_eq!(state_of(&older.producers), state_of(&expected));
    assert!(decode(&storage, newest).is_ok(), "it was written anew");
}

#[test]
fn every_batch_that_may_be_repeated_is_known_after_a_restart() {
    let (storage, opened) = with_producers(40);
    let expected = opened.producers.clone();
    let killed = open(&storage.kill(), &options()).unwrap();
    assert_eq!(killed.producers, expected);
    close(opened).unwrap();
    let stopped = open(&storage.kill(), &clean()).unwrap();
    assert_eq!(stopped.producers, expected);
}

fn decode(storage: &MemoryStorage, name: &str) -> Result<usize, &'static str> {
    crate::decode_producers(&file(storage, name)).map(|entries| entries.len())
}

#[test]
fn without_any_snapshot_a_clean_log_starts_with_no_producers_as_kafkas_does() {
    let (storage, opened) = with_producers(40);
    close(opened).unwrap();
    for name in names(&storage) {
        if name.ends_with(".snapshot") {
            crate::storage::remove_file(&storage, &directory().join(name)).unwrap();
        }
    }
    let reopened = open(&storage, &clean()).unwrap();
    assert_eq!(reopened.producers.count(), 0);
    let left: Vec<_> = names(&storage);
    let snapshots = left
        .iter()
        .filter(|name| name.ends_with(".snapshot"))
        .count();
    assert_eq!(snapshots, 3);
}

#[test]
fn truncation_takes_producers_back() {
    let (storage, mut opened) = with_producers(40);
    opened
        .log
        .truncate_to(Offset(30), ottla_types::TimestampMs(0))
        .unwrap();
    let loaded = load_producer_state(
        &storage,
        &directory(),
        &OpenFiles::new(4),
        (Offset(0), Offset(30)),
    )
    .unwrap();
    assert_eq!(state_of(&loaded), [(0, 9), (1, 9), (2, 9)]);
}

#[test]
fn idle_producers_are_forgotten_at_load() {
    let (storage, opened) = with_producers(6);
    drop(opened);
    let mut options = options();
    options.now = ottla_types::TimestampMs(1000 + options.producer_id_expiration_ms);
    let reopened = open(&storage, &options).unwrap();
    assert_eq!(reopened.producers.count(), 0);
}

#[test]
fn transactions_are_recovered_with_their_index() {
    let storage = storage();
    let mut opened = open(&storage, &options()).unwrap();
    let data = BatchOptions {
        is_transactional: true,
        ..idempotent(Offset(0), 7, 0)
    };
    append(&mut opened, &produced(data, 3, 1000)).unwrap();
    let marker = build_end_transaction_batch(
        Offset(3),
        LeaderEpoch(0),
        ottla_types::TimestampMs(2000),
        (ProducerId(7), ProducerEpoch(0)),
        EndTransactionMarker {
            committed: false,
            coordinator_epoch: 4,
        },
    );
    append(&mut opened, &marker).unwrap();
    drop(opened);
    let reopened = open(&storage, &options()).unwrap();
    let aborted = reopened
        .log
        .aborted_view(Offset(0))
        .unwrap()
        .below(Offset(4))
        .unwrap();
    assert_eq!(aborted.len(), 1);
    assert_eq!(aborted[0].first_offset, Offset(0));
    assert_eq!(aborted[0].last_offset, Offset(3));
    assert_eq!(aborted[0].last_stable_offset, Offset(4));
    let entry = reopened.producers.entries().next().unwrap();
    assert_eq!(entry.coordinator_epoch, 4);
    assert_eq!(entry.current_transaction_first_offset, -1);
    close(reopened).unwrap();
    let bytes = file(&storage, "00000000000000000000.txnindex");
    assert_eq!(bytes.len(), 34);
}

/// Appends, flushes and rolls until a call fails; the offset below which all was acknowledged as
/// durable.
fn work(storage: &MemoryStorage) -> Offset {
    let mut acknowledged = Offset(0);
    let mut run = || -> Result<(), LogError> {
        let mut opened = open(storage, &options())?;
        for offset in 0..25 {
            append(&mut opened, &batch(Offset(offset), 1, 1000 + offset, 0))?;
            if offset % 3 == 2 {
                flush(&mut opened)?;
                acknowledged = opened.log.log_end_offset();
            }
        }
        close(opened)?;
        acknowledged = Offset(25);
        Ok(())
    };
    let _stopped = run();
    acknowledged
}

#[test]
fn a_crash_at_any_write_loses_nothing_acknowledged() {
    let total = {
        let storage = storage();
        assert_eq!(work(&storage), Offset(25));
        storage.changes()
    };
    for failing in 0..total {
        let storage = storage();
        storage.fail_from(failing);
        let acknowledged = work(&storage);
        for after in [storage.kill(), storage.power_cut()] {
            let reopened = open(&after, &options()).unwrap();
            let end = reopened.log.log_end_offset();
            assert!(
                end >= acknowledged,
                "call {failing}: {end} after {acknowledged}"
            );
            assert_eq!(
                read_all(&reopened, Offset(0)),
                (0..end.0).collect::<Vec<_>>()
            );
            // What recovery served is durable: a second power cut takes nothing away.
            let again = open(&after.power_cut(), &options()).unwrap();
            assert_eq!(again.log.log_end_offset(), end, "call {failing}");
        }
    }
}

#[test]
fn a_power_cut_that_left_any_sectors_loses_nothing_acknowledged() {
    let mut random = Random::from_seed(7);
    let total = {
        let storage = storage();
        work(&storage);
        storage.changes()
    };
    for failing in 0..total {
        let storage = storage();
        storage.fail_from(failing);
        let acknowledged = work(&storage);
        for _ in 0..10 {
            let after = storage.torn_power_cut(&mut |bound| random.below(bound));
            let reopened = open(&after, &options()).unwrap();
            let end = reopened.log.log_end_offset();
            assert!(
                end >= acknowledged,
                "call {failing}: {end} after {acknowledged}"
            );
            assert_eq!(
                read_all(&reopened, Offset(0)),
                (0..end.0).collect::<Vec<_>>()
            );
            let again = open(&after.power_cut(), &options()).unwrap();
            assert_eq!(again.log.log_end_offset(), end, "call {failing}");
        }
    }
}

#[test]
fn a_crash_during_recovery_is_recovered_from() {
    let (storage, opened) = filled(35);
    drop(opened);
    flip(&storage, "00000000000000000020.log", 300);
    let total = {
        let copy = storage.kill();
        let before = copy.changes();
        open(&copy, &options()).unwrap();
        copy.changes() - before
    };
    for failing in 0..total {
        let copy = storage.kill();
        copy.fail_from(copy.changes() + failing);
        assert!(open(&copy, &options()).is_err(), "call {failing}");
        let reopened = open(&copy.kill(), &options()).unwrap();
        let end = reopened.log.log_end_offset();
        assert_eq!(
            read_all(&reopened, Offset(0)),
            (0..end.0).collect::<Vec<_>>()
        );
    }
}

#[test]
fn a_hole_of_zeros_before_later_batches_is_cut() {
    let (storage, opened) = filled(5);
    drop(opened);
    let path = directory().join("00000000000000000000.log");
    let size = storage.metadata(&path).unwrap().size;
    let log = storage.open(&path, OpenHow::Existing).unwrap();
    let later = batch(Offset(7), 1, 0, 0);
    let buffers = [std::io::IoSlice::new(&later)];
    storage.write_at(&log, size + 200, &buffers).unwrap();
    let reopened = open(&storage, &options()).unwrap();
    assert_eq!(reopened.log.log_end_offset(), Offset(5));
    assert_eq!(storage.metadata(&path).unwrap().size, size);
}

#[test]
fn indexes_that_kafka_made_for_an_empty_segment_do_not_outlive_its_kill() {
    let storage = storage();
    drop(open(&storage, &options()).unwrap());
    let kinds = ["index", "timeindex"];
    for kind in kinds {
        let path = directory().join(format!("{:020}.{kind}", 0));
        crate::storage::write_file(&storage, &path, &[0; 1200]).unwrap();
    }
    let mut opened = open(&storage, &options()).unwrap();
    append(&mut opened, &batch(Offset(0), 1, 0, 8)).unwrap();
    let left: Vec<String> = names(&storage)
        .into_iter()
        .filter(|name| name.ends_with("index"))
        .collect();
    assert_eq!(left, Vec::<String>::new());
}
