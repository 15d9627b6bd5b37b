//! How our struct must look in Rust's debug form, given its schema and its JSON.
//!
//! This is an account of the schema of its own, next to the code generator's: a field that the
//! generator names, orders, types or defaults wrongly shows here.

use bytes::Bytes;
use ottla_schema::{Field, FieldType, MessageSchema, Versions};
use serde_json::Value;

use crate::base64;
use crate::random_value::json_name;

/// The debug form of the message that `json` describes at `version`.
pub fn debug_form(schema: &MessageSchema, version: i16, json: &Value) -> String {
    let form = Form {
        schema,
        version: Some(version),
    };
    form.structure(&schema.name, &schema.fields, schema.versions, json)
}

struct Form<'a> {
    schema: &'a MessageSchema,
    /// `None` where no field is on the wire: everything is at its default.
    version: Option<i16>,
}

impl Form<'_> {
    fn structure(&self, name: &str, fields: &[Field], within: Versions, json: &Value) -> String {
        let fields: Vec<String> = fields
            .iter()
            .map(|field| {
                format!(
                    "{}: {}",
                    rust_name(&field.name),
                    self.field(field, within, json)
                )
            })
            .collect();
        let name = name.replace("KRaft", "Kraft");
        if fields.is_empty() {
            return name;
        }
        format!("{name} {{ {} }}", fields.join(", "))
    }

    fn field(&self, field: &Field, within: Versions, json: &Value) -> String {
        let null_default = field.default.as_deref() == Some("null")
            || (field.field_type == FieldType::Records && !field.nullable.is_empty());
        let optional = null_default || !field.nullable.intersect(within).is_empty();
        let present = self
            .version
            .filter(|version| field.versions.contains(*version))
            .and_then(|_| json.get(json_name(field)));
        let within = field.versions.intersect(within);
        let plain = match present {
            Some(Value::Null) => return "None".to_owned(),
            Some(value) => self.value(&field.field_type, within, value),
            None if null_default => return "None".to_owned(),
            None => self.default(field, within),
        };
        if optional {
            format!("Some({plain})")
        } else {
            plain
        }
    }

    fn value(&self, field_type: &FieldType, within: Versions, value: &Value) -> String {
        let text = value.as_str().unwrap_or_default();
        match field_type {
            FieldType::String => format!("{text:?}"),
            FieldType::Uuid => text.to_owned(),
            FieldType::Bytes | FieldType::Records => {
                format!("{:?}", Bytes::from(base64::decode(text)))
            }
            FieldType::Float64 => format!("{:?}", value.as_f64().unwrap_or_default()),
            FieldType::Struct(name) => {
                let fields = self.schema.struct_fields(name).unwrap_or_default();
                self.structure(name, fields, self.within(name, within), value)
            }
            FieldType::Array(element) => {
                let elements: Vec<String> = value
                    .as_array()
                    .into_iter()
                    .flatten()
                    .map(|value| self.value(element, within, value))
                    .collect();
                format!("[{}]", elements.join(", "))
            }
            _ => value.to_string(),
        }
    }

    /// The versions at which a struct is used: a shared one says so itself.
    fn within(&self, name: &str, within: Versions) -> Versions {
        let shared = self
            .schema
            .structs
            .iter()
            .find(|shared| shared.name == name);
        shared.map_or(within, |shared| {
            shared.versions.intersect(self.schema.versions)
        })
    }

    fn default(&self, field: &Field, within: Versions) -> String {
        if let Some(default) = &field.default {
            return default.clone();
        }
        match &field.field_type {
            FieldType::Bool => "false".to_owned(),
            FieldType::Float64 => "0.0".to_owned(),
            FieldType::Uuid => "AAAAAAAAAAAAAAAAAAAAAA".to_owned(),
            FieldType::String => "\"\"".to_owned(),
            FieldType::Bytes | FieldType::Records => "b\"\"".to_owned(),
            FieldType::Array(_) => "[]".to_owned(),
            FieldType::Struct(name) => {
                let nothing = Form {
                    schema: self.schema,
                    version: None,
                };
                let fields = self.schema.struct_fields(name).unwrap_or_default();
                nothing.structure(name, fields, self.within(name, within), &Value::Null)
            }
            _ => "0".to_owned(),
        }
    }
}

/// `ThrottleTimeMs` → `throttle_time_ms`: a word starts where a capital follows a small letter, or
/// where the last of several capitals is followed by one.
fn rust_name(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut snake = String::new();
    for (position, letter) in letters.iter().enumerate() {
        let previous = position
            .checked_sub(1)
            .and_then(|before| letters.get(before));
        let next = letters.get(position + 1);
        let starts_word = letter.is_uppercase()
            && previous.is_some_and(|previous| {
                !previous.is_uppercase() || next.is_some_and(|next| next.is_lowercase())
            });
        if starts_word {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake.replace("k_raft", "kraft")
}
