//! Cuts a stream into frames.
//!
//! *Invariants*: memory grows with bytes that have arrived, never with a size that was only declared;
//! a frame is a slice of what was read, not a copy.

use bytes::{Buf, BufMut, Bytes, BytesMut};

const SIZE_PREFIX: usize = 4;
/// What one read may bring when nothing is known about the next frame.
const READ_AHEAD: usize = 16 * 1024;
/// A declared frame up to this size is received into one block at once; a larger one only after
/// this much of it has arrived.
const TRUSTED_BLOCK: usize = 64 * 1024;

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
    frames_seen: bool,
}

impl FrameReader {
    /// A reader that refuses frames above `max_frame_size` bytes (`socket.request.max.bytes`).
    #[must_use]
    pub fn new(max_frame_size: usize) -> FrameReader {
        FrameReader {
            buffer: BytesMut::new(),
            max_frame_size,
            frames_seen: false,
        }
    }

    /// Where the next bytes of the stream go: has room for at least one byte, and for the rest of
    /// a frame whose bytes are already arriving.
    pub fn space(&mut self) -> &mut BytesMut {
        let missing = self.missing().unwrap_or(READ_AHEAD);
        let trusted = missing.min(self.buffer.len().max(TRUSTED_BLOCK));
        if self.buffer.capacity() - self.buffer.len() < trusted.max(1) {
            self.buffer.reserve(trusted.max(READ_AHEAD));
        }
        &mut self.buffer
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
        let length = usize::try_from(size)
            .ok()
            .filter(|length| *length <= self.max_frame_size);
        let Some(length) = length else {
            return Err(self.refusal(size));
        };
        // TLS and HTTP openings are impossible sizes for most limits, but not for every one.
        if !self.frames_seen && self.looks_like_tls() {
            return Err(FrameError::Tls);
        }
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

    fn refusal(&self, size: i32) -> FrameError {
        const METHODS: [&[u8]; 8] = [
            b"GET ", b"POST", b"HEAD", b"PUT ", b"DELE", b"OPTI", b"PATC", b"CONN",
        ];
        let start = self.buffer.get(..SIZE_PREFIX).unwrap_or_default();
        if self.frames_seen {
            FrameError::Size(size)
        } else if METHODS.contains(&start) {
            FrameError::Http
        } else if self.looks_like_tls() {
            FrameError::Tls
        } else {
            FrameError::Size(size)
        }
    }

    /// A TLS record: handshake, version 3.x, and (when it is there) a ClientHello inside.
    fn looks_like_tls(&self) -> bool {
        let tls = self.buffer.starts_with(&[0x16, 3]);
        tls && self.buffer.get(2).is_some_and(|minor| *minor <= 4)
    }
}

#[cfg(test)]
mod tests;
