//! Reads one of Kafka's message definitions (JSON with line comments) into our model.

use anyhow::{Context, bail};
use ottla_schema::{Field, FieldType, Kind, MessageSchema, StructSchema, Tag, Versions};
use serde_json::Value;

/// The message that a definition describes; `None` when it has no version any more.
pub fn parse(definition: &str) -> anyhow::Result<Option<MessageSchema>> {
    let json: Value = serde_json::from_str(&without_comments(definition))?;
    let name = text(&json, "name").context("a message without name")?;
    let versions: Versions = text(&json, "validVersions")
        .context("a message without versions")?
        .parse()?;
    if versions.is_empty() {
        return Ok(None);
    }
    let mut listeners: Vec<String> = list(&json, "listeners")
        .iter()
        .filter_map(|listener| listener.as_str().map(str::to_owned))
        .collect();
    listeners.sort();
    let mut schema = MessageSchema {
        kind: text(&json, "type")
            .context("a message without type")?
            .parse::<Kind>()?,
        key: number(&json, "apiKey").map(i16::try_from).transpose()?,
        versions,
        flexible: versions_of(&json, "flexibleVersions")?.unwrap_or(Versions::NONE),
        latest_version_unstable: flag(&json, "latestVersionUnstable"),
        listeners,
        fields: Vec::new(),
        structs: Vec::new(),
        name,
    };
    schema.fields = fields(&json)?;
    for shared in list(&json, "commonStructs") {
        schema.structs.push(StructSchema {
            name: text(shared, "name").context("a struct without name")?,
            versions: versions_of(shared, "versions")?.context("a struct without versions")?,
            fields: fields(shared)?,
        });
    }
    Ok(Some(schema))
}

fn fields(json: &Value) -> anyhow::Result<Vec<Field>> {
    list(json, "fields").iter().map(field).collect()
}

fn field(json: &Value) -> anyhow::Result<Field> {
    let name = text(json, "name").context("a field without name")?;
    let described = || -> anyhow::Result<Field> {
        let field_type: FieldType = text(json, "type").context("no type")?.parse()?;
        let tagged = versions_of(json, "taggedVersions")?;
        let tag = match (number(json, "tag"), tagged) {
            (Some(number), Some(versions)) => Some(Tag {
                number: u32::try_from(number)?,
                versions,
            }),
            (None, None) => None,
            _ => bail!("a tag without versions, or the reverse"),
        };
        Ok(Field {
            name: name.clone(),
            versions: versions_of(json, "versions")?
                .or(tagged)
                .context("no versions")?,
            nullable: versions_of(json, "nullableVersions")?.unwrap_or(Versions::NONE),
            tag,
            default: default(json, &field_type)?,
            ignorable: flag(json, "ignorable"),
            map_key: flag(json, "mapKey"),
            flexible: versions_of(json, "flexibleVersions")?,
            fields: fields(json)?,
            field_type,
        })
    };
    described().with_context(|| format!("field {name}"))
}

/// The default in one spelling, and only when it is not the type's own.
fn default(json: &Value, field_type: &FieldType) -> anyhow::Result<Option<String>> {
    let literal = match json.get("default") {
        // To Kafka's own generator a null here is no default at all; the text "null" is null.
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(literal)) => literal.clone(),
        Some(other) => other.to_string(),
    };
    if literal == "null" {
        let own = *field_type == FieldType::Records;
        return Ok((!own).then_some(literal));
    }
    let normal = match field_type {
        FieldType::Bool => literal.to_ascii_lowercase(),
        FieldType::String => literal,
        FieldType::Int8 | FieldType::Int16 | FieldType::Int32 | FieldType::Int64 => {
            match literal.strip_prefix("0x") {
                Some(digits) => i64::from_str_radix(digits, 16)?.to_string(),
                None => literal.parse::<i64>()?.to_string(),
            }
        }
        other => bail!("a default for {other}: {literal}"),
    };
    let own = matches!(normal.as_str(), "" | "0" | "false");
    Ok((!own).then_some(normal))
}

fn text(json: &Value, key: &str) -> Option<String> {
    json.get(key)?.as_str().map(str::to_owned)
}

fn number(json: &Value, key: &str) -> Option<i64> {
    match json.get(key)? {
        Value::String(digits) => digits.parse().ok(),
        number => number.as_i64(),
    }
}

fn flag(json: &Value, key: &str) -> bool {
    match json.get(key) {
        Some(Value::Bool(flag)) => *flag,
        Some(Value::String(text)) => text == "true",
        _ => false,
    }
}

fn list<'a>(json: &'a Value, key: &str) -> &'a [Value] {
    json.get(key)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

fn versions_of(json: &Value, key: &str) -> anyhow::Result<Option<Versions>> {
    text(json, key)
        .map(|versions| versions.parse().with_context(|| key.to_owned()))
        .transpose()
}

/// The definition without its comments. Strings may hold two slashes, so quotes are followed.
fn without_comments(definition: &str) -> String {
    let mut json = String::with_capacity(definition.len());
    for line in definition.lines() {
        let mut in_string = false;
        let mut escaped = false;
        let mut previous_slash = None;
        let mut end = line.len();
        for (index, character) in line.char_indices() {
            match character {
                _ if escaped => escaped = false,
                '\\' if in_string => escaped = true,
                '"' => in_string = !in_string,
                '/' if !in_string => {
                    if let Some(start) = previous_slash {
                        end = start;
                        break;
                    }
                    previous_slash = Some(index);
                    continue;
                }
                _ => {}
            }
            previous_slash = None;
        }
        json.push_str(line.get(..end).unwrap_or(line));
        json.push('\n');
    }
    json
}

#[cfg(test)]
mod tests;
