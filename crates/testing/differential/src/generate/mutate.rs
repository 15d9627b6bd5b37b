//! Changes one value of a body into one at the edge of its type, or one that its version forbids.

use ottla_machine::Random;
use ottla_schema::{Field, FieldType, MessageSchema};
use serde_json::{Value, json};

use crate::codec::json_name;

/// Values that make a broker wait, or work for long, rather than say something; and those that the
/// list of accepted differences names.
pub const UNTOUCHED: &[&str] = &[
    "maxWaitMs",
    "timeoutMs",
    "transactionTimeoutMs",
    "sessionTimeoutMs",
    "rebalanceTimeoutMs",
    "keyType",
    "records",
    "resources",
    "transactionalId",
    "configOperation",
    "count",
    "numPartitions",
    "isolationLevel",
];

/// Changes one value, chosen at random among all of this version.
pub fn mutate(random: &mut Random, schema: &MessageSchema, version: i16, body: &mut Value) {
    let places = count(schema, version, &schema.fields, body);
    let mut chosen = random.below(places);
    change(random, (schema, version), &schema.fields, body, &mut chosen);
}

fn present(fields: &[Field], version: i16) -> impl Iterator<Item = &Field> {
    let fields = fields.iter();
    fields.filter(move |field| {
        field.versions.contains(version) && !UNTOUCHED.contains(&json_name(field).as_str())
    })
}

fn count(schema: &MessageSchema, version: i16, fields: &[Field], body: &Value) -> u64 {
    let below = |field: &Field| {
        let inner = field.field_type.struct_name();
        let inner = inner.and_then(|name| schema.struct_fields(name));
        let inner = inner.unwrap_or_default();
        match body.get(json_name(field)) {
            Some(Value::Array(elements)) => elements
                .iter()
                .map(|element| count(schema, version, inner, element))
                .sum(),
            _ => 0,
        }
    };
    present(fields, version).map(|field| 1 + below(field)).sum()
}

/// Changes the value at place `left`; whether it was found.
fn change(
    random: &mut Random,
    of: (&MessageSchema, i16),
    fields: &[Field],
    body: &mut Value,
    left: &mut u64,
) -> bool {
    let (schema, version) = of;
    for field in present(fields, version) {
        let name = json_name(field);
        if *left == 0 {
            let old = body.get(&name).cloned();
            if let Some(object) = body.as_object_mut() {
                object.insert(name, edge(random, field, version, old));
            }
            return true;
        }
        *left -= 1;
        let inner = field.field_type.struct_name();
        let inner = inner.and_then(|name| schema.struct_fields(name));
        if let Some(Value::Array(elements)) = body.get_mut(&name) {
            for element in elements {
                if change(random, of, inner.unwrap_or_default(), element, left) {
                    return true;
                }
            }
        }
    }
    false
}

fn edge(random: &mut Random, field: &Field, version: i16, old: Option<Value>) -> Value {
    if field.nullable.contains(version) && random.below(2) == 0 {
        return Value::Null;
    }
    let choices = match &field.field_type {
        FieldType::Bool => vec![json!(false), json!(true)],
        FieldType::Int8 => integers(i8::MIN.into(), i8::MAX.into()),
        FieldType::Int16 => integers(i16::MIN.into(), i16::MAX.into()),
        FieldType::Uint16 => integers(0, u16::MAX.into()),
        FieldType::Int32 => integers(i32::MIN.into(), i32::MAX.into()),
        FieldType::Uint32 => integers(0, u32::MAX.into()),
        FieldType::Int64 => integers(i64::MIN, i64::MAX),
        FieldType::Float64 => vec![json!(0.0), json!(-1.5)],
        FieldType::Uuid => {
            let reserved = [0, 1].map(|number| json!(ottla_types::Uuid(number).to_string()));
            reserved.to_vec()
        }
        FieldType::String => {
            let long = "y".repeat(250);
            vec![
                json!(""),
                json!(" "),
                json!("{s}ü"),
                json!(long),
                Value::Null,
            ]
        }
        FieldType::Bytes | FieldType::Records => vec![json!(""), json!("00"), Value::Null],
        FieldType::Struct(_) => vec![Value::Null],
        FieldType::Array(_) => {
            let doubled = old.clone().map(|old| match old {
                Value::Array(mut elements) => {
                    elements.extend(elements.clone());
                    Value::Array(elements)
                }
                other => other,
            });
            let doubled = doubled.unwrap_or_else(|| json!([]));
            vec![json!([]), doubled.clone(), doubled, Value::Null]
        }
    };
    let chosen = random.below(choices.len() as u64) as usize;
    choices.into_iter().nth(chosen).or(old).unwrap_or_default()
}

fn integers(low: i64, high: i64) -> Vec<Value> {
    [low, high, 0, 1, low.max(-1), low.max(-2), 2]
        .map(Value::from)
        .to_vec()
}
