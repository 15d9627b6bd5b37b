//! DescribeConfigs (32), versions 1–4. Version 1 brought synonyms, 3 types and documentation, 4 is
//! flexible. Resources: topics, this broker, the default of all brokers, groups, subscriptions of
//! client metrics. Not implemented: the loggers of a broker.

use std::collections::HashSet;
use std::rc::Rc;

use ottla_config::{
    ConfigEntry, ConfigError, describe_broker, describe_client_metrics, describe_cluster_default,
    describe_group, describe_topic,
};
use ottla_messages::describe_configs_request::{DescribeConfigsRequest, DescribeConfigsResource};
use ottla_messages::describe_configs_response::{
    DescribeConfigsResourceResult, DescribeConfigsResponse, DescribeConfigsResult,
    DescribeConfigsSynonym,
};
use ottla_messages::{ErrorCode, KafkaString};
use ottla_metadata::{ConfigResource, ResourceType};

use crate::node::Node;
use crate::published::Published;
use crate::reactor::ReactorService;
use crate::request::RequestContext;
use crate::settings::{DynamicOverrides, overrides};

type Refusal = (ErrorCode, String);

/// Describes every resource.
pub fn handle(
    service: &Rc<ReactorService>,
    _context: &RequestContext,
    request: DescribeConfigsRequest,
) -> DescribeConfigsResponse {
    let node = service.node();
    let published = node.published();
    let results = request.resources.iter().map(|resource| {
        let keys: Option<HashSet<&str>> = resource
            .configuration_keys
            .as_ref()
            .filter(|keys| !keys.is_empty())
            .map(|keys| keys.iter().map(|key| &**key).collect());
        let (error, message, configs) = match entries(node, &published, resource) {
            Ok(entries) => {
                let is_wanted =
                    |name: &str| keys.as_ref().is_none_or(|wanted| wanted.contains(name));
                let wanted = entries.into_iter().filter(|entry| is_wanted(&entry.name));
                (
                    ErrorCode::NONE,
                    Some(KafkaString::default()),
                    wanted.map(|entry| result(entry, &request)).collect(),
                )
            }
            Err((error, message)) => (error, Some(KafkaString::from(message)), Vec::new()),
        };
        DescribeConfigsResult {
            error_code: error.0,
            error_message: message,
            resource_type: resource.resource_type,
            resource_name: resource.resource_name.clone(),
            configs,
        }
    });
    DescribeConfigsResponse {
        results: results.collect(),
        ..DescribeConfigsResponse::default()
    }
}

fn entries(
    node: &Node,
    published: &Published,
    resource: &DescribeConfigsResource,
) -> Result<Vec<ConfigEntry>, Refusal> {
    let image = &published.image;
    let dynamic = DynamicOverrides::of(image, node.node_id());
    let layers = dynamic.over(&node.settings().file);
    let name = resource.resource_name.as_str();
    let broken = |error: ConfigError| (ErrorCode::INVALID_CONFIG, error.to_string());
    match ResourceType::from_i8(resource.resource_type) {
        Some(ResourceType::Topic) => {
            if let Err(error) = ottla_controller::validate_topic_name(name) {
                return Err((ErrorCode::INVALID_TOPIC_EXCEPTION, error.to_string()));
            }
            if image.topics.by_name(name).is_none() {
                return Err((ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, String::new()));
            }
            let own = overrides(image, &ConfigResource::topic(name));
            describe_topic(&own, &layers).map_err(broken)
        }
        Some(ResourceType::Broker) if name.is_empty() => Ok(describe_cluster_default(&layers)),
        Some(ResourceType::Broker) => {
            let own = node.node_id().0;
            match name.parse::<i32>() {
                Ok(id) if id == own => describe_broker(&layers).map_err(broken),
                Ok(_) => Err((
                    ErrorCode::INVALID_REQUEST,
                    format!(
                        "Unexpected broker id, expected {own} or empty string, but received {name}"
                    ),
                )),
                Err(_) => Err((
                    ErrorCode::INVALID_REQUEST,
                    format!("Broker id must be an integer, but it is: {name}"),
                )),
            }
        }
        Some(ResourceType::Group) if name.is_empty() => Err((
            ErrorCode::INVALID_REQUEST,
            "Group name must not be empty".to_owned(),
        )),
        Some(ResourceType::Group) => {
            let resource = ConfigResource {
                resource_type: ResourceType::Group,
                name: name.into(),
            };
            describe_group(&overrides(image, &resource), &layers).map_err(broken)
        }
        Some(ResourceType::ClientMetrics) if name.is_empty() => Err((
            ErrorCode::INVALID_REQUEST,
            "Client metrics subscription name must not be empty".to_owned(),
        )),
        Some(ResourceType::ClientMetrics) => {
            let resource = ConfigResource {
                resource_type: ResourceType::ClientMetrics,
                name: name.into(),
            };
            describe_client_metrics(&overrides(image, &resource)).map_err(broken)
        }
        Some(other) => Err(not_implemented(other, name)),
        None => Err((
            ErrorCode::INVALID_REQUEST,
            format!("Unsupported resource type: {}", resource.resource_type),
        )),
    }
}

fn not_implemented(kind: ResourceType, name: &str) -> Refusal {
    let message = match kind {
        ResourceType::BrokerLogger if name.is_empty() => "Broker id must not be empty".to_owned(),
        ResourceType::BrokerLogger if name.parse::<i32>().is_err() => {
            format!("Broker id must be an integer, but it is: {name}")
        }
        other => format!("configurations of {} are not implemented yet", other.name()),
    };
    (ErrorCode::INVALID_REQUEST, message)
}

fn result(entry: ConfigEntry, request: &DescribeConfigsRequest) -> DescribeConfigsResourceResult {
    let synonyms = if request.include_synonyms {
        entry.synonyms.as_slice()
    } else {
        &[]
    };
    DescribeConfigsResourceResult {
        config_type: entry.kind_code(),
        config_source: entry.source.code(),
        read_only: entry.read_only,
        is_sensitive: entry.sensitive,
        synonyms: synonyms
            .iter()
            .map(|synonym| DescribeConfigsSynonym {
                name: KafkaString::from(synonym.name.clone()),
                value: synonym.value.clone().map(KafkaString::from),
                source: synonym.source.code(),
            })
            .collect(),
        documentation: entry
            .documentation
            .filter(|_| request.include_documentation)
            .map(KafkaString::from),
        value: entry.value.map(KafkaString::from),
        name: KafkaString::from(entry.name),
    }
}
