//! Topics: created, grown, told about, deleted.

use serde_json::{Value, json};

use super::{Draft, Topic, UNKNOWN_ID};
use crate::script::Step;

/// The only broker.
const BROKER: i64 = 1;

/// A topic that is created without fault, and a step that learns its id.
pub fn create_one(draft: &mut Draft<'_>) -> anyhow::Result<()> {
    let name = format!("{{s}}t{}", draft.steps.len());
    let partitions = draft.pick(&[1, 1, 2, 3]);
    let configs = draft.below(4);
    let configs: Vec<Value> = (0..configs.saturating_sub(1))
        .map(|_| config(draft, true))
        .collect();
    let topic = json!({"name": name, "numPartitions": partitions, "replicationFactor": 1,
        "configs": configs});
    let version = 2 + draft.below(6) as i16;
    let mut step = Step::new("CreateTopics", version, json!({"topics": [topic]}));
    remember(draft, &mut step);
    let learn = learn(&name);
    draft.steps.extend([step, learn]);
    Ok(())
}

/// A step that learns the id of a topic, under its name.
fn learn(name: &str) -> Step {
    let body = json!({"topics": [{"name": name, "topicId": ottla_types::Uuid::ZERO.to_string()}],
        "allowAutoTopicCreation": false});
    Step::new("Metadata", 12, body).labelled(name)
}

/// Topics of a request that should come to exist are spoken of later.
pub fn remember(draft: &mut Draft<'_>, step: &mut Step) {
    let topics = step.body.get("topics").and_then(Value::as_array);
    for topic in topics.into_iter().flatten() {
        let name = topic.get("name").and_then(Value::as_str);
        let Some(name) = name.filter(|name| name.starts_with("{s}t")) else {
            continue;
        };
        if draft.topics.iter().any(|topic| topic.name == name) {
            continue;
        }
        let partitions = topic.get("numPartitions").and_then(Value::as_i64);
        draft.topics.push(Topic {
            name: name.to_owned(),
            label: name.to_owned(),
            partitions: partitions.unwrap_or(1).clamp(1, 9),
        });
    }
}

/// A configuration of a topic, `right` or perhaps wrong.
pub fn config(draft: &mut Draft<'_>, right: bool) -> Value {
    const RIGHT: &[(&str, &[&str])] = &[
        ("cleanup.policy", &["delete", "compact", "compact,delete"]),
        (
            "compression.type",
            &["producer", "uncompressed", "gzip", "snappy", "lz4", "zstd"],
        ),
        ("max.message.bytes", &["1000", "400", "1048588"]),
        ("message.timestamp.type", &["CreateTime", "LogAppendTime"]),
        ("message.timestamp.before.max.ms", &["3600000"]),
        ("message.timestamp.after.max.ms", &["3600000"]),
        ("min.insync.replicas", &["1", "2"]),
        ("retention.ms", &["-1", "86400000"]),
        ("retention.bytes", &["-1", "1000000"]),
        ("segment.bytes", &["1048576", "2097152"]),
        ("segment.ms", &["604800000"]),
        ("flush.messages", &["1", "1000"]),
        ("index.interval.bytes", &["0", "4096"]),
        ("unclean.leader.election.enable", &["true", "false"]),
    ];
    const WRONG: &[(&str, &[&str])] = &[
        ("cleanup.policy", &["", "never", "delete,never", "none"]),
        ("compression.type", &["brotli", "GZIP", ""]),
        ("max.message.bytes", &["-1", "x", "", "1.5", "99999999999"]),
        ("message.timestamp.type", &["never", "createtime"]),
        ("min.insync.replicas", &["0", "-1"]),
        ("retention.ms", &["-2", "abc", " 5 "]),
        ("segment.bytes", &["13", "0"]),
        ("no.such.config", &["1"]),
        ("", &["1"]),
        ("preallocate", &["yes", "TRUE", "false"]),
        ("message.format.version", &["3.0"]),
        ("remote.storage.enable", &["true"]),
        (
            "leader.replication.throttled.replicas",
            &["*", "0:1", "x:y"],
        ),
        ("compression.gzip.level", &["0", "9", "10", "-1"]),
        ("delete.retention.ms", &["-1", "5"]),
        ("segment.jitter.ms", &["0", "700000000"]),
    ];
    let table = if right || draft.flip() { RIGHT } else { WRONG };
    let (name, values) = draft.pick(table);
    json!({"name": name, "value": draft.pick(values)})
}

pub fn create_topics(draft: &mut Draft<'_>, _: i16) -> Value {
    let mut topics = Vec::new();
    for _ in 0..draft.few() {
        topics.push(creatable(draft));
    }
    if draft.one_in(12)
        && let Some(topic) = topics.first().cloned()
    {
        topics.push(topic);
    }
    json!({"topics": topics, "validateOnly": draft.one_in(4)})
}

