//! Two answers, field by field.

#[cfg(test)]
mod tests;

use serde_json::Value;

use crate::side::Outcome;

/// A place where two answers differ.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Names and positions, `/` between them; empty for the whole.
    pub path: String,
    /// What Apache Kafka says there.
    pub kafka: Value,
    /// What ottla says there.
    pub ottla: Value,
}

/// All places where two outcomes differ.
pub fn differences(kafka: &Outcome, ottla: &Outcome) -> Vec<Difference> {
    let mut found = Vec::new();
    match (kafka, ottla) {
        (Outcome::Answer(kafka), Outcome::Answer(ottla)) => collect("", kafka, ottla, &mut found),
        _ if kafka == ottla => {}
        _ => found.push(Difference {
            path: String::new(),
            kafka: whole(kafka),
            ottla: whole(ottla),
        }),
    }
    found
}

fn whole(outcome: &Outcome) -> Value {
    match outcome {
        Outcome::Answer(answer) => answer.clone(),
        Outcome::Otherwise(what) => Value::String(format!("({what})")),
    }
}

fn collect(path: &str, kafka: &Value, ottla: &Value, found: &mut Vec<Difference>) {
    match (kafka, ottla) {
        (Value::Object(kafka), Value::Object(ottla)) => {
            for (name, value) in kafka {
                let other = ottla.get(name).unwrap_or(&Value::Null);
                collect(&below(path, name), value, other, found);
            }
            for (name, value) in ottla {
                if !kafka.contains_key(name) {
                    collect(&below(path, name), &Value::Null, value, found);
                }
            }
        }
        (Value::Array(kafka), Value::Array(ottla)) if kafka.len() == ottla.len() => {
            for (index, (kafka, ottla)) in kafka.iter().zip(ottla).enumerate() {
                collect(&below(path, &index.to_string()), kafka, ottla, found);
            }
        }
        _ if kafka == ottla => {}
        _ => found.push(Difference {
            path: path.to_owned(),
            kafka: without(kafka, ottla),
            ottla: without(ottla, kafka),
        }),
    }
}

/// What only one of two lists has, if they are lists and that is something.
fn without(value: &Value, other: &Value) -> Value {
    let (Value::Array(elements), Value::Array(others)) = (value, other) else {
        return value.clone();
    };
    let own = elements.iter().filter(|element| !others.contains(element));
    let own: Vec<Value> = own.cloned().collect();
    if own.is_empty() && elements.len() > others.len() {
        return value.clone();
    }
    Value::Array(own)
}

fn below(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}/{name}")
    }
}

/// The path with `*` in place of positions.
pub fn general(path: &str) -> String {
    let parts = path.split('/').map(|part| match part.parse::<usize>() {
        Ok(_) => "*",
        Err(_) => part,
    });
    parts.collect::<Vec<_>>().join("/")
}
