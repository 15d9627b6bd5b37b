//! What is let through, and when again.

use super::*;

fn at(milliseconds: u64) -> Instant {
    Instant(milliseconds * 1_000_000)
}

#[test]
fn a_flood_is_cut_and_counted() {
    let limit = LineLimit::new(2);
    assert_eq!(limit.admit_at(at(5)), Some(0));
    assert_eq!(limit.admit_at(at(6)), Some(0));
    for _ in 0..1000 {
        assert_eq!(limit.admit_at(at(7)), None);
    }
    assert_eq!(limit.admit_at(at(10_004)), None);
    assert_eq!(limit.admit_at(at(10_005)), Some(1001));
    assert_eq!(limit.admit_at(at(10_006)), Some(0));
    assert_eq!(limit.admit_at(at(10_007)), None);
}

#[test]
fn what_comes_now_and_then_is_never_left_out() {
    let limit = LineLimit::new(1);
    for minute in 0..10 {
        assert_eq!(limit.admit_at(at(minute * 60_000)), Some(0));
    }
}
