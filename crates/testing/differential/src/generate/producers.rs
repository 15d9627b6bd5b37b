//! Producers: their ids, epochs and sequences, and batches that are right or not.

use serde_json::{Value, json};

use super::Draft;
use crate::script::Step;

/// A producer that has asked for its id.
#[derive(Clone, Debug)]
pub struct Producer {
    label: String,
    /// The next sequence, as far as all its batches have been appended to one partition.
    sequence: i64,
}

pub fn init_producer_id(draft: &mut Draft<'_>, _: i16) -> Value {
    let (id, epoch) = match draft.below(8) {
        0 => {
            let (id, epoch) = mine(draft);
            (id, draft.pick(&[epoch, json!(0), json!(5), json!(-1)]))
        }
        1 => (
            json!(draft.pick(&[0, -2, 424_242])),
            json!(draft.pick(&[-1, 0, 3])),
        ),
        _ => (json!(-1), json!(-1)),
    };
    json!({"transactionalId": null, "transactionTimeoutMs": 60_000, "producerId": id,
        "producerEpoch": epoch})
}

/// A producer whose id was asked for can be spoken of.
pub fn remember(draft: &mut Draft<'_>, step: &mut Step) {
    let label = format!("p{}", draft.steps.len());
    step.label = Some(label.clone());
    draft.producers.push(Producer { label, sequence: 0 });
}

/// Id and epoch of one of the producers.
fn mine(draft: &mut Draft<'_>) -> (Value, Value) {
    let count = draft.producers.len() as u64;
    let chosen = draft.below(count) as usize;
    match draft.producers.get(chosen) {
        None => (json!(3), json!(0)),
        Some(producer) => (
            json!({"$of": [producer.label, "/producerId"], "or": -1}),
            json!({"$of": [producer.label, "/producerEpoch"], "or": -1}),
        ),
    }
}

pub fn produce(draft: &mut Draft<'_>, _: i16) -> Value {
    let topics = draft.partitions(("name", "partitionData"), &mut |draft, _, partition| {
        let records = match draft.below(40) {
            0 => json!(draft.pick(&["", "00", "000000000000000000000000"])),
            _ => {
                let mut batches = vec![batch(draft)];
                if draft.one_in(20) {
                    batches.push(batch(draft));
                }
                json!({ "$batches": batches })
            }
        };
        json!({"index": partition, "records": records})
    });
    let transactional = if draft.one_in(30) {
        json!("{s}tx")
    } else {
        Value::Null
    };
    json!({"transactionalId": transactional, "acks": draft.pick(&[-1, -1, -1, 1, 1, 0, 2, -2]),
        "timeoutMs": 2000, "topicData": topics})
}

fn batch(draft: &mut Draft<'_>) -> Value {
    let mut records = Vec::new();
    for _ in 0..draft.pick(&[1, 1, 2, 3, 5]) {
        records.push(record(draft));
    }
    let codecs = ["none", "none", "none", "gzip", "snappy", "lz4", "zstd"];
    let mut batch = json!({"records": records, "compression": draft.pick(&codecs)});
    let Some(fields) = batch.as_object_mut() else {
        return batch;
    };
    let mut set = |name: &str, value: Value| {
        fields.insert(name.to_owned(), value);
    };
    if draft.one_in(3) && !draft.producers.is_empty() {
        let count = draft.producers.len() as u64;
        let chosen = draft.below(count) as usize;
        let jump = draft.pick(&[0, 0, 0, 0, 0, 1, -1, 7]);
        if let Some(producer) = draft.producers.get_mut(chosen) {
            let label = &producer.label;
            set(
                "producerId",
                json!({"$of": [label, "/producerId"], "or": -1}),
            );
            set(
                "producerEpoch",
                json!({"$of": [label, "/producerEpoch"], "or": -1}),
            );
            set("baseSequence", json!((producer.sequence + jump).max(0)));
            producer.sequence += records.len() as i64;
        }
    }
    if draft.one_in(10) {
        let (name, value) = draft.pick(&damages());
        set(name, value);
    }
    batch
}

/// What can be wrong with a batch, or at least odd.
fn damages() -> Vec<(&'static str, Value)> {
    vec![
        ("wrongChecksum", json!(true)),
        ("magic", json!(1)),
        ("magic", json!(0)),
        ("magic", json!(3)),
        ("magic", json!(-1)),
        ("attributes", json!(5)),
        ("attributes", json!(7)),
        ("attributes", json!(8)),
        ("attributes", json!(64)),
        ("attributes", json!(128)),
        ("transactional", json!(true)),
        ("control", json!(true)),
        ("appendTime", json!(true)),
        ("recordCount", json!(0)),
        ("recordCount", json!(-1)),
        ("recordCount", json!(99)),
        ("lastOffsetDelta", json!(0)),
        ("lastOffsetDelta", json!(77)),
        ("lastOffsetDelta", json!(-1)),
        ("baseOffset", json!(5)),
        ("baseOffset", json!(-5)),
        ("partitionLeaderEpoch", json!(9)),
        ("batchLength", json!(0)),
        ("batchLength", json!(10)),
        ("batchLength", json!(-1)),
        ("batchLength", json!(1_000_000)),
        ("maxTimestamp", json!(1)),
        ("maxTimestamp", json!(-1)),
        ("baseTimestamp", json!(-1)),
        ("producerEpoch", json!(-1)),
        ("producerEpoch", json!(9)),
        ("producerId", json!(31_337)),
        ("baseSequence", json!(-1)),
        ("baseSequence", json!(5)),
        ("cut", json!(1)),
        ("cut", json!(30)),
        ("then", json!("00")),
        ("then", json!("00000000000000000000000000")),
        ("records", json!([])),
    ]
}

fn record(draft: &mut Draft<'_>) -> Value {
    let key = draft.pick(&[json!("k1"), json!("k2"), json!(""), Value::Null]);
    let value = draft.pick(&[json!("v"), json!("value"), json!(""), Value::Null]);
    let mut record = json!({"key": key, "value": value});
    let Some(fields) = record.as_object_mut() else {
        return record;
    };
    if draft.one_in(4) {
        let day = 86_400_000_i64;
        let at = draft.pick(&[-1000, 1000, -5, 5, -7_200_000, 7_200_000, -day, 2 * day]);
        fields.insert("at".to_owned(), json!(at));
    }
    if draft.one_in(10) {
        fields.insert(
            "headers".to_owned(),
            json!([["h", "1"], ["h", null], ["", ""]]),
        );
    }
    if draft.one_in(12) {
        let size = draft.pick(&[100, 500, 2000, 1_100_000]);
        fields.insert("size".to_owned(), json!(size));
        fields.insert("value".to_owned(), json!(""));
    }
    record
}

pub fn describe_producers(draft: &mut Draft<'_>, _: i16) -> Value {
    let topics = draft.partitions(("name", "partitionIndexes"), &mut |_, _, partition| {
        json!(partition)
    });
    json!({ "topics": topics })
}
