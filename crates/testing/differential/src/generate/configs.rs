//! Configurations of topics and of the broker.

use serde_json::{Value, json};

use super::Draft;
use super::topics::config;

const TOPIC: i64 = 2;
const BROKER: i64 = 4;
const BROKER_LOGGER: i64 = 8;
/// What no resource has for a type.
const NO_TYPES: &[i64] = &[0, 1, 3, 99, -5];

/// Type and name of a resource, mostly of a topic that exists.
fn resource(draft: &mut Draft<'_>) -> (i64, Value) {
    match draft.below(12) {
        0 => (BROKER, json!(draft.pick(&["2", "x", "-1"]))),
        1 => (
            draft.pick(&[0, 1, 3, BROKER_LOGGER, 99, -5]),
            json!("{s}any"),
        ),
        2 => (draft.pick(&[16, 32]), json!("{s}any")),
        _ => (TOPIC, draft.named().0),
    }
}

/// The same, without brokers: Kafka refuses to pass others on, and this one stays as it is.
fn alterable(draft: &mut Draft<'_>) -> (i64, Value) {
    let (kind, name) = resource(draft);
    match kind {
        BROKER => (99, name),
        _ => (kind, name),
    }
}

pub fn describe_configs(draft: &mut Draft<'_>, _: i16) -> Value {
    let mut resources = Vec::new();
    for _ in 0..draft.few() {
        let (mut kind, name) = resource(draft);
        if NO_TYPES.contains(&kind) {
            kind = TOPIC;
        }
        let keys = match draft.below(4) {
            0 => Value::Null,
            1 => json!([]),
            2 => json!(["retention.ms", "no.such.config", "cleanup.policy"]),
            _ => json!([
                "max.message.bytes",
                "compression.type",
                "min.insync.replicas"
            ]),
        };
        resources.push(json!({"resourceType": kind, "resourceName": name,
            "configurationKeys": keys}));
    }
    json!({"resources": resources, "includeSynonyms": draft.flip(),
        "includeDocumentation": draft.one_in(4)})
}

pub fn incremental_alter_configs(draft: &mut Draft<'_>, _: i16) -> Value {
    let mut resources = Vec::new();
    for _ in 0..draft.few() {
        let (kind, name) = alterable(draft);
        let mut configs = Vec::new();
        for _ in 0..draft.few() {
            let mut config = config(draft, false);
            let operation = draft.pick(&[0, 0, 0, 0, 1, 2, 3]);
            if let Some(fields) = config.as_object_mut() {
                fields.insert("configOperation".to_owned(), json!(operation));
                if operation == 1 || draft.one_in(12) {
                    fields.insert("value".to_owned(), Value::Null);
                }
            }
            configs.push(config);
        }
        resources.push(json!({"resourceType": kind, "resourceName": name, "configs": configs}));
    }
    json!({"resources": resources, "validateOnly": draft.one_in(4)})
}

pub fn alter_configs(draft: &mut Draft<'_>, _: i16) -> Value {
    let mut resources = Vec::new();
    for _ in 0..draft.few() {
        let (kind, name) = alterable(draft);
        let mut configs = Vec::new();
        for _ in 0..draft.few() {
            configs.push(config(draft, false));
        }
        resources.push(json!({"resourceType": kind, "resourceName": name, "configs": configs}));
    }
    // Kafka never answers when a resource comes twice.
    resources.truncate(1);
    json!({"resources": resources, "validateOnly": draft.one_in(4)})
}

pub fn list_config_resources(draft: &mut Draft<'_>, _: i16) -> Value {
    let kinds = [
        json!([]),
        json!([2]),
        json!([4]),
        json!([2, 4, 8, 16, 32]),
        json!([0]),
        json!([99]),
    ];
    json!({"resourceTypes": draft.pick(&kinds)})
}
