//! Topics that come into being because somebody uses them.

use ottla_controller::{ControllerResponse, RequestBody};
use ottla_messages::create_topics_request::{
    CreatableTopic, CreatableTopicConfig, CreateTopicsRequest,
};
use ottla_messages::{ErrorCode, KafkaString};

use crate::node::Node;
use crate::published::OFFSETS_TOPIC;

/// Leaves a number to the controller.
const CONTROLLERS_DEFAULT: i8 = -1;

/// Creates topics with the broker's defaults; what became of those that still do not exist.
pub async fn create_automatically(node: &Node, names: &[String]) -> Vec<(String, ErrorCode)> {
    let valid = names
        .iter()
        .filter(|name| ottla_controller::validate_topic_name(name).is_ok());
    // What this broker's file says goes before what the controller's does.
    let is_set = |key: &str| node.settings().file.get(key).is_some();
    let defaults = &node.config().topic_creation;
    let topics = valid.map(|name| {
        if name == OFFSETS_TOPIC {
            return offsets_topic(node);
        }
        CreatableTopic {
            name: KafkaString::from(name.clone()),
            num_partitions: if is_set("num.partitions") {
                defaults.num_partitions
            } else {
                CONTROLLERS_DEFAULT.into()
            },
            replication_factor: if is_set("default.replication.factor") {
                defaults.default_replication_factor
            } else {
                CONTROLLERS_DEFAULT.into()
            },
            ..CreatableTopic::default()
        }
    });
    create(node, topics.collect()).await
}

/// Creates the topic of groups and offsets, if it does not exist.
///
/// # Errors
/// COORDINATOR_NOT_AVAILABLE while it cannot be created: clients try again.
pub async fn ensure_offsets_topic(node: &Node) -> Result<(), ErrorCode> {
    if node
        .published()
        .image
        .topics
        .by_name(OFFSETS_TOPIC)
        .is_some()
    {
        return Ok(());
    }
    create(node, vec![offsets_topic(node)]).await;
    match node.published().image.topics.by_name(OFFSETS_TOPIC) {
        Some(_) => Ok(()),
        None => Err(ErrorCode::COORDINATOR_NOT_AVAILABLE),
    }
}

async fn create(node: &Node, topics: Vec<CreatableTopic>) -> Vec<(String, ErrorCode)> {
    if topics.is_empty() {
        return Vec::new();
    }
    let timeout_ms = node.config().sockets.request_timeout_ms;
    let request = CreateTopicsRequest {
        topics,
        timeout_ms,
        validate_only: false,
    };
    let answer = node
        .controller()
        .call(RequestBody::CreateTopics(request), 7)
        .await;
    let ControllerResponse::CreateTopics(response) = answer else {
        return Vec::new();
    };
    let failed = response.topics.into_iter().filter_map(|topic| {
        let error = match ErrorCode(topic.error_code) {
            ErrorCode::NONE => return None,
            // Somebody else was faster: it will be there in a moment.
            ErrorCode::TOPIC_ALREADY_EXISTS | ErrorCode::REQUEST_TIMED_OUT => {
                ErrorCode::LEADER_NOT_AVAILABLE
            }
            error => error,
        };
        Some((topic.name.as_str().to_owned(), error))
    });
    failed.collect()
}

fn offsets_topic(node: &Node) -> CreatableTopic {
    let config = &node.config().offsets;
    let wanted = config.topic_replication_factor;
    let alive = node
        .published()
        .image
        .brokers
        .values()
        .filter(|broker| !broker.fenced)
        .count();
    let there = i16::try_from(alive.max(1)).unwrap_or(i16::MAX);
    if there < wanted {
        tracing::warn!(
            topic = OFFSETS_TOPIC,
            wanted,
            there,
            "created with as many replicas as there are brokers"
        );
    }
    let entry = |name: &'static str, value: String| CreatableTopicConfig {
        name: KafkaString::from(name),
        value: Some(KafkaString::from(value)),
    };
    CreatableTopic {
        name: KafkaString::from(OFFSETS_TOPIC),
        num_partitions: config.topic_num_partitions,
        replication_factor: wanted.min(there),
        configs: vec![
            entry("cleanup.policy", "compact".to_owned()),
            entry("compression.type", "producer".to_owned()),
            entry("segment.bytes", config.topic_segment_bytes.to_string()),
        ],
        ..CreatableTopic::default()
    }
}
