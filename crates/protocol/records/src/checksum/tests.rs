//! The checksum, compared with its published check value.

use super::*;

#[test]
fn the_check_value_of_the_castagnoli_polynomial() {
    assert_eq!(crc32c(b"123456789"), 0xe306_9283);
}

#[test]
fn two_slices_count_as_one() {
    assert_eq!(crc32c_of_two(b"1234", b"56789"), 0xe306_9283);
    assert_eq!(crc32c_of_two(b"", b"123456789"), 0xe306_9283);
}
