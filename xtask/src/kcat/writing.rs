//! Producing with kcat: a run for each stretch of records that differ only in key and value.

use anyhow::Context;
use serde_json::{Value, json};

use super::{number, run, text};
use crate::base64;

/// Bytes that no scenario writes: they part records, and keys from values.
const RECORD_END: u8 = 0x1e;
const KEY_END: u8 = 0x1f;

pub(super) fn produce(bootstrap: &str, request: &Value) -> anyhow::Result<Value> {
    let records = request["records"]
        .as_array()
        .context("records are a list")?;
    let mut offsets = Vec::new();
    let mut rest = records.as_slice();
    while let Some(first) = rest.first() {
        let alike = rest
            .iter()
            .take_while(|record| is_like(record, first))
            .count();
        let (stretch, later) = rest.split_at(alike);
        let mut input = Vec::new();
        for record in stretch {
            write(record, &mut input)?;
            offsets.push(json!([record["partition"].as_i64().unwrap_or(-1), -1]));
        }
        run(bootstrap, &arguments(request, first)?, &input)?;
        rest = later;
    }
    Ok(json!({ "offsets": offsets }))
}

/// Whether one run of kcat can write both: it has one partition and one list of headers.
fn is_like(record: &Value, first: &Value) -> bool {
    ["partition", "headers"]
        .iter()
        .all(|name| record[*name] == first[*name])
        && record["key"].is_null() == first["key"].is_null()
        && record["value"].is_null() == first["value"].is_null()
}

fn arguments(request: &Value, first: &Value) -> anyhow::Result<Vec<String>> {
    let mut arguments = vec![
        "-P".to_owned(),
        format!("-t{}", text(request, "topic")?),
        format!("-D\\x{RECORD_END:02x}"),
        format!("-z{}", text(request, "compression")?),
        format!("-Xacks={}", text(request, "acks")?),
        format!("-Xenable.idempotence={}", request["idempotent"]),
        "-Xmessage.max.bytes=4000000".to_owned(),
    ];
    if !first["key"].is_null() {
        arguments.push(format!("-K\\x{KEY_END:02x}"));
    }
    if first["value"].is_null() {
        arguments.push("-Z".to_owned());
    }
    if !first["partition"].is_null() {
        arguments.push(format!("-p{}", number(first, "partition")?));
    }
    for header in first["headers"].as_array().into_iter().flatten() {
        let name = header[0].as_str().context("a header has a name")?;
        let value = match header[1].as_str() {
            Some(value) => format!("={}", String::from_utf8(decoded(value)?)?),
            None => String::new(),
        };
        arguments.push(format!("-H{name}{value}"));
    }
    Ok(arguments)
}

fn write(record: &Value, input: &mut Vec<u8>) -> anyhow::Result<()> {
    if let Some(key) = record["key"].as_str() {
        input.extend(decoded(key)?);
        input.push(KEY_END);
    }
    if let Some(value) = record["value"].as_str() {
        input.extend(decoded(value)?);
    }
    input.push(RECORD_END);
    Ok(())
}

fn decoded(text: &str) -> anyhow::Result<Vec<u8>> {
    base64::decode(text).context("bytes are base 64")
}
