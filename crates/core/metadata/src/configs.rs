//! Configurations of resources: only what records have set, as text.

use std::sync::Arc;

use crate::persistent_map::PersistentMap;

/// What kind of thing is configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(i8)]
pub enum ResourceType {
    /// A topic, by name.
    Topic = 2,
    /// A broker, by the text of its id; the empty name is the default of all brokers.
    Broker = 4,
    /// A broker's loggers; never in metadata.
    BrokerLogger = 8,
    /// A subscription of client metrics.
    ClientMetrics = 16,
    /// A group, by id.
    Group = 32,
}

impl ResourceType {
    /// The type of a number on the wire.
    #[must_use]
    pub fn from_i8(value: i8) -> Option<ResourceType> {
        match value {
            2 => Some(ResourceType::Topic),
            4 => Some(ResourceType::Broker),
            8 => Some(ResourceType::BrokerLogger),
            16 => Some(ResourceType::ClientMetrics),
            32 => Some(ResourceType::Group),
            _ => None,
        }
    }

    /// Kafka's word, as in error texts.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            ResourceType::Topic => "TOPIC",
            ResourceType::Broker => "BROKER",
            ResourceType::BrokerLogger => "BROKER_LOGGER",
            ResourceType::ClientMetrics => "CLIENT_METRICS",
            ResourceType::Group => "GROUP",
        }
    }
}

/// Something that can be configured.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConfigResource {
    /// What kind of thing.
    pub resource_type: ResourceType,
    /// Which one; empty for the default of all brokers.
    pub name: Arc<str>,
}

impl ConfigResource {
    /// The resource of a topic.
    #[must_use]
    pub fn topic(name: &str) -> ConfigResource {
        ConfigResource {
            resource_type: ResourceType::Topic,
            name: name.into(),
        }
    }

    /// The resource of a broker.
    #[must_use]
    pub fn broker(id: i32) -> ConfigResource {
        ConfigResource {
            resource_type: ResourceType::Broker,
            name: id.to_string().into(),
        }
    }

    /// The default of all brokers.
    #[must_use]
    pub fn cluster_default() -> ConfigResource {
        ConfigResource {
            resource_type: ResourceType::Broker,
            name: "".into(),
        }
    }
}

/// Keys and values of one resource, in the order of keys.
pub type ConfigValues = PersistentMap<Arc<str>, Arc<str>>;

/// The configurations of all resources.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Configs(PersistentMap<ConfigResource, ConfigValues>);

impl Configs {
    /// What is set on a resource; `None` if nothing is.
    #[must_use]
    pub fn of(&self, resource: &ConfigResource) -> Option<&ConfigValues> {
        self.0.get(resource)
    }

    /// One value of one resource.
    #[must_use]
    pub fn value(&self, resource: &ConfigResource, key: &str) -> Option<&Arc<str>> {
        self.0.get(resource)?.get(key)
    }

    /// Every resource on which something is set.
    pub fn iter(&self) -> impl Iterator<Item = (&ConfigResource, &ConfigValues)> {
        self.0.iter()
    }

    pub(crate) fn set(&mut self, resource: ConfigResource, key: &str, value: Option<&str>) {
        let mut values = self.0.get(&resource).cloned().unwrap_or_default();
        match value {
            Some(value) => values.insert(key.into(), value.into()),
            None => values.remove(key),
        };
        if values.is_empty() {
            self.0.remove(&resource);
        } else {
            self.0.insert(resource, values);
        }
    }

    pub(crate) fn remove(&mut self, resource: &ConfigResource) -> bool {
        self.0.remove(resource).is_some()
    }
}
