//! How a record is shown: the parts asked for, in a fixed order, between separators.

use ottla_client::ConsumerRecord;

use crate::failure::Failure;

/// Shows records.
#[derive(Clone, Debug)]
pub(super) enum Formatter {
    /// Shows nothing: for measuring.
    Silent,
    /// Shows what the properties say.
    Default(Box<Parts>),
}

/// What is shown and how; the names are Kafka's.
#[derive(Clone, Debug)]
pub(super) struct Parts {
    timestamp: bool,
    partition: bool,
    offset: bool,
    delivery: bool,
    epoch: bool,
    headers: bool,
    key: bool,
    value: bool,
    key_separator: String,
    line_separator: String,
    headers_separator: String,
    null_literal: String,
    key_deserializer: Deserializer,
    value_deserializer: Deserializer,
    headers_deserializer: Deserializer,
}

/// How bytes become text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deserializer {
    /// The bytes as they are.
    Plain,
    Short,
    Integer,
    Long,
    Float,
    Double,
    Boolean,
    Uuid,
}

impl Deserializer {
    fn by_class(class: &str) -> Result<Deserializer, Failure> {
        let name = class.strip_prefix("org.apache.kafka.common.serialization.");
        Ok(match name.unwrap_or(class) {
            "StringDeserializer" | "ByteArrayDeserializer" | "BytesDeserializer" => {
                Deserializer::Plain
            }
            "ShortDeserializer" => Deserializer::Short,
            "IntegerDeserializer" => Deserializer::Integer,
            "LongDeserializer" => Deserializer::Long,
            "FloatDeserializer" => Deserializer::Float,
            "DoubleDeserializer" => Deserializer::Double,
            "BooleanDeserializer" => Deserializer::Boolean,
            "UUIDDeserializer" => Deserializer::Uuid,
            _ => {
                return Err(Failure::Thrown(
                    "java.lang.ClassNotFoundException",
                    class.to_owned(),
                ));
            }
        })
    }

    /// Appends the text. Bytes that are no such value are shown as they are.
    fn write(self, bytes: &[u8], out: &mut Vec<u8>) {
        let text = match self {
            Deserializer::Plain => None,
            Deserializer::Short => whole(bytes).map(|b| i16::from_be_bytes(b).to_string()),
            Deserializer::Integer => whole(bytes).map(|b| i32::from_be_bytes(b).to_string()),
            Deserializer::Long => whole(bytes).map(|b| i64::from_be_bytes(b).to_string()),
            Deserializer::Float => whole(bytes).map(|b| format!("{:?}", f32::from_be_bytes(b))),
            Deserializer::Double => whole(bytes).map(|b| format!("{:?}", f64::from_be_bytes(b))),
            Deserializer::Boolean => whole(bytes).map(|[byte]| (byte != 0).to_string()),
            Deserializer::Uuid => std::str::from_utf8(bytes).ok().map(str::to_owned),
        };
        match text {
            Some(text) => out.extend_from_slice(text.as_bytes()),
            None => out.extend_from_slice(bytes),
        }
    }
}

fn whole<const N: usize>(bytes: &[u8]) -> Option<[u8; N]> {
    bytes.try_into().ok()
}

impl Formatter {
    /// The default formatter with these properties.
    pub fn new(properties: &[(String, String)]) -> Result<Formatter, Failure> {
        let mut parts = Parts {
            timestamp: false,
            partition: false,
            offset: false,
            delivery: false,
            epoch: false,
            headers: false,
            key: false,
            value: true,
            key_separator: "\t".to_owned(),
            line_separator: "\n".to_owned(),
            headers_separator: ",".to_owned(),
            null_literal: "null".to_owned(),
            key_deserializer: Deserializer::Plain,
            value_deserializer: Deserializer::Plain,
            headers_deserializer: Deserializer::Plain,
        };
        for (key, value) in properties {
            let is_true = value.trim().eq_ignore_ascii_case("true");
            match key.as_str() {
                "print.timestamp" => parts.timestamp = is_true,
                "print.partition" => parts.partition = is_true,
                "print.offset" => parts.offset = is_true,
                "print.delivery" => parts.delivery = is_true,
                "print.epoch" => parts.epoch = is_true,
                "print.headers" => parts.headers = is_true,
                "print.key" => parts.key = is_true,
                "print.value" => parts.value = is_true,
                "key.separator" => parts.key_separator.clone_from(value),
                "line.separator" => parts.line_separator.clone_from(value),
                "headers.separator" => parts.headers_separator.clone_from(value),
                "null.literal" => parts.null_literal.clone_from(value),
                "key.deserializer" => parts.key_deserializer = Deserializer::by_class(value)?,
                "value.deserializer" => parts.value_deserializer = Deserializer::by_class(value)?,
                "headers.deserializer" => {
                    parts.headers_deserializer = Deserializer::by_class(value)?;
                }
                // Kafka's formatter passes over what it does not know.
                _ => {}
            }
        }
        Ok(Formatter::Default(Box::new(parts)))
    }

    /// Appends a record as it is shown.
    pub fn write(&self, record: &ConsumerRecord, out: &mut Vec<u8>) {
        let Formatter::Default(parts) = self else {
            return;
        };
        let mut first = true;
        let mut begin = |out: &mut Vec<u8>| {
            if !std::mem::take(&mut first) {
                out.extend_from_slice(parts.key_separator.as_bytes());
            }
        };
        if parts.timestamp {
            begin(out);
            let kind = if record.is_append_time {
                "LogAppendTime"
            } else {
                "CreateTime"
            };
            out.extend_from_slice(format!("{kind}:{}", record.timestamp).as_bytes());
        }
        let texts = [
            (parts.partition, format!("Partition:{}", record.partition)),
            (parts.offset, format!("Offset:{}", record.offset)),
            // Only share groups count deliveries, and Kafka's tool drops the epoch.
            (parts.delivery, "Delivery:NOT_PRESENT".to_owned()),
            (parts.epoch, "Epoch:NOT_PRESENT".to_owned()),
        ];
        for (_, text) in texts.iter().filter(|(shown, _)| *shown) {
            begin(out);
            out.extend_from_slice(text.as_bytes());
        }
        if parts.headers {
            begin(out);
            parts.write_headers(record, out);
        }
        if parts.key {
            begin(out);
            parts.write_field(parts.key_deserializer, record.key.as_deref(), out);
        }
        if parts.value {
            begin(out);
            parts.write_field(parts.value_deserializer, record.value.as_deref(), out);
        }
        out.extend_from_slice(parts.line_separator.as_bytes());
    }
}

impl Parts {
    fn write_headers(&self, record: &ConsumerRecord, out: &mut Vec<u8>) {
        if record.headers.is_empty() {
            out.extend_from_slice(b"NO_HEADERS");
        }
        for (index, (key, value)) in record.headers.iter().enumerate() {
            if index > 0 {
                out.extend_from_slice(self.headers_separator.as_bytes());
            }
            out.extend_from_slice(key);
            out.push(b':');
            self.write_field(self.headers_deserializer, value.as_deref(), out);
        }
    }

    fn write_field(&self, deserializer: Deserializer, bytes: Option<&[u8]>, out: &mut Vec<u8>) {
        match bytes {
            Some(bytes) => deserializer.write(bytes, out),
            None => out.extend_from_slice(self.null_literal.as_bytes()),
        }
    }
}

#[cfg(test)]
mod tests;
