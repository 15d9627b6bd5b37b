//! Text of a message: UTF-8 in shared bytes.

use std::borrow::Borrow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::str;

use bytes::Bytes;

use crate::DecodeError;

/// Text that is cheap to clone. It may be a slice of a larger buffer and then keeps that alive:
/// [`KafkaString::detached`] is for text that stays.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct KafkaString(Bytes);

impl KafkaString {
    /// The empty text.
    #[must_use]
    pub const fn new() -> KafkaString {
        KafkaString(Bytes::new())
    }

    /// The text of `bytes`, which it shares.
    ///
    /// # Errors
    /// When they are not UTF-8.
    pub fn from_utf8(bytes: Bytes) -> Result<KafkaString, DecodeError> {
        if str::from_utf8(&bytes).is_err() {
            return Err(DecodeError::InvalidUtf8);
        }
        Ok(KafkaString(bytes))
    }

    /// A copy of `text`.
    #[must_use]
    pub fn copy_from(text: &str) -> KafkaString {
        KafkaString(Bytes::copy_from_slice(text.as_bytes()))
    }

    /// The same text in memory of its own.
    #[must_use]
    pub fn detached(&self) -> KafkaString {
        KafkaString(Bytes::copy_from_slice(&self.0))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).expect("the bytes were checked when the text was made")
    }

    /// Its UTF-8 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Its UTF-8 bytes, shared.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.0
    }
}

impl Deref for KafkaString {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for KafkaString {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl Borrow<str> for KafkaString {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

// As `str` does, which `Borrow<str>` demands.
impl Hash for KafkaString {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl fmt::Display for KafkaString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self)
    }
}

impl fmt::Debug for KafkaString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl From<&'static str> for KafkaString {
    fn from(text: &'static str) -> KafkaString {
        KafkaString(Bytes::from_static(text.as_bytes()))
    }
}

impl From<String> for KafkaString {
    fn from(text: String) -> KafkaString {
        KafkaString(Bytes::from(text))
    }
}

impl From<KafkaString> for String {
    fn from(text: KafkaString) -> String {
        text.as_str().to_owned()
    }
}

impl PartialEq<str> for KafkaString {
    fn eq(&self, other: &str) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl PartialEq<&str> for KafkaString {
    fn eq(&self, other: &&str) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl PartialEq<String> for KafkaString {
    fn eq(&self, other: &String) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}
