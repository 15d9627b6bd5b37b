//! The text form of a schema: one line per message, field and shared struct, nesting by two spaces.
//!
//! ```text
//! response Fetch… key=1 versions=4-18 flexible=12+
//!   Responses []FetchableTopicResponse 0+
//!     Topic string 0-12 ignorable
//! struct Name 0+
//!   Field int32 0+
//! ```
//! A line that starts with `#` is a remark.

use std::fmt::Write;

use anyhow::{Context, bail};

use crate::{Field, Kind, MessageSchema, StructSchema, Tag, Versions};

/// Prints a schema as the text of its file.
#[must_use]
pub fn print(schema: &MessageSchema) -> String {
    let mut text = format!("{} {}", schema.kind.name(), schema.name);
    if let Some(key) = schema.key {
        push(&mut text, &format!(" key={key}"));
    }
    push(
        &mut text,
        &format!(" versions={} flexible={}", schema.versions, schema.flexible),
    );
    if !schema.listeners.is_empty() {
        push(
            &mut text,
            &format!(" listeners={}", schema.listeners.join(",")),
        );
    }
    if schema.latest_version_unstable {
        push(&mut text, " latest_version_unstable");
    }
    text.push('\n');
    print_fields(&mut text, &schema.fields, 1);
    for shared in &schema.structs {
        push(
            &mut text,
            &format!("struct {} {}\n", shared.name, shared.versions),
        );
        print_fields(&mut text, &shared.fields, 1);
    }
    text
}

fn push(text: &mut String, more: &str) {
    text.push_str(more);
}

fn print_fields(text: &mut String, fields: &[Field], depth: usize) {
    for field in fields {
        let mut line = format!(
            "{:indent$}{} {} {}",
            "",
            field.name,
            field.field_type,
            field.versions,
            indent = depth * 2
        );
        let mut attribute = |name: &str, value: &dyn std::fmt::Display| {
            write!(line, " {name}={value}").expect("a string takes every write");
        };
        if !field.nullable.is_empty() {
            attribute("nullable", &field.nullable);
        }
        if let Some(tag) = field.tag {
            attribute("tag", &tag.number);
            attribute("tagged", &tag.versions);
        }
        if let Some(default) = &field.default {
            attribute("default", default);
        }
        if let Some(flexible) = field.flexible {
            attribute("flexible", &flexible);
        }
        if field.ignorable {
            line.push_str(" ignorable");
        }
        if field.map_key {
            line.push_str(" map_key");
        }
        line.push('\n');
        text.push_str(&line);
        print_fields(text, &field.fields, depth + 1);
    }
}

struct Line<'a> {
    number: usize,
    depth: usize,
    words: Vec<&'a str>,
}

/// Reads a schema from the text of its file.
///
/// # Errors
/// When the text is not a schema; the error names the line.
pub fn parse(text: &str) -> anyhow::Result<MessageSchema> {
    let lines: Vec<Line> = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'))
        .map(|(index, line)| Line {
            number: index + 1,
            depth: (line.len() - line.trim_start().len()) / 2,
            words: line.split_whitespace().collect(),
        })
        .collect();
    let mut rest = lines.as_slice();
    let (first, after) = rest.split_first().context("the file has no message")?;
    rest = after;
    let mut schema = parse_message(first).with_context(|| at(first))?;
    schema.fields = parse_fields(&mut rest, 1)?;
    while let Some((line, after)) = rest.split_first() {
        rest = after;
        let [word, name, versions] = line.words.as_slice() else {
            bail!("{}: expected `struct Name versions`", at(line));
        };
        if *word != "struct" || line.depth != 0 {
            bail!("{}: expected a field or a struct", at(line));
        }
        schema.structs.push(StructSchema {
            name: (*name).to_owned(),
            versions: versions.parse().with_context(|| at(line))?,
            fields: parse_fields(&mut rest, 1)?,
        });
    }
    Ok(schema)
}

fn at(line: &Line) -> String {
    format!("line {}", line.number)
}

fn parse_message(line: &Line) -> anyhow::Result<MessageSchema> {
    let [kind, name, attributes @ ..] = line.words.as_slice() else {
        bail!("expected `kind Name attributes`");
    };
    let mut schema = MessageSchema {
        name: (*name).to_owned(),
        kind: kind.parse::<Kind>()?,
        key: None,
        versions: Versions::NONE,
        flexible: Versions::NONE,
        latest_version_unstable: false,
        listeners: Vec::new(),
        fields: Vec::new(),
        structs: Vec::new(),
    };
    for attribute in attributes {
        match attribute.split_once('=') {
            Some(("key", value)) => schema.key = Some(value.parse()?),
            Some(("versions", value)) => schema.versions = value.parse()?,
            Some(("flexible", value)) => schema.flexible = value.parse()?,
            Some(("listeners", value)) => {
                schema.listeners = value.split(',').map(str::to_owned).collect();
            }
            None if *attribute == "latest_version_unstable" => {
                schema.latest_version_unstable = true;
            }
            _ => bail!("{attribute:?} is not an attribute of a message"),
        }
    }
    Ok(schema)
}

fn parse_fields(rest: &mut &[Line], depth: usize) -> anyhow::Result<Vec<Field>> {
    let mut fields = Vec::new();
    while let Some((line, after)) = rest.split_first() {
        if line.depth < depth {
            break;
        }
        if line.depth > depth {
            bail!("{}: indented too far", at(line));
        }
        *rest = after;
        let mut field = parse_field(line).with_context(|| at(line))?;
        field.fields = parse_fields(rest, depth + 1)?;
        fields.push(field);
    }
    Ok(fields)
}

fn parse_field(line: &Line) -> anyhow::Result<Field> {
    let [name, field_type, versions, attributes @ ..] = line.words.as_slice() else {
        bail!("expected `Name type versions attributes`");
    };
    let mut field = Field {
        name: (*name).to_owned(),
        field_type: field_type.parse()?,
        versions: versions.parse()?,
        nullable: Versions::NONE,
        tag: None,
        default: None,
        ignorable: false,
        map_key: false,
        flexible: None,
        fields: Vec::new(),
    };
    let mut tag_number = None;
    let mut tagged = None;
    for attribute in attributes {
        match attribute.split_once('=') {
            Some(("nullable", value)) => field.nullable = value.parse()?,
            Some(("tag", value)) => tag_number = Some(value.parse()?),
            Some(("tagged", value)) => tagged = Some(value.parse()?),
            Some(("default", value)) => field.default = Some(value.to_owned()),
            Some(("flexible", value)) => field.flexible = Some(value.parse()?),
            None if *attribute == "ignorable" => field.ignorable = true,
            None if *attribute == "map_key" => field.map_key = true,
            _ => bail!("{attribute:?} is not an attribute of a field"),
        }
    }
    field.tag = match (tag_number, tagged) {
        (Some(number), Some(versions)) => Some(Tag { number, versions }),
        (None, None) => None,
        _ => bail!("`tag` and `tagged` come together"),
    };
    Ok(field)
}

#[cfg(test)]
mod tests;
