//! Configurations of topics, brokers and groups.

use ottla_messages::describe_configs_request::{DescribeConfigsRequest, DescribeConfigsResource};
use ottla_messages::describe_configs_response::{
    DescribeConfigsResourceResult, DescribeConfigsSynonym,
};
use ottla_messages::incremental_alter_configs_request::{
    AlterConfigsResource, AlterableConfig, IncrementalAlterConfigsRequest,
};
use ottla_types::NodeId;

use super::{Admin, Outcomes};
use crate::Error;
use crate::cluster::Target;
use crate::error::check;

/// What has configurations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResourceType {
    /// A topic, by name.
    Topic,
    /// A broker, by id; the empty name is the default of all brokers.
    Broker,
    /// Loggers of a broker, by id.
    BrokerLogger,
    /// Metrics subscriptions of clients, by name.
    ClientMetrics,
    /// A group, by id.
    Group,
}

impl ResourceType {
    fn number(self) -> i8 {
        match self {
            ResourceType::Topic => 2,
            ResourceType::Broker => 4,
            ResourceType::BrokerLogger => 8,
            ResourceType::ClientMetrics => 16,
            ResourceType::Group => 32,
        }
    }
}

/// One thing that has configurations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigResource {
    /// What it is.
    pub kind: ResourceType,
    /// Its name.
    pub name: String,
}

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfigSource {
    /// Set for this topic.
    DynamicTopic,
    /// Set for this broker while it ran.
    DynamicBroker,
    /// Set for all brokers while they ran.
    DynamicDefaultBroker,
    /// In the broker's file.
    StaticBroker,
    /// Nobody set it.
    Default,
    /// Set for the broker's loggers.
    DynamicBrokerLogger,
    /// Set for this metrics subscription.
    ClientMetrics,
    /// Set for this group.
    Group,
    /// A source of a later Kafka.
    Other(i8),
}

impl ConfigSource {
    fn from_number(number: i8) -> ConfigSource {
        match number {
            1 => ConfigSource::DynamicTopic,
            2 => ConfigSource::DynamicBroker,
            3 => ConfigSource::DynamicDefaultBroker,
            4 => ConfigSource::StaticBroker,
            5 => ConfigSource::Default,
            6 => ConfigSource::DynamicBrokerLogger,
            7 => ConfigSource::ClientMetrics,
            8 => ConfigSource::Group,
            other => ConfigSource::Other(other),
        }
    }
}

/// The type of a value, by Kafka's number of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConfigType(pub i8);

/// A value, or one that stands behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigSynonym {
    /// The key there.
    pub name: String,
    /// The value; `None` if it is secret.
    pub value: Option<String>,
    /// Where it comes from.
    pub source: ConfigSource,
}

/// One configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigEntry {
    /// Its key.
    pub name: String,
    /// Its value; `None` if it is secret or not set.
    pub value: Option<String>,
    /// Where it comes from.
    pub source: ConfigSource,
    /// Whether it cannot be changed while the broker runs.
    pub is_read_only: bool,
    /// Whether its value is never shown.
    pub is_sensitive: bool,
    /// The values that would hold without it, itself first; empty unless asked for.
    pub synonyms: Vec<ConfigSynonym>,
    /// Its type.
    pub kind: ConfigType,
}

/// What to do with a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AlterConfigOp {
    /// Give it this value.
    Set(String),
    /// Back to what holds without it.
    Delete,
    /// Add to a list.
    Append(String),
    /// Remove from a list.
    Subtract(String),
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlterConfig {
    /// The key.
    pub name: String,
    /// What to do.
    pub operation: AlterConfigOp,
}

impl Admin {
    /// The configurations of several things, with all keys.
    ///
    /// # Errors
    /// When a broker cannot be asked. What it refuses is in the outcomes.
    pub async fn describe_configs(
        &self,
        resources: &[ConfigResource],
        include_synonyms: bool,
    ) -> Result<Outcomes<Vec<ConfigEntry>>, Error> {
        let mut outcomes = Vec::new();
        for (target, resources) in by_target(resources) {
            let asked = resources.iter().map(|resource| DescribeConfigsResource {
                resource_type: resource.kind.number(),
                resource_name: resource.name.clone().into(),
                configuration_keys: None,
            });
            let request = DescribeConfigsRequest {
                resources: asked.collect(),
                include_synonyms,
                include_documentation: false,
            };
            let attempt = || self.ask_known(target, &request);
            let response = self.cluster.retry("the configurations", attempt).await?;
            outcomes.extend(response.results.iter().map(|result| {
                let checked = check(result.error_code, result.error_message.as_deref());
                let entries = result.configs.iter().map(entry).collect();
                (result.resource_name.to_string(), checked.map(|()| entries))
            }));
        }
        Ok(outcomes)
    }

