//! The cluster, its directories and coordinators.

use serde_json::{Value, json};

use super::Draft;

pub fn api_versions(draft: &mut Draft<'_>, _: i16) -> Value {
    let names = ["apache-kafka-java", "", "with space", "-x"];
    json!({"clientSoftwareName": draft.pick(&names),
        "clientSoftwareVersion": draft.pick(&["4.3.1", "", "1_0"])})
}

pub fn describe_cluster(draft: &mut Draft<'_>, _: i16) -> Value {
    json!({"includeClusterAuthorizedOperations": draft.flip(),
        "endpointType": draft.pick(&[1, 1, 1, 2, 0, 3]), "includeFencedBrokers": draft.flip()})
}

pub fn describe_log_dirs(draft: &mut Draft<'_>, _: i16) -> Value {
    let topics = draft.partitions(("topic", "partitions"), &mut |_, _, partition| {
        json!(partition)
    });
    json!({ "topics": topics })
}

pub fn find_coordinator(draft: &mut Draft<'_>, _: i16) -> Value {
    let mut keys = Vec::new();
    for _ in 0..draft.few() {
        keys.push(draft.pick(&["{s}g", "{s}g2", "", "__consumer_offsets"]));
    }
    let key = keys.first().copied().unwrap_or("{s}g");
    json!({"key": key, "keyType": 0, "coordinatorKeys": keys})
}

pub fn elect_leaders(draft: &mut Draft<'_>, _: i16) -> Value {
    let topics = draft.partitions(("topic", "partitions"), &mut |_, _, partition| {
        json!(partition)
    });
    json!({"electionType": draft.pick(&[0, 0, 1, 2]), "topicPartitions": topics,
        "timeoutMs": 2000})
}
