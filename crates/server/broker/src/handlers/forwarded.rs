//! Requests that the active controller decides: CreateTopics (19), versions 2–7; DeleteTopics
//! (20), 1–6; CreatePartitions (37), 0–3; AlterConfigs (33), 0–2; IncrementalAlterConfigs (44),
//! 0–1; ElectLeaders (43), 0–2; AlterPartitionReassignments (45), 0–1; UpdateFeatures (57), 0–2;
//! UnregisterBroker (64), 0.
//!
//! An answer is given when this node has taken the change in, so that a client that was told
//! "created" can produce here at once; of another process's controller, when it has heard of new
//! topics. On a controller's listener brokers of other nodes ask too: BrokerRegistration (62), 0–4;
//! BrokerHeartbeat (63), 0–2; AllocateProducerIds (67), 0; and controllers: ControllerRegistration
//! (70), 0.

use std::rc::Rc;
use std::time::Duration;

use ottla_controller::{ControllerRequest, ControllerResponse, RequestBody};
use ottla_messages::ErrorCode;
use ottla_types::Uuid;
use tokio::time::{sleep, timeout};

use crate::node::Node;
use crate::reactor::ReactorService;
use crate::request::RequestContext;

/// How long an answer waits for this node to hear of what was created. News of the metadata log
/// take a round trip; a node that is cut off from it must still answer.
const HEARD_WITHIN: Duration = Duration::from_secs(1);
const HEARD_INTERVAL: Duration = Duration::from_millis(5);

/// A controller decides what comes to its own listener, if it leads; a broker passes on what its
/// clients ask.
async fn ask(
    service: &Rc<ReactorService>,
    context: &RequestContext,
    body: RequestBody,
) -> ControllerResponse {
    let node = service.node();
    let listener = &context.connection().listener;
    if node.config().listeners.is_controller_listener(listener) {
        let request = ControllerRequest {
            api_version: context.version,
            forwarded: context.is_forwarded(),
            holds_own_directories: false,
            body,
        };
        return node.controller().ask(request).await;
    }
    let controller = node.controller();
    let response = controller
        .forward(body, context.version, &context.client())
        .await;
    if let ControllerResponse::CreateTopics(created) = &response
        && !controller.is_here()
    {
        // A controller in another process answers before this node has fetched the change.
        let _ = timeout(HEARD_WITHIN, heard_of(node, created)).await;
    }
    response
}

/// Returns when this node knows of every topic that was created.
async fn heard_of(node: &Node, created: &CreateTopicsResponse) {
    let is_known = |topic: &CreatableTopicResult| {
        let published = node.published();
        let is_there = published.topic_by_name(&topic.name).is_some();
        is_there || topic.error_code != ErrorCode::NONE.0 || topic.topic_id == Uuid::ZERO
    };
    while !created.topics.iter().all(is_known) {
        sleep(HEARD_INTERVAL).await;
    }
}

/// One function per API: wraps the request, asks, unwraps the answer.
macro_rules! forward {
    ($function:ident, $variant:ident, $request:ty, $response:ty) => {
        /// Has the controller decide.
        pub async fn $function(
            service: &Rc<ReactorService>,
            context: &RequestContext,
            request: $request,
        ) -> $response {
            match ask(service, context, RequestBody::$variant(request)).await {
                ControllerResponse::$variant(response) => response,
                other => unreachable!("the controller answers in kind, not {other:?}"),
            }
        }
    };
}

use ottla_messages::allocate_producer_ids_request::AllocateProducerIdsRequest;
use ottla_messages::allocate_producer_ids_response::AllocateProducerIdsResponse;
use ottla_messages::alter_configs_request::AlterConfigsRequest;
use ottla_messages::alter_configs_response::AlterConfigsResponse;
use ottla_messages::alter_partition_reassignments_request::AlterPartitionReassignmentsRequest;
use ottla_messages::alter_partition_reassignments_response::AlterPartitionReassignmentsResponse;
use ottla_messages::broker_heartbeat_request::BrokerHeartbeatRequest;
use ottla_messages::broker_heartbeat_response::BrokerHeartbeatResponse;
use ottla_messages::broker_registration_request::BrokerRegistrationRequest;
use ottla_messages::broker_registration_response::BrokerRegistrationResponse;
use ottla_messages::controller_registration_request::ControllerRegistrationRequest;
use ottla_messages::controller_registration_response::ControllerRegistrationResponse;
use ottla_messages::create_partitions_request::CreatePartitionsRequest;
use ottla_messages::create_partitions_response::CreatePartitionsResponse;
use ottla_messages::create_topics_request::CreateTopicsRequest;
use ottla_messages::create_topics_response::{CreatableTopicResult, CreateTopicsResponse};
use ottla_messages::delete_topics_request::DeleteTopicsRequest;
use ottla_messages::delete_topics_response::DeleteTopicsResponse;
use ottla_messages::elect_leaders_request::ElectLeadersRequest;
use ottla_messages::elect_leaders_response::ElectLeadersResponse;
use ottla_messages::incremental_alter_configs_request::IncrementalAlterConfigsRequest;
use ottla_messages::incremental_alter_configs_response::IncrementalAlterConfigsResponse;
use ottla_messages::unregister_broker_request::UnregisterBrokerRequest;
use ottla_messages::unregister_broker_response::UnregisterBrokerResponse;
use ottla_messages::update_features_request::UpdateFeaturesRequest;
use ottla_messages::update_features_response::UpdateFeaturesResponse;

forward!(
    create_topics,
    CreateTopics,
    CreateTopicsRequest,
    CreateTopicsResponse
);
forward!(
    delete_topics,
    DeleteTopics,
    DeleteTopicsRequest,
    DeleteTopicsResponse
);
forward!(
    create_partitions,
    CreatePartitions,
    CreatePartitionsRequest,
    CreatePartitionsResponse
);
forward!(
    alter_configs,
    AlterConfigs,
    AlterConfigsRequest,
    AlterConfigsResponse
);
forward!(
    incremental_alter_configs,
    IncrementalAlterConfigs,
    IncrementalAlterConfigsRequest,
    IncrementalAlterConfigsResponse
);
forward!(
    elect_leaders,
    ElectLeaders,
    ElectLeadersRequest,
    ElectLeadersResponse
);
forward!(
    unregister_broker,
    UnregisterBroker,
    UnregisterBrokerRequest,
    UnregisterBrokerResponse
);
forward!(
    allocate_producer_ids,
    AllocateProducerIds,
    AllocateProducerIdsRequest,
    AllocateProducerIdsResponse
);
forward!(
    broker_heartbeat,
    BrokerHeartbeat,
    BrokerHeartbeatRequest,
    BrokerHeartbeatResponse
);
forward!(
    broker_registration,
    BrokerRegistration,
    BrokerRegistrationRequest,
    BrokerRegistrationResponse
);
forward!(
    controller_registration,
    ControllerRegistration,
    ControllerRegistrationRequest,
    ControllerRegistrationResponse
);
forward!(
    update_features,
    UpdateFeatures,
    UpdateFeaturesRequest,
    UpdateFeaturesResponse
);
forward!(
    alter_partition_reassignments,
    AlterPartitionReassignments,
    AlterPartitionReassignmentsRequest,
    AlterPartitionReassignmentsResponse
);
