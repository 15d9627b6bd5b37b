//! One at a time, and nobody's change is missed.

use super::CheckpointTurn;

#[test]
fn who_comes_meanwhile_has_everything_stored_once_more() {
    let turn = CheckpointTurn::default();
    assert!(turn.take());
    assert!(!turn.is_behind());
    assert!(!turn.take());
    assert!(turn.is_behind());
    assert!(turn.end_round());
    assert!(turn.is_behind(), "the second round is not over");
    assert!(!turn.end_round());
    assert!(!turn.is_behind());
    assert!(turn.take());
}
