//! Writes the values that messages are made of.
//!
//! *Invariants.* `payloads` are ordered by where they stand in `inline`; a payload is never copied
//! before [`Writer::into_bytes`].

use bytes::{BufMut, Bytes, BytesMut};
use ottla_types::Uuid;

use crate::{EncodeError, KafkaString, Message};

/// From this length on, bytes are kept as they are: an entry of `writev` costs about as much as
/// a copy of this size.
const PAYLOAD_LENGTH: usize = 1024;

/// A message under construction: small values in one buffer, and long bytes between them, shared.
#[derive(Debug, Default)]
pub struct Writer {
    inline: BytesMut,
    payloads: Vec<(usize, Bytes)>,
    payload_length: usize,
}

/// Where the content of a tagged field starts.
#[derive(Debug)]
pub(crate) struct TagStart {
    inline: usize,
    payloads: usize,
    length: usize,
}

impl Writer {
    /// An empty writer.
    #[must_use]
    pub fn new() -> Writer {
        Writer::default()
    }

    /// An empty writer with room for `capacity` bytes of small values.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Writer {
        Writer {
            inline: BytesMut::with_capacity(capacity),
            ..Writer::default()
        }
    }

    /// Bytes written so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.inline.len() + self.payload_length
    }

    /// Whether nothing is written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What was written, in pieces that follow each other. Long bytes are the values given, not
    /// copies.
    #[must_use]
    pub fn into_chunks(self) -> Vec<Bytes> {
        let inline = self.inline.freeze();
        let mut chunks = Vec::with_capacity(self.payloads.len() * 2 + 1);
        let mut start = 0;
        for (end, payload) in self.payloads {
            if end > start {
                chunks.push(inline.slice(start..end));
                start = end;
            }
            chunks.push(payload);
        }
        if inline.len() > start {
            chunks.push(inline.slice(start..));
        }
        chunks
    }

    /// What was written, in one piece.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        if self.payloads.is_empty() {
            return self.inline.freeze();
        }
        let mut bytes = BytesMut::with_capacity(self.len());
        for chunk in self.into_chunks() {
            bytes.extend_from_slice(&chunk);
        }
        bytes.freeze()
    }

    /// Overwrites four bytes, for example a length that was not known before. `position` is a
    /// [`Writer::len`] from before any long bytes were written; another position is ignored.
    pub fn patch_i32(&mut self, position: usize, value: i32) {
        debug_assert!(
            self.payloads
                .first()
                .is_none_or(|(at, _)| position + 4 <= *at)
        );
        if let Some(place) = self.inline.get_mut(position..position + 4) {
            place.copy_from_slice(&value.to_be_bytes());
        }
    }

    /// Appends bytes as they are, without a length.
    pub fn write_raw(&mut self, bytes: &[u8]) {
        self.inline.put_slice(bytes);
    }

    /// A byte.
    pub fn write_i8(&mut self, value: i8) {
        self.inline.put_i8(value);
    }

    /// A byte, 1 or 0.
    pub fn write_bool(&mut self, value: bool) {
        self.inline.put_u8(u8::from(value));
    }

    /// Two bytes, big-endian, as all below.
    pub fn write_i16(&mut self, value: i16) {
        self.inline.put_i16(value);
    }

    /// Two bytes, unsigned.
    pub fn write_u16(&mut self, value: u16) {
        self.inline.put_u16(value);
    }

    /// Four bytes.
    pub fn write_i32(&mut self, value: i32) {
        self.inline.put_i32(value);
    }

    /// Four bytes, unsigned.
    pub fn write_u32(&mut self, value: u32) {
        self.inline.put_u32(value);
    }

    /// Eight bytes.
    pub fn write_i64(&mut self, value: i64) {
        self.inline.put_i64(value);
    }

    /// Eight bytes, IEEE 754.
    pub fn write_f64(&mut self, value: f64) {
        self.inline.put_f64(value);
    }

    /// Sixteen bytes.
    pub fn write_uuid(&mut self, value: Uuid) {
        self.inline.put_slice(&value.to_bytes());
    }

    /// A number of one to five bytes, seven bits each, low ones first.
    pub fn write_unsigned_varint(&mut self, value: u32) {
        let (bytes, length) = unsigned_varint(value);
        self.inline
            .put_slice(bytes.get(..length).unwrap_or_default());
    }

    /// The length of a compact value: one more than it is, zero being null.
    fn write_compact_length(&mut self, length: usize) -> Result<(), EncodeError> {
        if length >= i32::MAX as usize {
            return Err(EncodeError::TooLong(length));
        }
        self.write_unsigned_varint(length as u32 + 1);
        Ok(())
    }

    /// Text.
    ///
    /// # Errors
    /// When it has more than 32,767 bytes.
    pub fn write_string(&mut self, value: &KafkaString, flexible: bool) -> Result<(), EncodeError> {
        let bytes = value.as_bytes();
        let length = i16::try_from(bytes.len()).map_err(|_| EncodeError::TooLong(bytes.len()))?;
        if flexible {
            self.write_compact_length(bytes.len())?;
        } else {
            self.write_i16(length);
        }
        self.inline.put_slice(bytes);
        Ok(())
    }

    /// Null in place of text.
    pub fn write_null_string(&mut self, flexible: bool) {
        if flexible {
            self.write_unsigned_varint(0);
        } else {
            self.write_i16(-1);
        }
    }

    /// Bytes, or record batches; long ones are shared, not copied.
    ///
    /// # Errors
    /// When they are longer than a length can say.
    pub fn write_bytes(&mut self, value: &Bytes, flexible: bool) -> Result<(), EncodeError> {
        self.write_array_length(value.len(), flexible)?;
        if value.len() < PAYLOAD_LENGTH {
            self.inline.put_slice(value);
        } else {
            self.payload_length += value.len();
            self.payloads.push((self.inline.len(), value.clone()));
        }
        Ok(())
    }

    /// The length before the elements of a list.
    ///
    /// # Errors
    /// When it is longer than a length can say.
    pub fn write_array_length(&mut self, length: usize, flexible: bool) -> Result<(), EncodeError> {
        if flexible {
            return self.write_compact_length(length);
        }
        let length = i32::try_from(length).map_err(|_| EncodeError::TooLong(length))?;
        self.write_i32(length);
        Ok(())
    }

    /// Null in place of bytes or a list.
    pub fn write_null_array(&mut self, flexible: bool) {
        if flexible {
            self.write_unsigned_varint(0);
        } else {
            self.write_i32(-1);
        }
    }

    /// Starts a tagged field; its content follows, then [`Writer::end_tag`].
    pub(crate) fn begin_tag(&mut self, tag: u32) -> TagStart {
        self.write_unsigned_varint(tag);
        TagStart {
            inline: self.inline.len(),
            payloads: self.payloads.len(),
            length: self.len(),
        }
    }

    /// Ends a tagged field: puts its size before its content.
    pub(crate) fn end_tag(&mut self, start: TagStart) -> Result<(), EncodeError> {
        let size = self.len() - start.length;
        if size > i32::MAX as usize {
            return Err(EncodeError::TooLong(size));
        }
        let (bytes, length) = unsigned_varint(size as u32);
        self.inline
            .put_slice(bytes.get(..length).unwrap_or_default());
        if let Some(content) = self.inline.get_mut(start.inline..) {
            // The size stands behind the content: bring it to the front.
            content.rotate_right(length);
        }
        for (position, _) in self.payloads.iter_mut().skip(start.payloads) {
            *position += length;
        }
        Ok(())
    }

    pub(crate) fn check_version<M: Message>(&self, version: i16) -> Result<(), EncodeError> {
        if M::VALID_VERSIONS.contains(&version) {
            Ok(())
        } else {
            Err(EncodeError::UnsupportedVersion {
                message: M::NAME,
                version,
            })
        }
    }
}

/// The bytes of a variable-length number, and how many of the five they are.
fn unsigned_varint(mut value: u32) -> ([u8; 5], usize) {
    let mut bytes = [0; 5];
    let mut length = 0;
    for byte in &mut bytes {
        length += 1;
        *byte = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            break;
        }
        *byte |= 0x80;
    }
    (bytes, length)
}

#[cfg(test)]
mod tests;
