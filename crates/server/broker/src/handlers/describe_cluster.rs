//! DescribeCluster (60), versions 0–2: brokers, controller and cluster id (KIP-700). Version 1
//! brought the endpoint type (KIP-919), 2 fenced brokers.

use std::rc::Rc;

use ottla_messages::describe_cluster_request::DescribeClusterRequest;
use ottla_messages::describe_cluster_response::{DescribeClusterBroker, DescribeClusterResponse};
use ottla_messages::{ErrorCode, KafkaString};
use ottla_types::NodeId;

use crate::operations;
use crate::reactor::ReactorService;
use crate::request::RequestContext;

const BROKERS: i8 = 1;
const CONTROLLERS: i8 = 2;

/// Answers with the brokers; a client that asks for controllers has come to the wrong listener.
pub fn handle(
    service: &Rc<ReactorService>,
    context: &RequestContext,
    request: DescribeClusterRequest,
) -> DescribeClusterResponse {
    let node = service.node();
    if context.version >= 1 && request.endpoint_type != BROKERS {
        return mismatched(
            BROKERS,
            "The request was sent to an endpoint of type BROKER, but we wanted an endpoint of type \
             CONTROLLER",
        );
    }
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
    DescribeClusterResponse {
        endpoint_type: BROKERS,
        cluster_id: KafkaString::copy_from(node.cluster_id()),
        controller_id: node.node_id().0,
        brokers: brokers.collect(),
        cluster_authorized_operations: if request.include_cluster_authorized_operations {
            operations::CLUSTER
        } else {
            operations::NOT_ASKED
        },
        ..DescribeClusterResponse::default()
    }
}

/// Answers on a controller's listener with the controllers, each by its address on that listener.
/// A client that asks for brokers has come to the wrong one.
pub fn handle_on_controller(
    service: &Rc<ReactorService>,
    context: &RequestContext,
    request: DescribeClusterRequest,
) -> DescribeClusterResponse {
    if request.endpoint_type != CONTROLLERS {
        return mismatched(
            CONTROLLERS,
            "The request was sent to an endpoint of type CONTROLLER, but we wanted an endpoint of \
             type BROKER",
        );
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
    DescribeClusterResponse {
        endpoint_type: CONTROLLERS,
        cluster_id: KafkaString::copy_from(node.cluster_id()),
        controller_id: node.quorum().status().leader.unwrap_or(NodeId::NONE).0,
        brokers: reachable.collect(),
        cluster_authorized_operations: if request.include_cluster_authorized_operations {
            operations::CLUSTER
        } else {
            operations::NOT_ASKED
        },
        ..DescribeClusterResponse::default()
    }
}

fn mismatched(endpoint_type: i8, message: &'static str) -> DescribeClusterResponse {
    DescribeClusterResponse {
        error_code: ErrorCode::MISMATCHED_ENDPOINT_TYPE.0,
        error_message: Some(KafkaString::from(message)),
        endpoint_type,
        ..DescribeClusterResponse::default()
    }
}
