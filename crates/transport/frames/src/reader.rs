//! Cuts a stream into frames.
//!
//! *Invariants*: memory grows with bytes that have arrived, never with a size that was only
//! declared; a frame is a slice of what was read, not a copy.

use bytes::{Buf, BufMut, Bytes, BytesMut};

const SIZE_PREFIX: usize = 4;
/// What the first reads may bring; a stream that fills them is read in larger pieces.
const FIRST_READ: usize = 16 * 1024;
/// The largest piece a stream is read in when the sizes of its frames do not ask for more.
const LARGEST_READ: usize = 128 * 1024;
/// How large a block a frame gets on its declared size alone.
const UNPROVEN_BLOCK: usize = 64 * 1024;
/// How large a block a frame gets once `FIRST_READ` bytes of it have arrived; from there on the
/// block doubles with what has arrived. A produce request of Kafka's default limit is thus received
/// into its place at once.
const PROVEN_BLOCK: usize = 2 * 1024 * 1024;

/// The stream cannot be cut any further; the connection must be closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FrameError {
    /// The size is negative or above the limit.
    Size(i32),
    /// Somebody speaks HTTP.
    Http,
    /// Somebody opens a TLS session.
    Tls,
}

impl FrameError {
    /// What to send before closing, so that the other side learns what went wrong.
    #[must_use]
    pub fn farewell(&self) -> Option<Bytes> {
        match self {
            FrameError::Size(_) => None,
            FrameError::Http => {
                let body = "This is a Kafka port: use it as bootstrap.servers of a Kafka client.\n";
                Some(Bytes::from(format!(
                    "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\n\
                     Connection: close\r\nContent-Length: {}\r\n\r\n{body}",
                    body.len()
                )))
            }
            // A fatal alert, protocol_version, in a TLS 1.0 record: every TLS client reads it.
            FrameError::Tls => Some(Bytes::from_static(&[0x15, 3, 1, 0, 2, 2, 70])),
        }
    }
}

impl std::fmt::Display for FrameError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            FrameError::Size(size) => write!(f, "a frame of {size} bytes"),
            FrameError::Http => f.write_str("HTTP on a Kafka port"),
            FrameError::Tls => f.write_str("TLS on a plaintext port"),
        }
    }
}

/// Cuts one stream into frames.
#[derive(Debug)]
pub struct FrameReader {
    buffer: BytesMut,
    max_frame_size: usize,
    /// What the next read may bring beyond the frame that is arriving.
    read_ahead: usize,
    frames_seen: bool,
}

impl FrameReader {
    /// A reader that refuses frames above `max_frame_size` bytes (`socket.request.max.bytes`).
    #[must_use]
    pub fn new(max_frame_size: usize) -> FrameReader {
        FrameReader {
            buffer: BytesMut::new(),
            max_frame_size,
            read_ahead: FIRST_READ,
            frames_seen: false,
        }
    }

    /// Where the next bytes of the stream go: has room for at least one byte, and for the rest of
    /// a frame whose bytes are already arriving. Whatever is read must be followed by
    /// [`next_frame`](Self::next_frame) until that has no more.
    pub fn space(&mut self) -> &mut BytesMut {
        let room = self.buffer.capacity() - self.buffer.len();
        let was_filled = room == 0 && self.buffer.capacity() > 0;
        if was_filled {
            self.read_ahead = (self.read_ahead * 2).min(LARGEST_READ);
        }
        let wanted = self.wanted_capacity();
        // A little room is used up first: what is saved is a move of the bytes that are there.
        let is_short = self.buffer.len() + room < wanted;
        if is_short && room < self.missing().unwrap_or(self.read_ahead / 4).max(1) {
            self.buffer.reserve(wanted - self.buffer.len());
        }
        &mut self.buffer
    }

    /// How large the buffer should be for the frame that is arriving, and what comes behind it.
    fn wanted_capacity(&self) -> usize {
        let arrived = self.buffer.len();
        let frame = arrived + self.missing().unwrap_or(0);
        let trusted = if arrived < FIRST_READ {
            UNPROVEN_BLOCK
        } else {
            PROVEN_BLOCK.max(2 * arrived)
        };
        if frame > trusted {
            return trusted;
        }
        // Behind a large frame there is room for the next one's beginning, in steps that let frames
        // of similar size use the same block again.
        let whole = frame + self.read_ahead;
        if frame > UNPROVEN_BLOCK {
            whole.next_multiple_of(UNPROVEN_BLOCK)
        } else {
            whole
        }
    }

    /// Lets the buffer go if nothing in it waits for more, so that a connection at rest holds none.
    pub fn rest(&mut self) {
        if self.buffer.is_empty() {
            self.buffer = BytesMut::new();
        }
    }

    /// Adds bytes by copying: for sources that bring their own buffer.
    pub fn extend(&mut self, bytes: &[u8]) {
        self.buffer.put_slice(bytes);
    }

    /// Whether part of a frame has arrived.
    #[must_use]
    pub fn is_within_frame(&self) -> bool {
        !self.buffer.is_empty()
    }

    /// The next whole frame, without its size; `None` until more bytes arrive.
    ///
    /// # Errors
    /// When the stream is no Kafka stream; nothing further can be read from it.
    pub fn next_frame(&mut self) -> Result<Option<Bytes>, FrameError> {
        let Some(size) = self.declared_size() else {
            return Ok(None);
        };
        // The openings of HTTP and TLS are impossible sizes for most limits, but not for every one.
        if let Some(foreign) = self.foreign_protocol() {
            return Err(foreign);
        }
        let length = usize::try_from(size)
            .ok()
            .filter(|length| *length <= self.max_frame_size)
            .ok_or(FrameError::Size(size))?;
        if self.buffer.len() < SIZE_PREFIX + length {
            return Ok(None);
        }
        self.buffer.advance(SIZE_PREFIX);
        self.frames_seen = true;
        Ok(Some(self.buffer.split_to(length).freeze()))
    }

    fn declared_size(&self) -> Option<i32> {
        self.buffer
            .first_chunk()
            .map(|bytes| i32::from_be_bytes(*bytes))
    }

    fn missing(&self) -> Option<usize> {
        let length = usize::try_from(self.declared_size()?).ok()?;
        (SIZE_PREFIX + length).checked_sub(self.buffer.len())
    }

    /// What the stream is, if it opens as another protocol does.
    fn foreign_protocol(&self) -> Option<FrameError> {
        const METHODS: [&[u8]; 10] = [
            b"GET ", b"POST", b"HEAD", b"PUT ", b"DELE", b"OPTI", b"PATC", b"CONN", b"TRAC",
            b"PRI ",
        ];
        if self.frames_seen {
            return None;
        }
        if METHODS.iter().any(|method| self.buffer.starts_with(method)) {
            return Some(FrameError::Http);
        }
        self.looks_like_tls().then_some(FrameError::Tls)
    }

    /// A TLS record: handshake, version 3.x, and (when it is there) a ClientHello inside.
    fn looks_like_tls(&self) -> bool {
        let tls = self.buffer.starts_with(&[0x16, 3]);
        tls && self.buffer.get(2).is_some_and(|minor| *minor <= 4)
    }
}

#[cfg(test)]
mod tests;
