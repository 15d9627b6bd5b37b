//! Generates the body of a struct's encoder.

use std::fmt::Write;

use ottla_schema::{Field, FieldType, Versions};

use super::decode::untagged_versions;
use super::message::Struct;
use super::names::field_name;
use super::types::{Condition, differs_from_default, is_optional};

/// The statements that write the struct to `writer` at `version`.
pub fn body(item: &Struct) -> anyhow::Result<String> {
    let flexible = Condition::new(item.flexible, item.context);
    let mut statements = String::new();
    for field in item.fields {
        field_statement(&mut statements, item, field, &flexible)?;
    }
    tagged(&mut statements, item, &flexible)?;
    let mut body = String::new();
    if let Condition::When(expression) = &flexible
        && statements.contains("flexible")
    {
        writeln!(body, "        let flexible = {expression};")?;
    }
    body.push_str(&statements);
    writeln!(body, "        Ok(())")?;
    Ok(body)
}

fn field_statement(
    statements: &mut String,
    item: &Struct,
    field: &Field,
    flexible: &Condition,
) -> anyhow::Result<()> {
    let name = field_name(&field.name);
    let untagged = untagged_versions(field, item.context);
    let own = match field.flexible {
        Some(own) => Condition::new(own, item.context).argument(),
        None => match flexible {
            Condition::When(_) => "flexible".to_owned(),
            literal => literal.argument(),
        },
    };
    let write = write(item, field, untagged, &own);
    let present = Condition::new(untagged, item.context);
    let lacking = lacking(field, item.context);
    let set = differs_from_default(field, item.context, &name);
    let refusal = format!(
        "{{ return Err(EncodeError::not_in_version(\"{}\", \"{}\", version)); }}",
        item.name, field.name
    );
    match (present, lacking) {
        (Condition::Always, _) => writeln!(statements, "        {write}")?,
        (Condition::Never, Condition::Never) => {}
        (Condition::Never, Condition::Always) => {
            writeln!(statements, "        if {set} {refusal}")?;
        }
        (Condition::Never, Condition::When(lacking)) => {
            writeln!(statements, "        if {lacking} && {set} {refusal}")?;
        }
        (Condition::When(present), Condition::Never) => {
            writeln!(statements, "        if {present} {{ {write} }}")?;
        }
        (Condition::When(present), _) => {
            writeln!(
                statements,
                "        if {present} {{ {write} }} else if {set} {refusal}"
            )?;
        }
    }
    Ok(())
}

/// When the version has no such field and dropping a set value would lose what the caller said.
fn lacking(field: &Field, context: Versions) -> Condition {
    let present = field.versions.intersect(context);
    if field.ignorable || present == context {
        return Condition::Never;
    }
    Condition::absent(present, context)
}

/// The statement that writes the field at the versions `at`.
fn write(item: &Struct, field: &Field, at: Versions, flexible: &str) -> String {
    let name = format!("self.{}", field_name(&field.name));
    if !is_optional(field, item.context) {
        return write_value(&field.field_type, &name, true, flexible);
    }
    let some = write_value(&field.field_type, "value", false, flexible);
    let refusal = format!(
        "return Err(EncodeError::null(\"{}\", \"{}\", version))",
        item.name, field.name
    );
    let null = match &field.field_type {
        FieldType::Struct(_) => "writer.write_i8(-1)".to_owned(),
        FieldType::String => format!("writer.write_null_string({flexible})"),
        _ => format!("writer.write_null_array({flexible})"),
    };
    let marker = if matches!(field.field_type, FieldType::Struct(_)) {
        "writer.write_i8(1); "
    } else {
        ""
    };
    match Condition::new(field.nullable, at) {
        Condition::Always => {
            format!("match &{name} {{ Some(value) => {{ {marker}{some} }} None => {null}, }}")
        }
        Condition::Never => {
            format!("match &{name} {{ Some(value) => {{ {some} }} None => {refusal}, }}")
        }
        Condition::When(nullable) => {
            let marker = if marker.is_empty() {
                String::new()
            } else {
                format!("if {nullable} {{ {marker}}} ")
            };
            format!(
                "match &{name} {{ Some(value) => {{ {marker}{some} }} \
                 None if {nullable} => {null}, None => {refusal}, }}"
            )
        }
    }
}

