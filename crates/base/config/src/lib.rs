//! Every configuration key in one table, and what is made of it: the typed views a node works with,
//! the checks at start and on change, and the description clients ask for.
//!
//! *Not here*: reading files, and the records in which dynamic configurations are kept.

mod error;
mod key;
mod listeners;
mod properties;
mod start;
mod suggestion;
mod table;
mod validator;
mod value;

mod layers;

mod broker;
mod client_metrics;
mod describe;
mod dynamic;
mod group;
mod page;
mod topic;

pub use broker::{
    BrokerConfig, BrokerLifecycleConfig, ClassicGroupConfig, Durability, FetchConfig,
    LeaderElectionConfig, ListenersConfig, LogDirsConfig, MetadataLogConfig, NodeConfig,
    OffsetsConfig, OwnConfig, ProducerIdConfig, QuorumConfig, Roles, SocketConfig,
    TopicCreationConfig, Voter,
};
pub use client_metrics::{InvalidSubscription, validate_client_metrics_configs};
pub use describe::{
    ConfigEntry, describe_broker, describe_client_metrics, describe_cluster_default,
    describe_group, describe_topic,
};
pub use dynamic::{validate_broker_configs, warn_of_broker_configs, warn_of_topic_configs};
pub use error::ConfigError;
pub use group::validate_group_configs;
pub use key::{Importance, Key, Kind, Preset, Status, UpdateMode};
pub use layers::{Layers, Overrides, Source, Synonym};
pub use listeners::{Endpoint, HostAndPort, SecurityProtocol};
pub use page::configuration_page;
pub use properties::{Properties, PropertiesError};
pub use start::check_at_start;
pub use table::{
    broker_key, broker_keys, client_metrics_key, group_key, group_keys, topic_key, topic_keys,
};
pub use topic::{
    BrokerCompression, CleanupPolicy, MessageTimestampType, RetentionConfig, SegmentConfig,
    TopicConfig, validate_topic_configs,
};
pub use validator::Validator;
pub use value::Value;
