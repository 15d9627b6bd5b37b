//! Recognizes messages of the formats 0 and 1, which are refused by name.

use crate::LOG_OVERHEAD;
use crate::checksum::crc32;

const CHECKSUM_AT: usize = LOG_OVERHEAD;
const MAGIC_AT: usize = CHECKSUM_AT + 4;

/// Whether `bytes` begin with a whole and intact message of format 0 or 1: a log with one is old,
/// while bytes that only say so are broken.
///
/// # Errors
/// How many bytes it would have, when there are fewer.
pub fn is_old_message(bytes: &[u8]) -> Result<bool, usize> {
    let Some(length) = bytes.get(8..).and_then(<[u8]>::first_chunk) else {
        return Err(LOG_OVERHEAD);
    };
    let length = usize::try_from(i32::from_be_bytes(*length)).unwrap_or(0);
    let size = LOG_OVERHEAD + length;
    let Some(message) = bytes.get(..size) else {
        return Err(size);
    };
    let (Some(checksum), Some(covered)) = (
        message.get(CHECKSUM_AT..).and_then(<[u8]>::first_chunk),
        message.get(MAGIC_AT..),
    ) else {
        return Ok(false);
    };
    let is_old = covered.first().is_some_and(|magic| *magic < 2);
    Ok(is_old && crc32(covered) == u32::from_be_bytes(*checksum))
}

#[cfg(test)]
mod tests;
