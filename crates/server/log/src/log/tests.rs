//! A log that is appended to, rolled, read, searched, expired and cut.

use ottla_records::Batches;
use ottla_types::ProducerId;

use super::*;
use crate::testing::*;
use crate::{MemoryStorage, OpenOptions, RealStorage, open_log};

#[test]
fn what_was_appended_is_read_from_every_offset() {
    let (_storage, opened) = filled(100);
    assert!(opened.log.segments_count() > 5);
    for from in 0..100 {
        let expected: Vec<i64> = (from..100).collect();
        assert_eq!(read_all(&opened, Offset(from)), expected);
    }
}

#[test]
fn a_read_never_passes_its_limit() {
    let (_storage, opened) = filled(50);
    for limit in 1..50 {
        let located = opened
            .log
            .locate(Offset(0), Offset(limit))
            .unwrap()
            .unwrap();
        let read = located.read(1 << 20, true).unwrap();
        assert!(read.next_offset <= Offset(limit));
        assert!(
            opened
                .log
                .locate(Offset(limit), Offset(limit))
                .unwrap()
                .is_none()
        );
    }
}

#[test]
fn a_first_batch_above_the_maximum_comes_alone_or_not_at_all() {
    let (_storage, opened) = filled(3);
    let located = opened.log.locate(Offset(0), Offset(3)).unwrap().unwrap();
    assert_eq!(located.read(10, false).unwrap().bytes.len(), 0);
    let read = located.read(10, true).unwrap();
    assert_eq!(Batches::new(&read.bytes).count(), 1);
    assert_eq!(read.next_offset, Offset(1));
}

#[test]
fn offsets_outside_of_the_log_are_refused() {
    let (_storage, mut opened) = filled(10);
    opened.log.raise_log_start_offset(Offset(4));
    let refused = |offset| {
        let located = opened.log.locate(Offset(offset), Offset(10));
        matches!(located, Err(LogError::OffsetOutOfRange { .. }))
    };
    assert!(refused(3) && refused(11) && refused(-1) && refused(i64::MAX));
    assert!(!refused(4) && !refused(10));
}

#[test]
fn a_batch_below_the_end_is_refused() {
    let (_storage, mut opened) = filled(10);
    let error = append(&mut opened, &batch(Offset(9), 1, 0, 0)).unwrap_err();
    assert!(matches!(error, LogError::OutOfOrder { .. }));
    assert_eq!(opened.log.log_end_offset(), Offset(10));
}

#[test]
fn a_batch_inside_of_which_the_offset_lies_is_returned() {
    let storage = storage();
    let mut opened = open(&storage, &options()).unwrap();
    append(&mut opened, &batch(Offset(0), 5, 0, 0)).unwrap();
    append(&mut opened, &batch(Offset(5), 5, 0, 0)).unwrap();
    assert_eq!(read_all(&opened, Offset(3)), [0, 5]);
    assert_eq!(read_all(&opened, Offset(9)), [5]);
}

#[test]
fn gaps_that_compaction_left_are_read_over() {
    let storage = storage();
    let mut opened = open(&storage, &options()).unwrap();
    for offset in (0..200).step_by(7) {
        append(&mut opened, &batch(Offset(offset), 1, 0, 0)).unwrap();
    }
    assert_eq!(read_all(&opened, Offset(1))[..2], [7, 14]);
}

#[test]
fn a_new_segment_takes_reservations_before_its_file_exists() {
    let (storage, mut opened) = filled(3);
    let plan = opened
        .log
        .begin_roll(Offset(3), Vec::new(), TimestampMs(0))
        .unwrap();
    let bytes = batch(Offset(3), 1, 0, 0);
    let header = BatchHeader::parse(&bytes).unwrap();
    let reservation = opened.log.reserve(&header).unwrap();
    assert_eq!(reservation.position, 0);
    assert!(!reservation.segment.is_created());
    assert!(!names(&storage).contains(&"00000000000000000003.log".to_owned()));
    assert_eq!(file(&storage.power_cut(), "00000000000000000000.log"), b"");
    plan.create_segment().unwrap();
    plan.open_segment();
    assert!(reservation.segment.is_created());
    flush(&mut opened).unwrap();
    assert_eq!(
        opened.log.recovery_point(),
        Offset(0),
        "its indexes are not written yet"
    );
    let rolled = plan.finish().unwrap();
    opened.log.on_rolled(&rolled);
    assert_eq!(opened.log.recovery_point(), Offset(4));
}

