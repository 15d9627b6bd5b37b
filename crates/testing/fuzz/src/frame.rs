//! The stream of a connection, cut into frames.

use bytes::Bytes;
use ottla_frames::{FrameError, FrameReader};

const FRAME_BYTES_MAX: usize = 1 << 16;

/// The first byte says in how large pieces the rest arrives.
///
/// # Panics
/// When the pieces change what is read.
#[must_use]
pub fn frame(data: &[u8]) -> bool {
    let Some((piece, stream)) = data.split_first() else {
        return false;
    };
    let at_once = frames(stream, stream.len().max(1));
    let in_pieces = frames(stream, usize::from(*piece).max(1));
    assert_eq!(at_once, in_pieces, "the pieces do not matter");
    at_once.1.is_none()
}

fn frames(stream: &[u8], piece: usize) -> (Vec<Bytes>, Option<FrameError>) {
    let mut reader = FrameReader::new(FRAME_BYTES_MAX);
    let mut frames = Vec::new();
    for piece in stream.chunks(piece) {
        reader.extend(piece);
        loop {
            match reader.next_frame() {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => break,
                Err(error) => return (frames, Some(error)),
            }
        }
    }
    (frames, None)
}

#[cfg(test)]
mod tests;
