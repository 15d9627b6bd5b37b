//! What committed configurations mean for the node that runs, and for its topics.

use ottla_config::{BrokerConfig, TopicConfig, warn_of_broker_configs, warn_of_topic_configs};
use ottla_log::Storage;
use ottla_metadata::{ConfigResource, MetadataDelta, MetadataImage, ResourceType, Topic};

use super::Publisher;
use crate::settings::{DynamicOverrides, overrides, topic_config};

impl<S: Storage> Publisher<S> {
    /// Takes over what is set for this broker and for all of them, and warns of what has no effect.
    pub(super) fn apply_configs(&mut self, delta: &MetadataDelta, is_first: bool) {
        let changed = &delta.changes.configs;
        let of_brokers = |resource: &ConfigResource| resource.resource_type == ResourceType::Broker;
        if is_first || changed.iter().any(of_brokers) {
            self.apply_broker_configs(&delta.after);
        }
        for resource in changed {
            if resource.resource_type == ResourceType::ClientMetrics {
                tracing::warn!(
                    subscription = &*resource.name,
                    "client metrics are not collected yet: the subscription has no effect"
                );
            }
            if resource.resource_type == ResourceType::Topic {
                for warning in warn_of_topic_configs(&overrides(&delta.after, resource)) {
                    tracing::warn!(topic = &*resource.name, "{warning}");
                }
            }
        }
    }

    fn apply_broker_configs(&mut self, image: &MetadataImage) {
        let dynamic = DynamicOverrides::of(image, self.own_id());
        let layers = dynamic.over(&self.node.settings().file);
        for warning in warn_of_broker_configs(&layers) {
            tracing::warn!("{warning}");
        }
        self.config = BrokerConfig::from_layers(layers).unwrap_or_else(|error| {
            tracing::error!(%error, "what is set for this broker is not used");
            self.node.settings().broker.clone()
        });
        self.node.configure(&self.config);
        let expiration = i64::from(self.config.producer_ids.expiration_ms);
        self.logs.set_producer_id_expiration_ms(expiration);
    }

    /// The configuration of a topic; what the file says if what is stored makes no sense here, said
    /// aloud.
    pub(super) fn config_of(&self, image: &MetadataImage, topic: &Topic) -> TopicConfig {
        let file = &self.node.settings().file;
        let dynamic = DynamicOverrides::of(image, self.own_id());
        let name = topic.name.as_str();
        topic_config(image, &dynamic.over(file), name).unwrap_or_else(|error| {
            tracing::error!(topic = name, %error, "the topic's configuration is not used");
            let nothing_set = DynamicOverrides::default();
            topic_config(&MetadataImage::default(), &nothing_set.over(file), name)
                .expect("the file was checked at start")
        })
    }
}
