//! How a record is shown: the parts asked for, in a fixed order, between separators.

use ottla_client::ConsumerRecord;

use crate::log_line::log_line;

const CLASS: &str = "org.apache.kafka.tools.consumer.DefaultMessageFormatter";

/// Why a record cannot be shown: the text of Java's SerializationException.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotShown(pub &'static str);

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
    /// By the name of Kafka's class. For another one Kafka's tool logs that it is not there, and
    /// goes on with the bytes as they are.
    fn by_class(class: &str) -> Deserializer {
        let name = class.strip_prefix("org.apache.kafka.common.serialization.");
        match name.unwrap_or(class) {
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
                let text = format!("Unable to instantiate a deserializer from {class}");
                log_line("ERROR", text, CLASS);
                Deserializer::Plain
            }
        }
    }

    /// Appends the text.
    fn write(self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), NotShown> {
        let (text, otherwise) = match self {
            Deserializer::Plain => {
                out.extend_from_slice(bytes);
                return Ok(());
            }
            Deserializer::Short => (
                whole(bytes).map(|b| i16::from_be_bytes(b).to_string()),
                "Size of data received by ShortDeserializer is not 2",
            ),
            Deserializer::Integer => (
                whole(bytes).map(|b| i32::from_be_bytes(b).to_string()),
                "Size of data received by IntegerDeserializer is not 4",
            ),
            Deserializer::Long => (
                whole(bytes).map(|b| i64::from_be_bytes(b).to_string()),
                "Size of data received by LongDeserializer is not 8",
            ),
            Deserializer::Float => (
                whole(bytes).map(|b| format!("{:?}", f32::from_be_bytes(b))),
                "Size of data received by Deserializer is not 4",
            ),
            Deserializer::Double => (
                whole(bytes).map(|b| format!("{:?}", f64::from_be_bytes(b))),
                "Size of data received by Deserializer is not 8",
            ),
            Deserializer::Boolean => (
                whole(bytes).map(|[byte]| (byte != 0).to_string()),
                "Size of data received by BooleanDeserializer is not 1",
            ),
            Deserializer::Uuid => (uuid(bytes), "Error parsing data into UUID"),
        };
        out.extend_from_slice(text.ok_or(NotShown(otherwise))?.as_bytes());
        Ok(())
    }
}

fn whole<const N: usize>(bytes: &[u8]) -> Option<[u8; N]> {
    bytes.try_into().ok()
}

/// The text of a UUID, in small letters; Kafka's serializer writes UUIDs as text.
fn uuid(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    let groups: Vec<&str> = text.split('-').collect();
    let sizes: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    let all_hex = groups
        .iter()
        .all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()));
    (sizes == [8, 4, 4, 4, 12] && all_hex).then(|| text.to_ascii_lowercase())
}

impl Formatter {
    /// The default formatter with these properties.
    pub fn new(properties: &[(String, String)]) -> Formatter {
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
                "key.deserializer" => parts.key_deserializer = Deserializer::by_class(value),
                "value.deserializer" => parts.value_deserializer = Deserializer::by_class(value),
                "headers.deserializer" => {
                    parts.headers_deserializer = Deserializer::by_class(value);
                }
                // Kafka's formatter passes over what it does not know.
                _ => {}
            }
        }
        Formatter::Default(Box::new(parts))
    }

    /// Appends a record as it is shown. Of one that cannot be, what comes before the bad part.
    pub fn write(&self, record: &ConsumerRecord, out: &mut Vec<u8>) -> Result<(), NotShown> {
        let Formatter::Default(parts) = self else {
            return Ok(());
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
            parts.write_headers(record, out)?;
        }
        if parts.key {
            begin(out);
            parts.write_field(parts.key_deserializer, record.key.as_deref(), out)?;
        }
        if parts.value {
            begin(out);
            parts.write_field(parts.value_deserializer, record.value.as_deref(), out)?;
        }
        out.extend_from_slice(parts.line_separator.as_bytes());
        Ok(())
    }
}

impl Parts {
    fn write_headers(&self, record: &ConsumerRecord, out: &mut Vec<u8>) -> Result<(), NotShown> {
        if record.headers.is_empty() {
            out.extend_from_slice(b"NO_HEADERS");
        }
        for (index, (key, value)) in record.headers.iter().enumerate() {
            if index > 0 {
                out.extend_from_slice(self.headers_separator.as_bytes());
            }
            out.extend_from_slice(key);
            out.push(b':');
            self.write_field(self.headers_deserializer, value.as_deref(), out)?;
        }
        Ok(())
    }

    fn write_field(
        &self,
        deserializer: Deserializer,
        bytes: Option<&[u8]>,
        out: &mut Vec<u8>,
    ) -> Result<(), NotShown> {
        match bytes {
            Some(bytes) => deserializer.write(bytes, out),
            None => {
                out.extend_from_slice(self.null_literal.as_bytes());
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests;
