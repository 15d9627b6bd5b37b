//! Generates the enums of log records: those of the metadata log and the remote log metadata topic,
//! and keys and values of the coordinators.

use std::fmt::Write;

use anyhow::Context;
use ottla_schema::{Area, Kind, MessageSchema};

use super::names::{camel_case, snake_case, type_name};

/// The generated modules: name, source.
pub fn generate(areas: &[Area]) -> anyhow::Result<Vec<(String, String)>> {
    let mut modules = Vec::new();
    for area in areas {
        let records = of_kind(area, Kind::Metadata)?;
        if !records.is_empty() {
            let name = match area.name.as_str() {
                "storage" => "RemoteLogMetadataRecord",
                _ => "MetadataRecord",
            };
            modules.push((snake_case(name), framed(name, &records)?));
        }
        let keys = of_kind(area, Kind::CoordinatorKey)?;
        let values = of_kind(area, Kind::CoordinatorValue)?;
        if !keys.is_empty() {
            let name = camel_case(&area.name);
            let mut source = coordinator_head(&name, &keys, &values);
            source.push_str(&coordinator_key(&name, &keys)?);
            source.push_str(&coordinator_value(&name, &values)?);
            modules.push((format!("{}_record", area.name), source));
        }
    }
    Ok(modules)
}

/// One type of record.
struct Record<'a> {
    number: i16,
    variant: String,
    schema: &'a MessageSchema,
}

impl Record<'_> {
    fn type_name(&self) -> String {
        type_name(&self.schema.name)
    }
}

fn of_kind(area: &Area, kind: Kind) -> anyhow::Result<Vec<Record<'_>>> {
    let suffix = match kind {
        Kind::CoordinatorKey => "Key",
        Kind::CoordinatorValue => "Value",
        _ => "Record",
    };
    let mut records = Vec::new();
    for schema in area.messages.iter().filter(|schema| schema.kind == kind) {
        records.push(Record {
            number: schema
                .key
                .with_context(|| format!("{} has no type number", schema.name))?,
            variant: type_name(schema.name.strip_suffix(suffix).unwrap_or(&schema.name)),
            schema,
        });
    }
    records.sort_by_key(|record| record.number);
    Ok(records)
}

fn imports(records: &[&Record]) -> String {
    let mut lines: Vec<String> = records
        .iter()
        .map(|record| {
            format!(
                "use super::{}::{};\n",
                snake_case(&record.schema.name),
                record.type_name()
            )
        })
        .collect();
    lines.sort();
    lines.concat()
}

fn definition(name: &str, documentation: &str, records: &[Record]) -> String {
    let mut source =
        format!("\n/// {documentation}\n#[derive(Clone, Debug, PartialEq)]\npub enum {name} {{\n");
    for record in records {
        let name = record.type_name();
        source.push_str(&format!("    {}({name}),\n", record.variant));
    }
    source.push_str("}\n");
    for record in records {
        source.push_str(&format!(
            "\nimpl {0} {{\n    /// The number of this type of record.\n    \
             pub const RECORD_TYPE: i16 = {1};\n}}\n\n\
             impl From<{0}> for {name} {{\n    fn from(record: {0}) -> Self {{\n        \
             {name}::{2}(record)\n    }}\n}}\n",
            record.type_name(),
            record.number,
            record.variant
        ));
    }
    source
}

fn record_type(name: &str, records: &[Record]) -> String {
    let mut source = String::from(
        "    /// The number of its type of record.\n    #[must_use]\n    \
         pub fn record_type(&self) -> i16 {\n        match self {\n",
    );
    for record in records {
        source.push_str(&format!(
            "            {name}::{}(_) => {},\n",
            record.variant, record.number
        ));
    }
    source.push_str("        }\n    }\n");
    source
}

fn valid_versions(records: &[Record]) -> String {
    let mut source = String::from(
        "\n    /// The versions of a type of record; `None` for an unknown number.\n    #[must_use]\n    \
         pub fn valid_versions(record_type: i16) -> Option<RangeInclusive<i16>> {\n        \
         Some(match record_type {\n",
    );
    for record in records {
        source.push_str(&format!(
            "            {} => {}::VALID_VERSIONS,\n",
            record.number,
            record.type_name()
        ));
    }
    source.push_str("            _ => return None,\n        })\n    }\n");
    source
}

fn decode_body(name: &str, records: &[Record]) -> anyhow::Result<String> {
    let mut source = String::from(
        "\n    /// Reads the body of a record of a known type and version.\n    ///\n    \
         /// # Errors\n    /// When the type or the version is unknown, or the bytes are not such a record.\n    \
         pub fn decode(record_type: i16, reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {\n        \
         Ok(match record_type {\n",
    );
    for record in records {
        writeln!(
            source,
            "            {} => {name}::{}({}::decode(reader, version)?),",
            record.number,
            record.variant,
            record.type_name()
        )?;
    }
    source.push_str(
        "            unknown => return Err(DecodeError::UnknownRecordType(unknown)),\n        })\n    }\n",
    );
    Ok(source)
}

fn encode_body(name: &str, records: &[Record], version: &str, argument: &str) -> String {
    let mut source = format!(
        "\n    /// Writes the body of the record.\n    ///\n    \
         /// # Errors\n    /// When a field is set that the version lacks, or is too long.\n    \
         pub fn encode(&self, writer: &mut Writer{argument}) -> Result<(), EncodeError> {{\n        \
         match self {{\n"
    );
    for record in records {
        source.push_str(&format!(
            "            {name}::{}(record) => record.encode(writer, {version}),\n",
            record.variant
        ));
    }
    source.push_str("        }\n    }\n");
    source
}

