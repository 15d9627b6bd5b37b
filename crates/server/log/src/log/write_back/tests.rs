//! Which ranges of which files the device is told to begin with.

use std::ops::Range;

use ottla_types::TimestampMs;

use super::*;
use crate::testing::{append, batch, close, directory, flush, open, options, storage};
use crate::{FileKind, MemoryStorage, OpenOptions, Opened};

/// The size of a batch of these tests.
const BATCH: u64 = 83;

fn portions_of(bytes: u64) -> OpenOptions {
    OpenOptions {
        write_back_bytes: bytes,
        ..options()
    }
}

fn asked(storage: &MemoryStorage, segment: i64) -> Vec<(u64, u64)> {
    let ranges = storage.write_backs(&FileKind::Log.path(&directory(), Offset(segment)));
    ranges
        .iter()
        .map(|range| (range.start, range.end))
        .collect()
}

fn fill(opened: &mut Opened<MemoryStorage>, offsets: Range<i64>) {
    for offset in offsets {
        append(opened, &batch(Offset(offset), 1, 1000, 0)).unwrap();
    }
}

/// Performs what is due; its size.
fn write_back(opened: &mut Opened<MemoryStorage>, written: i64) -> Option<u64> {
    let plan = opened.log.begin_write_back(Offset(written))?;
    plan.perform().unwrap();
    Some(plan.size_in_bytes())
}

#[test]
fn whole_portions_of_what_is_written_are_asked_for_once() {
    let storage = storage();
    let mut opened = open(&storage, &portions_of(200)).unwrap();
    fill(&mut opened, 0..8);
    assert_eq!(opened.log.size_in_bytes(), 8 * BATCH);
    assert_eq!(write_back(&mut opened, 2), None, "166 bytes are written");
    assert_eq!(write_back(&mut opened, 3), Some(200));
    assert_eq!(write_back(&mut opened, 3), None);
    assert_eq!(write_back(&mut opened, 8), Some(400));
    assert_eq!(write_back(&mut opened, 8), None);
    assert_eq!(asked(&storage, 0), [(0, 200), (200, 600)]);
}

#[test]
fn a_new_segment_begins_anew_and_the_rest_of_the_old_one_is_left_to_the_roll() {
    let storage = storage();
    let mut opened = open(&storage, &portions_of(200)).unwrap();
    for offset in 0..13 {
        fill(&mut opened, offset..offset + 1);
        write_back(&mut opened, offset + 1);
    }
    assert_eq!(opened.log.segments_count(), 2);
    let expected = [(0, 200), (200, 400), (400, 600), (600, 800)];
    assert_eq!(asked(&storage, 0), expected);
    assert_eq!(asked(&storage, 10), [(0, 200)]);
}

#[test]
fn what_an_earlier_process_wrote_is_not_asked_for() {
    let storage = storage();
    let mut opened = open(&storage, &portions_of(200)).unwrap();
    fill(&mut opened, 0..5);
    close(opened).unwrap();
    let mut opened = open(&storage, &portions_of(200)).unwrap();
    assert_eq!(write_back(&mut opened, 5), None);
    fill(&mut opened, 5..8);
    assert_eq!(write_back(&mut opened, 8), Some(200));
    assert_eq!(asked(&storage, 0), [(400, 600)]);
}

#[test]
fn a_cut_has_what_is_written_again_asked_for_again() {
    let storage = storage();
    let mut opened = open(&storage, &portions_of(200)).unwrap();
    fill(&mut opened, 0..8);
    write_back(&mut opened, 8);
    opened.log.truncate_to(Offset(3), TimestampMs(0)).unwrap();
    fill(&mut opened, 3..5);
    write_back(&mut opened, 5);
    assert_eq!(asked(&storage, 0), [(0, 600), (200, 400)]);
}

#[test]
fn what_was_synced_or_removed_meanwhile_is_not_asked_for() {
    let storage = storage();
    let mut opened = open(&storage, &portions_of(200)).unwrap();
    fill(&mut opened, 0..3);
    let begun = opened.log.begin_write_back(Offset(3)).unwrap();
    flush(&mut opened).unwrap();
    begun.perform().unwrap();
    fill(&mut opened, 3..6);
    let begun = opened.log.begin_write_back(Offset(6)).unwrap();
    fill(&mut opened, 6..8);
    opened.log.retire();
    begun.perform().unwrap();
    assert_eq!(write_back(&mut opened, 8), None);
    assert_eq!(asked(&storage, 0), []);
}

#[test]
fn a_device_that_fails_is_told_of() {
    let storage = storage();
    let mut opened = open(&storage, &portions_of(200)).unwrap();
    fill(&mut opened, 0..3);
    let begun = opened.log.begin_write_back(Offset(3)).unwrap();
    storage.fail_from(storage.changes());
    let error = begun.perform().unwrap_err();
    assert_eq!(error.remedy(), crate::Remedy::TakeDirectoryOffline);
}
