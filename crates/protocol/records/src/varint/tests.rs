//! Variable-length numbers there and back.

use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn every_long_survives_its_round_trip(value: i64) {
        let mut out = Vec::new();
        write_varlong(&mut out, value);
        prop_assert_eq!(out.len(), size_of_varlong(value));
        let mut reader = SliceReader::new(&out);
        prop_assert_eq!(reader.varlong(), Some(value));
        prop_assert_eq!(reader.remaining(), 0);
    }

    #[test]
    fn every_int_survives_its_round_trip(value: i32) {
        let mut out = Vec::new();
        write_varlong(&mut out, i64::from(value));
        let mut reader = SliceReader::new(&out);
        prop_assert_eq!(reader.varint(), Some(value));
    }
}

#[test]
fn overlong_and_unfinished_numbers_are_refused() {
    assert_eq!(SliceReader::new(&[0x80; 5]).varint(), None);
    assert_eq!(
        SliceReader::new(&[0x80, 0x80, 0x80, 0x80, 0x80, 0]).varint(),
        None
    );
    assert_eq!(
        SliceReader::new(&[0xff, 0xff, 0xff, 0xff, 0x1f]).varint(),
        None
    );
    assert_eq!(SliceReader::new(&[0x80; 11]).varlong(), None);
    assert_eq!(
        SliceReader::new(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2]).varlong(),
        None
    );
    assert_eq!(SliceReader::new(&[0x80]).varlong(), None);
}
