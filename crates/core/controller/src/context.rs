//! What the controller may look at beside its state: settings of the node, and the meaning of
//! configuration keys.

use std::fmt;
use std::sync::Arc;

use ottla_coordinator::Rejection;
use ottla_metadata::{ConfigResource, ConfigValues, MetadataImage, ResourceType, VersionRange};
use ottla_types::{Duration, NodeId, Offset};

/// What the shell knows.
#[derive(Clone, Debug)]
pub struct ControllerContext {
    /// The cluster's id.
    pub cluster_id: Arc<str>,
    /// This node.
    pub node_id: NodeId,
    /// The voters of the quorum.
    pub voters: Vec<NodeId>,
    /// The level of `kraft.version`, which the quorum keeps.
    pub kraft_version: i16,
    /// The offset the next record will get: the epoch of a broker that registers.
    pub log_end_offset: Offset,
    /// Settings of `server.properties`.
    pub settings: ControllerSettings,
    /// What this node can work at.
    pub supported_features: Vec<(&'static str, VersionRange)>,
    /// The table of configuration keys.
    pub config_schema: Arc<dyn ConfigSchema>,
}

/// The settings the controller goes by, with Kafka's names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControllerSettings {
    /// `default.replication.factor`.
    pub default_replication_factor: i16,
    /// `num.partitions`.
    pub num_partitions: i32,
    /// `delete.topic.enable`.
    pub delete_topic_enable: bool,
    /// `broker.session.timeout.ms`.
    pub broker_session_timeout: Duration,
    /// `metadata.max.idle.interval.ms`; zero: no NoOp records.
    pub metadata_max_idle_interval: Duration,
    /// `auto.leader.rebalance.enable`.
    pub auto_leader_rebalance_enable: bool,
    /// `leader.imbalance.check.interval.seconds`.
    pub leader_imbalance_check_interval: Duration,
    /// `unclean.leader.election.interval.ms`.
    pub unclean_leader_election_interval: Duration,
    /// `min.insync.replicas` of this node's file.
    pub min_insync_replicas: i32,
}

impl Default for ControllerSettings {
    fn default() -> Self {
        ControllerSettings {
            default_replication_factor: 1,
            num_partitions: 1,
            delete_topic_enable: true,
            broker_session_timeout: Duration::from_secs(9),
            metadata_max_idle_interval: Duration::from_millis(500),
            auto_leader_rebalance_enable: true,
            leader_imbalance_check_interval: Duration::from_secs(300),
            unclean_leader_election_interval: Duration::from_secs(300),
            min_insync_replicas: 1,
        }
    }
}

/// The dynamic configurations that decide what a topic's keys are worth; the first that has a key
/// wins, after them the node's own file, last the default.
#[derive(Clone, Copy, Debug, Default)]
pub struct ConfigLayers<'a> {
    /// Set on the topic.
    pub topic: Option<&'a ConfigValues>,
    /// Set on this node.
    pub broker: Option<&'a ConfigValues>,
    /// Set on all brokers.
    pub cluster: Option<&'a ConfigValues>,
}

impl<'a> ConfigLayers<'a> {
    /// The layers of a topic on a node.
    #[must_use]
    pub fn of_topic(image: &'a MetadataImage, node: NodeId, topic: &str) -> ConfigLayers<'a> {
        ConfigLayers {
            topic: image.configs.of(&ConfigResource::topic(topic)),
            ..ConfigLayers::of_node(image, node)
        }
    }

    /// The layers of a topic that is not there yet.
    #[must_use]
    pub fn of_node(image: &'a MetadataImage, node: NodeId) -> ConfigLayers<'a> {
        ConfigLayers {
            topic: None,
            broker: image.configs.of(&ConfigResource::broker(node.0)),
            cluster: image.configs.of(&ConfigResource::cluster_default()),
        }
    }
}

/// A key of a topic with what it is worth, as CreateTopics and DescribeConfigs tell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EffectiveConfig {
    /// The key.
    pub name: String,
    /// What it is worth; not told if it is sensitive.
    pub value: Option<String>,
    /// Whether it cannot be changed.
    pub read_only: bool,
    /// The number of Kafka's ConfigSource: 1 topic, 2 broker, 3 all brokers, 4 file, 5 default.
    pub source: i8,
    /// Whether it is a secret.
    pub is_sensitive: bool,
}

/// The meaning of configuration keys, as `base/config` has it.
pub trait ConfigSchema: fmt::Debug + Send + Sync {
    /// Whether a key is a list, so that values can be appended and subtracted.
    fn is_list(&self, resource_type: ResourceType, key: &str) -> bool;

    /// What a list starts from when a value is appended to a key that is not set.
    fn default_value(&self, resource_type: ResourceType, key: &str) -> Option<String>;

    /// Checks everything that would be set on a resource, `layers` being what is set on the node.
    ///
    /// # Errors
    /// Kafka's code and text.
    fn validate(
        &self,
        resource: &ConfigResource,
        values: &ConfigValues,
        existing: &ConfigValues,
        layers: ConfigLayers<'_>,
    ) -> Result<(), Rejection>;

    /// What a topic's key is worth; `None` if there is no such key.
    fn topic_value(&self, key: &str, layers: ConfigLayers<'_>) -> Option<String>;

    /// Every key of a topic in the order of names.
    fn topic_values(&self, layers: ConfigLayers<'_>) -> Vec<EffectiveConfig>;
}