fn creatable(draft: &mut Draft<'_>) -> Value {
    let name = match draft.below(12) {
        0 => draft.topic().name,
        1 => draft
            .pick(&["", ".", "..", "{s}a b", "{s}ä", "__consumer_offsets"])
            .to_owned(),
        2 => format!("{{s}}{}", "l".repeat(250)),
        3 => draft.topic().name.replace("}t", "}t.").replace("t.", "t_"),
        _ => format!("{{s}}t{}.{}", draft.steps.len(), draft.below(3)),
    };
    let partitions = draft.pick(&[1, 1, 1, 2, 3, -1, 0, -2]);
    let replication = draft.pick(&[1, 1, 1, 1, 1, -1, 0, 2, -2]);
    let mut configs = Vec::new();
    for _ in 0..draft.pick(&[0, 0, 0, 1, 1, 2]) {
        configs.push(config(draft, false));
    }
    let mut topic = json!({"name": name, "numPartitions": partitions,
        "replicationFactor": replication, "configs": configs});
    if draft.one_in(8) {
        let assignments = assignments(draft);
        if let Some(object) = topic.as_object_mut() {
            object.insert("assignments".to_owned(), assignments);
            if !draft.one_in(5) {
                object.insert("numPartitions".to_owned(), json!(-1));
                object.insert("replicationFactor".to_owned(), json!(-1));
            }
        }
    }
    topic
}

fn assignments(draft: &mut Draft<'_>) -> Value {
    let mut all = Vec::new();
    for index in 0..1 + draft.below(3) as i64 {
        let index = if draft.one_in(10) { index + 1 } else { index };
        all.push(json!({"partitionIndex": index, "brokerIds": brokers(draft)}));
    }
    Value::Array(all)
}

fn brokers(draft: &mut Draft<'_>) -> Value {
    match draft.below(10) {
        0 => json!([]),
        1 => json!([BROKER, BROKER]),
        2 => json!([7]),
        3 => json!([BROKER, 7]),
        4 => json!([-1]),
        _ => json!([BROKER]),
    }
}

pub fn delete_topics(draft: &mut Draft<'_>, version: i16) -> Value {
    let mut names = Vec::new();
    let mut topics = Vec::new();
    for _ in 0..draft.few() {
        let (name, id) = draft.named();
        names.push(name.clone());
        let zero = ottla_types::Uuid::ZERO.to_string();
        topics.push(match draft.below(4) {
            0 => json!({"name": null, "topicId": id}),
            1 if draft.one_in(3) => json!({"name": name, "topicId": id}),
            1 if draft.one_in(3) => json!({"name": null, "topicId": zero}),
            _ => json!({"name": name, "topicId": zero}),
        });
    }
    if version >= 6 {
        json!({"topics": topics, "timeoutMs": 10_000})
    } else {
        json!({"topicNames": names, "timeoutMs": 10_000})
    }
}

pub fn create_partitions(draft: &mut Draft<'_>, _: i16) -> Value {
    let mut topics = Vec::new();
    for _ in 0..draft.few() {
        let (name, _) = draft.named();
        let count = draft.pick(&[1, 2, 3, 4, 5, 0, -1]);
        let assignments = match draft.below(5) {
            0 => {
                let mut all = Vec::new();
                for _ in 0..draft.below(3) {
                    all.push(json!({"brokerIds": brokers(draft)}));
                }
                Value::Array(all)
            }
            _ => Value::Null,
        };
        topics.push(json!({"name": name, "count": count, "assignments": assignments}));
    }
    json!({"topics": topics, "timeoutMs": 10_000, "validateOnly": draft.one_in(4)})
}

pub fn metadata(draft: &mut Draft<'_>, version: i16) -> Value {
    let mut topics = Vec::new();
    for _ in 0..draft.few() {
        let (name, id) = draft.named();
        let zero = ottla_types::Uuid::ZERO.to_string();
        topics.push(match draft.below(4) {
            0 if version >= 10 => json!({"name": null, "topicId": id}),
            2 if draft.one_in(4) => json!({"name": name, "topicId": UNKNOWN_ID}),
            _ => json!({"name": name, "topicId": zero}),
        });
    }
    let topics = match draft.below(10) {
        0 => Value::Null,
        _ => Value::Array(topics),
    };
    json!({"topics": topics, "allowAutoTopicCreation": draft.flip(),
        "includeClusterAuthorizedOperations": draft.flip(),
        "includeTopicAuthorizedOperations": draft.flip()})
}

pub fn describe_topic_partitions(draft: &mut Draft<'_>, _: i16) -> Value {
    let mut topics = Vec::new();
    for _ in 0..draft.few() {
        topics.push(json!({"name": draft.named().0}));
    }
    let cursor = match draft.below(4) {
        0 => {
            let (name, _) = draft.named();
            let partition = draft.partition(&name);
            json!({"topicName": name, "partitionIndex": partition})
        }
        _ => Value::Null,
    };
    let limit = draft.pick(&[2000, 2000, 1, 2, 3, 0, -1]);
    json!({"topics": topics, "responsePartitionLimit": limit, "cursor": cursor})
}
