//! 128-bit ids in Kafka's two forms: 16 raw bytes, and 22 characters of URL-safe base64 unpadded.

use std::fmt;
use std::str::FromStr;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// A topic id, directory id, incarnation id or cluster id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Uuid(pub u128);

/// The text is not 22 characters of URL-safe base64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseUuidError;

impl Uuid {
    /// All zeros: "none", and the directory id MIGRATING.
    pub const ZERO: Uuid = Uuid(0);
    /// The topic id of `__cluster_metadata`, and the directory id UNASSIGNED.
    pub const ONE: Uuid = Uuid(1);
    /// The directory id LOST.
    pub const LOST: Uuid = Uuid(2);

    /// The id in the order of the wire.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    /// The id from the order of the wire.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Uuid {
        Uuid(u128::from_be_bytes(bytes))
    }

    /// Whether Kafka reserves this id: high half zero and low half below 100.
    #[must_use]
    pub fn is_reserved(self) -> bool {
        self.0 < 100
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // 22 characters carry 132 bits: the last one ends in four zero bits.
        let padded_low = self.0 << 4;
        for position in 0..22 {
            let sextet = if position == 0 {
                (self.0 >> 122) & 63
            } else {
                (padded_low >> (126 - 6 * position)) & 63
            };
            let character = ALPHABET
                .get(sextet as usize)
                .copied()
                .expect("a sextet is below 64");
            write!(f, "{}", character as char)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for ParseUuidError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an id of 22 characters of URL-safe base64")
    }
}

impl std::error::Error for ParseUuidError {}

impl FromStr for Uuid {
    type Err = ParseUuidError;

    fn from_str(text: &str) -> Result<Uuid, ParseUuidError> {
        if text.len() != 22 {
            return Err(ParseUuidError);
        }
        let mut value: u128 = 0;
        for (position, byte) in text.bytes().enumerate() {
            let sextet = ALPHABET
                .iter()
                .position(|&c| c == byte)
                .ok_or(ParseUuidError)? as u128;
            if position == 21 {
                value = (value << 2) | (sextet >> 4);
            } else {
                value = (value << 6) | sextet;
            }
        }
        Ok(Uuid(value))
    }
}

#[cfg(test)]
mod tests;
