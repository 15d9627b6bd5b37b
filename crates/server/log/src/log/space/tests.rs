//! Space reserved ahead, and logs on a device that has none left.

use super::*;
use crate::testing::*;
use crate::{MemoryStorage, Opened};
use ottla_types::{Offset, TimestampMs};

fn reserve(opened: &mut Opened<MemoryStorage>, bytes: u64) -> Result<(), LogError> {
    let reserved = opened.log.begin_space(bytes, 1 << 30).perform()?;
    assert!(opened.log.is_covered(&reserved));
    opened.log.on_space_reserved(&reserved);
    Ok(())
}

/// Leaves so many bytes free.
fn leave_free(storage: &MemoryStorage, bytes: u64) {
    storage.set_capacity(Some(storage.used() + bytes));
}

#[test]
fn what_is_reserved_is_there_when_the_device_is_full() {
    let (storage, mut opened) = filled(1);
    assert_eq!(opened.log.reserved_space(), 0);
    assert!(opened.log.is_space_running_out());
    reserve(&mut opened, 100).unwrap();
    assert!(opened.log.reserved_space() >= AHEAD_MIN);
    assert!(!opened.log.is_space_running_out());
    leave_free(&storage, 0);
    for offset in 1..6 {
        append(&mut opened, &batch(Offset(offset), 1, 0, 0)).unwrap();
    }
    assert_eq!(read_all(&opened, Offset(0)), (0..6).collect::<Vec<_>>());
}

#[test]
fn a_device_that_has_only_what_is_needed_gives_that() {
    let (storage, mut opened) = filled(1);
    leave_free(&storage, 2 * BLOCK);
    reserve(&mut opened, 100).unwrap();
    assert!((100..BLOCK).contains(&opened.log.reserved_space()));
    let error = reserve(&mut opened, 3 * BLOCK).unwrap_err();
    assert_eq!(error.remedy(), crate::Remedy::Retry);
    storage.set_capacity(None);
    reserve(&mut opened, 3 * BLOCK).unwrap();
}

#[test]
fn more_is_reserved_for_busy_segments_but_never_behind_a_full_one() {
    let (_, mut opened) = filled(1);
    let size = opened.log.size_in_bytes();
    reserve(&mut opened, 1 << 20).unwrap();
    assert!(opened.log.reserved_space() >= 2 << 20);
    let planned = opened.log.begin_space(0, size + 10).perform().unwrap();
    assert_eq!(planned.end, (size + 10).next_multiple_of(BLOCK));
}

#[test]
fn what_is_not_needed_is_given_back_by_a_roll_and_by_a_clean_close() {
    let (storage, mut opened) = filled(3);
    let before = storage.used();
    reserve(&mut opened, 100).unwrap();
    assert!(storage.used() > before + AHEAD_MIN);
    let plan = opened.log.begin_roll(Offset(3), Vec::new(), TimestampMs(0));
    let rolled = plan.unwrap().perform().unwrap();
    opened.log.on_rolled(&rolled);
    assert!(storage.used() < before + BLOCK);
    assert_eq!(opened.log.reserved_space(), 0, "of the new segment");
    reserve(&mut opened, 100).unwrap();
    assert!(storage.used() > before + AHEAD_MIN);
    close(opened).unwrap();
    assert!(storage.used() < before + BLOCK);
}

#[test]
fn what_a_killed_process_had_reserved_is_given_back_by_recovery() {
    let (storage, mut opened) = filled(3);
    flush(&mut opened).unwrap();
    let before = storage.used();
    reserve(&mut opened, 100).unwrap();
    let after = storage.kill();
    assert!(after.used() > before + AHEAD_MIN);
    let opened = open(&after, &options()).unwrap();
    assert!(after.used() < before + BLOCK);
    assert_eq!(read_all(&opened, Offset(0)), [0, 1, 2]);
}

#[test]
fn a_roll_on_a_full_device_is_made_again_once_there_is_space() {
    let (storage, mut opened) = filled(3);
    let plan = opened
        .log
        .begin_roll(Offset(3), Vec::new(), TimestampMs(0))
        .unwrap();
    let bytes = batch(Offset(3), 1, 0, 0);
    let header = ottla_records::BatchHeader::parse(&bytes).unwrap();
    let reservation = opened.log.reserve(&header).unwrap();
    leave_free(&storage, 0);
    plan.create_segment().unwrap();
    let space = opened.log.begin_space_of(plan.new_segment(), 1 << 20);
    let error = space.perform().unwrap_err();
    assert_eq!(error.remedy(), crate::Remedy::Retry);
    assert!(!reservation.segment.is_created(), "writers have to wait");
    assert_eq!(
        plan.finish().unwrap_err().remedy(),
        crate::Remedy::Retry,
        "the indexes find no space"
    );
    storage.set_capacity(None);
    plan.create_segment().unwrap();
    let space = opened.log.begin_space_of(plan.new_segment(), 1 << 20);
    let reserved = space.perform().unwrap();
    assert!(opened.log.is_covered(&reserved));
    opened.log.on_space_reserved(&reserved);
    plan.open_segment();
    let buffers = [std::io::IoSlice::new(&bytes)];
    reservation
        .segment
        .write_at(reservation.position, &buffers)
        .unwrap();
    let rolled = plan.finish().unwrap();
    opened.log.on_rolled(&rolled);
    assert_eq!(read_all(&opened, Offset(0)), [0, 1, 2, 3]);
    let after = open(&storage.kill(), &options()).unwrap();
    assert_eq!(read_all(&after, Offset(0)), [0, 1, 2, 3]);
}

#[test]
fn a_log_opens_on_a_full_device_or_says_so_and_opens_later() {
    let (storage, mut opened) = filled(25);
    flush(&mut opened).unwrap();
    let storage = storage.kill();
    for free in [0, 50, 100, 200, 400, 800] {
        leave_free(&storage, free);
        if let Err(error) = open(&storage, &options()) {
            assert_eq!(
                error.remedy(),
                crate::Remedy::Retry,
                "with {free} bytes free"
            );
        }
    }
    storage.set_capacity(None);
    let opened = open(&storage, &options()).unwrap();
    assert_eq!(read_all(&opened, Offset(0)), (0..25).collect::<Vec<_>>());
}
