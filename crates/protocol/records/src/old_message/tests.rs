//! Old messages told from broken bytes.

use super::is_old_message;

/// Offset 0, the value "abc" without a key, in format 0.
const OLD: [u8; 29] = [
    0, 0, 0, 0, 0, 0, 0, 0, // offset
    0, 0, 0, 17, // length
    0x43, 0xdc, 0x3f, 0xaf, // checksum
    0, 0, // magic, attributes
    0xff, 0xff, 0xff, 0xff, // no key
    0, 0, 0, 3, b'a', b'b', b'c',
];

#[test]
fn an_intact_message_of_format_0_is_old() {
    assert_eq!(is_old_message(&OLD), Ok(true));
}

#[test]
fn a_message_with_another_checksum_is_broken() {
    let mut broken = OLD;
    broken[28] = b'd';
    assert_eq!(is_old_message(&broken), Ok(false));
}

#[test]
fn a_message_that_ends_early_says_how_long_it_would_be() {
    assert_eq!(is_old_message(&OLD[..20]), Err(29));
    assert_eq!(is_old_message(&OLD[..5]), Err(12));
}
