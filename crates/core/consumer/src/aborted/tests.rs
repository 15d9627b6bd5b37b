//! Which batches read_committed hides.

use ottla_types::{Offset, ProducerId};

use super::{AbortedTransaction, AbortedTransactions, BatchKind};

fn aborted(list: &[(i64, i64)]) -> AbortedTransactions {
    let list = list
        .iter()
        .map(|(producer_id, first_offset)| AbortedTransaction {
            producer_id: ProducerId(*producer_id),
            first_offset: Offset(*first_offset),
        });
    AbortedTransactions::new(list.collect())
}

#[test]
fn records_of_an_aborted_transaction_are_hidden_until_its_marker() {
    let mut aborted = aborted(&[(7, 10)]);
    let seven = ProducerId(7);
    assert!(aborted.shows(seven, Offset(9), BatchKind::Transactional));
    assert!(!aborted.shows(seven, Offset(12), BatchKind::Transactional));
    assert!(aborted.shows(ProducerId(8), Offset(13), BatchKind::Transactional));
    assert!(aborted.shows(ProducerId::NONE, Offset(14), BatchKind::Plain));
    assert!(!aborted.shows(seven, Offset(15), BatchKind::Abort));
    assert!(aborted.shows(seven, Offset(16), BatchKind::Transactional));
}

#[test]
fn control_batches_are_never_shown() {
    let mut aborted = aborted(&[]);
    assert!(!aborted.shows(ProducerId(7), Offset(0), BatchKind::Control));
    assert!(!aborted.shows(ProducerId(7), Offset(1), BatchKind::Abort));
}

#[test]
fn two_aborted_transactions_of_one_producer_are_both_hidden() {
    let mut aborted = aborted(&[(7, 20), (7, 10)]);
    let seven = ProducerId(7);
    assert!(!aborted.shows(seven, Offset(10), BatchKind::Transactional));
    assert!(!aborted.shows(seven, Offset(11), BatchKind::Abort));
    assert!(aborted.shows(seven, Offset(12), BatchKind::Transactional));
    assert!(!aborted.shows(seven, Offset(20), BatchKind::Transactional));
}
