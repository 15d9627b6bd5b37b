//! Reads the values that messages are made of from a buffer.
//!
//! *Invariants.* A declared length never reserves more than the bytes left can justify; the limits
//! are those of Kafka 4.4. Bytes and records are slices of the buffer: whoever keeps them for long
//! keeps the whole buffer alive. Text is copied.

use bytes::Bytes;
use ottla_types::Uuid;

use crate::{DecodeError, KafkaString, Message};

/// More elements than this are refused.
const MAX_ELEMENTS: usize = 1_000_000;
/// A list starts with room for at most this many elements, whatever its declared count.
const MAX_RESERVED_ELEMENTS: usize = 1_000;
/// More tagged fields than this are refused.
const MAX_TAGGED_FIELDS: usize = 10_000;
const MAX_STRING_LENGTH: i64 = i16::MAX as i64;

/// A position in a buffer.
#[derive(Clone, Debug)]
pub struct Reader {
    buffer: Bytes,
    position: usize,
}

impl Reader {
    /// Reads `buffer` from its start.
    #[must_use]
    pub fn new(buffer: Bytes) -> Reader {
        Reader {
            buffer,
            position: 0,
        }
    }

    /// Bytes not read yet.
    #[must_use]
    pub fn remaining(&self) -> usize {
        self.buffer.len() - self.position
    }

    /// Bytes read so far.
    #[must_use]
    pub fn position(&self) -> usize {
        self.position
    }

    /// The bytes not read yet, which this reads.
    pub fn read_rest(&mut self) -> Bytes {
        let rest = self.buffer.slice(self.position..);
        self.position = self.buffer.len();
        rest
    }

    /// Passes over `count` bytes.
    ///
    /// # Errors
    /// When fewer are left.
    pub fn skip(&mut self, count: usize) -> Result<(), DecodeError> {
        if count > self.remaining() {
            return Err(self.end(count));
        }
        self.position += count;
        Ok(())
    }

    #[cold]
    fn end(&self, needed: usize) -> DecodeError {
        DecodeError::UnexpectedEnd {
            needed,
            remaining: self.remaining(),
        }
    }

    #[inline]
    fn take<const LENGTH: usize>(&mut self) -> Result<[u8; LENGTH], DecodeError> {
        let rest = self.buffer.get(self.position..).unwrap_or_default();
        match rest.first_chunk::<LENGTH>() {
            Some(bytes) => {
                let bytes = *bytes;
                self.position += LENGTH;
                Ok(bytes)
            }
            None => Err(self.end(LENGTH)),
        }
    }

    /// A signed byte.
    ///
    /// # Errors
    /// When the buffer ends first; as for every number below.
    #[inline]
    pub fn read_i8(&mut self) -> Result<i8, DecodeError> {
        self.take().map(i8::from_be_bytes)
    }

    /// A byte: whether it is not zero.
    #[inline]
    pub fn read_bool(&mut self) -> Result<bool, DecodeError> {
        Ok(self.read_i8()? != 0)
    }

    /// Two bytes, big-endian, as all below.
    #[inline]
    pub fn read_i16(&mut self) -> Result<i16, DecodeError> {
        self.take().map(i16::from_be_bytes)
    }

    /// Two bytes, unsigned.
    #[inline]
    pub fn read_u16(&mut self) -> Result<u16, DecodeError> {
        self.take().map(u16::from_be_bytes)
    }

    /// Four bytes.
    #[inline]
    pub fn read_i32(&mut self) -> Result<i32, DecodeError> {
        self.take().map(i32::from_be_bytes)
    }

    /// Four bytes, unsigned.
    #[inline]
    pub fn read_u32(&mut self) -> Result<u32, DecodeError> {
        self.take().map(u32::from_be_bytes)
    }

    /// Eight bytes.
    #[inline]
    pub fn read_i64(&mut self) -> Result<i64, DecodeError> {
        self.take().map(i64::from_be_bytes)
    }

