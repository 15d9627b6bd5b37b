//! Record batches as JSON: made from a description, whole or damaged, and described again.

#[cfg(test)]
mod tests;

use anyhow::{Context, bail};
use bytes::Bytes;
use ottla_records::{
    BATCH_HEADER_SIZE, Batch, BatchBuilder, BatchHeader, BatchOptions, Batches, Compression,
    Header, InflateLimits, crc32c,
};
use ottla_types::{ProducerEpoch, ProducerId, TimestampMs};
use serde_json::{Value, json};

use crate::codec::from_hexadecimal;

/// Fields of a batch's header that a description may overwrite: name, position, width.
const PATCHES: &[(&str, usize, usize)] = &[
    ("baseOffset", 0, 8),
    ("batchLength", 8, 4),
    ("partitionLeaderEpoch", 12, 4),
    ("magic", 16, 1),
    ("attributes", 21, 2),
    ("lastOffsetDelta", 23, 4),
    ("baseTimestamp", 27, 8),
    ("maxTimestamp", 35, 8),
    ("recordCount", 57, 4),
];
const CRC: std::ops::Range<usize> = 17..21;
const UNDER_CRC: usize = 21;

/// The bytes of batches one after the other.
///
/// # Errors
/// When a description is not one.
pub fn build(descriptions: &Value, now: i64) -> anyhow::Result<Vec<u8>> {
    let descriptions = descriptions.as_array().context("$batches is not a list")?;
    let mut bytes = Vec::new();
    for description in descriptions {
        bytes.extend(build_one(description, now)?);
    }
    Ok(bytes)
}

fn build_one(description: &Value, now: i64) -> anyhow::Result<Vec<u8>> {
    let number = |name: &str, default: i64| {
        let value = description.get(name);
        value.and_then(Value::as_i64).unwrap_or(default)
    };
    let is = |name: &str| description.get(name) == Some(&Value::Bool(true));
    let compression = description.get("compression").and_then(Value::as_str);
    let mut builder = BatchBuilder::new(BatchOptions {
        compression: self::compression(compression.unwrap_or("none"))?,
        producer_id: ProducerId(number("producerId", -1)),
        producer_epoch: ProducerEpoch(number("producerEpoch", -1) as i16),
        base_sequence: number("baseSequence", -1) as i32,
        is_transactional: is("transactional"),
        is_control: is("control"),
        append_time: is("appendTime").then_some(TimestampMs(now)),
        ..BatchOptions::default()
    });
    let records = description.get("records").and_then(Value::as_array);
    for record in records.into_iter().flatten() {
        append(&mut builder, record, now);
    }
    let mut bytes = builder.build().to_vec();
    for (name, position, width) in PATCHES {
        if let Some(value) = description.get(*name).and_then(Value::as_i64) {
            let value = value.to_be_bytes();
            let value = value.get(8 - width..).unwrap_or_default();
            if let Some(place) = bytes.get_mut(*position..position + width) {
                place.copy_from_slice(value);
            }
        }
    }
    let checksum = crc32c(bytes.get(UNDER_CRC..).unwrap_or_default());
    let checksum = if is("wrongChecksum") {
        !checksum
    } else {
        checksum
    };
    if let Some(place) = bytes.get_mut(CRC) {
        place.copy_from_slice(&checksum.to_be_bytes());
    }
    let cut = usize::try_from(number("cut", 0))?;
    bytes.truncate(bytes.len().saturating_sub(cut));
    if let Some(more) = description.get("then").and_then(Value::as_str) {
        bytes.extend(from_hexadecimal(more)?);
    }
    Ok(bytes)
}

fn append(builder: &mut BatchBuilder, record: &Value, now: i64) {
    let text = |name: &str| record.get(name).and_then(Value::as_str);
    let at = record.get("at").and_then(Value::as_i64).unwrap_or(0);
    let size = record.get("size").and_then(Value::as_u64).unwrap_or(0);
    let filling = "x".repeat(usize::try_from(size).unwrap_or(0));
    let value = text("value").map(|value| format!("{value}{filling}"));
    let headers = record.get("headers").and_then(Value::as_array);
    let headers: Vec<Header<'_>> = headers
        .into_iter()
        .flatten()
        .map(|header| Header {
            key: header
                .get(0)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .as_bytes(),
            value: header.get(1).and_then(Value::as_str).map(str::as_bytes),
        })
        .collect();
    builder.append(
        TimestampMs(now.saturating_add(at)),
        text("key").map(str::as_bytes),
        value.as_deref().map(str::as_bytes),
        &headers,
    );
}

fn compression(name: &str) -> anyhow::Result<Compression> {
    Ok(match name {
        "none" => Compression::None,
        "gzip" => Compression::Gzip,
        "snappy" => Compression::Snappy,
        "lz4" => Compression::Lz4,
        "zstd" => Compression::Zstd,
        other => bail!("{other:?} compresses nothing"),
    })
}

/// What stands in the bytes of a fetched partition.
pub fn describe(bytes: Vec<u8>) -> Value {
    let bytes = Bytes::from(bytes);
    let mut walk = Batches::new(&bytes);
    let mut described = Vec::new();
    for found in walk.by_ref() {
        described.push(match found {
            Ok((header, batch)) => describe_one(&header, &bytes.slice_ref(batch)),
            Err(error) => json!({ "unreadable": error.to_string() }),
        });
    }
    if !walk.unread().is_empty() {
        described.push(json!({ "bytesOfAnotherBatch": walk.unread().len() }));
    }
    Value::Array(described)
}

fn describe_one(header: &BatchHeader, bytes: &Bytes) -> Value {
    let stored = bytes.slice(BATCH_HEADER_SIZE.min(bytes.len())..);
    let area = match Batch::open(bytes, &InflateLimits::default()) {
        Ok(batch) => batch.record_area,
        Err(_) => stored,
    };
    json!({
        "baseOffset": header.base_offset.0,
        "sizeInBytes": header.size_in_bytes,
        "partitionLeaderEpoch": header.partition_leader_epoch.0,
        "crc": header.crc,
        "attributes": header.attributes,
        "lastOffsetDelta": header.last_offset_delta,
        "baseTimestamp": header.base_timestamp.0,
        "maxTimestamp": header.max_timestamp.0,
        "producerId": header.producer_id.0,
        "producerEpoch": header.producer_epoch.0,
        "baseSequence": header.base_sequence,
        "recordCount": header.record_count,
        "records": area.escape_ascii().to_string(),
    })
}
