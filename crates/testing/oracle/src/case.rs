//! One random value, and the judgement of what Kafka made of it.

use anyhow::{Context, bail};
use bytes::Bytes;
use ottla_messages::{Message, Reader, Writer};
use ottla_schema::MessageSchema;
use serde_json::Value;

use crate::expected;

/// A value of a message.
pub struct Case<'a> {
    /// Kafka's class.
    pub class: String,
    /// The message.
    pub schema: &'a MessageSchema,
    /// The version it is written at.
    pub version: i16,
    /// The value.
    pub json: Value,
}

/// What a comparison found.
pub enum Verdict {
    /// Our bytes are Kafka's, and our fields have the values.
    Equal,
    /// Kafka's jars lack the message.
    Absent,
    /// They differ, and how.
    Different(String),
}

/// What our side makes of bytes: the debug form of the struct, and its bytes.
type RoundTrip = fn(Bytes, i16) -> Result<(String, Bytes), String>;

impl Case<'_> {
    /// Compares our side with `answer`, the bytes that Kafka made, in hexadecimal digits.
    ///
    /// # Errors
    /// When our crate has no such message.
    pub fn judge(&self, answer: &str) -> anyhow::Result<Verdict> {
        if answer == "absent" {
            return Ok(Verdict::Absent);
        }
        let Some(bytes) = from_hexadecimal(answer) else {
            return Ok(Verdict::Different(format!("Kafka says: {answer}")));
        };
        let round_trip = self.round_trip()?;
        let (found, written) = match round_trip(bytes.clone(), self.version) {
            Ok(result) => result,
            Err(error) => return Ok(Verdict::Different(error)),
        };
        let expected = expected::debug_form(self.schema, self.version, &self.json);
        if found != expected {
            return Ok(Verdict::Different(format!(
                "read\n  {found}\nexpected\n  {expected}"
            )));
        }
        if written != bytes {
            return Ok(Verdict::Different(format!(
                "written\n  {written:?}\nKafka's\n  {bytes:?}"
            )));
        }
        for end in [
            bytes.len() / 3,
            bytes.len() / 2,
            bytes.len() - bytes.len().min(1),
        ] {
            if end < bytes.len() && round_trip(bytes.slice(..end), self.version).is_ok() {
                return Ok(Verdict::Different(format!(
                    "{end} bytes are enough to read it"
                )));
            }
        }
        Ok(Verdict::Equal)
    }

    fn round_trip(&self) -> anyhow::Result<RoundTrip> {
        macro_rules! table {
            ($($module:ident::$message:ident,)*) => {
                [$((
                    ottla_messages::$module::$message::NAME,
                    round_trip::<ottla_messages::$module::$message> as RoundTrip,
                )),*]
            };
        }
        let table = ottla_messages::for_each_message!(table);
        match table.iter().find(|(name, _)| *name == self.schema.name) {
            Some((_, round_trip)) => Ok(*round_trip),
            None => bail!("our crate has no {}", self.schema.name),
        }
    }
}

fn round_trip<M: Message>(bytes: Bytes, version: i16) -> Result<(String, Bytes), String> {
    let mut reader = Reader::new(bytes);
    let message = M::decode(&mut reader, version).map_err(|error| format!("decode: {error}"))?;
    if reader.remaining() > 0 {
        return Err(format!("{} bytes are left over", reader.remaining()));
    }
    let mut writer = Writer::new();
    message
        .encode(&mut writer, version)
        .map_err(|error| format!("encode: {error}"))?;
    Ok((format!("{message:?}"), writer.into_bytes()))
}

fn from_hexadecimal(digits: &str) -> Option<Bytes> {
    let pairs = digits.as_bytes().chunks(2);
    let bytes: anyhow::Result<Vec<u8>> = pairs
        .map(|pair| {
            let pair = std::str::from_utf8(pair)?;
            u8::from_str_radix(pair, 16).context("a digit")
        })
        .collect();
    bytes.ok().map(Bytes::from)
}