#[test]
fn a_segment_rolls_by_size_time_index_and_width() {
    let facts = RollFacts {
        base_offset: Offset(0),
        size: 900,
        created_at: TimestampMs(0),
        first_timestamp: Some(TimestampMs(100)),
        is_index_full: false,
    };
    let limits = RollLimits {
        segment_bytes: 1000,
        segment_ms: 50,
        segment_index_bytes: 800,
    };
    let now = TimestampMs(1_000_000);
    let mut header = BatchHeader::parse(&batch(Offset(1), 1, 120, 0)).unwrap();
    header.size_in_bytes = 100;
    assert!(!must_roll(&facts, &limits, &header, now));
    header.size_in_bytes = 101;
    assert!(must_roll(&facts, &limits, &header, now));
    header.size_in_bytes = 100;
    header.max_timestamp = TimestampMs(151);
    assert!(must_roll(&facts, &limits, &header, now));
    header.max_timestamp = TimestampMs(120);
    let full = RollFacts {
        is_index_full: true,
        ..facts
    };
    assert!(must_roll(&full, &limits, &header, now));
    header.base_offset = Offset(i64::from(i32::MAX) + 1);
    assert!(must_roll(&facts, &limits, &header, now));
    let timeless = RollFacts {
        first_timestamp: Some(TimestampMs::NONE),
        ..facts
    };
    header.base_offset = Offset(1);
    assert!(must_roll(&timeless, &limits, &header, now));
    assert!(!must_roll(&timeless, &limits, &header, TimestampMs(50)));
    let empty = RollFacts {
        size: 0,
        first_timestamp: None,
        ..facts
    };
    header.size_in_bytes = 5000;
    assert!(
        !must_roll(&empty, &limits, &header, now),
        "an empty segment stays"
    );
}

#[test]
fn sealed_indexes_are_kafkas_and_lead_every_reader_right() {
    let (storage, opened) = filled(40);
    let index = file(&storage, "00000000000000000000.index");
    assert!(!index.is_empty() && index.len().is_multiple_of(8));
    let size = file(&storage, "00000000000000000000.log").len() as u32;
    let positions: Vec<u32> = index
        .chunks(8)
        .map(|entry| u32::from_be_bytes(entry[4..].try_into().unwrap()))
        .collect();
    assert!(positions.is_sorted() && positions.iter().all(|position| *position < size));
    close(opened).unwrap();
    let mut clean = options();
    clean.was_clean = true;
    let reopened = open(&storage, &clean).unwrap();
    for from in 0..40 {
        assert_eq!(read_all(&reopened, Offset(from))[0], from);
    }
}

#[test]
fn offsets_are_found_by_timestamp() {
    let (_storage, opened) = filled(60);
    let view = opened.log.timestamp_view(Offset(60), None);
    for number in 0..60 {
        let found = view
            .first_at_or_after(TimestampMs(1000 + number))
            .unwrap()
            .unwrap();
        assert_eq!((found.timestamp.0, found.offset.0), (1000 + number, number));
        assert_eq!(found.leader_epoch, LeaderEpoch(0));
    }
    assert_eq!(
        view.first_at_or_after(TimestampMs(0))
            .unwrap()
            .unwrap()
            .offset,
        Offset(0)
    );
    assert_eq!(view.first_at_or_after(TimestampMs(1060)).unwrap(), None);
    assert_eq!(view.largest().unwrap().unwrap().offset, Offset(59));
    let cut = opened.log.timestamp_view(Offset(10), None);
    assert_eq!(cut.first_at_or_after(TimestampMs(1010)).unwrap(), None);
}

#[test]
fn a_lookup_by_timestamp_never_looks_at_what_is_not_written_yet() {
    let (_storage, mut opened) = filled(25);
    for offset in 25..40 {
        let header = BatchHeader::parse(&batch(Offset(offset), 1, 9000, 0)).unwrap();
        if opened
            .log
            .must_roll(&SMALL_SEGMENTS, &header, TimestampMs(0))
        {
            let plan = opened
                .log
                .begin_roll(Offset(offset), Vec::new(), TimestampMs(0));
            let rolled = plan.unwrap().perform().unwrap();
            opened.log.on_rolled(&rolled);
        }
        let _not_written = opened.log.reserve(&header).unwrap();
    }
    let view = opened.log.timestamp_view(Offset(25), None);
    assert_eq!(view.first_at_or_after(TimestampMs(5000)).unwrap(), None);
    let found = view.first_at_or_after(TimestampMs(1024)).unwrap().unwrap();
    assert_eq!(found.offset, Offset(24));
    assert_eq!(view.largest().unwrap().unwrap().offset, Offset(24));
}

