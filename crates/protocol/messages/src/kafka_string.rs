//! Text of a message: UTF-8, short text in place, longer text shared.
//!
//! *Invariants.* The bytes are UTF-8. Text read from a buffer is a copy: were it a slice, a topic's
//! name kept in some state would keep alive the megabyte that it came with.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::str;
use std::sync::Arc;

use crate::DecodeError;

/// What fits beside discriminant and length in three words, as a shared text needs them.
const INLINE_LENGTH: usize = 22;

/// Text that is cheap to clone.
#[derive(Clone)]
pub struct KafkaString(Content);

#[derive(Clone)]
enum Content {
    Inline {
        length: u8,
        bytes: [u8; INLINE_LENGTH],
    },
    Static(&'static str),
    Shared(Arc<str>),
}

impl KafkaString {
    /// The empty text.
    #[must_use]
    pub const fn new() -> KafkaString {
        KafkaString(Content::Inline {
            length: 0,
            bytes: [0; INLINE_LENGTH],
        })
    }

    /// A copy of the text of `bytes`.
    ///
    /// # Errors
    /// When they are not UTF-8.
    pub fn from_utf8(bytes: &[u8]) -> Result<KafkaString, DecodeError> {
        match str::from_utf8(bytes) {
            Ok(text) => Ok(KafkaString::copy_from(text)),
            Err(_) => Err(DecodeError::InvalidUtf8),
        }
    }

    /// A copy of `text`.
    #[must_use]
    pub fn copy_from(text: &str) -> KafkaString {
        KafkaString::inline(text).unwrap_or_else(|| KafkaString(Content::Shared(text.into())))
    }

    fn inline(text: &str) -> Option<KafkaString> {
        let mut bytes = [0; INLINE_LENGTH];
        bytes
            .get_mut(..text.len())?
            .copy_from_slice(text.as_bytes());
        let length = u8::try_from(text.len()).ok()?;
        Some(KafkaString(Content::Inline { length, bytes }))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Content::Inline { .. } => {
                str::from_utf8(self.as_bytes()).expect("the bytes were text when this was made")
            }
            Content::Static(text) => text,
            Content::Shared(text) => text,
        }
    }

    /// Its UTF-8 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Content::Inline { length, bytes } => {
                bytes.get(..usize::from(*length)).unwrap_or_default()
            }
            Content::Static(text) => text.as_bytes(),
            Content::Shared(text) => text.as_bytes(),
        }
    }
}

impl Default for KafkaString {
    fn default() -> KafkaString {
        KafkaString::new()
    }
}

impl PartialEq for KafkaString {
    fn eq(&self, other: &KafkaString) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for KafkaString {}

impl PartialOrd for KafkaString {
    fn partial_cmp(&self, other: &KafkaString) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for KafkaString {
    fn cmp(&self, other: &KafkaString) -> Ordering {
        self.as_bytes().cmp(other.as_bytes())
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
        KafkaString(Content::Static(text))
    }
}

impl From<String> for KafkaString {
    fn from(text: String) -> KafkaString {
        KafkaString::copy_from(&text)
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

#[cfg(test)]
mod tests;
