//! What is read of logs, and what is cut off them.

use serde_json::{Value, json};

use super::{Draft, UNKNOWN_ID};

/// An offset: at the start, among the records, far behind them, or a symbol of ListOffsets.
fn offset(draft: &mut Draft<'_>) -> i64 {
    draft.pick(&[0, 0, 0, 1, 2, 3, 5, 8, 1000, -1, -2, i64::MAX])
}

pub fn fetch(draft: &mut Draft<'_>, version: i16) -> Value {
    let topics = draft.partitions(("topic", "partitions"), &mut |draft, _, partition| {
        let epoch = draft.leader_epoch();
        let bytes = draft.pick(&[1 << 20, 1 << 20, 1 << 20, 100, 1, 0, 300]);
        let last = draft.pick(&[-1, -1, -1, -1, 0, 5]);
        json!({"partition": partition, "fetchOffset": offset(draft),
            "currentLeaderEpoch": epoch, "partitionMaxBytes": bytes, "lastFetchedEpoch": last})
    });
    let (id, epoch) = draft.pick(&[(0, -1), (0, -1), (0, -1), (0, -1), (0, 0), (0, 3), (77, 1)]);
    let forgotten = match draft.below(10) {
        0 => json!([{"topic": "{s}t0", "topicId": UNKNOWN_ID, "partitions": [0]}]),
        _ => json!([]),
    };
    let replica = if version < 15 && draft.one_in(30) {
        5
    } else {
        -1
    };
    json!({"replicaId": replica, "maxWaitMs": draft.pick(&[0, 0, 0, 50]),
        "minBytes": draft.pick(&[0, 1, 1, 1000]),
        "maxBytes": draft.pick(&[1 << 20, 1 << 20, 1 << 20, 200, 1, 0]),
        "isolationLevel": draft.pick(&[0, 0, 0, 1]),
        "sessionId": id, "sessionEpoch": epoch, "topics": topics,
        "forgottenTopicsData": forgotten, "rackId": draft.pick(&["", "", "r1"])})
}

pub fn list_offsets(draft: &mut Draft<'_>, _: i16) -> Value {
    let topics = draft.partitions(("name", "partitions"), &mut |draft, _, partition| {
        let epoch = draft.leader_epoch();
        let near = draft.pick(&[-1000_i64, -1, 0, 1, 5000]);
        let choices = [-1, -1, -2, -2, -3, -4, -5, -6, -7, 0, i64::MAX].map(Value::from);
        let mut choices = choices.to_vec();
        choices.extend([
            json!({"$now": near}),
            json!({"$now": 0}),
            json!({"$now": near}),
        ]);
        json!({"partitionIndex": partition, "currentLeaderEpoch": epoch,
            "timestamp": draft.pick(&choices)})
    });
    let replica = if draft.one_in(20) {
        draft.pick(&[-2, 1, 5])
    } else {
        -1
    };
    json!({"replicaId": replica, "isolationLevel": draft.pick(&[0, 0, 1]), "topics": topics,
        "timeoutMs": 2000})
}

pub fn offset_for_leader_epoch(draft: &mut Draft<'_>, _: i16) -> Value {
    let topics = draft.partitions(("topic", "partitions"), &mut |draft, _, partition| {
        let current = draft.leader_epoch();
        json!({"partition": partition, "currentLeaderEpoch": current,
            "leaderEpoch": draft.pick(&[0, 0, 0, -1, 1, 2, -2])})
    });
    json!({"replicaId": draft.pick(&[-1, -1, -2, 1]), "topics": topics})
}

pub fn delete_records(draft: &mut Draft<'_>, _: i16) -> Value {
    let topics = draft.partitions(
        ("name", "partitions"),
        &mut |draft, _, partition| json!({"partitionIndex": partition, "offset": offset(draft)}),
    );
    json!({"topics": topics, "timeoutMs": 2000})
}
