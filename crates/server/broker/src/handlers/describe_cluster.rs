//! DescribeCluster (60), versions 0–2: brokers, controller and cluster id (KIP-700). Version 1
//! brought the endpoint type (KIP-919), 2 fenced brokers.

use std::rc::Rc;

use ottla_messages::describe_cluster_request::DescribeClusterRequest;
use ottla_messages::describe_cluster_response::{DescribeClusterBroker, DescribeClusterResponse};
use ottla_messages::{ErrorCode, KafkaString};
use ottla_types::NodeId;

use crate::node::Node;
use crate::operations;
use crate::reactor::ReactorService;
use crate::request::RequestContext;

/// What an endpoint serves, in the numbers of the field `EndpointType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum EndpointType {
    Broker = 1,
    Controller = 2,
}

impl EndpointType {
    fn from_code(code: i8) -> Option<EndpointType> {
        [EndpointType::Broker, EndpointType::Controller]
            .into_iter()
            .find(|kind| *kind as i8 == code)
    }

    fn name(self) -> &'static str {
        match self {
            EndpointType::Broker => "BROKER",
            EndpointType::Controller => "CONTROLLER",
        }
    }
}

/// Answers with the brokers; a client that asks for controllers has come to the wrong listener.
pub fn handle(
    service: &Rc<ReactorService>,
    context: &RequestContext,
    request: DescribeClusterRequest,
) -> DescribeClusterResponse {
    let here = EndpointType::Broker;
    if let Some(refusal) = refusal(here, context.version, request.endpoint_type) {
        return refusal;
    }
    let node = service.node();
    let published = node.published();
    let brokers = published.image.brokers.values();
    let wanted = brokers.filter(|broker| !broker.fenced || request.include_fenced_brokers);
    let brokers = wanted.filter_map(|broker| {
        let (host, port) = node.advertised(context.connection(), broker)?;
        Some(DescribeClusterBroker {
            broker_id: broker.id.0,
            host,
            port,
            rack: broker.rack.as_deref().map(KafkaString::copy_from),
            is_fenced: broker.fenced,
        })
    });
    // Clients send what only the controller may do to this node, which forwards it.
    described(here, node, &request, brokers.collect(), node.node_id())
}

/// Answers on a controller's listener with the controllers, each by its address on that listener.
/// A client that asks for brokers has come to the wrong one.
pub fn handle_on_controller(
    service: &Rc<ReactorService>,
    context: &RequestContext,
    request: DescribeClusterRequest,
) -> DescribeClusterResponse {
    let here = EndpointType::Controller;
    if let Some(refusal) = refusal(here, context.version, request.endpoint_type) {
        return refusal;
    }
    let node = service.node();
    let published = node.published();
    let listener = &*context.connection().listener;
    let controllers = published.image.controllers.values();
    let reachable = controllers.filter_map(|controller| {
        let mut endpoints = controller.endpoints.iter();
        let endpoint = endpoints.find(|endpoint| *endpoint.name == *listener)?;
        Some(DescribeClusterBroker {
            broker_id: controller.id.0,
            host: KafkaString::copy_from(&endpoint.host),
            port: endpoint.port.into(),
            ..DescribeClusterBroker::default()
        })
    });
    let leader = node.quorum().status().leader.unwrap_or(NodeId::NONE);
    described(here, node, &request, reachable.collect(), leader)
}

/// A controller that is not among those told is not named either: a client could not reach it.
fn described(
    endpoint_type: EndpointType,
    node: &Node,
    request: &DescribeClusterRequest,
    brokers: Vec<DescribeClusterBroker>,
    controller: NodeId,
) -> DescribeClusterResponse {
    let is_told = brokers.iter().any(|told| told.broker_id == controller.0);
    DescribeClusterResponse {
        endpoint_type: endpoint_type as i8,
        cluster_id: KafkaString::copy_from(node.cluster_id()),
        controller_id: if is_told { controller.0 } else { -1 },
        brokers,
        cluster_authorized_operations: if request.include_cluster_authorized_operations {
            operations::CLUSTER
        } else {
            operations::NOT_ASKED
        },
        ..DescribeClusterResponse::default()
    }
}

/// What is said to a client that asks for another kind of node than is found here. Version 0 has no
/// field for the kind, and no error that says so.
fn refusal(here: EndpointType, version: i16, asked: i8) -> Option<DescribeClusterResponse> {
    let (error, message) = match EndpointType::from_code(asked) {
        Some(kind) if kind == here => return None,
        Some(kind) => (
            ErrorCode::MISMATCHED_ENDPOINT_TYPE,
            format!(
                "The request was sent to an endpoint of type {}, but we wanted an endpoint of \
                 type {}",
                here.name(),
                kind.name()
            ),
        ),
        None => (
            ErrorCode::UNSUPPORTED_ENDPOINT_TYPE,
            format!("Unsupported endpoint type {asked}"),
        ),
    };
    let error = if version == 0 {
        ErrorCode::INVALID_REQUEST
    } else {
        error
    };
    Some(DescribeClusterResponse {
        error_code: error.0,
        error_message: Some(KafkaString::from(message)),
        ..DescribeClusterResponse::default()
    })
}
