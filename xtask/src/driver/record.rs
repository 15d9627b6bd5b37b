//! A record as scenarios see it: what is written and what comes back.

use anyhow::{Context, bail};
use serde_json::{Value, json};

use crate::base64;

/// A record that is written, or was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    /// The partition that is asked for, or where it was.
    pub partition: Option<i64>,
    /// Where it was read.
    pub offset: Option<i64>,
    /// Milliseconds since 1970.
    pub timestamp: Option<i64>,
    /// Whether the time is the broker's; nothing where the client does not tell.
    pub append_time: Option<bool>,
    /// The key.
    pub key: Option<Vec<u8>>,
    /// The value; nothing is a tombstone.
    pub value: Option<Vec<u8>>,
    /// Names and values, in order.
    pub headers: Vec<(String, Option<Vec<u8>>)>,
}

/// What of a record must come back unchanged.
pub type Expected<'a> = (
    Option<&'a [u8]>,
    Option<&'a [u8]>,
    &'a [(String, Option<Vec<u8>>)],
);

impl Record {
    /// A record of a partition with a value.
    pub fn of(partition: i64, value: impl Into<Vec<u8>>) -> Self {
        Self {
            partition: Some(partition),
            value: Some(value.into()),
            ..Self::default()
        }
    }

    /// The same with a key.
    #[must_use]
    pub fn with_key(mut self, key: impl Into<Vec<u8>>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// The same with a time in milliseconds since 1970.
    #[must_use]
    pub fn at(mut self, timestamp: i64) -> Self {
        self.timestamp = Some(timestamp);
        self
    }

    /// The same with one more header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: Option<&[u8]>) -> Self {
        self.headers
            .push((name.to_owned(), value.map(<[u8]>::to_vec)));
        self
    }

    /// What must come back unchanged.
    pub fn content(&self) -> Expected<'_> {
        (self.key.as_deref(), self.value.as_deref(), &self.headers)
    }

    pub(super) fn to_json(&self) -> Value {
        let text = |bytes: &Option<Vec<u8>>| bytes.as_deref().map(base64::encode);
        let headers: Vec<Value> = self
            .headers
            .iter()
            .map(|(name, value)| json!([name, text(value)]))
            .collect();
        json!({ "partition": self.partition, "timestamp": self.timestamp, "key": text(&self.key),
            "value": text(&self.value), "headers": headers })
    }

    pub(super) fn list(values: &Value) -> anyhow::Result<Vec<Self>> {
        let values = values.as_array().context("records are a list")?;
        values.iter().map(Self::from_json).collect()
    }

    fn from_json(value: &Value) -> anyhow::Result<Self> {
        let mut headers = Vec::new();
        for header in value["headers"]
            .as_array()
            .context("a record has headers")?
        {
            let name = header[0]
                .as_str()
                .context("a header has a name")?
                .to_owned();
            headers.push((name, bytes(&header[1])?));
        }
        Ok(Self {
            partition: value["partition"].as_i64(),
            offset: value["offset"].as_i64(),
            timestamp: value["timestamp"].as_i64(),
            append_time: value["append_time"].as_bool(),
            key: bytes(&value["key"])?,
            value: bytes(&value["value"])?,
            headers,
        })
    }
}

fn bytes(value: &Value) -> anyhow::Result<Option<Vec<u8>>> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(base64::decode(text).context("bytes are base 64")?)),
        other => bail!("bytes as text instead of {other}"),
    }
}
