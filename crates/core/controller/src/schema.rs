//! The table of configuration keys as the controller needs it: over the node's own file.

use ottla_config::{
    Key, Kind, Layers, Overrides, Properties, broker_key, describe_topic, group_key, topic_key,
    validate_broker_configs, validate_group_configs, validate_topic_configs,
};
use ottla_metadata::{ConfigResource, ConfigValues, ResourceType};

use crate::{ConfigLayers, ConfigSchema, EffectiveConfig};

/// Keys that describe which clients send metrics what; a table of their own, as in Kafka.
const CLIENT_METRICS_KEYS: [&str; 3] = ["interval.ms", "match", "metrics"];

/// The table, with what the node's file sets below the dynamic configurations.
#[derive(Clone, Debug)]
pub struct FileConfigSchema {
    file: Properties,
}

/// Dynamic configurations in the form of the table.
struct Owned {
    topic: Overrides,
    broker: Overrides,
    cluster: Overrides,
}

impl FileConfigSchema {
    /// The table over this `server.properties`.
    #[must_use]
    pub fn new(file: Properties) -> FileConfigSchema {
        FileConfigSchema { file }
    }

    fn layers<'a>(&'a self, owned: &'a Owned) -> Layers<'a> {
        Layers {
            broker: &owned.broker,
            cluster: &owned.cluster,
            file: &self.file,
        }
    }
}

impl ConfigSchema for FileConfigSchema {
    fn is_list(&self, resource_type: ResourceType, key: &str) -> bool {
        if resource_type == ResourceType::ClientMetrics {
            return matches!(key, "match" | "metrics");
        }
        table_key(resource_type, key).is_some_and(|key| key.kind == Kind::List)
    }

    fn default_value(&self, resource_type: ResourceType, key: &str) -> Option<String> {
        table_key(resource_type, key)?
            .preset_value()
            .ok()?
            .described()
    }

    fn validate(
        &self,
        resource: &ConfigResource,
        values: &ConfigValues,
        existing: &ConfigValues,
        layers: ConfigLayers<'_>,
    ) -> Result<(), String> {
        let proposed = overrides(Some(values));
        let owned = Owned::new(layers);
        let layers = self.layers(&owned);
        let checked = match resource.resource_type {
            ResourceType::Topic => {
                validate_topic_configs(&proposed, &overrides(Some(existing)), &layers)
            }
            ResourceType::Broker => {
                validate_broker_configs(&proposed, !resource.name.is_empty(), &layers)
            }
            ResourceType::Group => validate_group_configs(&proposed, &layers),
            ResourceType::ClientMetrics => {
                let unknown = proposed
                    .keys()
                    .find(|key| !CLIENT_METRICS_KEYS.contains(&&***key));
                return match unknown {
                    Some(key) => Err(format!("Unknown client metrics configuration: {key}")),
                    None => Ok(()),
                };
            }
            ResourceType::BrokerLogger => Ok(()),
        };
        checked.map_err(|error| error.message().to_owned())
    }

    fn topic_value(&self, key: &str, layers: ConfigLayers<'_>) -> Option<String> {
        if let Some(value) = layers.topic.and_then(|topic| topic.get(key)) {
            return Some(value.to_string());
        }
        let owned = Owned::new(layers);
        let layers = self.layers(&owned);
        // Most keys of topics have the same name on brokers.
        if let Some(key) = broker_key(key) {
            return layers.value(key).ok()?.described();
        }
        let described = describe_topic(&owned.topic, &layers).ok()?;
        described.into_iter().find(|entry| entry.name == key)?.value
    }

    fn topic_values(&self, layers: ConfigLayers<'_>) -> Vec<EffectiveConfig> {
        let owned = Owned::new(layers);
        let mut described = describe_topic(&owned.topic, &self.layers(&owned)).unwrap_or_default();
        described.sort_by(|a, b| a.name.cmp(&b.name));
        let effective = described.into_iter().map(|entry| EffectiveConfig {
            name: entry.name,
            value: entry.value,
            read_only: entry.read_only,
            source: entry.source.code(),
            is_sensitive: entry.sensitive,
        });
        effective.collect()
    }
}

impl Owned {
    fn new(layers: ConfigLayers<'_>) -> Owned {
        Owned {
            topic: overrides(layers.topic),
            broker: overrides(layers.broker),
            cluster: overrides(layers.cluster),
        }
    }
}

fn overrides(values: Option<&ConfigValues>) -> Overrides {
    let values = values.into_iter().flatten();
    values
        .map(|(key, value)| (key.to_string(), value.to_string()))
        .collect()
}

fn table_key(resource_type: ResourceType, key: &str) -> Option<&'static Key> {
    match resource_type {
        ResourceType::Topic => topic_key(key),
        ResourceType::Broker => broker_key(key),
        ResourceType::Group => group_key(key),
        ResourceType::BrokerLogger | ResourceType::ClientMetrics => None,
    }
}
