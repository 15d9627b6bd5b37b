//! Why bytes are not a message, and why a message cannot be bytes.

/// Bytes that are not the message they should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The bytes end before the message does.
    #[error("{needed} bytes are needed and {remaining} are left")]
    UnexpectedEnd {
        /// Bytes that the next value needs.
        needed: usize,
        /// Bytes that are left.
        remaining: usize,
    },
    /// A declared length or count that cannot be.
    #[error("a length of {0} cannot be")]
    InvalidLength(i64),
    /// More elements or tagged fields than a message may have.
    #[error("{count} elements, {limit} are allowed")]
    TooMany {
        /// The declared count.
        count: usize,
        /// The limit, which is Kafka's.
        limit: usize,
    },
    /// A variable-length number of more than five bytes.
    #[error("a variable-length number does not end")]
    InvalidVarint,
    /// Text that is not UTF-8.
    #[error("text is not UTF-8")]
    InvalidUtf8,
    /// Null in a field that cannot be null at this version.
    #[error("a field that cannot be null is null")]
    UnexpectedNull,
    /// A tag that the message knows, at a version where it has no meaning.
    #[error("tag {tag} has no meaning at version {version}")]
    TagNotInVersion {
        /// The tag.
        tag: u32,
        /// The message's version.
        version: i16,
    },
    /// A version that the message does not have.
    #[error("{message} has no version {version}")]
    UnsupportedVersion {
        /// The message.
        message: &'static str,
        /// The version asked for.
        version: i16,
    },
    /// A record of a type that is not known.
    #[error("records of type {0} are not known")]
    UnknownRecordType(i16),
    /// A record in a frame of a version that is not known.
    #[error("frames of version {0} are not known")]
    UnknownFrameVersion(u32),
    /// Bytes follow what should be the end.
    #[error("{0} bytes follow the end")]
    BytesLeft(usize),
}

/// A message that cannot be written at the version asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// A field is set that the version lacks and that may not be dropped.
    #[error("{message} has no {field} at version {version}")]
    NotInVersion {
        /// The struct.
        message: &'static str,
        /// The field.
        field: &'static str,
        /// The version asked for.
        version: i16,
    },
    /// A field is null that cannot be null at the version.
    #[error("{field} of {message} cannot be null at version {version}")]
    Null {
        /// The struct.
        message: &'static str,
        /// The field.
        field: &'static str,
        /// The version asked for.
        version: i16,
    },
    /// A version that the message does not have.
    #[error("{message} has no version {version}")]
    UnsupportedVersion {
        /// The message.
        message: &'static str,
        /// The version asked for.
        version: i16,
    },
    /// Text, bytes or a list longer than its length field can say.
    #[error("a field of {0} bytes or elements is too long")]
    TooLong(usize),
}

impl EncodeError {
    #[cold]
    pub(crate) fn not_in_version(
        message: &'static str,
        field: &'static str,
        version: i16,
    ) -> EncodeError {
        EncodeError::NotInVersion {
            message,
            field,
            version,
        }
    }

    #[cold]
    pub(crate) fn null(message: &'static str, field: &'static str, version: i16) -> EncodeError {
        EncodeError::Null {
            message,
            field,
            version,
        }
    }
}
