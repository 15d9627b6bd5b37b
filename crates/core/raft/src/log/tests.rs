//! Where logs part and where they are cut.

use ottla_types::{LeaderEpoch, Offset};

use super::{EpochStart, FetchPosition, Log, LogState, SnapshotId};

fn at(epoch: i32, offset: i64) -> EpochStart {
    EpochStart {
        epoch: LeaderEpoch(epoch),
        start_offset: Offset(offset),
    }
}

fn snapshot(epoch: i32, end: i64) -> SnapshotId {
    SnapshotId {
        end_offset: Offset(end),
        epoch: LeaderEpoch(epoch),
    }
}

/// Epoch 1 at 0, epoch 3 at 10, epoch 4 at 20, end 30.
fn log() -> Log {
    Log::new(LogState {
        end_offset: Offset(30),
        epochs: vec![at(1, 0), at(3, 10), at(4, 20)],
        ..LogState::default()
    })
}

fn position(log: &Log, epoch: i32, offset: i64) -> FetchPosition {
    log.position_of(Offset(offset), LeaderEpoch(epoch))
}

#[test]
fn a_prefix_is_valid_wherever_it_ends() {
    for (epoch, offset) in [(0, 0), (1, 5), (1, 10), (3, 20), (4, 30)] {
        assert_eq!(position(&log(), epoch, offset), FetchPosition::Valid);
    }
}

#[test]
fn a_log_that_is_no_prefix_is_told_where_the_epoch_ended() {
    assert_eq!(position(&log(), 1, 11), FetchPosition::Diverging(at(1, 10)));
    assert_eq!(position(&log(), 2, 8), FetchPosition::Diverging(at(1, 10)));
    assert_eq!(position(&log(), 4, 31), FetchPosition::Diverging(at(4, 30)));
    assert_eq!(position(&log(), 5, 30), FetchPosition::Diverging(at(4, 30)));
}

#[test]
fn a_log_behind_the_oldest_snapshot_is_sent_to_the_newest() {
    let mut log = log();
    log.on_snapshots(Offset(15), snapshot(3, 15), snapshot(4, 25));
    let newest = FetchPosition::Snapshot(snapshot(4, 25));
    assert_eq!(position(&log, 0, 0), newest);
    assert_eq!(position(&log, 1, 5), newest);
    assert_eq!(position(&log, 1, 15), newest);
    assert_eq!(position(&log, 3, 15), FetchPosition::Valid);
    assert_eq!(position(&log, 3, 20), FetchPosition::Valid);
    log.check_invariants();
}

#[test]
fn the_snapshot_of_a_formatter_hides_nothing() {
    let mut log = log();
    log.on_snapshots(Offset::ZERO, snapshot(0, 0), snapshot(0, 0));
    assert_eq!(position(&log, 0, 0), FetchPosition::Valid);
    assert_eq!(position(&log, 1, 5), FetchPosition::Valid);
}

#[test]
fn a_log_is_cut_at_the_end_of_the_last_epoch_both_have() {
    assert_eq!(log().truncation_point(at(4, 25)), Offset(25));
    assert_eq!(log().truncation_point(at(4, 99)), Offset(30));
    assert_eq!(log().truncation_point(at(2, 50)), Offset(10));
    assert_eq!(log().truncation_point(at(0, 12)), Offset(12));
}

#[test]
fn cutting_forgets_epochs_that_started_behind() {
    let mut log = log();
    log.truncate(Offset(20));
    assert_eq!(log.last_epoch(), LeaderEpoch(3));
    log.append(LeaderEpoch(6), 2);
    assert_eq!(log.last_epoch(), LeaderEpoch(6));
    assert_eq!(log.end, Offset(22));
    assert_eq!(log.durable, Offset(20));
}

#[test]
fn an_empty_log_behind_a_snapshot_ends_in_its_epoch() {
    let log = Log::new(LogState {
        start_offset: Offset(40),
        end_offset: Offset(40),
        earliest_snapshot: Some(snapshot(7, 40)),
        latest_snapshot: Some(snapshot(7, 40)),
        ..LogState::default()
    });
    assert_eq!(log.last_epoch(), LeaderEpoch(7));
}