#[test]
fn timestamps_out_of_order_are_found_where_they_first_appear() {
    let storage = storage();
    let mut opened = open(&storage, &options()).unwrap();
    let stamps = [50, 40, 90, 10, 90, 95, 20, 95, 30, 5, 6, 7, 8, 9];
    for (offset, stamp) in (0..).zip(stamps) {
        append(&mut opened, &batch(Offset(offset), 1, stamp, 0)).unwrap();
    }
    let view = opened.log.timestamp_view(Offset(stamps.len() as i64), None);
    for target in 0..100 {
        let expected = stamps.iter().position(|stamp| *stamp >= target);
        let end = Offset(stamps.len() as i64);
        // Whatever a view was made for, it finds the same.
        for made_for in [None, Some(target), Some(target + 20), Some(target - 20)] {
            let made_for = made_for.map(TimestampMs);
            let view = opened.log.timestamp_view(end, made_for);
            let found = view.first_at_or_after(TimestampMs(target)).unwrap();
            let found = found.map(|found| found.offset.0 as usize);
            assert_eq!(found, expected, "{target}, {made_for:?}");
        }
    }
    assert_eq!(view.largest().unwrap().unwrap().offset, Offset(5));
}

#[test]
fn a_lookup_by_timestamp_respects_the_log_start() {
    let (_storage, mut opened) = filled(60);
    opened.log.raise_log_start_offset(Offset(33));
    let view = opened.log.timestamp_view(Offset(60), None);
    let found = view.first_at_or_after(TimestampMs(1000)).unwrap().unwrap();
    assert_eq!(found.offset, Offset(33));
}

#[test]
fn aborted_transactions_are_found_across_segments() {
    let (storage, mut opened) = filled(30);
    assert!(opened.log.aborted_view(Offset(0)).is_none());
    let completed = |first: i64, last: i64| CompletedTransaction {
        producer_id: ProducerId(first),
        first_offset: Offset(first),
        last_offset: Offset(last),
        commit: false,
        last_stable_offset: Offset(last + 1),
    };
    opened.log.on_completed_transaction(&completed(20, 29));
    for offset in 30..60 {
        append(&mut opened, &batch(Offset(offset), 1, 2000, 0)).unwrap();
    }
    opened.log.on_completed_transaction(&completed(40, 59));
    let firsts = |opened: &crate::Opened<MemoryStorage>, from: i64, upper: i64| -> Vec<i64> {
        let view = opened.log.aborted_view(Offset(from)).unwrap();
        let found = view.below(Offset(upper)).unwrap();
        found.iter().map(|aborted| aborted.first_offset.0).collect()
    };
    assert_eq!(firsts(&opened, 0, 60), [20, 40]);
    assert_eq!(firsts(&opened, 0, 40), [20]);
    assert_eq!(firsts(&opened, 30, 60), [40]);
    assert_eq!(firsts(&opened, 0, 20), [0_i64; 0]);
    close(opened).unwrap();
    let mut clean = options();
    clean.was_clean = true;
    let reopened = open(&storage, &clean).unwrap();
    assert_eq!(firsts(&reopened, 0, 60), [20, 40]);
}

#[test]
fn retention_by_size_keeps_what_it_is_told_to_keep() {
    let (storage, mut opened) = filled(60);
    let before = opened.log.size_in_bytes();
    let limits = RetentionLimits {
        retention_ms: -1,
        retention_bytes: 2000,
    };
    let view = opened.log.retention_view();
    assert_eq!(
        view.breached(&limits, Offset(0), TimestampMs(0)).unwrap(),
        None
    );
    let start = view
        .breached(&limits, Offset(60), TimestampMs(0))
        .unwrap()
        .unwrap();
    let removal = opened.log.begin_removal(start);
    assert_eq!(opened.log.log_start_offset(), start);
    assert!(opened.log.size_in_bytes() >= 2000 && opened.log.size_in_bytes() < before);
    let deleted = removal.perform().unwrap();
    assert!(
        names(&storage)
            .iter()
            .any(|name| name.ends_with(".deleted"))
    );
    deleted.unlink().unwrap();
    assert!(
        !names(&storage)
            .iter()
            .any(|name| name.ends_with(".deleted"))
    );
    assert_eq!(read_all(&opened, start)[0], start.0);
}