/// `place` says whether `value` is a place (`self.x`) rather than a reference.
fn write_value(field_type: &FieldType, value: &str, place: bool, flexible: &str) -> String {
    let reference = if place {
        format!("&{value}")
    } else {
        value.to_owned()
    };
    let copy = if place {
        value.to_owned()
    } else {
        format!("*{value}")
    };
    match field_type {
        FieldType::String => format!("writer.write_string({reference}, {flexible})?;"),
        FieldType::Bytes | FieldType::Records => {
            format!("writer.write_bytes({reference}, {flexible})?;")
        }
        FieldType::Struct(_) => format!("{value}.encode(writer, version)?;"),
        FieldType::Array(element) => {
            let each = write_value(element, "element", false, flexible);
            format!(
                "writer.write_array_length({value}.len(), {flexible})?; \
                 for element in {reference} {{ {each} }}"
            )
        }
        FieldType::Bool => format!("writer.write_bool({copy});"),
        FieldType::Int8 => format!("writer.write_i8({copy});"),
        FieldType::Int16 => format!("writer.write_i16({copy});"),
        FieldType::Uint16 => format!("writer.write_u16({copy});"),
        FieldType::Int32 => format!("writer.write_i32({copy});"),
        FieldType::Uint32 => format!("writer.write_u32({copy});"),
        FieldType::Int64 => format!("writer.write_i64({copy});"),
        FieldType::Float64 => format!("writer.write_f64({copy});"),
        FieldType::Uuid => format!("writer.write_uuid({copy});"),
    }
}

fn tagged(statements: &mut String, item: &Struct, flexible: &Condition) -> anyhow::Result<()> {
    if *flexible == Condition::Never {
        return Ok(());
    }
    let flexible_context = item.flexible.intersect(item.context);
    let mut fields: Vec<(u32, String, String)> = Vec::new();
    for field in item.fields {
        let Some(tag) = field.tag else { continue };
        let at = tag
            .versions
            .intersect(field.versions)
            .intersect(item.context);
        let set = differs_from_default(field, item.context, &field_name(&field.name));
        let condition = match Condition::new(at, flexible_context) {
            Condition::Always => set,
            Condition::Never => continue,
            Condition::When(expression) => format!("{expression} && {set}"),
        };
        // Among the tagged fields the marker of a struct that may be null is a varint.
        let write = write(item, field, at, "true")
            .replace("write_i8(-1)", "write_unsigned_varint(0)")
            .replace("write_i8(1)", "write_unsigned_varint(1)");
        fields.push((tag.number, condition, write));
    }
    fields.sort_by_key(|(tag, _, _)| *tag);
    let mut lines = String::new();
    if fields.is_empty() {
        writeln!(lines, "writer.write_unsigned_varint(0);")?;
    } else {
        let count: Vec<String> = fields
            .iter()
            .map(|(_, condition, _)| format!("u32::from({condition})"))
            .collect();
        writeln!(
            lines,
            "writer.write_unsigned_varint({});",
            count.join(" + ")
        )?;
        for (tag, condition, write) in &fields {
            writeln!(
                lines,
                "if {condition} {{ let start = writer.begin_tag({tag}); {write} \
                 writer.end_tag(start)?; }}"
            )?;
        }
    }
    if let Condition::When(_) = flexible {
        writeln!(statements, "        if flexible {{")?;
        for line in lines.lines() {
            writeln!(statements, "            {line}")?;
        }
        writeln!(statements, "        }}")?;
    } else {
        for line in lines.lines() {
            writeln!(statements, "        {line}")?;
        }
    }
    Ok(())
}
