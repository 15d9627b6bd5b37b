//! Splits lines into headers, key and value.

use ottla_client::Header;

use crate::failure::Failure;

/// How lines are split; the names are Kafka's.
#[derive(Clone, Debug)]
pub(super) struct LineReader {
    parse_key: bool,
    parse_headers: bool,
    key_separator: String,
    headers_delimiter: String,
    headers_separator: String,
    headers_key_separator: String,
    null_marker: Option<String>,
    ignore_error: bool,
    line_number: u64,
}

/// Headers by key and value, in order.
type ParsedHeaders = Vec<(Vec<u8>, Option<Vec<u8>>)>;

/// A line, split.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ParsedRecord {
    pub headers: ParsedHeaders,
    pub key: Option<Vec<u8>>,
    pub value: Option<Vec<u8>>,
}

impl ParsedRecord {
    /// The headers as the producer takes them.
    pub fn headers(&self) -> Vec<Header<'_>> {
        let headers = self.headers.iter();
        headers
            .map(|(key, value)| Header {
                key,
                value: value.as_deref(),
            })
            .collect()
    }
}

const EXCEPTION: &str = "org.apache.kafka.common.KafkaException";

impl LineReader {
    pub fn new(properties: &[(String, String)]) -> Result<LineReader, Failure> {
        let mut reader = LineReader {
            parse_key: false,
            parse_headers: false,
            key_separator: "\t".to_owned(),
            headers_delimiter: "\t".to_owned(),
            headers_separator: ",".to_owned(),
            headers_key_separator: ":".to_owned(),
            null_marker: None,
            ignore_error: false,
            line_number: 0,
        };
        for (key, value) in properties {
            let is_true = value.trim().eq_ignore_ascii_case("true");
            match key.as_str() {
                "parse.key" => reader.parse_key = is_true,
                "parse.headers" => reader.parse_headers = is_true,
                "ignore.error" => reader.ignore_error = is_true,
                "key.separator" => reader.key_separator.clone_from(value),
                "headers.delimiter" => reader.headers_delimiter.clone_from(value),
                "headers.separator" => reader.headers_separator.clone_from(value),
                "headers.key.separator" => reader.headers_key_separator.clone_from(value),
                "null.marker" => reader.null_marker = Some(value.clone()),
                // Kafka's reader passes over what it does not know.
                _ => {}
            }
        }
        reader.check()?;
        Ok(reader)
    }

    /// Refuses separators that cannot be told apart.
    fn check(&self) -> Result<(), Failure> {
        let pairs = [
            (
                "headers.delimiter",
                &self.headers_delimiter,
                "headers.separator",
                &self.headers_separator,
            ),
            (
                "headers.delimiter",
                &self.headers_delimiter,
                "headers.key.separator",
                &self.headers_key_separator,
            ),
            (
                "headers.separator",
                &self.headers_separator,
                "headers.key.separator",
                &self.headers_key_separator,
            ),
        ];
        for (one_name, one, other_name, other) in pairs {
            if one == other {
                return Err(same(one_name, other_name));
            }
        }
        let separators = [
            ("key.separator", &self.key_separator),
            ("headers.delimiter", &self.headers_delimiter),
            ("headers.separator", &self.headers_separator),
            ("headers.key.separator", &self.headers_key_separator),
        ];
        for (name, separator) in separators {
            if self.null_marker.as_ref() == Some(separator) {
                return Err(same("null.marker", name));
            }
        }
        Ok(())
    }

    /// Splits the next line.
    pub fn parse(&mut self, line: &[u8]) -> Result<ParsedRecord, Failure> {
        self.line_number += 1;
        let mut rest = line;
        let mut record = ParsedRecord::default();
        if self.parse_headers
            && let Some(text) = self.part(
                line,
                &mut rest,
                &self.headers_delimiter,
                "headers delimiter",
            )?
        {
            record.headers = self.headers(text)?;
        }
        if self.parse_key
            && let Some(key) = self.part(line, &mut rest, &self.key_separator, "key separator")?
        {
            record.key = self.or_null(key);
        }
        record.value = self.or_null(rest);
        Ok(record)
    }

    /// The part of `rest` before the separator, which is taken off; none if errors are ignored.
    fn part<'a>(
        &self,
        line: &[u8],
        rest: &mut &'a [u8],
        separator: &str,
        name: &str,
    ) -> Result<Option<&'a [u8]>, Failure> {
        match split(rest, separator.as_bytes()) {
            Some((part, behind)) => {
                if !(self.is_null_marker(part) && name == "headers delimiter") {
                    *rest = behind;
                    return Ok(Some(part));
                }
                *rest = behind;
                Ok(None)
            }
            None if self.ignore_error => Ok(None),
            None => Err(Failure::Thrown(
                EXCEPTION,
                format!(
                    "No {name} found on line number {}: '{}'",
                    self.line_number,
                    String::from_utf8_lossy(line)
                ),
            )),
        }
    }

    fn headers(&self, text: &[u8]) -> Result<ParsedHeaders, Failure> {
        let mut headers = Vec::new();
        let mut rest = Some(text);
        while let Some(text) = rest {
            let pair = match split(text, self.headers_separator.as_bytes()) {
                Some((pair, behind)) => {
                    rest = Some(behind);
                    pair
                }
                None => {
                    rest = None;
                    text
                }
            };
            let Some((key, value)) = split(pair, self.headers_key_separator.as_bytes()) else {
                if self.ignore_error {
                    headers.push((pair.to_vec(), None));
                    continue;
                }
                return Err(Failure::Thrown(
                    EXCEPTION,
                    format!(
                        "No header key separator found in pair '{}' on line number {}",
                        String::from_utf8_lossy(pair),
                        self.line_number
                    ),
                ));
            };
            if self.is_null_marker(key) {
                let marker = self.null_marker.as_deref().unwrap_or_default();
                return Err(Failure::Thrown(
                    EXCEPTION,
                    format!(
                        "Header keys should not be equal to the null marker '{marker}' as they \
                         can't be null"
                    ),
                ));
            }
            headers.push((key.to_vec(), self.or_null(value)));
        }
        Ok(headers)
    }

    fn is_null_marker(&self, bytes: &[u8]) -> bool {
        self.null_marker
            .as_ref()
            .is_some_and(|marker| marker.as_bytes() == bytes)
    }

    fn or_null(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        (!self.is_null_marker(bytes)).then(|| bytes.to_vec())
    }
}

fn same(one: &str, other: &str) -> Failure {
    Failure::Thrown(EXCEPTION, format!("{one} and {other} may not be equal"))
}

/// What is before and behind the first `separator`.
fn split<'a>(text: &'a [u8], separator: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    if separator.is_empty() {
        return Some((&[], text));
    }
    let place = text
        .windows(separator.len())
        .position(|window| window == separator)?;
    Some((text.get(..place)?, text.get(place + separator.len()..)?))
}

#[cfg(test)]
mod tests;
