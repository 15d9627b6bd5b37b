//! Segments on a device that is full or fails.

use ottla_types::Offset;

use super::*;
use crate::testing::*;

#[test]
fn space_is_reserved_ahead_or_refused_without_harm() {
    let (storage, mut opened) = filled(3);
    let segment = opened.log.segments_to_sync().pop().unwrap();
    segment.reserve_space(1 << 20).unwrap();
    let size = file(&storage, "00000000000000000000.log").len();
    storage.set_capacity(Some(size as u64 + 100));
    let error = segment.reserve_space(2 << 20).unwrap_err();
    assert!(matches!(error, LogError::NoSpace { .. }));
    assert_eq!(error.remedy(), crate::Remedy::Retry);
    assert_eq!(file(&storage, "00000000000000000000.log").len(), size);
    append(&mut opened, &batch(Offset(3), 1, 0, 0)).unwrap();
}

#[test]
fn a_failed_write_or_sync_takes_the_directory_offline() {
    let (storage, mut opened) = filled(3);
    storage.fail_once(storage.changes());
    let error = append(&mut opened, &batch(Offset(3), 1, 0, 0)).unwrap_err();
    assert_eq!(error.remedy(), crate::Remedy::TakeDirectoryOffline);
    assert_eq!(error.error_code(), 56);
    storage.fail_once(storage.changes());
    assert!(flush(&mut opened).is_err());
}
