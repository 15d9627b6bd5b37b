//! A committed offset that goes back is found; one that a power cut may take is not.

use super::super::{Rule, Survives};
use super::Commits;

fn committed(offset: i64) -> Commits {
    let mut commits = Commits::default();
    commits.on_sent(0, offset);
    commits.on_acknowledged(0, offset);
    commits
}

#[test]
fn less_than_was_acknowledged_is_found() {
    let mut commits = committed(5);
    commits.on_asked(1, 1);
    assert!(commits.on_fetched(1, 0, 5).is_ok());
    let violation = commits.on_fetched(1, 0, 4).unwrap_err();
    assert_eq!(violation.rule, Rule::CommitsNeverGoBack);
}

#[test]
fn more_than_anybody_sent_is_found() {
    let mut commits = committed(5);
    commits.on_asked(1, 1);
    assert!(commits.on_fetched(1, 0, 6).is_err());
}

#[test]
fn what_was_not_waited_for_may_be_gone_after_a_power_cut() {
    let mut commits = committed(5);
    commits.on_restarted(Survives::Kill, Survives::PowerCut);
    commits.on_asked(1, 1);
    assert!(commits.on_fetched(1, 0, 0).is_ok());
}
