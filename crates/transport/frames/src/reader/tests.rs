//! Streams of every kind, whole and in pieces.

use super::{FrameError, FrameReader, TRUSTED_BLOCK};

fn frame(payload: &[u8]) -> Vec<u8> {
    [&(payload.len() as i32).to_be_bytes(), payload].concat()
}

#[test]
fn many_frames_of_one_read_come_out_in_order() {
    let mut reader = FrameReader::new(1000);
    reader.extend(&[frame(b"one"), frame(b""), frame(b"three")].concat());
    for expected in [&b"one"[..], b"", b"three"] {
        assert_eq!(reader.next_frame().unwrap().unwrap(), expected);
    }
    assert_eq!(reader.next_frame(), Ok(None));
    assert!(!reader.is_within_frame());
}

#[test]
fn a_frame_that_arrives_byte_by_byte_is_whole_at_its_last_byte() {
    let mut reader = FrameReader::new(1000);
    let bytes = frame(b"slow");
    for byte in &bytes[..bytes.len() - 1] {
        reader.extend(&[*byte]);
        assert_eq!(reader.next_frame(), Ok(None));
    }
    reader.extend(&bytes[bytes.len() - 1..]);
    assert_eq!(reader.next_frame().unwrap().unwrap(), &b"slow"[..]);
}

#[test]
fn negative_and_oversized_frames_are_refused() {
    for (size, limit) in [
        (-1_i32, 100),
        (i32::MIN, 100),
        (101, 100),
        (i32::MAX, 1 << 20),
    ] {
        let mut reader = FrameReader::new(limit);
        reader.extend(&size.to_be_bytes());
        assert_eq!(reader.next_frame(), Err(FrameError::Size(size)));
    }
}

#[test]
fn a_declared_size_alone_takes_no_memory() {
    let mut reader = FrameReader::new(100 << 20);
    reader.extend(&(100_i32 << 20).to_be_bytes());
    assert_eq!(reader.next_frame(), Ok(None));
    assert!(reader.space().capacity() <= 2 * TRUSTED_BLOCK);
}

#[test]
fn http_and_tls_are_recognised_and_answered() {
    let mut reader = FrameReader::new(100 << 20);
    reader.extend(b"GET / HTTP/1.1\r\n");
    let error = reader.next_frame().unwrap_err();
    assert_eq!(error, FrameError::Http);
    let text = String::from_utf8(error.farewell().unwrap().to_vec()).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert!(
        head.contains(&format!("Content-Length: {}", body.len())),
        "{text}"
    );

    let mut reader = FrameReader::new(i32::MAX as usize);
    reader.extend(&[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc]);
    let error = reader.next_frame().unwrap_err();
    assert_eq!(error, FrameError::Tls);
    assert_eq!(error.farewell().unwrap()[0], 0x15);
}
