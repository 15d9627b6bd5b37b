//! Bytes → JSON, every field of the version named.

use anyhow::{Context, bail};
use ottla_schema::{Field, FieldType, MessageSchema};
use ottla_types::Uuid;
use serde_json::{Map, Value};

use super::{Form, json_name, to_hexadecimal};

/// The message that `bytes` are at `version`, to the last byte.
///
/// # Errors
/// When they are not such a message, or more than one.
pub fn read(schema: &MessageSchema, version: i16, mut bytes: &[u8]) -> anyhow::Result<Value> {
    let form = Form { schema, version };
    let value = form.read_fields(&schema.fields, &mut bytes)?;
    if !bytes.is_empty() {
        bail!("{} bytes are left over", bytes.len());
    }
    Ok(value)
}

/// Takes an unsigned varint off the front.
pub fn read_varint(bytes: &mut &[u8]) -> anyhow::Result<u32> {
    let mut number = 0_u64;
    for shift in (0..35).step_by(7) {
        let [byte] = take(bytes)?;
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok(u32::try_from(number)?);
        }
    }
    bail!("a varint does not end");
}

fn take<const COUNT: usize>(bytes: &mut &[u8]) -> anyhow::Result<[u8; COUNT]> {
    let (front, rest) = bytes.split_first_chunk().context("it ends too early")?;
    *bytes = rest;
    Ok(*front)
}

fn take_slice<'a>(bytes: &mut &'a [u8], count: usize) -> anyhow::Result<&'a [u8]> {
    let (front, rest) = bytes.split_at_checked(count).context("it ends too early")?;
    *bytes = rest;
    Ok(front)
}

impl Form<'_> {
    fn read_fields(&self, fields: &[Field], bytes: &mut &[u8]) -> anyhow::Result<Value> {
        let mut object = Map::new();
        for field in self.untagged(fields) {
            let value = self
                .read_value(field, &field.field_type, bytes)
                .with_context(|| json_name(field))?;
            object.insert(json_name(field), value);
        }
        if !self.is_flexible() {
            return Ok(Value::Object(object));
        }
        let tagged = self.tagged(fields);
        for (_, field) in &tagged {
            object.insert(json_name(field), self.default(field));
        }
        for _ in 0..read_varint(bytes)? {
            let number = read_varint(bytes)?;
            let length = read_varint(bytes)? as usize;
            let mut content = take_slice(bytes, length)?;
            match tagged.iter().find(|(tag, _)| *tag == number) {
                Some((_, field)) => {
                    let value = self.read_value(field, &field.field_type, &mut content)?;
                    object.insert(json_name(field), value);
                }
                None => {
                    object.insert(format!("tag{number}"), Value::from(to_hexadecimal(content)));
                }
            }
        }
        Ok(Value::Object(object))
    }

    fn read_value(
        &self,
        field: &Field,
        field_type: &FieldType,
        bytes: &mut &[u8],
    ) -> anyhow::Result<Value> {
        Ok(match field_type {
            FieldType::Bool => Value::from(take::<1>(bytes)? != [0]),
            FieldType::Int8 => Value::from(i8::from_be_bytes(take(bytes)?)),
            FieldType::Int16 => Value::from(i16::from_be_bytes(take(bytes)?)),
            FieldType::Uint16 => Value::from(u16::from_be_bytes(take(bytes)?)),
            FieldType::Int32 => Value::from(i32::from_be_bytes(take(bytes)?)),
            FieldType::Uint32 => Value::from(u32::from_be_bytes(take(bytes)?)),
            FieldType::Int64 => Value::from(i64::from_be_bytes(take(bytes)?)),
            FieldType::Float64 => Value::from(f64::from_be_bytes(take(bytes)?)),
            FieldType::Uuid => Value::from(Uuid(u128::from_be_bytes(take(bytes)?)).to_string()),
            FieldType::String => match self.read_length(field, true, bytes)? {
                None => Value::Null,
                Some(length) => Value::from(std::str::from_utf8(take_slice(bytes, length)?)?),
            },
            FieldType::Bytes | FieldType::Records => {
                match self.read_length(field, false, bytes)? {
                    None => Value::Null,
                    Some(length) => Value::from(to_hexadecimal(take_slice(bytes, length)?)),
                }
            }
            FieldType::Struct(name) => {
                let nullable = field.nullable.contains(self.version);
                if nullable && take::<1>(bytes)? == [0xff] {
                    return Ok(Value::Null);
                }
                self.read_fields(self.struct_fields(name), bytes)?
            }
            FieldType::Array(element) => {
                let Some(length) = self.read_length(field, false, bytes)? else {
                    return Ok(Value::Null);
                };
                let mut elements = Vec::new();
                for _ in 0..length {
                    elements.push(match &**element {
                        FieldType::Struct(name) => {
                            self.read_fields(self.struct_fields(name), bytes)?
                        }
                        element => self.read_value(field, element, bytes)?,
                    });
                }
                Value::Array(elements)
            }
        })
    }

    fn read_length(
        &self,
        field: &Field,
        is_short: bool,
        bytes: &mut &[u8],
    ) -> anyhow::Result<Option<usize>> {
        let length = if self.is_compact(field) {
            i64::from(read_varint(bytes)?) - 1
        } else if is_short {
            i64::from(i16::from_be_bytes(take(bytes)?))
        } else {
            i64::from(i32::from_be_bytes(take(bytes)?))
        };
        Ok(usize::try_from(length).ok())
    }
}
