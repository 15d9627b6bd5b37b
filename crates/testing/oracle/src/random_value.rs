//! Random messages, as the JSON that Kafka's converters read. Edges are more frequent than chance
//! would have them.

use ottla_machine::Random;
use ottla_schema::{Field, FieldType, MessageSchema, Versions};
use serde_json::{Map, Value};

use crate::base64;

/// A random message of `version`.
pub fn message(schema: &MessageSchema, version: i16, random: &mut Random) -> Value {
    let mut generator = Generator {
        schema,
        version,
        random,
    };
    generator.fields(&schema.fields)
}

/// The name of a field in JSON.
pub fn json_name(field: &Field) -> String {
    let mut letters = field.name.chars();
    letters.next().map_or_else(String::new, |first| {
        format!("{}{}", first.to_ascii_lowercase(), letters.as_str())
    })
}

struct Generator<'a> {
    schema: &'a MessageSchema,
    version: i16,
    random: &'a mut Random,
}

impl Generator<'_> {
    fn one_in(&mut self, count: u64) -> bool {
        self.random.below(count) == 0
    }

    fn fields(&mut self, fields: &[Field]) -> Value {
        let mut object = Map::new();
        for field in fields {
            if !field.versions.contains(self.version) {
                continue;
            }
            let nullable = field.nullable.contains(self.version);
            let value = if nullable && self.one_in(4) {
                Value::Null
            } else if field.tag.is_some() && self.one_in(4) && is_own_default(field) {
                default(&field.field_type)
            } else {
                self.value(&field.field_type)
            };
            object.insert(json_name(field), value);
        }
        Value::Object(object)
    }

    fn value(&mut self, field_type: &FieldType) -> Value {
        match field_type {
            FieldType::Bool => Value::Bool(self.one_in(2)),
            FieldType::Int8 => self.integer(i8::MIN.into(), i8::MAX.into()),
            FieldType::Int16 => self.integer(i16::MIN.into(), i16::MAX.into()),
            FieldType::Uint16 => self.integer(0, u16::MAX.into()),
            FieldType::Int32 => self.integer(i32::MIN.into(), i32::MAX.into()),
            FieldType::Uint32 => self.integer(0, u32::MAX.into()),
            FieldType::Int64 => self.integer(i64::MIN, i64::MAX),
            FieldType::Float64 => {
                let eighths = self.random.next_u64() as i32;
                Value::from(f64::from(eighths) / 8.0)
            }
            FieldType::Uuid => {
                let reserved = ottla_types::Uuid(u128::from(self.random.below(3)));
                let id = if self.one_in(4) {
                    reserved
                } else {
                    self.random.uuid()
                };
                Value::String(id.to_string())
            }
            FieldType::String => Value::String(self.text()),
            FieldType::Bytes | FieldType::Records => {
                let length = self.length(&[0, 1, 126, 127, 1023, 1024, 5000]);
                let bytes: Vec<u8> = (0..length).map(|_| self.random.next_u64() as u8).collect();
                Value::String(base64::encode(&bytes))
            }
            FieldType::Struct(name) => {
                let schema = self.schema;
                self.fields(schema.struct_fields(name).unwrap_or_default())
            }
            FieldType::Array(element) => {
                let lengths: &[u64] = match element.struct_name() {
                    Some(_) => &[0, 1, 2, 3],
                    None => &[0, 1, 2, 5, 127, 128],
                };
                let length = self.length(lengths);
                (0..length).map(|_| self.value(element)).collect()
            }
        }
    }

    fn length(&mut self, edges: &[u64]) -> u64 {
        let edge = self.random.below(edges.len() as u64);
        edges.get(edge as usize).copied().unwrap_or_default()
    }

    fn integer(&mut self, low: i64, high: i64) -> Value {
        let value = match self.random.below(6) {
            0 => low,
            1 => high,
            2 => 0,
            3 => 1,
            4 => low.max(-1),
            _ => {
                let width = i128::from(high) - i128::from(low) + 1;
                let offset = i128::from(self.random.next_u64()) % width;
                i64::try_from(i128::from(low) + offset).unwrap_or(low)
            }
        };
        Value::from(value)
    }

    fn text(&mut self) -> String {
        const LETTERS: [char; 12] = [
            'a', 'Z', '0', '-', '_', '.', ' ', '"', '\\', 'ß', '語', '🦀',
        ];
        let length = self.length(&[0, 1, 5, 10, 126, 127, 128]);
        (0..length)
            .map(|_| {
                let letter = self.random.below(LETTERS.len() as u64);
                LETTERS.get(letter as usize).copied().unwrap_or('a')
            })
            .collect()
    }
}

fn is_own_default(field: &Field) -> bool {
    field.default.is_none()
        && field.nullable == Versions::NONE
        && field.field_type.struct_name().is_none()
}

fn default(field_type: &FieldType) -> Value {
    match field_type {
        FieldType::Bool => Value::Bool(false),
        FieldType::Float64 => Value::from(0.0),
        FieldType::Uuid => Value::String(ottla_types::Uuid::ZERO.to_string()),
        FieldType::String | FieldType::Bytes | FieldType::Records => Value::String(String::new()),
        FieldType::Array(_) | FieldType::Struct(_) => Value::Array(Vec::new()),
        _ => Value::from(0),
    }
}
