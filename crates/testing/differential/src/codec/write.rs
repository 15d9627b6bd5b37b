//! JSON → bytes. Null is written as null even where no version allows it.

use anyhow::{Context, bail};
use ottla_schema::{Field, FieldType, MessageSchema};
use ottla_types::Uuid;
use serde_json::Value;

use super::{Form, from_hexadecimal, json_name};

/// The bytes of a message at `version`. Fields that `json` does not name have their defaults, those
/// of other versions are left out.
///
/// # Errors
/// When a value has not the type of its field.
pub fn write(schema: &MessageSchema, version: i16, json: &Value) -> anyhow::Result<Vec<u8>> {
    let mut out = Vec::new();
    let form = Form { schema, version };
    form.write_fields(&schema.fields, json, &mut out)?;
    Ok(out)
}

/// Writes a number as Kafka's unsigned varint.
pub fn write_varint(out: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

impl Form<'_> {
    fn write_fields(
        &self,
        fields: &[Field],
        json: &Value,
        out: &mut Vec<u8>,
    ) -> anyhow::Result<()> {
        for field in self.untagged(fields) {
            let named = json.get(json_name(field)).cloned();
            let value = named.unwrap_or_else(|| self.default(field));
            self.write_value(field, &field.field_type, &value, out)
                .with_context(|| json_name(field))?;
        }
        if !self.is_flexible() {
            return Ok(());
        }
        let tagged = self.tagged(fields).into_iter();
        let named: Vec<_> = tagged
            .filter_map(|(number, field)| Some((number, field, json.get(json_name(field))?)))
            .collect();
        write_varint(out, u32::try_from(named.len())?);
        for (number, field, value) in named {
            let mut content = Vec::new();
            self.write_value(field, &field.field_type, value, &mut content)?;
            write_varint(out, number);
            write_varint(out, u32::try_from(content.len())?);
            out.extend(content);
        }
        Ok(())
    }

    fn write_value(
        &self,
        field: &Field,
        field_type: &FieldType,
        value: &Value,
        out: &mut Vec<u8>,
    ) -> anyhow::Result<()> {
        match field_type {
            FieldType::Bool => {
                out.push(u8::from(value.as_bool().context("is not true or false")?));
            }
            FieldType::Int8 => out.extend((integer(value)? as i8).to_be_bytes()),
            FieldType::Int16 => out.extend((integer(value)? as i16).to_be_bytes()),
            FieldType::Uint16 => out.extend((integer(value)? as u16).to_be_bytes()),
            FieldType::Int32 => out.extend((integer(value)? as i32).to_be_bytes()),
            FieldType::Uint32 => out.extend((integer(value)? as u32).to_be_bytes()),
            FieldType::Int64 => out.extend(integer(value)?.to_be_bytes()),
            FieldType::Float64 => {
                out.extend(value.as_f64().context("is not a number")?.to_be_bytes());
            }
            FieldType::Uuid => {
                let id: Uuid = text(value)?.parse().context("is not an id")?;
                out.extend(id.0.to_be_bytes());
            }
            FieldType::String => {
                let text = (!value.is_null()).then(|| text(value)).transpose()?;
                self.write_length(field, true, text.map(str::len), out)?;
                out.extend(text.unwrap_or_default().as_bytes());
            }
            FieldType::Bytes | FieldType::Records => {
                let text = (!value.is_null()).then(|| text(value)).transpose()?;
                let bytes = text.map(from_hexadecimal).transpose()?;
                self.write_length(field, false, bytes.as_ref().map(Vec::len), out)?;
                out.extend(bytes.unwrap_or_default());
            }
            FieldType::Struct(name) => {
                if field.nullable.contains(self.version) {
                    out.push(if value.is_null() { 0xff } else { 1 });
                    if value.is_null() {
                        return Ok(());
                    }
                }
                self.write_fields(self.struct_fields(name), value, out)?;
            }
            FieldType::Array(element) => {
                let Some(elements) = value.as_array() else {
                    if !value.is_null() {
                        bail!("is not a list");
                    }
                    return self.write_length(field, false, None, out);
                };
                self.write_length(field, false, Some(elements.len()), out)?;
                for value in elements {
                    self.write_element(field, element, value, out)?;
                }
            }
        }
        Ok(())
    }

    /// A struct in a list has no mark for null.
    fn write_element(
        &self,
        field: &Field,
        element: &FieldType,
        value: &Value,
        out: &mut Vec<u8>,
    ) -> anyhow::Result<()> {
        match element {
            FieldType::Struct(name) => self.write_fields(self.struct_fields(name), value, out),
            _ => self.write_value(field, element, value, out),
        }
    }

    fn write_length(
        &self,
        field: &Field,
        is_short: bool,
        length: Option<usize>,
        out: &mut Vec<u8>,
    ) -> anyhow::Result<()> {
        if self.is_compact(field) {
            write_varint(
                out,
                length.map_or(Ok(0), |length| u32::try_from(length + 1))?,
            );
        } else if is_short {
            let length = length.map_or(Ok(-1), i16::try_from);
            out.extend(length.context("is too long")?.to_be_bytes());
        } else {
            out.extend(length.map_or(Ok(-1), i32::try_from)?.to_be_bytes());
        }
        Ok(())
    }
}

fn integer(value: &Value) -> anyhow::Result<i64> {
    value
        .as_i64()
        .with_context(|| format!("{value} is not an integer"))
}

fn text(value: &Value) -> anyhow::Result<&str> {
    value
        .as_str()
        .with_context(|| format!("{value} is not text"))
}
