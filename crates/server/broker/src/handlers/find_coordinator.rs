//! FindCoordinator (10), versions 0–6.
//!
//! Version 1 told group and transaction coordinators apart, 3 is flexible, 4 asks for many keys, 6
//! brought share coordinators. Not implemented: transaction and share coordinators, which are
//! refused in words.

use std::rc::Rc;

use ottla_messages::find_coordinator_request::FindCoordinatorRequest;
use ottla_messages::find_coordinator_response::{Coordinator, FindCoordinatorResponse};
use ottla_messages::{ErrorCode, KafkaString};
use ottla_types::NodeId;

use crate::groups;
use crate::published::OFFSETS_TOPIC;
use crate::reactor::ReactorService;
use crate::request::RequestContext;
use crate::topic_creation;

const GROUP: i8 = 0;
const TRANSACTION: i8 = 1;
/// The first version that asks for many keys (KIP-699).
const MANY_KEYS: i16 = 4;

/// Finds the coordinator of each key; makes the offsets topic when it is asked for first.
pub async fn handle(
    service: &Rc<ReactorService>,
    context: &RequestContext,
    request: FindCoordinatorRequest,
) -> FindCoordinatorResponse {
    let keys = if context.version >= MANY_KEYS {
        request.coordinator_keys
    } else {
        vec![request.key]
    };
    let mut coordinators = Vec::with_capacity(keys.len());
    for key in keys {
        coordinators.push(match find(service, context, request.key_type, &key).await {
            Ok((node_id, host, port)) => Coordinator {
                key,
                node_id: node_id.0,
                host,
                port,
                error_code: ErrorCode::NONE.0,
                error_message: Some(KafkaString::default()),
            },
            Err((error, message)) => Coordinator {
                key,
                node_id: -1,
                host: KafkaString::default(),
                port: -1,
                error_code: error.0,
                error_message: Some(KafkaString::from(message)),
            },
        });
    }
    if context.version >= MANY_KEYS {
        return FindCoordinatorResponse {
            coordinators,
            ..FindCoordinatorResponse::default()
        };
    }
    let only = coordinators.pop().unwrap_or_default();
    let is_found = only.error_code == ErrorCode::NONE.0;
    FindCoordinatorResponse {
        error_code: only.error_code,
        // Kafka's versions for one key spell the absence of an error.
        error_message: if is_found {
            Some(KafkaString::from("NONE"))
        } else {
            only.error_message
        },
        node_id: only.node_id,
        host: only.host,
        port: only.port,
        ..FindCoordinatorResponse::default()
    }
}

async fn find(
    service: &Rc<ReactorService>,
    context: &RequestContext,
    key_type: i8,
    key: &str,
) -> Result<(NodeId, KafkaString, i32), (ErrorCode, &'static str)> {
    match key_type {
        GROUP => {}
        TRANSACTION => {
            return Err((
                ErrorCode::INVALID_REQUEST,
                "transactions are not implemented yet",
            ));
        }
        _ => {
            return Err((
                ErrorCode::INVALID_REQUEST,
                "share groups are not implemented yet",
            ));
        }
    }
    let node = service.node();
    let unavailable = |error| (error, "");
    topic_creation::ensure_offsets_topic(node)
        .await
        .map_err(unavailable)?;
    let published = node.published();
    let none = (ErrorCode::COORDINATOR_NOT_AVAILABLE, "");
    let partition = groups::partition_of_group(&published, key).ok_or(none)?;
    let leader = published
        .image
        .topics
        .partition(OFFSETS_TOPIC, partition)
        .ok_or(none)?
        .leader;
    let broker = published.image.brokers.get(&leader).ok_or(none)?;
    let (host, port) = node.advertised(context.connection(), broker).ok_or(none)?;
    Ok((leader, host, port))
}