/// Records whose value is a frame version, type, version and body (KIP-631).
fn framed(name: &str, records: &[Record]) -> anyhow::Result<String> {
    let mut source = format!(
        "//! The records of one log, by type. Generated by `cargo xtask codegen`; do not edit.\n\n\
         use std::ops::RangeInclusive;\n\nuse bytes::Bytes;\n\n\
         use crate::frame::{{decode_frame, encode_frame}};\n\
         use crate::{{DecodeError, EncodeError, Message, Reader, Writer}};\n{}",
        imports(&records.iter().collect::<Vec<_>>())
    );
    let documentation = match name {
        "MetadataRecord" => "A record of the metadata log.",
        _ => "A record of the topic of remote log metadata.",
    };
    source.push_str(&definition(name, documentation, records));
    writeln!(source, "\nimpl {name} {{")?;
    source.push_str(&record_type(name, records));
    source.push_str(&valid_versions(records));
    source.push_str(&decode_body(name, records)?);
    source.push_str(&encode_body(name, records, "version", ", version: i16"));
    source.push_str(
        "\n    /// Reads a record's value: frame version, type, version, body. Returns the version too.\n    ///\n    \
         /// # Errors\n    /// When anything of it is unknown, or bytes are left over.\n    \
         pub fn decode_value(value: Bytes) -> Result<(Self, i16), DecodeError> {\n        \
         decode_frame(value, Self::decode)\n    }\n\n    \
         /// Writes a record's value: frame version, type, version, body.\n    ///\n    \
         /// # Errors\n    /// When a field is set that the version lacks, or is too long.\n    \
         pub fn encode_value(&self, version: i16) -> Result<Bytes, EncodeError> {\n        \
         encode_frame(self.record_type(), version, |writer| self.encode(writer, version))\n    }\n}\n",
    );
    Ok(source)
}

fn coordinator_head(name: &str, keys: &[Record], values: &[Record]) -> String {
    format!(
        "//! Keys and values of the {name}'s records. Generated by `cargo xtask codegen`; do not edit.\n\n\
         use std::ops::RangeInclusive;\n\nuse bytes::Bytes;\n\n\
         use crate::{{DecodeError, EncodeError, Message, Reader, Writer}};\n{}",
        imports(&keys.iter().chain(values).collect::<Vec<_>>())
    )
}

fn coordinator_key(coordinator: &str, keys: &[Record]) -> anyhow::Result<String> {
    let name = format!("{coordinator}Key");
    let mut source = definition(
        &name,
        &format!("The key of a record of the {coordinator}."),
        keys,
    );
    writeln!(source, "\nimpl {name} {{")?;
    source.push_str(&record_type(&name, keys));
    source.push_str(
        &decode_body(&name, keys)?
            .replace(
                "record_type: i16, reader: &mut Reader, version: i16",
                "record_type: i16, reader: &mut Reader",
            )
            .replace("::decode(reader, version)", "::decode(reader, 0)")
            .replace(
                "Reads the body of a record of a known type and version.",
                "Reads the body of a key of a known type.",
            )
            .replace(
                "When the type or the version is unknown",
                "When the type is unknown",
            ),
    );
    source.push_str(&encode_body(&name, keys, "0", "").replace("the record.", "the key."));
    source.push_str(
        "\n    /// Reads a key: type, body. `None` for an unknown type, which a loader skips.\n    ///\n    \
         /// # Errors\n    /// When the bytes are not such a key.\n    \
         pub fn decode_key(key: Bytes) -> Result<Option<Self>, DecodeError> {\n        \
         let mut reader = Reader::new(key);\n        \
         match Self::decode(reader.read_i16()?, &mut reader) {\n            \
         Ok(key) => Ok(Some(key)),\n            \
         Err(DecodeError::UnknownRecordType(_)) => Ok(None),\n            \
         Err(error) => Err(error),\n        }\n    }\n\n    \
         /// Writes a key: type, body.\n    ///\n    \
         /// # Errors\n    /// When a field is too long.\n    \
         pub fn encode_key(&self) -> Result<Bytes, EncodeError> {\n        \
         let mut writer = Writer::new();\n        \
         writer.write_i16(self.record_type());\n        \
         self.encode(&mut writer)?;\n        \
         Ok(writer.into_bytes())\n    }\n}\n",
    );
    Ok(source)
}

fn coordinator_value(coordinator: &str, values: &[Record]) -> anyhow::Result<String> {
    let name = format!("{coordinator}Value");
    let mut source = definition(
        &name,
        &format!("The value of a record of the {coordinator}."),
        values,
    );
    writeln!(source, "\nimpl {name} {{")?;
    source.push_str(&record_type(&name, values));
    source.push_str(&valid_versions(values));
    source.push_str(&decode_body(&name, values)?);
    source.push_str(&encode_body(&name, values, "version", ", version: i16"));
    source.push_str(
        "\n    /// Reads the value that follows a key of `record_type`: version, body. Returns the version too.\n    ///\n    \
         /// # Errors\n    /// When the type or the version is unknown, or the bytes are not such a value.\n    \
         pub fn decode_value(record_type: i16, value: Bytes) -> Result<(Self, i16), DecodeError> {\n        \
         let mut reader = Reader::new(value);\n        \
         let version = reader.read_i16()?;\n        \
         Ok((Self::decode(record_type, &mut reader, version)?, version))\n    }\n\n    \
         /// Writes a value: version, body.\n    ///\n    \
         /// # Errors\n    /// When a field is set that the version lacks, or is too long.\n    \
         pub fn encode_value(&self, version: i16) -> Result<Bytes, EncodeError> {\n        \
         let mut writer = Writer::new();\n        \
         writer.write_i16(version);\n        \
         self.encode(&mut writer, version)?;\n        \
         Ok(writer.into_bytes())\n    }\n}\n",
    );
    Ok(source)
}
