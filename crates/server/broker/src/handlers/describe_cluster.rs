//! DescribeCluster (60), versions 0–2: brokers, controller and cluster id (KIP-700). Version 1 brought
//! the endpoint type (KIP-919), 2 fenced brokers.

use std::rc::Rc;

use ottla_messages::describe_cluster_request::DescribeClusterRequest;
use ottla_messages::describe_cluster_response::{DescribeClusterBroker, DescribeClusterResponse};
use ottla_messages::{ErrorCode, KafkaString};

use crate::operations;
use crate::reactor::ReactorService;
use crate::request::RequestContext;

const BROKERS: i8 = 1;

/// Answers with the brokers; a client that asks for controllers has come to the wrong listener.
pub fn handle(
    service: &Rc<ReactorService>,
    context: &RequestContext,
    request: DescribeClusterRequest,
) -> DescribeClusterResponse {
    let node = service.node();
    if context.version >= 1 && request.endpoint_type != BROKERS {
        let message = "The request was sent to an endpoint of type BROKER, but we wanted an \
                       endpoint of type CONTROLLER";
        return DescribeClusterResponse {
            error_code: ErrorCode::MISMATCHED_ENDPOINT_TYPE.0,
            error_message: Some(KafkaString::from(message)),
            endpoint_type: BROKERS,
            ..DescribeClusterResponse::default()
        };
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
