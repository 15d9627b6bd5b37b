//! Hostile and ordinary bytes for the reader.

use bytes::Bytes;

use crate::fetch_request::FetchRequest;
use crate::metadata_request::MetadataRequest;
use crate::{DecodeError, Message, Reader, Writer};

fn reader(bytes: &[u8]) -> Reader {
    Reader::new(Bytes::copy_from_slice(bytes))
}

#[test]
fn a_declared_count_beyond_the_bytes_left_is_refused() {
    let mut huge = reader(&[0x7f, 0xff, 0xff, 0xff, 1, 2]);
    assert_eq!(
        huge.read_array(false, Reader::read_i32),
        Err(DecodeError::UnexpectedEnd {
            needed: i32::MAX as usize,
            remaining: 2
        })
    );
}

#[test]
fn a_million_elements_pass_and_one_more_does_not() {
    let list = |count: usize| {
        let mut bytes = (count as i32).to_be_bytes().to_vec();
        bytes.resize(4 + count, 0);
        reader(&bytes).read_array(false, Reader::read_i8)
    };
    assert_eq!(list(1_000_000).unwrap().len(), 1_000_000);
    assert_eq!(
        list(1_000_001),
        Err(DecodeError::TooMany {
            count: 1_000_001,
            limit: 1_000_000
        })
    );
}

#[test]
fn ten_thousand_tagged_fields_pass_and_one_more_does_not() {
    let fields = |count: u32| {
        let mut bytes = vec![(count & 0x7f) as u8 | 0x80, (count >> 7) as u8];
        bytes.resize(bytes.len() + 2 * count as usize, 0);
        reader(&bytes).skip_tagged_fields()
    };
    assert_eq!(fields(10_000), Ok(()));
    assert_eq!(
        fields(10_001),
        Err(DecodeError::TooMany {
            count: 10_001,
            limit: 10_000
        })
    );
}

#[test]
fn a_tagged_field_longer_than_the_bytes_left_is_refused() {
    let mut short = reader(&[1, 9, 5, 0]);
    assert_eq!(
        short.skip_tagged_fields(),
        Err(DecodeError::UnexpectedEnd {
            needed: 5,
            remaining: 1
        })
    );
}

#[test]
fn a_number_of_six_bytes_is_refused() {
    let mut endless = reader(&[0x80, 0x80, 0x80, 0x80, 0x80, 0]);
    assert_eq!(
        endless.read_unsigned_varint(),
        Err(DecodeError::InvalidVarint)
    );
}

#[test]
fn a_compact_length_past_31_bits_is_not_null() {
    let mut wrapped = reader(&[0xff, 0xff, 0xff, 0xff, 0x0f]);
    assert_eq!(
        wrapped.read_nullable_bytes(true),
        Err(DecodeError::InvalidLength(i64::from(u32::MAX) - 1))
    );
}

#[test]
fn text_that_is_not_utf_8_is_refused() {
    assert_eq!(
        reader(&[0, 2, 0xc3, 0x28]).read_string(false),
        Err(DecodeError::InvalidUtf8)
    );
}

#[test]
fn null_where_it_cannot_be_is_refused() {
    assert_eq!(
        reader(&[0xff, 0xff]).read_string(false),
        Err(DecodeError::UnexpectedNull)
    );
    assert_eq!(reader(&[0]).read_nullable_string(true), Ok(None));
}

#[test]
fn bytes_share_the_buffer() {
    let buffer = Bytes::from_static(&[0, 0, 0, 3, 1, 2, 3]);
    let read = Reader::new(buffer.clone()).read_bytes(false).unwrap();
    assert_eq!(read.as_ptr(), buffer.slice(4..).as_ptr());
}

#[test]
fn unknown_tags_are_skipped() {
    // MetadataRequest 9: no topics, three flags, one tagged field 77 of two bytes.
    let mut bytes = reader(&[1, 1, 0, 0, 1, 77, 2, 9, 9]);
    let request = MetadataRequest::decode(&mut bytes, 9).unwrap();
    assert_eq!(request.topics, Some(Vec::new()));
    assert_eq!(bytes.remaining(), 0);
}

#[test]
fn the_last_of_two_equal_tags_counts() {
    let mut writer = Writer::new();
    FetchRequest::default().encode(&mut writer, 17).unwrap();
    let mut bytes = writer.into_bytes().to_vec();
    assert_eq!(bytes.pop(), Some(0), "no tagged field is set");
    // Twice the cluster id, tag 0.
    bytes.extend([2, 0, 2, 2, b'a', 0, 2, 2, b'b']);
    let request = FetchRequest::decode(&mut reader(&bytes), 17);
    assert_eq!(request.unwrap().cluster_id.unwrap(), "b");
}

#[test]
fn a_version_that_does_not_exist_is_refused() {
    assert_eq!(
        FetchRequest::decode(&mut reader(&[0; 64]), 3),
        Err(DecodeError::UnsupportedVersion {
            message: "FetchRequest",
            version: 3
        })
    );
}
