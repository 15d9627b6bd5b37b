//! Bytes in a JSON text: hexadecimal digits.

use anyhow::Context;

/// The bytes as digits.
pub fn to_hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes of digits.
///
/// # Errors
/// When the text holds anything else.
pub fn from_hexadecimal(text: &str) -> anyhow::Result<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| {
            let digits = std::str::from_utf8(pair)?;
            u8::from_str_radix(digits, 16).with_context(|| format!("{digits:?} is not a byte"))
        })
        .collect()
}
