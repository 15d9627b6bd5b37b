//! What necessarily differs between two brokers is replaced by a symbol: the first topic id of a
//! play is `topic-id 1` on both sides, and is so wherever it comes again.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::generate::UNKNOWN_ID;

/// No play lasts longer; what happens in it according to a broker's clock has that broker's time.
const LONG_MS: i64 = 600_000;

/// Names of fields that hold what a broker makes up, and the kind of symbol.
const MADE_UP: &[(&str, &str)] = &[
    ("topicId", "topic-id"),
    ("producerId", "producer-id"),
    ("sessionId", "session"),
    ("memberId", "member"),
    ("leader", "member"),
    ("newestMemberId", "member"),
    ("incarnationId", "incarnation"),
    ("replicaDirectoryId", "directory-id"),
    ("logDir", "directory"),
    ("port", "port"),
];
/// What stands for a time that a broker has read off its clock.
const TIME: &str = "<time>";
/// Shorter values are not looked for inside of texts.
const TELLING: usize = 12;
/// What stands for no id.
const NOTHING: &[&str] = &["", "0", "-1", "AAAAAAAAAAAAAAAAAAAAAA", UNKNOWN_ID];

/// The symbols of one side.
#[derive(Clone, Debug)]
pub struct Symbols {
    numbers: BTreeMap<(&'static str, String), usize>,
    /// Wall-clock milliseconds when the play began.
    began: i64,
}

impl Symbols {
    /// Of a play that began at this wall-clock time, in milliseconds.
    pub fn new(began: i64) -> Symbols {
        Symbols {
            numbers: BTreeMap::new(),
            began,
        }
    }

    /// Replaces what is made up, all through an answer.
    pub fn replace(&mut self, answer: &mut Value) {
        match answer {
            Value::Array(elements) => {
                for element in elements {
                    self.replace(element);
                }
            }
            Value::Object(object) => {
                for (name, value) in &mut *object {
                    let made_up = MADE_UP.iter().find(|(field, _)| field == name);
                    match made_up {
                        Some((_, kind)) if !value.is_array() && !value.is_object() => {
                            self.replace_one(kind, value);
                        }
                        _ => self.replace(value),
                    }
                }
                // A batch that carries a broker's time has a checksum of its own.
                if object.get("maxTimestamp").is_some_and(Value::is_string) {
                    object.insert("crc".to_owned(), Value::from(TIME));
                }
            }
            Value::Number(number) => {
                let since = number
                    .as_i64()
                    .and_then(|time| time.checked_sub(self.began));
                if since.is_some_and(|since| (0..LONG_MS).contains(&since)) {
                    *answer = Value::from(TIME);
                }
            }
            Value::String(text) => self.replace_within(text),
            _ => {}
        }
    }

    fn replace_one(&mut self, kind: &'static str, value: &mut Value) {
        let text = match &*value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => return,
        };
        // The leader of a partition is a broker; only that of a group is a member.
        let is_number = value.is_number();
        if NOTHING.contains(&text.as_str()) || (kind == "member" && is_number) {
            return;
        }
        let next = self
            .numbers
            .keys()
            .filter(|(other, _)| *other == kind)
            .count()
            + 1;
        let number = *self.numbers.entry((kind, text)).or_insert(next);
        *value = Value::String(format!("<{kind} {number}>"));
    }

    fn replace_within(&self, text: &mut String) {
        for ((kind, found), number) in &self.numbers {
            if found.len() >= TELLING && text.contains(found) {
                *text = text.replace(found, &format!("<{kind} {number}>"));
            }
        }
    }
}

/// Drops elements that tell of the topics and groups of other plays: what a broker lists is
/// compared as far as it belongs to this one.
pub fn drop_foreign(answer: &mut Value, is_foreign: &dyn Fn(&str) -> bool) {
    match answer {
        Value::Array(elements) => {
            elements.retain(|element| !element_name(element).is_some_and(is_foreign));
            for element in elements {
                drop_foreign(element, is_foreign);
            }
        }
        Value::Object(object) => {
            for (_, value) in object {
                drop_foreign(value, is_foreign);
            }
        }
        _ => {}
    }
}

fn element_name(element: &Value) -> Option<&str> {
    const NAMES: [&str; 6] = [
        "name",
        "topicName",
        "topic",
        "groupId",
        "resourceName",
        "group",
    ];
    let object = element.as_object()?;
    NAMES.iter().find_map(|name| object.get(*name)?.as_str())
}

/// Brings all partitions of a topic together, each once, in order; without those that have none.
pub fn group(list: &mut Value) {
    let Value::Array(topics) = list else { return };
    let mut grouped: Vec<Value> = Vec::new();
    for topic in topics.drain(..) {
        let same = grouped.iter_mut().find(|other| {
            ["name", "topic", "topicId"]
                .iter()
                .all(|field| other.get(field) == topic.get(field))
        });
        match same {
            None => grouped.push(topic),
            Some(other) => {
                let mut topic = topic;
                if let (Some(all), Some(more)) = (partitions(other), partitions(&mut topic)) {
                    all.append(more);
                }
            }
        }
    }
    for topic in &mut grouped {
        if let Some(all) = partitions(topic) {
            let mut list = Value::Array(std::mem::take(all));
            sort(&mut list);
            if let Value::Array(mut sorted) = list {
                sorted.dedup();
                *all = sorted;
            }
        }
    }
    grouped.retain_mut(|topic| partitions(topic).is_some_and(|all| !all.is_empty()));
    *topics = grouped;
    sort(list);
}

/// The list in a topic.
fn partitions(topic: &mut Value) -> Option<&mut Vec<Value>> {
    let fields = topic.as_object_mut()?.iter_mut();
    fields.map(|(_, value)| value).find_map(Value::as_array_mut)
}

/// Sorts a list whose order means nothing.
pub fn sort(list: &mut Value) {
    if let Value::Array(elements) = list {
        elements.sort_by_cached_key(|element| {
            let name = element_name(element).unwrap_or_default().to_owned();
            let number = [
                "partitionIndex",
                "index",
                "partition",
                "apiKey",
                "resourceType",
            ]
            .iter()
            .find_map(|name| element.get(*name)?.as_i64());
            (name, number, element.to_string())
        });
    }
}
