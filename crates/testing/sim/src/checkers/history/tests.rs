//! Each rule is broken once, and found.

use super::super::scan::ScannedLog;
use super::super::{RecordId, Rule};
use super::{History, Origin, Sent, Survives};

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

/// A history with what was sent.
#[derive(Clone)]
struct Log {
    history: History,
    sent: Sent,
}

impl Log {
    fn broken(&mut self, ids: &[u64], survived: Survives) -> Option<Rule> {
        let result = self.history.compare(&log(ids), survived, &self.sent);
        result.err().map(|violation| violation.rule)
    }

    fn acknowledge(&mut self, offset: Option<i64>, ids: &[u64], survives: Survives) {
        let ids: Vec<_> = ids.iter().copied().map(RecordId).collect();
        let acknowledged = self.history.on_acknowledged(offset, &ids, survives);
        acknowledged.unwrap();
    }
}

fn sent(origin: Origin, ids: &[u64]) -> Log {
    let mut sent = Sent::default();
    let ids: Vec<_> = ids.iter().copied().map(RecordId).collect();
    sent.on_sent(origin, &ids);
    let history = History::default();
    Log { history, sent }
}

#[test]
fn what_was_sent_in_order_is_fine() {
    let mut log = sent(IDEMPOTENT, &[1, 2, 3]);
    log.acknowledge(Some(0), &[1, 2], Survives::PowerCut);
    assert_eq!(log.broken(&[1, 2, 3], Survives::PowerCut), None);
}

#[test]
fn an_acknowledged_record_that_is_gone_is_found() {
    let mut log = sent(IDEMPOTENT, &[1]);
    log.acknowledge(Some(0), &[1], Survives::Kill);
    let mut other = log.clone();
    let rule = Rule::AcknowledgedRecordsSurvive;
    assert_eq!(log.broken(&[], Survives::Kill), Some(rule));
    assert_eq!(other.broken(&[], Survives::PowerCut), None);
}

#[test]
fn an_acknowledged_record_without_offset_must_be_somewhere() {
    let mut log = sent(IDEMPOTENT, &[1]);
    log.acknowledge(None, &[1], Survives::PowerCut);
    let rule = Rule::AcknowledgedRecordsSurvive;
    assert_eq!(log.broken(&[], Survives::PowerCut), Some(rule));
}

#[test]
fn a_beginning_that_nobody_removed_is_found() {
    let scanned = ScannedLog {
        start: 2,
        ..log(&[])
    };
    let mut log = sent(IDEMPOTENT, &[1, 2]);
    log.acknowledge(Some(0), &[1, 2], Survives::PowerCut);
    let mut other = log.clone();
    let compared = log.history.compare(&scanned, Survives::Kill, &log.sent);
    assert_eq!(compared.unwrap_err().rule, Rule::AcknowledgedRecordsSurvive);
    other.history.on_start_stored(2);
    let compared = other.history.compare(&scanned, Survives::Kill, &other.sent);
    assert_eq!(compared, Ok(()));
    let compared = other.history.compare_start(1);
    assert_eq!(compared.unwrap_err().rule, Rule::LogStartNeverGoesBack);
}

#[test]
fn an_offset_that_changes_is_found() {
    let mut log = sent(PLAIN, &[1, 2]);
    let (history, sent) = (&mut log.history, &log.sent);
    let seen = history.on_seen(0, RecordId(1), Survives::Kill, sent);
    assert_eq!(seen, Ok(()));
    let seen = history.on_seen(0, RecordId(2), Survives::Kill, sent);
    assert!(seen.is_err());
    let rule = Rule::SameBytesForEver;
    assert_eq!(log.broken(&[2, 1], Survives::Kill), Some(rule));
}

#[test]
fn duplicates_and_disorder_are_found() {
    let mut log = sent(IDEMPOTENT, &[1, 2]);
    let rule = Rule::NoDuplicates;
    assert_eq!(log.broken(&[1, 1], Survives::Kill), Some(rule));
    let rule = Rule::OrderOfProducers;
    assert_eq!(log.broken(&[2, 1], Survives::Kill), Some(rule));
}

#[test]
fn a_plain_producer_may_be_doubled_as_often_as_it_sent() {
    let mut log = sent(PLAIN, &[1]);
    log.sent.on_sent(PLAIN, &[RecordId(1)]);
    assert_eq!(log.broken(&[1, 1], Survives::Kill), None);
    let rule = Rule::NoDuplicates;
    assert_eq!(log.broken(&[1, 1, 1], Survives::Kill), Some(rule));
}

#[test]
fn records_that_were_sent_once_and_acknowledged_lie_here_alone() {
    let mut log = sent(PLAIN, &[1, 2, 3]);
    log.sent.on_sent(PLAIN, &[RecordId(2)]);
    log.acknowledge(Some(0), &[1, 2], Survives::Kill);
    let only: Vec<_> = log.history.only_here(&log.sent).collect();
    assert_eq!(only, [RecordId(1)]);
}
