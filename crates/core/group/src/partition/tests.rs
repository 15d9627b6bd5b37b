//! Where groups lie, compared with Java.

use super::partition_for;

#[test]
fn a_group_lies_where_java_puts_it() {
    assert_eq!(partition_for("group", 50), 47);
    assert_eq!(partition_for("", 50), 0);
    // "group" hashes to 98629247; 50 divides nothing away from a huge count.
    assert_eq!(partition_for("group", i32::MAX), 98_629_247);
}

#[test]
fn characters_beyond_the_basic_plane_count_as_two_units() {
    // 31 * 0xd83d + 0xde00 for U+1F600.
    assert_eq!(partition_for("\u{1f600}", i32::MAX), 31 * 0xd83d + 0xde00);
}

#[test]
fn the_hash_without_an_absolute_value_counts_as_zero() {
    // A text whose Java hash is i32::MIN.
    assert_eq!(partition_for("polygenelubricants", 50), 0);
}

#[test]
fn no_partitions_give_partition_zero() {
    assert_eq!(partition_for("group", 0), 0);
}
