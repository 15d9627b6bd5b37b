//! Snapshots and the wrap of sequences; the rest is in the golden scripts.

use ottla_types::{Offset, ProducerEpoch, ProducerId, TimestampMs};

use super::{ProducerEntry, Producers};
use crate::Marker;

fn entry(producer: i64, last_sequence: i32, first_open: i64) -> ProducerEntry {
    ProducerEntry {
        producer_id: ProducerId(producer),
        producer_epoch: ProducerEpoch(4),
        last_sequence,
        last_offset: 71,
        offset_delta: 3,
        timestamp: 1000,
        coordinator_epoch: -1,
        current_transaction_first_offset: first_open,
    }
}

#[test]
fn a_snapshot_loads_to_the_same_snapshot() {
    let no_data = ProducerEntry {
        last_offset: -1,
        offset_delta: 0,
        ..entry(3, -1, -1)
    };
    let entries = [entry(1, 9, 60), entry(2, 1, -1), no_data];
    let state = Producers::from_entries(entries);
    state.check_invariants();
    assert_eq!(state.entries().collect::<Vec<_>>(), entries);
    assert_eq!(state.last_stable_offset(Offset(72)), Offset(60));
}

#[test]
fn a_marker_ends_the_transaction_that_a_snapshot_left_open() {
    let mut state = Producers::from_entries([entry(1, 9, 60)]);
    let marker = Marker {
        producer_id: ProducerId(1),
        producer_epoch: ProducerEpoch(5),
        coordinator_epoch: 2,
        commit: false,
        offset: Offset(72),
        timestamp: TimestampMs(2000),
    };
    let completed = state.on_marker(&marker).unwrap();
    assert_eq!(
        (completed.first_offset, completed.last_offset),
        (Offset(60), Offset(72))
    );
    assert_eq!(completed.last_stable_offset, Offset(73));
    assert_eq!(
        state.last_stable_offset(Offset(72)),
        Offset(60),
        "the marker is not committed"
    );
    state.on_high_watermark(Offset(73));
    assert_eq!(state.last_stable_offset(Offset(73)), Offset(73));
}

#[test]
fn idle_producers_are_forgotten_but_not_with_an_open_transaction() {
    let mut state = Producers::from_entries([entry(1, 9, 60), entry(2, 9, -1)]);
    state.expire(TimestampMs(1999), 1000);
    assert_eq!(state.count(), 2);
    state.expire(TimestampMs(2000), 1000);
    assert_eq!(
        state
            .entries()
            .map(|entry| entry.producer_id.0)
            .collect::<Vec<_>>(),
        [1]
    );
}
