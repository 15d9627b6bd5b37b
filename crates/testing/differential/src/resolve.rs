//! Puts values in place of a script's references.

use std::collections::BTreeMap;

use anyhow::{Context, bail};
use serde_json::{Map, Value};

use crate::batches;
use crate::codec::to_hexadecimal;

/// What references may refer to, on one side of a play.
#[derive(Clone, Debug)]
pub struct Memory {
    /// What `{s}` stands for.
    pub own_name: String,
    /// Wall-clock milliseconds at the start of the play, the same on both sides.
    pub now: i64,
    /// Answers by label.
    pub answers: BTreeMap<String, Value>,
}

impl Memory {
    /// The value with nothing symbolic left in it.
    ///
    /// # Errors
    /// When a reference is malformed.
    pub fn resolve(&self, value: &Value) -> anyhow::Result<Value> {
        Ok(match value {
            Value::String(text) => Value::String(text.replace("{s}", &self.own_name)),
            Value::Array(elements) => {
                let resolved = elements.iter().map(|element| self.resolve(element));
                Value::Array(resolved.collect::<anyhow::Result<_>>()?)
            }
            Value::Object(object) => match object.keys().next().map(String::as_str) {
                Some("$of") => self.earlier(object)?,
                Some("$now") => {
                    let more = object.get("$now").and_then(Value::as_i64);
                    Value::from(self.now + more.context("$now is no number")?)
                }
                Some("$batches") => {
                    let described = object.get("$batches").unwrap_or(&Value::Null);
                    let bytes = batches::build(&self.resolve(described)?, self.now)?;
                    Value::String(to_hexadecimal(&bytes))
                }
                _ => {
                    let resolved = object
                        .iter()
                        .map(|(name, value)| Ok((name.clone(), self.resolve(value)?)));
                    Value::Object(resolved.collect::<anyhow::Result<_>>()?)
                }
            },
            plain => plain.clone(),
        })
    }

    /// A value of an earlier answer, or what stands for it when there is none.
    fn earlier(&self, object: &Map<String, Value>) -> anyhow::Result<Value> {
        let place = object.get("$of").and_then(Value::as_array);
        let place = place.map(Vec::as_slice).unwrap_or_default();
        let [Value::String(label), Value::String(pointer)] = place else {
            bail!("$of wants a label and a pointer");
        };
        let answer = self.answers.get(label);
        let found = answer.and_then(|answer| answer.pointer(pointer));
        let Some(found) = found.filter(|found| !found.is_null()) else {
            return Ok(object.get("or").cloned().unwrap_or(Value::Null));
        };
        let more = object.get("plus").and_then(Value::as_i64);
        Ok(match (found.as_i64(), more) {
            (Some(number), Some(more)) => Value::from(number.saturating_add(more)),
            _ => found.clone(),
        })
    }
}
