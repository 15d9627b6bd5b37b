//! Java's properties files, read as `java.util.Properties` reads them: ISO 8859-1, escapes,
//! continued lines.

use std::collections::BTreeMap;
use std::fmt;

/// The keys of a properties file and their values. Of a key that is there twice the last one
/// counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Properties {
    entries: BTreeMap<String, String>,
}

/// The text is no properties file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PropertiesError {
    /// A `\u` that four hexadecimal digits do not follow, on this line (from 1).
    Escape {
        /// The line, from 1.
        line: usize,
    },
    /// An override that is not `key=value`.
    Override(String),
}

impl fmt::Display for PropertiesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PropertiesError::Escape { line } => {
                write!(f, "Malformed \\uxxxx encoding on line {line}.")
            }
            PropertiesError::Override(text) => {
                write!(f, "Override '{text}' is not of the form key=value.")
            }
        }
    }
}

impl std::error::Error for PropertiesError {}

impl Properties {
    /// Reads the bytes of a file.
    ///
    /// # Errors
    /// For a malformed `\u` escape; everything else means something.
    pub fn parse(bytes: &[u8]) -> Result<Properties, PropertiesError> {
        let mut properties = Properties::default();
        let mut logical: Vec<u8> = Vec::new();
        let mut continued = false;
        for (number, natural) in natural_lines(bytes).enumerate() {
            let content = trim_start(natural);
            if !continued && matches!(content.first(), None | Some(b'#' | b'!')) {
                continue;
            }
            let backslashes = content.iter().rev().take_while(|&&b| b == b'\\').count();
            continued = backslashes % 2 == 1;
            let kept = content.len() - usize::from(continued);
            logical.extend_from_slice(content.get(..kept).unwrap_or_default());
            if !continued {
                properties.take_line(&logical, number + 1)?;
                logical.clear();
            }
        }
        if !logical.is_empty() {
            properties.take_line(&logical, natural_lines(bytes).count())?;
        }
        Ok(properties)
    }

    fn take_line(&mut self, line: &[u8], number: usize) -> Result<(), PropertiesError> {
        let key_end = end_of_key(line);
        let (key, rest) = line.split_at(key_end);
        let rest = trim_start(rest);
        let value = match rest.first() {
            Some(b'=' | b':') => trim_start(rest.get(1..).unwrap_or_default()),
            _ => rest,
        };
        let key = unescape(key).ok_or(PropertiesError::Escape { line: number })?;
        let value = unescape(value).ok_or(PropertiesError::Escape { line: number })?;
        self.entries.insert(key, value);
        Ok(())
    }

    /// Takes one `key=value` of a command line, over what was there.
    ///
    /// # Errors
    /// If there is no `=`, or nothing before it.
    pub fn apply_override(&mut self, text: &str) -> Result<(), PropertiesError> {
        match text.split_once('=') {
            Some((key, value)) if !key.trim().is_empty() => {
                self.set(key.trim(), value.trim());
                Ok(())
            }
            _ => Err(PropertiesError::Override(text.to_owned())),
        }
    }

    /// The value of `key`, if it is there.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.entries.get(key).map(String::as_str)
    }

    /// Sets `key`, over what was there.
    pub fn set(&mut self, key: impl Into<String>, value: impl Into<String>) {
        self.entries.insert(key.into(), value.into());
    }

    /// All keys and values, by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Properties {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Properties {
        Properties {
            entries: pairs
                .into_iter()
                .map(|(key, value)| (key.into(), value.into()))
                .collect(),
        }
    }
}

/// Lines end with a line feed, a carriage return, or both in this order.
fn natural_lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = rest
            .iter()
            .position(|&byte| byte == b'\n' || byte == b'\r')
            .unwrap_or(rest.len());
        let (line, tail) = rest.split_at(end);
        let skip = if tail.starts_with(b"\r\n") { 2 } else { 1 };
        rest = tail.get(skip..).unwrap_or_default();
        Some(line)
    })
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\x0c')
}

fn trim_start(line: &[u8]) -> &[u8] {
    let start = line
        .iter()
        .position(|&byte| !is_blank(byte))
        .unwrap_or(line.len());
    line.get(start..).unwrap_or_default()
}

/// Where the key ends: at the first separator or blank that is not escaped.
fn end_of_key(line: &[u8]) -> usize {
    let mut escaped = false;
    for (position, &byte) in line.iter().enumerate() {
        if !escaped && (byte == b'=' || byte == b':' || is_blank(byte)) {
            return position;
        }
        escaped = byte == b'\\' && !escaped;
    }
    line.len()
}

/// Undoes the escapes; `None` for a malformed `\u`.
fn unescape(bytes: &[u8]) -> Option<String> {
    let mut units: Vec<u16> = Vec::with_capacity(bytes.len());
    let mut rest = bytes.iter().copied();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            units.push(byte.into());
            continue;
        }
        let unit = match rest.next() {
            None => break,
            Some(b't') => b'\t'.into(),
            Some(b'n') => b'\n'.into(),
            Some(b'r') => b'\r'.into(),
            Some(b'f') => 0x0c,
            Some(b'u') => {
                let mut unit = 0u16;
                for _ in 0..4 {
                    let digit = char::from(rest.next()?).to_digit(16)?;
                    unit = (unit << 4) | u16::try_from(digit).ok()?;
                }
                unit
            }
            Some(other) => other.into(),
        };
        units.push(unit);
    }
    Some(String::from_utf16_lossy(&units))
}

#[cfg(test)]
mod tests;
