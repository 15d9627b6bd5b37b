//! Each rule is broken once, and found.

use super::super::scan::ScannedLog;
use super::super::{RecordId, Rule};
use super::{History, Origin, Survives};

const IDEMPOTENT: Origin = Origin {
    producer: 0,
    is_idempotent: true,
};
const PLAIN: Origin = Origin {
    producer: 1,
    is_idempotent: false,
};

fn log(ids: &[u64]) -> ScannedLog {
    ScannedLog {
        end: ids.len() as i64,
        records: (0..).zip(ids.iter().copied().map(RecordId)).collect(),
        ..ScannedLog::default()
    }
}

fn sent(origin: Origin, ids: &[u64]) -> History {
    let mut history = History::default();
    let ids: Vec<_> = ids.iter().copied().map(RecordId).collect();
    history.on_sent(origin, &ids);
    history
}

fn broken(history: &mut History, ids: &[u64], survived: Survives) -> Option<Rule> {
    let result = history.compare(&log(ids), survived);
    result.err().map(|violation| violation.rule)
}

#[test]
fn what_was_sent_in_order_is_fine() {
    let mut history = sent(IDEMPOTENT, &[1, 2, 3]);
    history
        .on_acknowledged(Some(0), &[RecordId(1), RecordId(2)], Survives::PowerCut)
        .unwrap();
    assert_eq!(broken(&mut history, &[1, 2, 3], Survives::PowerCut), None);
}

#[test]
fn an_acknowledged_record_that_is_gone_is_found() {
    let mut history = sent(IDEMPOTENT, &[1]);
    history
        .on_acknowledged(Some(0), &[RecordId(1)], Survives::Kill)
        .unwrap();
    let mut other = history.clone();
    let rule = Rule::AcknowledgedRecordsSurvive;
    assert_eq!(broken(&mut history, &[], Survives::Kill), Some(rule));
    assert_eq!(broken(&mut other, &[], Survives::PowerCut), None);
}

#[test]
fn an_acknowledged_record_without_offset_must_be_somewhere() {
    let mut history = sent(IDEMPOTENT, &[1]);
    history
        .on_acknowledged(None, &[RecordId(1)], Survives::PowerCut)
        .unwrap();
    let rule = Rule::AcknowledgedRecordsSurvive;
    assert_eq!(broken(&mut history, &[], Survives::PowerCut), Some(rule));
}

#[test]
fn an_offset_that_changes_is_found() {
    let mut history = sent(PLAIN, &[1, 2]);
    history.on_seen(0, RecordId(1), Survives::Kill).unwrap();
    assert!(history.on_seen(0, RecordId(2), Survives::Kill).is_err());
    let rule = Rule::SameBytesForEver;
    assert_eq!(broken(&mut history, &[2, 1], Survives::Kill), Some(rule));
}

#[test]
fn duplicates_and_disorder_are_found() {
    let mut history = sent(IDEMPOTENT, &[1, 2]);
    let rule = Rule::NoDuplicates;
    assert_eq!(broken(&mut history, &[1, 1], Survives::Kill), Some(rule));
    let rule = Rule::OrderOfProducers;
    assert_eq!(broken(&mut history, &[2, 1], Survives::Kill), Some(rule));
}

#[test]
fn a_plain_producer_may_be_doubled_as_often_as_it_sent() {
    let mut history = sent(PLAIN, &[1]);
    history.on_sent(PLAIN, &[RecordId(1)]);
    assert_eq!(broken(&mut history, &[1, 1], Survives::Kill), None);
    let rule = Rule::NoDuplicates;
    assert_eq!(broken(&mut history, &[1, 1, 1], Survives::Kill), Some(rule));
}
