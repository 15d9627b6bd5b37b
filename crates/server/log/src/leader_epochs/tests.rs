//! Epochs assigned, truncated and looked up.

use super::*;

fn epochs(entries: &[(i32, i64)]) -> LeaderEpochs {
    let entries = entries.iter().map(|(epoch, start_offset)| EpochEntry {
        epoch: LeaderEpoch(*epoch),
        start_offset: Offset(*start_offset),
    });
    LeaderEpochs::from_entries(entries)
}

#[test]
fn end_offsets_are_those_of_the_next_higher_epoch() {
    let epochs = epochs(&[(2, 10), (4, 20), (7, 30)]);
    let end = |epoch| {
        let (epoch, offset) = epochs.end_offset_for(LeaderEpoch(epoch), Offset(40));
        (epoch.0, offset.0)
    };
    assert_eq!(end(-1), (-1, -1));
    assert_eq!(end(0), (0, 10));
    assert_eq!(end(2), (2, 20));
    assert_eq!(end(3), (2, 20));
    assert_eq!(end(4), (4, 30));
    assert_eq!(end(6), (4, 30));
    assert_eq!(end(7), (7, 40));
    assert_eq!(end(8), (-1, -1));
    let none = LeaderEpochs::default().end_offset_for(LeaderEpoch(1), Offset(5));
    assert_eq!(none, (LeaderEpoch::NONE, Offset::NONE));
}

#[test]
fn a_later_assignment_drops_what_it_contradicts() {
    let mut cache = epochs(&[(1, 0), (2, 10), (3, 20)]);
    assert!(!cache.assign(LeaderEpoch(3), Offset(25)), "known");
    assert!(cache.assign(LeaderEpoch(3), Offset(15)));
    assert_eq!(cache, epochs(&[(1, 0), (2, 10), (3, 15)]));
    assert!(cache.assign(LeaderEpoch(5), Offset(10)));
    assert_eq!(cache, epochs(&[(1, 0), (5, 10)]));
    assert!(cache.assign(LeaderEpoch(4), Offset(12)));
    assert_eq!(cache, epochs(&[(1, 0), (4, 12)]));
    assert!(!cache.assign(LeaderEpoch(-1), Offset(12)));
}

#[test]
fn truncation_from_both_ends_keeps_what_covers() {
    let mut cache = epochs(&[(1, 0), (2, 10), (3, 20)]);
    assert!(!cache.truncate_from_end(Offset(21)));
    assert!(cache.truncate_from_end(Offset(20)));
    assert_eq!(cache, epochs(&[(1, 0), (2, 10)]));
    assert!(cache.truncate_from_start(Offset(4)));
    assert_eq!(cache, epochs(&[(1, 4), (2, 10)]));
    assert!(cache.truncate_from_start(Offset(10)));
    assert_eq!(cache, epochs(&[(2, 10)]));
    assert!(!cache.truncate_from_start(Offset(10)));
    assert_eq!(cache.epoch_of(Offset(9)), None);
    assert_eq!(cache.epoch_of(Offset(11)), Some(LeaderEpoch(2)));
}
