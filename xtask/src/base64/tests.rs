//! Tests of base 64.

use super::*;

#[test]
fn the_vectors_of_the_standard_hold() {
    let pairs = [
        ("", ""),
        ("f", "Zg=="),
        ("fo", "Zm8="),
        ("foo", "Zm9v"),
        ("foobar", "Zm9vYmFy"),
    ];
    for (bytes, text) in pairs {
        assert_eq!(encode(bytes.as_bytes()), text);
        assert_eq!(decode(text), Some(bytes.as_bytes().to_vec()));
    }
}

#[test]
fn all_bytes_come_back() {
    let bytes: Vec<u8> = (0..=255).collect();
    assert_eq!(decode(&encode(&bytes)), Some(bytes));
    assert_eq!(decode("a b"), None);
}