#[test]
fn retention_by_time_takes_the_active_segment_after_a_roll() {
    let (_storage, mut opened) = filled(30);
    let limits = RetentionLimits {
        retention_ms: 1000,
        retention_bytes: -1,
    };
    let view = opened.log.retention_view();
    assert_eq!(
        view.breached(&limits, Offset(30), TimestampMs(1500))
            .unwrap(),
        None
    );
    let start = view
        .breached(&limits, Offset(30), TimestampMs(9000))
        .unwrap();
    assert_eq!(start, Some(Offset(30)));
    let plan = opened
        .log
        .begin_roll(Offset(30), Vec::new(), TimestampMs(9000))
        .unwrap();
    let rolled = plan.perform().unwrap();
    opened.log.on_rolled(&rolled);
    opened
        .log
        .begin_removal(Offset(30))
        .perform()
        .unwrap()
        .unlink()
        .unwrap();
    assert_eq!(opened.log.segments_count(), 1);
    assert!(opened.log.is_empty());
    assert_eq!(opened.log.log_end_offset(), Offset(30));
}

#[test]
fn a_read_of_a_segment_that_was_removed_meanwhile_does_no_harm() {
    let (_storage, mut opened) = filled(60);
    let located = opened.log.locate(Offset(0), Offset(60)).unwrap().unwrap();
    let removal = opened.log.begin_removal(Offset(30));
    removal.perform().unwrap().unlink().unwrap();
    match located.read(100, true) {
        Ok(read) => assert_eq!(read.next_offset, Offset(1)),
        Err(error) => assert_eq!(error.remedy(), crate::Remedy::Answer),
    }
}

#[test]
fn a_thread_that_must_not_block_reads_only_what_is_cached() {
    let (storage, mut opened) = filled(60);
    flush(&mut opened).unwrap();
    let tail = opened.log.locate(Offset(59), Offset(60)).unwrap().unwrap();
    let read = tail.read_cached(100, true).unwrap().unwrap();
    assert_eq!(read, tail.read(100, true).unwrap());
    let closed = opened.log.locate(Offset(0), Offset(60)).unwrap().unwrap();
    assert_eq!(
        closed.read_cached(100, true).unwrap(),
        None,
        "its file is closed"
    );
    storage.set_cached_to(0);
    assert_eq!(tail.read_cached(100, true).unwrap(), None);
    assert_eq!(tail.read(100, true).unwrap(), read);
}

#[test]
fn a_read_that_must_not_block_ends_with_the_last_batch_that_is_cached() {
    let (storage, opened) = filled(10);
    let first = opened.log.locate(Offset(0), Offset(10)).unwrap().unwrap();
    let all = first.read(10_000, true).unwrap();
    assert_eq!(first.read_cached(10_000, true).unwrap(), Some(all.clone()));
    let one = first.read(1, true).unwrap().bytes.len();
    for cached in 0..all.bytes.len() {
        storage.set_cached_to(cached as u64);
        let read = first.read_cached(10_000, true).unwrap();
        let whole = cached / one;
        let expected = (whole > 0).then(|| all.bytes.slice(..whole * one));
        assert_eq!(read.map(|read| read.bytes), expected, "{cached}");
    }
}

#[test]
fn a_retired_log_needs_no_files() {
    let (storage, mut opened) = filled(60);
    flush(&mut opened).unwrap();
    let located = opened.log.locate(Offset(0), Offset(60)).unwrap().unwrap();
    let segments = opened.log.segments_to_sync();
    opened.log.retire();
    let away = std::path::Path::new("/data/topic-0.0-delete");
    crate::Storage::rename(&storage, &directory(), away).unwrap();
    for segment in &segments {
        segment.sync().unwrap();
    }
    // The first segment's file was closed long ago: only four may be open.
    let error = located.read(100, true).unwrap_err();
    assert_eq!(error.remedy(), crate::Remedy::Answer);
    let view = opened.log.retention_view();
    let limits = RetentionLimits {
        retention_ms: 1,
        retention_bytes: -1,
    };
    let _start = view.breached(&limits, Offset(60), TimestampMs(0));
    assert!(opened.log.is_retired());
}

#[test]
fn a_roll_of_a_replica_that_is_deleted_meanwhile_is_no_failure() {
    let (storage, mut opened) = filled(3);
    let now = TimestampMs(0);
    let first = opened.log.begin_roll(Offset(3), Vec::new(), now).unwrap();
    first.create_segment().unwrap();
    first.open_segment();
    append(&mut opened, &batch(Offset(3), 1, 0, 0)).unwrap();
    let second = opened.log.begin_roll(Offset(4), Vec::new(), now).unwrap();
    opened.log.retire();
    let away = std::path::Path::new("/data/topic-0.0-delete");
    crate::Storage::rename(&storage, &directory(), away).unwrap();
    for error in [
        first.finish().unwrap_err(),
        second.create_segment().unwrap_err(),
    ] {
        assert!(matches!(error, LogError::Removed { .. }), "{error}");
    }
}

