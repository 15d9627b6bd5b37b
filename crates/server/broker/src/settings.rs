//! Configuration as a node has it: its file, and over it what the metadata says while it runs.

use ottla_config::{BrokerConfig, ConfigError, Layers, Overrides, Properties, TopicConfig};
use ottla_metadata::{ConfigResource, MetadataImage};
use ottla_types::NodeId;

/// The file, and what was made of it at start.
#[derive(Debug)]
pub struct Settings {
    /// The file with the command line's overrides.
    pub file: Properties,
    /// The typed view of it.
    pub broker: BrokerConfig,
}

/// What the metadata sets for a broker and for all of them.
#[derive(Debug, Default)]
pub struct DynamicOverrides {
    broker: Overrides,
    cluster: Overrides,
}

impl DynamicOverrides {
    /// Those of an image.
    #[must_use]
    pub fn of(image: &MetadataImage, broker: NodeId) -> DynamicOverrides {
        DynamicOverrides {
            broker: overrides(image, &ConfigResource::broker(broker.0)),
            cluster: overrides(image, &ConfigResource::cluster_default()),
        }
    }

    /// The layers over a file.
    #[must_use]
    pub fn over<'a>(&'a self, file: &'a Properties) -> Layers<'a> {
        Layers {
            broker: &self.broker,
            cluster: &self.cluster,
            file,
        }
    }
}

/// What is set on one resource.
#[must_use]
pub fn overrides(image: &MetadataImage, resource: &ConfigResource) -> Overrides {
    let set = image.configs.of(resource).into_iter().flatten();
    set.map(|(name, value)| (name.to_string(), value.to_string()))
        .collect()
}

/// The configuration of a topic.
///
/// # Errors
/// When a value that is stored is none: another version of Kafka may have allowed it.
pub fn topic_config(
    image: &MetadataImage,
    layers: &Layers<'_>,
    topic: &str,
) -> Result<TopicConfig, ConfigError> {
    TopicConfig::new(&overrides(image, &ConfigResource::topic(topic)), layers)
}
