//! Tests of what unread answers may cost.

use super::{PLENTY, TOO_MUCH, affordable};

#[test]
fn an_answer_becomes_smaller_the_more_is_held() {
    assert_eq!(affordable(0), usize::MAX);
    assert_eq!(affordable(PLENTY - 1), usize::MAX);
    assert_eq!(affordable(PLENTY), 1 << 20);
    assert_eq!(affordable(TOO_MUCH), 64 << 10);
    assert_eq!(affordable(usize::MAX), 64 << 10);
}
