//! What every generated message can do.

use std::fmt::Debug;
use std::ops::RangeInclusive;

use crate::{ApiKey, DecodeError, EncodeError, Reader, Writer};

/// A message of Kafka's: a request, a response, a header, or a record.
pub trait Message: Sized + Clone + Debug + Default + PartialEq {
    /// Its name, as Kafka writes it.
    const NAME: &'static str;
    /// The versions it has.
    const VALID_VERSIONS: RangeInclusive<i16>;

    /// Whether `version` has compact lengths and tagged fields (KIP-482).
    fn is_flexible(version: i16) -> bool;

    /// Reads the message. Bytes that follow it stay in the reader.
    ///
    /// # Errors
    /// When the version does not exist, or the bytes are not such a message.
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError>;

    /// Writes the message. A field at its default that the version lacks is dropped, as is an
    /// ignorable one.
    ///
    /// # Errors
    /// When the version does not exist, another field is set that it lacks, or a field is too long.
    /// The writer then holds a part of the message.
    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError>;
}

/// A request.
pub trait Request: Message {
    /// Its API.
    const API_KEY: ApiKey;
    /// Its answer.
    type Response: Message;
}
