//! Generates the body of a struct's decoder.

use std::fmt::Write;

use ottla_schema::{Field, FieldType, Versions};

use super::message::Struct;
use super::names::{field_name, type_name};
use super::types::{Condition, default_expression, is_optional};

/// The statements that read the struct from `reader` at `version`.
pub fn body(item: &Struct) -> anyhow::Result<String> {
    let mut body = String::new();
    let flexible = Condition::new(item.flexible, item.context);
    let fields = fields(item, &flexible)?;
    let tagged = tagged(item, &flexible)?;
    if let Condition::When(expression) = &flexible
        && (fields.contains("flexible") || tagged.contains("flexible"))
    {
        writeln!(body, "        let flexible = {expression};")?;
    }
    let target = if tagged.contains("message.") {
        "let mut message = Self"
    } else if tagged.is_empty() {
        "Ok(Self"
    } else {
        "let message = Self"
    };
    writeln!(body, "        {target} {{")?;
    body.push_str(&fields);
    if tagged.is_empty() {
        writeln!(body, "        }})")?;
    } else {
        writeln!(body, "        }};")?;
        body.push_str(&tagged);
        writeln!(body, "        Ok(message)")?;
    }
    Ok(body)
}

/// `flexible` as it stands in an argument: a literal, or the local variable.
fn argument(flexible: &Condition) -> &'static str {
    match flexible {
        Condition::Always => "true",
        Condition::Never => "false",
        Condition::When(_) => "flexible",
    }
}

fn fields(item: &Struct, flexible: &Condition) -> anyhow::Result<String> {
    let mut fields = String::new();
    for field in item.fields {
        let untagged = untagged_versions(field, item.context);
        let default = default_expression(field, item.context);
        let own = field.flexible.map_or_else(
            || argument(flexible).to_owned(),
            |own| Condition::new(own, item.context).argument(),
        );
        let value = match Condition::new(untagged, item.context) {
            Condition::Always => value(field, untagged, item.context, &own),
            Condition::Never => default,
            Condition::When(present) => format!(
                "if {present} {{ {} }} else {{ {default} }}",
                value(field, untagged, item.context, &own)
            ),
        };
        writeln!(fields, "            {}: {value},", field_name(&field.name))?;
    }
    Ok(fields)
}

/// The versions in which the field stands in its place and not among the tagged ones.
pub fn untagged_versions(field: &Field, context: Versions) -> Versions {
    let present = field.versions.intersect(context);
    match field.tag {
        None => present,
        Some(tag) if tag.versions.covers(present) => Versions::NONE,
        Some(tag) => Versions {
            low: present.low,
            high: tag.versions.low - 1,
        },
    }
}

/// The expression that reads the field at the versions `at`.
fn value(field: &Field, at: Versions, context: Versions, flexible: &str) -> String {
    let plain = || read(&field.field_type, false, flexible);
    if !is_optional(field, context) {
        return format!("{}?", plain());
    }
    match Condition::new(field.nullable, at) {
        Condition::Always => format!("{}?", read(&field.field_type, true, flexible)),
        Condition::Never => format!("Some({}?)", plain()),
        Condition::When(nullable) => format!(
            "if {nullable} {{ {}? }} else {{ Some({}?) }}",
            read(&field.field_type, true, flexible),
            plain()
        ),
    }
}

/// The same, for a field among the tagged ones: there a struct that may be null has another marker.
fn tagged_value(field: &Field, at: Versions, context: Versions) -> String {
    value(field, at, context, "true").replace("read_nullable_struct", "read_nullable_tagged_struct")
}

fn read(field_type: &FieldType, nullable: bool, flexible: &str) -> String {
    let prefix = if nullable { "nullable_" } else { "" };
    match field_type {
        FieldType::String => format!("reader.read_{prefix}string({flexible})"),
        FieldType::Bytes | FieldType::Records => format!("reader.read_{prefix}bytes({flexible})"),
        FieldType::Struct(name) if nullable => format!(
            "reader.read_nullable_struct(|reader| {}::decode(reader, version))",
            type_name(name)
        ),
        FieldType::Struct(name) => format!("{}::decode(reader, version)", type_name(name)),
        FieldType::Array(element) => format!(
            "reader.read_{prefix}array({flexible}, {})",
            element_reader(element, flexible)
        ),
        number => format!("reader.{}()", number_reader(number)),
    }
}

fn element_reader(element: &FieldType, flexible: &str) -> String {
    match element {
        FieldType::String
        | FieldType::Bytes
        | FieldType::Records
        | FieldType::Struct(_)
        | FieldType::Array(_) => format!("|reader| {}", read(element, false, flexible)),
        number => format!("Reader::{}", number_reader(number)),
    }
}

fn number_reader(field_type: &FieldType) -> &'static str {
    match field_type {
        FieldType::Bool => "read_bool",
        FieldType::Int8 => "read_i8",
        FieldType::Int16 => "read_i16",
        FieldType::Uint16 => "read_u16",
        FieldType::Int32 => "read_i32",
        FieldType::Uint32 => "read_u32",
        FieldType::Int64 => "read_i64",
        FieldType::Float64 => "read_f64",
        _ => "read_uuid",
    }
}

fn tagged(item: &Struct, flexible: &Condition) -> anyhow::Result<String> {
    let mut tagged = String::new();
    if *flexible == Condition::Never {
        return Ok(tagged);
    }
    let mut cases = String::new();
    for field in item.fields {
        let Some(tag) = field.tag else { continue };
        let at = tag
            .versions
            .intersect(field.versions)
            .intersect(item.context);
        let flexible_context = item.flexible.intersect(item.context);
        let guard = match Condition::new(at, flexible_context) {
            Condition::Always => String::new(),
            Condition::Never => continue,
            Condition::When(expression) => format!(" if {expression}"),
        };
        writeln!(
            cases,
            "                    {}{guard} => message.{} = {},",
            tag.number,
            field_name(&field.name),
            tagged_value(field, at, item.context)
        )?;
        if !guard.is_empty() {
            writeln!(
                cases,
                "{:20}{} => return Err(DecodeError::TagNotInVersion {{ tag, version }}),",
                "", tag.number
            )?;
        }
    }
    let (open, close, indent) = match flexible {
        Condition::When(_) => ("        if flexible {\n", "        }\n", "    "),
        _ => ("", "", ""),
    };
    tagged.push_str(open);
    if cases.is_empty() {
        writeln!(tagged, "        {indent}reader.skip_tagged_fields()?;")?;
    } else {
        writeln!(
            tagged,
            "        {indent}for _ in 0..reader.read_tagged_field_count()? {{"
        )?;
        writeln!(
            tagged,
            "                let (tag, size) = reader.read_tag_and_size()?;"
        )?;
        writeln!(tagged, "                match tag {{")?;
        tagged.push_str(&cases);
        writeln!(tagged, "                    _ => reader.skip(size)?,")?;
        writeln!(tagged, "                }}\n        {indent}}}")?;
    }
    tagged.push_str(close);
    Ok(tagged)
}
