//! Flushing by number and by time.

use ottla_log::MemoryStorage;

use super::*;
use crate::committer::commit_round;
use crate::replica::space::tests::{Rig, rig};

#[test]
fn the_record_that_reaches_flush_messages_has_all_flushed() {
    let rig: Rig = rig(MemoryStorage::new(), 1 << 30);
    let directory = rig.replica.directory();
    rig.replica.set_flush_limits(FlushLimits {
        messages: 3,
        ms: i64::MAX,
    });
    for round in 0..2 {
        for number in 0..2 {
            rig.append(10 * round + number, 100);
            assert!(!directory.has_waiting());
        }
        rig.append(10 * round + 2, 100);
        assert!(directory.has_waiting());
        directory.commit_waiting();
        let marks = rig.replica.look(|machine, _| machine.marks().clone());
        assert_eq!(marks.durable(), marks.written());
    }
}

#[test]
fn what_is_older_than_flush_ms_is_flushed_when_somebody_looks() {
    let rig: Rig = rig(MemoryStorage::new(), 1 << 30);
    let directory = rig.replica.directory();
    let flush_after = |ms| {
        let messages = i64::MAX;
        rig.replica.set_flush_limits(FlushLimits { messages, ms });
        rig.replica.flush_if_due();
    };
    flush_after(0);
    assert!(!directory.has_waiting(), "there is nothing to flush");
    rig.append(0, 100);
    flush_after(3_600_000);
    assert!(!directory.has_waiting());
    flush_after(0);
    assert!(directory.has_waiting());
}

#[test]
fn a_round_of_many_logs_is_over_when_all_are_on_the_device() {
    let rigs: Vec<Rig> = (0..40)
        .map(|_| rig(MemoryStorage::new(), 1 << 30))
        .collect();
    let round: Vec<_> = rigs.iter().map(|rig| Arc::clone(&rig.replica)).collect();
    let (first, _) = round.split_first().unwrap();
    let mut helpers = None;
    for number in 0..3 {
        for rig in &rigs {
            rig.append(number, 100);
        }
        commit_round(first.directory(), &round, &mut helpers);
        for replica in &round {
            let marks = replica.look(|machine, _| machine.marks().clone());
            assert_eq!(marks.durable(), marks.reserved());
        }
    }
    assert!(helpers.is_some());
}