    /// Changes configurations and leaves the others as they are (KIP-339).
    ///
    /// # Errors
    /// When a broker cannot be asked. What it refuses is in the outcomes.
    pub async fn incremental_alter_configs(
        &self,
        changes: &[(ConfigResource, Vec<AlterConfig>)],
        validate_only: bool,
    ) -> Result<Outcomes<()>, Error> {
        let mut outcomes = Vec::new();
        for (resource, alterations) in changes {
            let request = IncrementalAlterConfigsRequest {
                resources: vec![AlterConfigsResource {
                    resource_type: resource.kind.number(),
                    resource_name: resource.name.clone().into(),
                    configs: alterations.iter().map(alterable).collect(),
                }],
                validate_only,
            };
            let target = target_of(resource).unwrap_or(Target::Controller);
            let attempt = || self.ask_known(target, &request);
            let response = self.cluster.retry("the change", attempt).await?;
            outcomes.extend(response.responses.iter().map(|result| {
                let checked = check(result.error_code, result.error_message.as_deref());
                (result.resource_name.to_string(), checked)
            }));
        }
        Ok(outcomes)
    }

    /// Asks a broker that may not be known yet.
    pub(super) async fn ask_known<R: ottla_messages::Request>(
        &self,
        target: Target,
        request: &R,
    ) -> Result<R::Response, Error> {
        if let Target::Node(node) = target
            && !self.cluster.metadata().brokers.contains_key(&node)
        {
            self.cluster.refresh(&[], false).await?;
        }
        self.cluster.ask(target, request).await
    }
}

/// The broker that alone can answer for a resource.
fn target_of(resource: &ConfigResource) -> Option<Target> {
    let by_broker = matches!(
        resource.kind,
        ResourceType::Broker | ResourceType::BrokerLogger
    );
    let node = resource.name.parse().ok().filter(|_| by_broker)?;
    Some(Target::Node(NodeId(node)))
}

fn by_target(resources: &[ConfigResource]) -> Vec<(Target, Vec<&ConfigResource>)> {
    let mut groups: Vec<(Target, Vec<&ConfigResource>)> = Vec::new();
    for resource in resources {
        let target = target_of(resource).unwrap_or(Target::Any);
        match groups.iter_mut().find(|(other, _)| *other == target) {
            Some((_, group)) => group.push(resource),
            None => groups.push((target, vec![resource])),
        }
    }
    groups
}

fn entry(result: &DescribeConfigsResourceResult) -> ConfigEntry {
    ConfigEntry {
        name: result.name.to_string(),
        value: result.value.as_deref().map(str::to_owned),
        source: ConfigSource::from_number(result.config_source),
        is_read_only: result.read_only,
        is_sensitive: result.is_sensitive,
        synonyms: result.synonyms.iter().map(synonym).collect(),
        kind: ConfigType(result.config_type),
    }
}

fn synonym(synonym: &DescribeConfigsSynonym) -> ConfigSynonym {
    ConfigSynonym {
        name: synonym.name.to_string(),
        value: synonym.value.as_deref().map(str::to_owned),
        source: ConfigSource::from_number(synonym.source),
    }
}

fn alterable(change: &AlterConfig) -> AlterableConfig {
    let (config_operation, value) = match &change.operation {
        AlterConfigOp::Set(value) => (0, Some(value)),
        AlterConfigOp::Delete => (1, None),
        AlterConfigOp::Append(value) => (2, Some(value)),
        AlterConfigOp::Subtract(value) => (3, Some(value)),
    };
    AlterableConfig {
        name: change.name.clone().into(),
        config_operation,
        value: value.map(|value| value.clone().into()),
    }
}
