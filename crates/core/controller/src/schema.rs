//! The table of configuration keys as the controller needs it: over the node's own file.

use ottla_config::{
    InvalidSubscription, Key, Kind, Layers, Overrides, Properties, broker_key, client_metrics_key,
    describe_topic, group_key, topic_key, validate_broker_configs, validate_client_metrics_configs,
    validate_group_configs, validate_topic_configs,
};
use ottla_coordinator::Rejection;
use ottla_messages::ErrorCode;
use ottla_metadata::{ConfigResource, ConfigValues, ResourceType};

use crate::deciding::refuse;
use crate::{ConfigLayers, ConfigSchema, EffectiveConfig};

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
    ) -> Result<(), Rejection> {
        let proposed = overrides(Some(values));
        let owned = Owned::new(layers);
        let layers = self.layers(&owned);
        let (code, checked) = match resource.resource_type {
            ResourceType::Topic => {
                let existing = overrides(Some(existing));
                let checked = validate_topic_configs(&proposed, &existing, &layers);
                (ErrorCode::INVALID_CONFIG, checked)
            }
            ResourceType::Broker => {
                let of_one_broker = !resource.name.is_empty();
                let checked = validate_broker_configs(&proposed, of_one_broker, &layers);
                (ErrorCode::INVALID_REQUEST, checked)
            }
            ResourceType::Group => {
                let checked = validate_group_configs(&proposed, &layers);
                (ErrorCode::INVALID_CONFIG, checked)
            }
            ResourceType::ClientMetrics => {
                let checked = validate_client_metrics_configs(&resource.name, &proposed);
                return checked.map_err(|invalid| match invalid {
                    InvalidSubscription::Request(error) => {
                        refuse(ErrorCode::INVALID_REQUEST, error.message().to_owned())
                    }
                    InvalidSubscription::Value(error) => {
                        refuse(ErrorCode::INVALID_CONFIG, error.message().to_owned())
                    }
                });
            }
            ResourceType::BrokerLogger => return Ok(()),
        };
        checked.map_err(|error| refuse(code, error.message().to_owned()))
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
        ResourceType::ClientMetrics => client_metrics_key(key),
        ResourceType::BrokerLogger => None,
    }
}