    /// Eight bytes, IEEE 754.
    #[inline]
    pub fn read_f64(&mut self) -> Result<f64, DecodeError> {
        self.take().map(f64::from_be_bytes)
    }

    /// Sixteen bytes.
    #[inline]
    pub fn read_uuid(&mut self) -> Result<Uuid, DecodeError> {
        self.take().map(Uuid::from_bytes)
    }

    /// A number of one to five bytes, seven bits each, low ones first. Bits past the 32nd are
    /// dropped, as Kafka does.
    #[inline]
    pub fn read_unsigned_varint(&mut self) -> Result<u32, DecodeError> {
        let mut value = 0;
        for shift in [0, 7, 14, 21, 28] {
            let [byte] = self.take::<1>()?;
            value |= u32::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(DecodeError::InvalidVarint)
    }

    /// The length of a compact value; -1 is null.
    fn read_compact_length(&mut self) -> Result<i64, DecodeError> {
        let length = i64::from(self.read_unsigned_varint()?) - 1;
        if length >= i64::from(i32::MAX) {
            return Err(DecodeError::InvalidLength(length));
        }
        Ok(length)
    }

    /// `length` bytes as a slice of the buffer; `None` when the length says null.
    fn read_slice(&mut self, length: i64) -> Result<Option<Bytes>, DecodeError> {
        let Ok(length) = usize::try_from(length) else {
            return Ok(None);
        };
        if length > self.remaining() {
            return Err(self.end(length));
        }
        let start = self.position;
        self.position += length;
        Ok(Some(self.buffer.slice(start..self.position)))
    }

    /// Text.
    ///
    /// # Errors
    /// When it is null, longer than the bytes left or than 32,767 bytes, or not UTF-8.
    pub fn read_string(&mut self, flexible: bool) -> Result<KafkaString, DecodeError> {
        self.read_nullable_string(flexible)?
            .ok_or(DecodeError::UnexpectedNull)
    }

    /// Text or null.
    ///
    /// # Errors
    /// When it is longer than the bytes left or than 32,767 bytes, or not UTF-8.
    pub fn read_nullable_string(
        &mut self,
        flexible: bool,
    ) -> Result<Option<KafkaString>, DecodeError> {
        let length = if flexible {
            self.read_compact_length()?
        } else {
            i64::from(self.read_i16()?)
        };
        if length > MAX_STRING_LENGTH {
            return Err(DecodeError::InvalidLength(length));
        }
        let Ok(length) = usize::try_from(length) else {
            return Ok(None);
        };
        let rest = self.buffer.get(self.position..).unwrap_or_default();
        let Some(bytes) = rest.get(..length) else {
            return Err(self.end(length));
        };
        let text = KafkaString::from_utf8(bytes)?;
        self.position += length;
        Ok(Some(text))
    }

    /// Bytes, or record batches.
    ///
    /// # Errors
    /// When they are null or longer than the bytes left.
    pub fn read_bytes(&mut self, flexible: bool) -> Result<Bytes, DecodeError> {
        self.read_nullable_bytes(flexible)?
            .ok_or(DecodeError::UnexpectedNull)
    }

    /// Bytes, record batches, or null.
    ///
    /// # Errors
    /// When they are longer than the bytes left.
    pub fn read_nullable_bytes(&mut self, flexible: bool) -> Result<Option<Bytes>, DecodeError> {
        let length = self.read_length(flexible)?;
        self.read_slice(length)
    }

    fn read_length(&mut self, flexible: bool) -> Result<i64, DecodeError> {
        if flexible {
            self.read_compact_length()
        } else {
            self.read_i32().map(i64::from)
        }
    }

    /// A list.
    ///
    /// # Errors
    /// When it is null, has more elements than bytes are left or than Kafka's limit, or `element`
    /// fails.
    pub fn read_array<Element>(
        &mut self,
        flexible: bool,
        element: impl FnMut(&mut Reader) -> Result<Element, DecodeError>,
    ) -> Result<Vec<Element>, DecodeError> {
        self.read_nullable_array(flexible, element)?
            .ok_or(DecodeError::UnexpectedNull)
    }

    /// A list or null.
    ///
    /// # Errors
    /// When it has more elements than bytes are left or than Kafka's limit, or `element` fails.
    pub fn read_nullable_array<Element>(
        &mut self,
        flexible: bool,
        mut element: impl FnMut(&mut Reader) -> Result<Element, DecodeError>,
    ) -> Result<Option<Vec<Element>>, DecodeError> {
        let Some(count) = self.read_count(flexible)? else {
            return Ok(None);
        };
        let mut elements = Vec::with_capacity(count.min(MAX_RESERVED_ELEMENTS));
        for _ in 0..count {
            elements.push(element(self)?);
        }
        Ok(Some(elements))
    }

    fn read_count(&mut self, flexible: bool) -> Result<Option<usize>, DecodeError> {
        let Ok(count) = usize::try_from(self.read_length(flexible)?) else {
            return Ok(None);
        };
        // An element has at least one byte.
        if count > self.remaining() {
            return Err(self.end(count));
        }
        if count > MAX_ELEMENTS {
            return Err(DecodeError::TooMany {
                count,
                limit: MAX_ELEMENTS,
            });
        }
        Ok(Some(count))
    }

    /// A struct that may be null: a byte, negative for null, before it.
    ///
    /// # Errors
    /// When the buffer ends first, or `read` fails.
    pub fn read_nullable_struct<Struct>(
        &mut self,
        read: impl FnOnce(&mut Reader) -> Result<Struct, DecodeError>,
    ) -> Result<Option<Struct>, DecodeError> {
        if self.read_i8()? < 0 {
            Ok(None)
        } else {
            read(self).map(Some)
        }
    }

    /// As above in a tagged field, where the marker is a variable-length number, zero for null.
    pub(crate) fn read_nullable_tagged_struct<Struct>(
        &mut self,
        read: impl FnOnce(&mut Reader) -> Result<Struct, DecodeError>,
    ) -> Result<Option<Struct>, DecodeError> {
        if self.read_unsigned_varint()? == 0 {
            Ok(None)
        } else {
            read(self).map(Some)
        }
    }

    /// The number of tagged fields that follow.
    pub(crate) fn read_tagged_field_count(&mut self) -> Result<usize, DecodeError> {
        let count = self.read_unsigned_varint()? as usize;
        if count > self.remaining() {
            return Err(self.end(count));
        }
        if count > MAX_TAGGED_FIELDS {
            return Err(DecodeError::TooMany {
                count,
                limit: MAX_TAGGED_FIELDS,
            });
        }
        Ok(count)
    }

    /// The tag of a tagged field, and the number of bytes it says to have. As in Kafka, a known
    /// field is read to its own end, whatever the size says.
    pub(crate) fn read_tag_and_size(&mut self) -> Result<(u32, usize), DecodeError> {
        let tag = self.read_unsigned_varint()?;
        let size = self.read_unsigned_varint()? as usize;
        Ok((tag, size))
    }

    /// Passes over tagged fields of which none is known.
    pub(crate) fn skip_tagged_fields(&mut self) -> Result<(), DecodeError> {
        for _ in 0..self.read_tagged_field_count()? {
            let (_, size) = self.read_tag_and_size()?;
            self.skip(size)?;
        }
        Ok(())
    }

    pub(crate) fn check_version<M: Message>(&self, version: i16) -> Result<(), DecodeError> {
        if M::VALID_VERSIONS.contains(&version) {
            Ok(())
        } else {
            Err(DecodeError::UnsupportedVersion {
                message: M::NAME,
                version,
            })
        }
    }
}

#[cfg(test)]
mod tests;
