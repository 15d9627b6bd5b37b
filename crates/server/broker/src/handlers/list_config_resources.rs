//! ListConfigResources (74), versions 0–1: what has a configuration. Version 0 lists client metrics
//! subscriptions only, 1 every type (KIP-1142).

use std::rc::Rc;

use ottla_messages::list_config_resources_request::ListConfigResourcesRequest;
use ottla_messages::list_config_resources_response::{ConfigResource, ListConfigResourcesResponse};
use ottla_messages::{ErrorCode, KafkaString};
use ottla_metadata::{MetadataImage, ResourceType};

use crate::reactor::ReactorService;
use crate::request::RequestContext;

/// In the order of Kafka's answer.
const TYPES: [ResourceType; 5] = [
    ResourceType::Group,
    ResourceType::ClientMetrics,
    ResourceType::BrokerLogger,
    ResourceType::Broker,
    ResourceType::Topic,
];

/// Lists the resources of the types that were asked for; of all, if none was.
pub fn handle(
    service: &Rc<ReactorService>,
    context: &RequestContext,
    request: ListConfigResourcesRequest,
) -> ListConfigResourcesResponse {
    let served: &[ResourceType] = if context.version == 0 {
        &[ResourceType::ClientMetrics]
    } else {
        &TYPES
    };
    let is_served = |asked: &i8| served.iter().any(|kind| *kind as i8 == *asked);
    if !request.resource_types.iter().all(is_served) {
        return ListConfigResourcesResponse {
            error_code: ErrorCode::UNSUPPORTED_VERSION.0,
            ..ListConfigResourcesResponse::default()
        };
    }
    let asked = &request.resource_types;
    let wanted = served
        .iter()
        .filter(|kind| asked.is_empty() || asked.contains(&(**kind as i8)));
    let published = service.node().published();
    let listener = &context.connection().listener;
    let resources = wanted.flat_map(|kind| {
        let names = names(&published.image, *kind, listener).into_iter();
        names.map(|resource_name| ConfigResource {
            resource_name,
            resource_type: *kind as i8,
        })
    });
    ListConfigResourcesResponse {
        config_resources: resources.collect(),
        ..ListConfigResourcesResponse::default()
    }
}

/// Brokers and topics are listed whether or not something is set on them.
fn names(image: &MetadataImage, kind: ResourceType, listener: &str) -> Vec<KafkaString> {
    match kind {
        ResourceType::Topic => {
            let topics = image.topics.iter();
            topics
                .map(|topic| KafkaString::copy_from(topic.name.as_str()))
                .collect()
        }
        ResourceType::Broker | ResourceType::BrokerLogger => {
            let reachable = image.brokers.values();
            reachable
                .filter(|broker| !broker.fenced && broker.endpoint(listener).is_some())
                .map(|broker| KafkaString::from(broker.id.0.to_string()))
                .collect()
        }
        ResourceType::ClientMetrics | ResourceType::Group => {
            let set = image.configs.iter().map(|(resource, _)| resource);
            set.filter(|resource| resource.resource_type == kind)
                .map(|resource| KafkaString::copy_from(&resource.name))
                .collect()
        }
    }
}
