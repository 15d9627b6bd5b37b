//! What a field is in Rust: type, default, and the test whether it differs from the default.

use ottla_schema::{Field, FieldType, Versions};

use super::names::type_name;

/// A condition on the message version, within the versions that the surrounding struct has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// True at every version.
    Always,
    /// True at no version.
    Never,
    /// A Rust expression over `version`.
    When(String),
}

impl Condition {
    /// The condition "the version is in `versions`".
    pub fn new(versions: Versions, context: Versions) -> Condition {
        let both = versions.intersect(context);
        if both.is_empty() {
            return Condition::Never;
        }
        let from = both.low > context.low;
        let to = both.high < context.high;
        match (from, to) {
            (false, false) => Condition::Always,
            (true, false) => Condition::When(format!("version >= {}", both.low)),
            (false, true) => Condition::When(format!("version <= {}", both.high)),
            (true, true) if both.low == both.high => {
                Condition::When(format!("version == {}", both.low))
            }
            (true, true) => {
                Condition::When(format!("({}..={}).contains(&version)", both.low, both.high))
            }
        }
    }

    /// The condition "the version is not in `versions`".
    pub fn absent(versions: Versions, context: Versions) -> Condition {
        let both = versions.intersect(context);
        match Condition::new(versions, context) {
            Condition::Always => Condition::Never,
            Condition::Never => Condition::Always,
            Condition::When(_) if both.high == context.high => {
                Condition::When(format!("version < {}", both.low))
            }
            Condition::When(_) if both.low == context.low => {
                Condition::When(format!("version > {}", both.high))
            }
            Condition::When(present) => Condition::When(format!("!({present})")),
        }
    }

    /// As an argument of a call.
    pub fn argument(&self) -> String {
        match self {
            Condition::Always => "true".to_owned(),
            Condition::Never => "false".to_owned(),
            Condition::When(expression) => expression.clone(),
        }
    }
}

/// Whether the field is an `Option`.
pub fn is_optional(field: &Field, context: Versions) -> bool {
    !field.nullable.intersect(context).is_empty() || has_null_default(field)
}

fn has_null_default(field: &Field) -> bool {
    match field.default.as_deref() {
        Some(default) => default == "null",
        // Kafka's records are null until set, wherever they may be null.
        None => field.field_type == FieldType::Records && !field.nullable.is_empty(),
    }
}

/// The Rust type of the field.
pub fn rust_type(field: &Field, context: Versions) -> String {
    let plain = plain_type(&field.field_type);
    if is_optional(field, context) {
        format!("Option<{plain}>")
    } else {
        plain
    }
}

fn plain_type(field_type: &FieldType) -> String {
    match field_type {
        FieldType::Bool => "bool".to_owned(),
        FieldType::Int8 => "i8".to_owned(),
        FieldType::Int16 => "i16".to_owned(),
        FieldType::Uint16 => "u16".to_owned(),
        FieldType::Int32 => "i32".to_owned(),
        FieldType::Uint32 => "u32".to_owned(),
        FieldType::Int64 => "i64".to_owned(),
        FieldType::Float64 => "f64".to_owned(),
        FieldType::Uuid => "Uuid".to_owned(),
        FieldType::String => "KafkaString".to_owned(),
        FieldType::Bytes | FieldType::Records => "Bytes".to_owned(),
        FieldType::Struct(name) => type_name(name),
        FieldType::Array(element) => format!("Vec<{}>", plain_type(element)),
    }
}

/// Whether `Default::default()` of the Rust type is Kafka's default.
pub fn is_default_trivial(field: &Field, context: Versions) -> bool {
    if is_optional(field, context) {
        has_null_default(field)
    } else {
        field.default.is_none()
    }
}

/// Kafka's default as a Rust expression.
pub fn default_expression(field: &Field, context: Versions) -> String {
    if has_null_default(field) {
        return "None".to_owned();
    }
    let plain = match (&field.default, &field.field_type) {
        (Some(default), _) => default.clone(),
        (None, FieldType::Bool) => "false".to_owned(),
        (None, FieldType::Float64) => "0.0".to_owned(),
        (None, FieldType::Uuid) => "Uuid::ZERO".to_owned(),
        (None, FieldType::String) => "KafkaString::new()".to_owned(),
        (None, FieldType::Bytes | FieldType::Records) => "Bytes::new()".to_owned(),
        (None, FieldType::Struct(name)) => format!("{}::default()", type_name(name)),
        (None, FieldType::Array(_)) => "Vec::new()".to_owned(),
        (None, _) => "0".to_owned(),
    };
    if is_optional(field, context) {
        format!("Some({plain})")
    } else {
        plain
    }
}

/// A Rust expression: whether `self.name` differs from Kafka's default.
pub fn differs_from_default(field: &Field, context: Versions, name: &str) -> String {
    if has_null_default(field) {
        return format!("self.{name}.is_some()");
    }
    let optional = is_optional(field, context);
    match (&field.field_type, &field.default) {
        (FieldType::Bool, None) => format!("self.{name}"),
        (FieldType::Bool, Some(_)) => format!("!self.{name}"),
        (FieldType::String | FieldType::Bytes | FieldType::Records | FieldType::Array(_), None) => {
            if optional {
                format!("self.{name}.as_ref().is_none_or(|value| !value.is_empty())")
            } else {
                format!("!self.{name}.is_empty()")
            }
        }
        _ => format!("self.{name} != {}", default_expression(field, context)),
    }
}
