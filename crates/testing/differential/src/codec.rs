//! Messages as JSON: written to bytes and read from bytes by their schema alone, so that any
//! request can be made, the wrong ones too, and any answer can be compared field by field.
//!
//! *Invariants*: this reads the schema on its own, beside the code generator of the wire crate; a
//! field that the generator gets wrong is a difference here.
//!
//! *Not here*: record batches, which are bytes to this module.

mod hexadecimal;
mod read;
#[cfg(test)]
mod tests;
mod write;

use ottla_schema::{Field, FieldType, MessageSchema};
use serde_json::Value;

pub use hexadecimal::{from_hexadecimal, to_hexadecimal};
pub use read::{read, read_varint};
pub use write::{write, write_varint};

/// The name of a field in JSON: `topicData`.
pub fn json_name(field: &Field) -> String {
    let mut letters = field.name.chars();
    letters.next().map_or_else(String::new, |first| {
        format!("{}{}", first.to_ascii_lowercase(), letters.as_str())
    })
}

/// A message of one version.
struct Form<'a> {
    schema: &'a MessageSchema,
    version: i16,
}

impl Form<'_> {
    fn is_flexible(&self) -> bool {
        self.schema.flexible.contains(self.version)
    }

    /// Whether the lengths of a field are written in the compact way.
    fn is_compact(&self, field: &Field) -> bool {
        let flexible = field.flexible.unwrap_or(self.schema.flexible);
        flexible.contains(self.version)
    }

    /// The fields of this version in the order of the wire.
    fn untagged<'f>(&self, fields: &'f [Field]) -> impl Iterator<Item = &'f Field> + use<'f> {
        let version = self.version;
        fields
            .iter()
            .filter(move |field| field.versions.contains(version) && tag(field, version).is_none())
    }

    /// The tagged fields of this version with their tags, in the order of the tags.
    fn tagged<'f>(&self, fields: &'f [Field]) -> Vec<(u32, &'f Field)> {
        let present = fields
            .iter()
            .filter(|field| field.versions.contains(self.version));
        let mut tagged: Vec<_> = present
            .filter_map(|field| Some((tag(field, self.version)?, field)))
            .collect();
        tagged.sort_by_key(|(number, _)| *number);
        tagged
    }

    fn struct_fields(&self, name: &str) -> &[Field] {
        self.schema.struct_fields(name).unwrap_or_default()
    }

    /// What a field is when nothing is said about it.
    fn default(&self, field: &Field) -> Value {
        if let Some(literal) = &field.default {
            return literal.parse::<i64>().map(Value::from).unwrap_or_else(|_| {
                match literal.as_str() {
                    "null" => Value::Null,
                    "true" => Value::Bool(true),
                    "false" => Value::Bool(false),
                    text => Value::from(text),
                }
            });
        }
        match &field.field_type {
            FieldType::Bool => Value::Bool(false),
            FieldType::Float64 => Value::from(0.0),
            FieldType::Uuid => Value::String(ottla_types::Uuid::ZERO.to_string()),
            FieldType::Records => Value::Null,
            FieldType::String | FieldType::Bytes => Value::String(String::new()),
            FieldType::Array(_) => Value::Array(Vec::new()),
            FieldType::Struct(name) => {
                let fields = self.struct_fields(name).iter();
                let present = fields.filter(|field| field.versions.contains(self.version));
                present
                    .map(|field| (json_name(field), self.default(field)))
                    .collect()
            }
            _ => Value::from(0),
        }
    }
}

fn tag(field: &Field, version: i16) -> Option<u32> {
    field
        .tag
        .filter(|tag| tag.versions.contains(version))
        .map(|tag| tag.number)
}
