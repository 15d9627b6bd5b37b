//! Tests of the proofs: a check that cannot fail proves nothing.

use std::collections::BTreeSet;

use super::load::{Outcome, prove};
use super::realdata::digest;

fn outcome(sent: i64, failed: &[i64]) -> Outcome {
    Outcome {
        sent,
        failed: failed.iter().copied().collect::<BTreeSet<i64>>(),
    }
}

fn complaint(outcome: &Outcome, partitions: &[Vec<i64>]) -> String {
    prove(outcome, partitions).unwrap_err().to_string()
}

#[test]
fn a_whole_log_is_proved() {
    assert!(prove(&outcome(6, &[]), &[vec![0, 2, 4], vec![1, 3, 5]]).is_ok());
}

#[test]
fn what_failed_may_be_there_or_not() {
    assert!(prove(&outcome(4, &[3]), &[vec![0, 1, 2]]).is_ok());
    assert!(prove(&outcome(4, &[3]), &[vec![0, 1, 2, 3]]).is_ok());
}

#[test]
fn a_lost_a_doubled_and_a_reordered_record_are_named() {
    let whole = outcome(4, &[]);
    assert!(complaint(&whole, &[vec![0, 1, 3]]).contains("the first is 2"));
    assert!(complaint(&whole, &[vec![0, 1, 1, 2, 3]]).contains("1 is twice"));
    assert!(complaint(&whole, &[vec![0, 2, 1, 3]]).contains("1 stands after 2"));
    assert!(complaint(&whole, &[vec![0, 1, 2, 3, 9]]).contains("9 was never written"));
}

#[test]
fn a_digest_counts_lines_and_hashes_them_in_order() {
    assert_eq!(digest(b"").0, 0);
    assert_eq!(digest(b"a\nb").0, 2);
    assert_eq!(digest(b"a\nb"), digest(b"a\nb\n"));
    assert_ne!(digest(b"a\nb\n").1, digest(b"b\na\n").1);
    assert_ne!(digest(b"ab\n").1, digest(b"a\nb\n").1);
}
