//! Single records, read in place.

use ottla_types::{Offset, TimestampMs};

use crate::varint::SliceReader;
use crate::{BatchHeader, RecordError, TimestampType};

/// One record, borrowed from the (inflated) record area of its batch.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// Its offset.
    pub offset: Offset,
    /// Its timestamp: the append time, where the batch carries one.
    pub timestamp: TimestampMs,
    /// Its place relative to the batch's base offset.
    pub offset_delta: i32,
    /// Its key, `None` for null.
    pub key: Option<&'a [u8]>,
    /// Its value, `None` for null.
    pub value: Option<&'a [u8]>,
    /// Its headers, in order; the same key may come again.
    pub headers: Headers<'a>,
}

/// One header of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header<'a> {
    /// Its key: UTF-8 by convention, not checked.
    pub key: &'a [u8],
    /// Its value, `None` for null.
    pub value: Option<&'a [u8]>,
}

/// The headers of a record, parsed as they are iterated; they were checked with the record.
#[derive(Clone, Copy, Debug)]
pub struct Headers<'a> {
    reader: SliceReader<'a>,
    left: usize,
}

impl Headers<'_> {
    /// No headers.
    pub const NONE: Headers<'static> = Headers {
        reader: SliceReader::EMPTY,
        left: 0,
    };
}

impl<'a> Iterator for Headers<'a> {
    type Item = Header<'a>;

    fn next(&mut self) -> Option<Header<'a>> {
        self.left = self.left.checked_sub(1)?;
        read_header(&mut self.reader)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Headers<'_> {}

fn read_header<'a>(reader: &mut SliceReader<'a>) -> Option<Header<'a>> {
    let key = reader.nullable()??;
    let value = reader.nullable()?;
    Some(Header { key, value })
}

/// The records of one batch. Yields one error for a malformed record or for bytes left over, then
/// ends.
#[derive(Clone, Debug)]
pub struct RecordIterator<'a> {
    reader: SliceReader<'a>,
    left: i32,
    base_offset: i64,
    base_timestamp: i64,
    append_time: Option<TimestampMs>,
    failed: bool,
}

impl<'a> RecordIterator<'a> {
    /// Walks `record_area`: the bytes behind the header, already inflated.
    #[must_use]
    pub fn new(header: &BatchHeader, record_area: &'a [u8]) -> Self {
        let append_time = match header.timestamp_type() {
            TimestampType::CreateTime => None,
            TimestampType::LogAppendTime => Some(header.max_timestamp),
        };
        RecordIterator {
            reader: SliceReader::new(record_area),
            left: header.record_count,
            base_offset: header.base_offset.0,
            base_timestamp: header.base_timestamp.0,
            append_time,
            failed: false,
        }
    }

    fn read(&mut self) -> Result<Record<'a>, RecordError> {
        let mut body = read_record(&mut self.reader)?;
        let parsed = self.read_fields(&mut body).ok_or_else(malformed)?;
        if body.remaining() != 0 {
            return Err(too_long());
        }
        Ok(parsed)
    }

    fn read_fields(&self, body: &mut SliceReader<'a>) -> Option<Record<'a>> {
        let _attributes = body.byte()?;
        let timestamp_delta = body.varlong()?;
        let offset_delta = body.varint()?;
        let key = body.nullable()?;
        let value = body.nullable()?;
        let header_count = usize::try_from(body.varint()?).ok()?;
        let headers = Headers {
            reader: *body,
            left: header_count,
        };
        skip_headers(body, header_count)?;
        let created = TimestampMs(self.base_timestamp.wrapping_add(timestamp_delta));
        Some(Record {
            offset: Offset(self.base_offset.wrapping_add(i64::from(offset_delta))),
            timestamp: self.append_time.unwrap_or(created),
            offset_delta,
            key,
            value,
            headers,
        })
    }
}

/// What the rules of a topic look at in a record.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RecordFacts {
    pub timestamp_delta: i64,
    pub offset_delta: i32,
    pub has_key: bool,
}

/// Checks the structure of all records and shows the facts of each: the walk of every produced
/// batch, so it builds nothing else.
pub(crate) fn walk_records(
    header: &BatchHeader,
    record_area: &[u8],
    mut visit: impl FnMut(RecordFacts) -> Result<(), RecordError>,
) -> Result<(), RecordError> {
    let mut reader = SliceReader::new(record_area);
    for _ in 0..header.record_count {
        let mut body = read_record(&mut reader)?;
        let facts = read_facts(&mut body).ok_or_else(malformed)?;
        if body.remaining() != 0 {
            return Err(too_long());
        }
        visit(facts)?;
    }
    if reader.remaining() != 0 {
        return Err(left_over());
    }
    Ok(())
}

#[inline(always)]
fn read_facts(body: &mut SliceReader<'_>) -> Option<RecordFacts> {
    let _attributes = body.byte()?;
    let timestamp_delta = body.varlong()?;
    let offset_delta = body.varint()?;
    let key = body.nullable()?;
    let _value = body.nullable()?;
    match body.varint()? {
        0 => {}
        count => skip_headers(body, usize::try_from(count).ok()?)?,
    }
    Some(RecordFacts {
        timestamp_delta,
        offset_delta,
        has_key: key.is_some(),
    })
}

/// Each pass takes at least two bytes or fails, so a huge declared count costs nothing.
fn skip_headers(body: &mut SliceReader<'_>, count: usize) -> Option<()> {
    for _ in 0..count {
        read_header(body)?;
    }
    Some(())
}

#[inline(always)]
fn read_record<'a>(reader: &mut SliceReader<'a>) -> Result<SliceReader<'a>, RecordError> {
    let length = reader.varint().ok_or_else(malformed)?;
    usize::try_from(length)
        .ok()
        .and_then(|length| reader.take(length))
        .map(SliceReader::new)
        .ok_or_else(|| RecordError::invalid("a record is longer than its batch"))
}

#[cold]
fn malformed() -> RecordError {
    RecordError::invalid("found invalid record structure")
}

#[cold]
fn too_long() -> RecordError {
    RecordError::invalid("a record is longer than its fields say")
}

#[cold]
fn left_over() -> RecordError {
    RecordError::invalid("the batch has more bytes than its records")
}

impl<'a> Iterator for RecordIterator<'a> {
    type Item = Result<Record<'a>, RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let result = if self.left > 0 {
            self.left -= 1;
            self.read()
        } else if self.reader.remaining() > 0 {
            Err(left_over())
        } else {
            return None;
        };
        self.failed = result.is_err();
        Some(result)
    }
}

#[cfg(test)]
mod tests;