#[test]
fn a_future_timestamp_protects_its_segment_and_those_behind() {
    let storage = storage();
    let mut opened = open(&storage, &options()).unwrap();
    for offset in 0..60 {
        let stamp = if offset == 20 { i64::MAX / 2 } else { 0 };
        append(&mut opened, &batch(Offset(offset), 1, stamp, 0)).unwrap();
    }
    let limits = RetentionLimits {
        retention_ms: 1,
        retention_bytes: -1,
    };
    let view = opened.log.retention_view();
    let start = view
        .breached(&limits, Offset(60), TimestampMs(1_000_000))
        .unwrap()
        .unwrap();
    assert!(start <= Offset(20) && start > Offset(0));
}

#[test]
fn truncation_cuts_at_every_offset_and_goes_on() {
    for cut in 0..40 {
        let (storage, mut opened) = filled(40);
        opened.log.truncate_to(Offset(cut), TimestampMs(0)).unwrap();
        assert_eq!(opened.log.log_end_offset(), Offset(cut));
        assert_eq!(read_all(&opened, Offset(0)), (0..cut).collect::<Vec<_>>());
        for offset in cut..45 {
            append(&mut opened, &batch(Offset(offset), 1, 1000 + offset, 1)).unwrap();
        }
        assert_eq!(read_all(&opened, Offset(0)), (0..45).collect::<Vec<_>>());
        drop(opened);
        let reopened = open(&storage.kill(), &options()).unwrap();
        assert_eq!(read_all(&reopened, Offset(0)), (0..45).collect::<Vec<_>>());
        let epochs = reopened
            .log
            .leader_epochs()
            .end_offset_for(LeaderEpoch(0), Offset(45));
        let expected = if cut == 0 { Offset(0) } else { Offset(cut) };
        assert_eq!(epochs.1, expected);
    }
}

#[test]
fn a_log_starts_anew_at_any_offset() {
    let (storage, mut opened) = filled(40);
    opened
        .log
        .truncate_fully_and_start_at(Offset(1000), TimestampMs(0))
        .unwrap();
    assert_eq!(opened.log.log_start_offset(), Offset(1000));
    append(&mut opened, &batch(Offset(1000), 2, 0, 3)).unwrap();
    assert_eq!(read_all(&opened, Offset(1000)), [1000]);
    drop(opened);
    let reopened = open(&storage.kill(), &options()).unwrap();
    assert_eq!(reopened.log.log_start_offset(), Offset(1000));
    assert_eq!(reopened.log.log_end_offset(), Offset(1002));
}

#[test]
fn a_new_leader_epoch_is_noted_with_its_first_batch() {
    let (_storage, mut opened) = filled(3);
    assert!(opened.log.take_changed_leader_epochs().is_some());
    assert!(opened.log.take_changed_leader_epochs().is_none());
    append(&mut opened, &batch(Offset(3), 1, 0, 7)).unwrap();
    let epochs = opened.log.take_changed_leader_epochs().unwrap();
    assert_eq!(epochs.latest().unwrap().start_offset, Offset(3));
    assert_eq!(epochs.epoch_of(Offset(2)), Some(LeaderEpoch(0)));
}

#[test]
fn real_files_serve_as_memory_does() {
    let parent = tempfile::tempdir().unwrap();
    let path = parent.path().join("topic-0");
    let mut clean = options();
    let mut opened = open_log(&RealStorage, &path, &shared(), &clean).unwrap();
    for offset in 0..60 {
        append(&mut opened, &batch(Offset(offset), 1, 1000 + offset, 0)).unwrap();
    }
    flush(&mut opened).unwrap();
    assert_eq!(read_all(&opened, Offset(0)), (0..60).collect::<Vec<_>>());
    close(opened).unwrap();
    clean.was_clean = true;
    let reopened = open_log(&RealStorage, &path, &OpenFiles::new(2), &clean).unwrap();
    assert_eq!(reopened.report, crate::RecoveryReport::default());
    assert_eq!(read_all(&reopened, Offset(0)), (0..60).collect::<Vec<_>>());
    let unclean = OpenOptions {
        recovery_point: Offset(30),
        ..options()
    };
    let reopened = open_log(&RealStorage, &path, &OpenFiles::new(2), &unclean).unwrap();
    assert!(reopened.report.recovered_segments > 0);
    assert_eq!(read_all(&reopened, Offset(0)), (0..60).collect::<Vec<_>>());
}
