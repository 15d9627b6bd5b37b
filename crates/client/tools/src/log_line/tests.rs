//! The time of a log line.

use super::timestamp;

#[test]
fn times_are_shown_as_kafkas_tools_show_them() {
    assert_eq!(timestamp(0), "1970-01-01 00:00:00,000");
    assert_eq!(timestamp(1_795_170_697_347), "2026-11-20 10:31:37,347");
    assert_eq!(timestamp(1_709_164_800_000), "2024-02-29 00:00:00,000");
    assert_eq!(timestamp(951_782_399_999), "2000-02-28 23:59:59,999");
}
