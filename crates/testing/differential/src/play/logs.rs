//! What a script leaves: the logs of its topics, read by Fetch and compared batch by batch, and
//! then deleted.

use std::collections::BTreeSet;

use anyhow::Context;
use serde_json::{Value, json};

use super::{Play, settled};
use crate::compare::Difference;
use crate::script::Step;

/// Bytes that are read at a time.
const PART: i32 = 1 << 20;
const CONNECTION: &str = "logs";
/// No log of a script has more parts.
const PARTS: usize = 50;

/// A step that differed, and where.
type Differing = Option<(Step, Vec<Difference>)>;

impl Play<'_> {
    /// Reads every log of the script's topics from its start to its end.
    pub(super) fn logs(&mut self, steps: &[Step]) -> anyhow::Result<Differing> {
        let names: Vec<Value> = topics(steps)
            .iter()
            .map(|name| json!({ "name": name }))
            .collect();
        if names.is_empty() {
            return Ok(None);
        }
        let body = json!({"topics": names, "allowAutoTopicCreation": false});
        let step = on_own_connection(Step::new("Metadata", 9, body));
        let (found, answer) = self.step(&step)?;
        if !found.is_empty() {
            return Ok(Some((step, found)));
        }
        let topics = answer.answer().and_then(|answer| answer.get("topics"));
        let topics = topics.and_then(Value::as_array).cloned();
        for topic in topics.unwrap_or_default() {
            let name = topic.get("name").cloned().unwrap_or_default();
            let partitions = topic.get("partitions").and_then(Value::as_array);
            for partition in partitions.into_iter().flatten() {
                let index = partition.get("partitionIndex").cloned().unwrap_or_default();
                let differing = self.log(&name, &index)?;
                if differing.is_some() {
                    return Ok(differing);
                }
            }
        }
        Ok(None)
    }

    fn log(&mut self, topic: &Value, partition: &Value) -> anyhow::Result<Differing> {
        let one = json!({"partitionIndex": partition, "timestamp": -2});
        let topics = json!([{"name": topic, "partitions": [one]}]);
        let body = json!({"replicaId": -1, "topics": topics});
        let step = on_own_connection(Step::new("ListOffsets", 5, body));
        let (found, answer) = self.step(&step)?;
        if !found.is_empty() {
            return Ok(Some((step, found)));
        }
        let offset = answer.answer();
        let offset = offset.and_then(|answer| answer.pointer("/topics/0/partitions/0/offset"));
        let mut offset = offset.and_then(Value::as_i64).unwrap_or(0);
        for _ in 0..PARTS {
            let step = fetch(topic, partition, offset);
            let (found, answer) = self.step(&step)?;
            if !found.is_empty() {
                return Ok(Some((step, found)));
            }
            let fetched = answer.answer();
            let fetched =
                fetched.and_then(|answer| answer.pointer("/responses/0/partitions/0/records"));
            let batches = fetched.and_then(Value::as_array);
            let next = batches.into_iter().flatten().filter_map(|batch| {
                let base = batch.get("baseOffset")?.as_i64()?;
                Some(base + batch.get("lastOffsetDelta")?.as_i64()? + 1)
            });
            match next.max() {
                Some(next) if next > offset => offset = next,
                _ => break,
            }
        }
        Ok(None)
    }

    /// Deletes what the script may have created, on both sides, whatever they say.
    pub(super) fn clean_up(&mut self, steps: &[Step]) -> anyhow::Result<()> {
        let names: Vec<String> = topics(steps).into_iter().collect();
        if names.is_empty() {
            return Ok(());
        }
        let body = json!({"topicNames": names, "timeoutMs": 10_000});
        let step = on_own_connection(Step::new("DeleteTopics", 5, body));
        for (side, name) in [
            (&mut self.kafka, "Apache Kafka"),
            (&mut self.ottla, "ottla"),
        ] {
            side.ask(&step)?;
            settled::wait(side).context(name)?;
        }
        Ok(())
    }
}

fn on_own_connection(mut step: Step) -> Step {
    step.connection = CONNECTION.to_owned();
    step
}

fn fetch(topic: &Value, partition: &Value, offset: i64) -> Step {
    let one = json!({"partition": partition, "fetchOffset": offset, "partitionMaxBytes": PART});
    let topics = json!([{"topic": topic, "partitions": [one]}]);
    let body = json!({"replicaId": -1, "minBytes": 0, "maxBytes": PART, "topics": topics});
    on_own_connection(Step::new("Fetch", 11, body))
}

/// Names of this play's own that a script may have created.
fn topics(steps: &[Step]) -> BTreeSet<String> {
    let creating = steps.iter().filter(|step| step.api == "CreateTopics");
    let topics = creating.filter_map(|step| step.body.get("topics")?.as_array());
    let names = topics
        .flatten()
        .filter_map(|topic| topic.get("name")?.as_str());
    let own = names.filter(|name| name.starts_with("{s}"));
    own.map(str::to_owned).collect()
}
