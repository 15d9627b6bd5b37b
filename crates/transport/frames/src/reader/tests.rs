//! Streams of every kind, whole and in pieces.

use bytes::{BufMut, Bytes};

use super::{FIRST_READ, FrameError, FrameReader, LARGEST_READ, PROVEN_BLOCK, UNPROVEN_BLOCK};

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
    assert!(reader.space().capacity() <= UNPROVEN_BLOCK);
}

#[test]
fn a_block_grows_with_what_has_arrived() {
    let mut reader = FrameReader::new(100 << 20);
    reader.extend(&(100_i32 << 20).to_be_bytes());
    let mut arrived = 4;
    while arrived < 20 << 20 {
        let space = reader.space();
        let room = space.capacity() - space.len();
        assert!(room > 0 && space.capacity() <= (2 * arrived).max(PROVEN_BLOCK));
        space.put_bytes(0, room);
        arrived += room;
        assert_eq!(reader.next_frame(), Ok(None));
    }
}

/// Reads `stream` as from a socket: as much at a time as there is room. Returns frames and the
/// number of reads.
fn read_all(reader: &mut FrameReader, mut stream: &[u8]) -> (Vec<Bytes>, usize) {
    let (mut frames, mut reads) = (Vec::new(), 0);
    while !stream.is_empty() {
        let space = reader.space();
        let room = space.capacity() - space.len();
        let (now, later) = stream.split_at(room.min(stream.len()));
        space.put_slice(now);
        assert_eq!(
            space.capacity() - space.len(),
            room - now.len(),
            "put_slice did not grow it"
        );
        stream = later;
        reads += 1;
        while let Some(frame) = reader.next_frame().unwrap() {
            frames.push(frame);
        }
    }
    (frames, reads)
}

#[test]
fn a_large_frame_is_received_where_it_stays() {
    let mut reader = FrameReader::new(100 << 20);
    let payload: Vec<u8> = (0..1_000_000_u32).map(|number| number as u8).collect();
    let (frames, reads) = read_all(&mut reader, &frame(&payload));
    assert_eq!(frames.len(), 1);
    assert_eq!(frames[0], payload);
    assert_eq!(reads, 2, "the beginning, and all the rest at once");
    drop(frames);
    let (again, reads) = read_all(&mut reader, &frame(&payload));
    assert_eq!(again, [payload]);
    assert!(reads <= 2);
}

#[test]
fn a_busy_stream_of_small_frames_is_read_in_larger_and_larger_pieces() {
    let mut reader = FrameReader::new(100 << 20);
    let stream: Vec<u8> = (0..1000)
        .flat_map(|number| frame(&[number as u8; 1000]))
        .collect();
    let (frames, reads) = read_all(&mut reader, &stream);
    assert_eq!(frames.len(), 1000);
    assert!(
        frames
            .iter()
            .enumerate()
            .all(|(place, frame)| frame[..] == [place as u8; 1000])
    );
    assert!(reads < 3 * stream.len() / LARGEST_READ + 8, "{reads} reads");
}

#[test]
fn a_reader_at_rest_holds_no_buffer_but_never_loses_bytes() {
    let mut reader = FrameReader::new(1000);
    reader.extend(&frame(b"one"));
    reader.next_frame().unwrap().unwrap();
    reader.rest();
    assert_eq!(reader.buffer.capacity(), 0);
    let bytes = frame(b"two");
    reader.space().put_slice(&bytes[..5]);
    assert_eq!(reader.next_frame(), Ok(None));
    reader.rest();
    reader.space().put_slice(&bytes[5..]);
    assert_eq!(reader.next_frame().unwrap().unwrap(), &b"two"[..]);
    assert!(reader.space().capacity() >= FIRST_READ / 4);
}

#[test]
fn garbage_is_refused_or_waits_but_never_panics() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..2000 {
        let mut reader = FrameReader::new(1 << 20);
        for _ in 0..40 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let bytes = (state >> 16).to_be_bytes();
            let length = (state >> 60) as usize % 8 + 1;
            reader.extend(&bytes[8 - length..]);
            match reader.next_frame() {
                Ok(_) => assert!(reader.space().capacity() <= 4 << 20),
                Err(_) => break,
            }
        }
    }
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

    for opening in [&b"GET /"[..], b"POST /", b"PRI * HTTP/2.0", b"TRACE /"] {
        let mut reader = FrameReader::new(i32::MAX as usize);
        reader.extend(opening);
        assert_eq!(
            reader.next_frame(),
            Err(FrameError::Http),
            "under any limit"
        );
    }

    let mut reader = FrameReader::new(i32::MAX as usize);
    reader.extend(&[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc]);
    let error = reader.next_frame().unwrap_err();
    assert_eq!(error, FrameError::Tls);
    assert_eq!(error.farewell().unwrap()[0], 0x15);
}
