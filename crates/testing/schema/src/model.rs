//! What a schema file says: one message, its fields, and the structs that several fields share.

use std::fmt;
use std::str::FromStr;

use anyhow::bail;

use crate::Versions;

/// What a message is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Sent to a broker or controller.
    Request,
    /// The answer to a request.
    Response,
    /// A record of the metadata log or of the remote log metadata topic.
    Metadata,
    /// The key of a coordinator's record.
    CoordinatorKey,
    /// The value of a coordinator's record.
    CoordinatorValue,
    /// What stands before a request or an answer.
    Header,
    /// A control record, the content of a file, or bytes inside another message.
    Data,
}

impl Kind {
    const NAMES: [(Kind, &'static str); 7] = [
        (Kind::Request, "request"),
        (Kind::Response, "response"),
        (Kind::Metadata, "metadata"),
        (Kind::CoordinatorKey, "coordinator-key"),
        (Kind::CoordinatorValue, "coordinator-value"),
        (Kind::Header, "header"),
        (Kind::Data, "data"),
    ];

    /// Its word in a schema file, which is Kafka's word in its definitions.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::NAMES
            .into_iter()
            .find(|(kind, _)| *kind == self)
            .map_or("", |(_, name)| name)
    }
}

impl FromStr for Kind {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Kind> {
        match Kind::NAMES.into_iter().find(|(_, name)| *name == text) {
            Some((kind, _)) => Ok(kind),
            None => bail!("{text:?} is not a kind of message"),
        }
    }
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageSchema {
    /// Its name, as Kafka writes it.
    pub name: String,
    /// What it is for.
    pub kind: Kind,
    /// API key of requests and responses, type number of records.
    pub key: Option<i16>,
    /// The versions that exist.
    pub versions: Versions,
    /// The versions in the compact encoding with tagged fields (KIP-482).
    pub flexible: Versions,
    /// Whether the last version may still change.
    pub latest_version_unstable: bool,
    /// Where a request is served: `broker`, `controller`.
    pub listeners: Vec<String>,
    /// Fields in the order of the wire.
    pub fields: Vec<Field>,
    /// Structs that fields refer to by name.
    pub structs: Vec<StructSchema>,
}

/// A struct that several fields share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StructSchema {
    /// Its name.
    pub name: String,
    /// The message versions that use it.
    pub versions: Versions,
    /// Fields in the order of the wire.
    pub fields: Vec<Field>,
}

/// One field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name, as Kafka writes it.
    pub name: String,
    /// Its type.
    pub field_type: FieldType,
    /// The message versions that have it.
    pub versions: Versions,
    /// The versions in which it may be null.
    pub nullable: Versions,
    /// Its tag, when it is a tagged field.
    pub tag: Option<Tag>,
    /// Its default when that is not the type's own; `null`, or a literal.
    pub default: Option<String>,
    /// Whether it is dropped in silence when a version lacks it.
    pub ignorable: bool,
    /// Whether Kafka keys the surrounding list by it.
    pub map_key: bool,
    /// Its own flexible versions, when they differ from the message's.
    pub flexible: Option<Versions>,
    /// The fields of its struct, when this field declares that struct.
    pub fields: Vec<Field>,
}

/// The tag of a tagged field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tag {
    /// Its number.
    pub number: u32,
    /// The versions in which the field is tagged.
    pub versions: Versions,
}

/// The type of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldType {
    /// One byte, zero or not.
    Bool,
    /// `i8`.
    Int8,
    /// `i16`.
    Int16,
    /// `u16`.
    Uint16,
    /// `i32`.
    Int32,
    /// `u32`.
    Uint32,
    /// `i64`.
    Int64,
    /// `f64`.
    Float64,
    /// 16 bytes.
    Uuid,
    /// UTF-8 text.
    String,
    /// Bytes.
    Bytes,
    /// Record batches.
    Records,
    /// A struct, by name.
    Struct(String),
    /// A list.
    Array(Box<FieldType>),
}

const PRIMITIVES: [(FieldType, &str); 12] = [
    (FieldType::Bool, "bool"),
    (FieldType::Int8, "int8"),
    (FieldType::Int16, "int16"),
    (FieldType::Uint16, "uint16"),
    (FieldType::Int32, "int32"),
    (FieldType::Uint32, "uint32"),
    (FieldType::Int64, "int64"),
    (FieldType::Float64, "float64"),
    (FieldType::Uuid, "uuid"),
    (FieldType::String, "string"),
    (FieldType::Bytes, "bytes"),
    (FieldType::Records, "records"),
];

impl fmt::Display for FieldType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FieldType::Struct(name) => f.write_str(name),
            FieldType::Array(element) => write!(f, "[]{element}"),
            primitive => f.write_str(
                PRIMITIVES
                    .iter()
                    .find(|(field_type, _)| field_type == primitive)
                    .map_or("", |(_, name)| name),
            ),
        }
    }
}

impl FromStr for FieldType {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<FieldType> {
        if let Some(element) = text.strip_prefix("[]") {
            return Ok(FieldType::Array(Box::new(element.parse()?)));
        }
        if let Some((primitive, _)) = PRIMITIVES.iter().find(|(_, name)| *name == text) {
            return Ok(primitive.clone());
        }
        if text.starts_with(|first: char| first.is_ascii_uppercase()) {
            return Ok(FieldType::Struct(text.to_owned()));
        }
        bail!("{text:?} is not a type")
    }
}

impl FieldType {
    /// The struct that this type, or its elements, are.
    #[must_use]
    pub fn struct_name(&self) -> Option<&str> {
        match self {
            FieldType::Struct(name) => Some(name),
            FieldType::Array(element) => element.struct_name(),
            _ => None,
        }
    }
}

impl MessageSchema {
    /// The fields of the struct called `name`, declared by a field or shared.
    #[must_use]
    pub fn struct_fields(&self, name: &str) -> Option<&[Field]> {
        fn search<'a>(fields: &'a [Field], name: &str) -> Option<&'a [Field]> {
            fields.iter().find_map(|field| {
                if !field.fields.is_empty() && field.field_type.struct_name() == Some(name) {
                    return Some(field.fields.as_slice());
                }
                search(&field.fields, name)
            })
        }
        search(&self.fields, name).or_else(|| {
            self.structs.iter().find_map(|shared| {
                if shared.name == name {
                    return Some(shared.fields.as_slice());
                }
                search(&shared.fields, name)
            })
        })
    }
}
