//! An image as the records of a snapshot: replaying them on an empty image gives the image back.
//!
//! *Kafka*: `MetadataImage.write`. The order is Kafka's: features first, the rest as readers of
//! dumps expect it.

use std::sync::Arc;

use bytes::Bytes;
use ottla_messages::KafkaString;
use ottla_messages::access_control_entry_record::AccessControlEntryRecord;
use ottla_messages::client_quota_record::{ClientQuotaRecord, EntityData};
use ottla_messages::config_record::ConfigRecord;
use ottla_messages::delegation_token_record::DelegationTokenRecord;
use ottla_messages::feature_level_record::FeatureLevelRecord;
use ottla_messages::metadata_record::MetadataRecord;
use ottla_messages::producer_ids_record::ProducerIdsRecord;
use ottla_messages::register_broker_record::{BrokerEndpoint, BrokerFeature, RegisterBrokerRecord};
use ottla_messages::register_controller_record::{
    ControllerEndpoint, ControllerFeature, RegisterControllerRecord,
};
use ottla_messages::topic_record::TopicRecord;
use ottla_messages::user_scram_credential_record::UserScramCredentialRecord;

use crate::{
    Broker, Controller, METADATA_VERSION, MetadataImage, MetadataVersion, Partition, Topic,
};

impl MetadataImage {
    /// The records of a snapshot, in the order they are written.
    #[must_use]
    pub fn to_records(&self) -> Vec<MetadataRecord> {
        let mut records = Vec::new();
        self.write_features(&mut records);
        let version = self.features.metadata_version_or_minimum();
        for broker in self.brokers.values() {
            records.push(MetadataRecord::RegisterBroker(broker_record(
                broker, version,
            )));
        }
        for controller in self.controllers.values() {
            records.push(MetadataRecord::RegisterController(controller_record(
                controller,
            )));
        }
        for topic in self.topics.iter() {
            self.write_topic(topic, version, &mut records);
        }
        self.write_configs(&mut records);
        self.write_client_quotas(&mut records);
        if self.next_producer_id > 0 {
            records.push(MetadataRecord::ProducerIds(ProducerIdsRecord {
                broker_id: -1,
                broker_epoch: -1,
                next_producer_id: self.next_producer_id,
            }));
        }
        self.write_security(&mut records);
        records
    }

    fn write_features(&self, records: &mut Vec<MetadataRecord>) {
        let version = self.features.metadata_version;
        let metadata_version = version.map(|version| (METADATA_VERSION, version.level()));
        let others = self
            .features
            .levels
            .iter()
            .map(|(name, &level)| (&**name, level));
        for (name, feature_level) in metadata_version.into_iter().chain(others) {
            records.push(MetadataRecord::FeatureLevel(FeatureLevelRecord {
                name: text(name),
                feature_level,
            }));
        }
    }

    fn write_topic(
        &self,
        topic: &Topic,
        version: MetadataVersion,
        records: &mut Vec<MetadataRecord>,
    ) {
        records.push(MetadataRecord::Topic(TopicRecord {
            name: text(topic.name.as_str()),
            topic_id: topic.id,
        }));
        let with_elr = self.features.eligible_leader_replicas_enabled();
        for (index, partition) in &topic.partitions {
            let mut record = Partition::to_record(partition, topic.id, index.0);
            if !version.supports_directory_assignment() {
                record.directories = Vec::new();
            }
            if !with_elr {
                record.eligible_leader_replicas = None;
                record.last_known_elr = None;
            }
            records.push(MetadataRecord::Partition(record));
        }
    }

    fn write_configs(&self, records: &mut Vec<MetadataRecord>) {
        for (resource, values) in self.configs.iter() {
            for (name, value) in values {
                records.push(MetadataRecord::Config(ConfigRecord {
                    resource_type: resource.resource_type as i8,
                    resource_name: text(&resource.name),
                    name: text(name),
                    value: Some(text(value)),
                }));
            }
        }
    }

    fn write_client_quotas(&self, records: &mut Vec<MetadataRecord>) {
        for (entity, values) in &self.client_quotas {
            let entity: Vec<EntityData> = entity
                .iter()
                .map(|(entity_type, name)| EntityData {
                    entity_type: text(entity_type),
                    entity_name: name.as_deref().map(text),
                })
                .collect();
            for (key, &value) in values {
                records.push(MetadataRecord::ClientQuota(ClientQuotaRecord {
                    entity: entity.clone(),
                    key: text(key),
                    value,
                    remove: false,
                }));
            }
        }
    }

    fn write_security(&self, records: &mut Vec<MetadataRecord>) {
        for (&id, entry) in &self.acls {
            records.push(MetadataRecord::AccessControlEntry(
                AccessControlEntryRecord {
                    id,
                    resource_type: entry.resource_type,
                    resource_name: text(&entry.resource_name),
                    pattern_type: entry.pattern_type,
                    principal: text(&entry.principal),
                    host: text(&entry.host),
                    operation: entry.operation,
                    permission_type: entry.permission_type,
                },
            ));
        }
        for ((mechanism, user), credential) in &self.scram {
            records.push(MetadataRecord::UserScramCredential(
                UserScramCredentialRecord {
                    name: text(user),
                    mechanism: *mechanism,
                    salt: Bytes::copy_from_slice(&credential.salt),
                    stored_key: Bytes::copy_from_slice(&credential.stored_key),
                    server_key: Bytes::copy_from_slice(&credential.server_key),
                    iterations: credential.iterations,
                },
            ));
        }
        for (id, token) in &self.delegation_tokens {
            records.push(MetadataRecord::DelegationToken(DelegationTokenRecord {
                owner: text(&token.owner),
                requester: text(&token.requester),
                renewers: token.renewers.iter().map(|name| text(name)).collect(),
                issue_timestamp: token.issue_timestamp.0,
                max_timestamp: token.maximum_timestamp.0,
                expiration_timestamp: token.expiration_timestamp.0,
                token_id: text(id),
            }));
        }
    }
}

/// The record of a registration, without what the metadata version cannot hold.
fn broker_record(broker: &Arc<Broker>, version: MetadataVersion) -> RegisterBrokerRecord {
    let with_directories = version.supports_directory_assignment();
    RegisterBrokerRecord {
        broker_id: broker.id.0,
        is_migrating_zk_broker: broker.is_migrating_zk_broker
            && version.register_broker_record_version() >= 2,
        incarnation_id: broker.incarnation_id,
        broker_epoch: broker.epoch,
        end_points: broker
            .endpoints
            .iter()
            .map(|endpoint| BrokerEndpoint {
                name: text(&endpoint.name),
                host: text(&endpoint.host),
                port: endpoint.port,
                security_protocol: endpoint.security_protocol,
            })
            .collect(),
        features: broker
            .features
            .iter()
            .map(|(name, range)| BrokerFeature {
                name: text(name),
                min_supported_version: range.minimum,
                max_supported_version: range.maximum,
            })
            .collect(),
        rack: broker.rack.as_deref().map(text),
        fenced: broker.fenced,
        in_controlled_shutdown: broker.in_controlled_shutdown,
        log_dirs: if with_directories {
            broker.log_directories.clone()
        } else {
            Vec::new()
        },
        cordoned_log_dirs: if version.supports_cordoned_log_directories() {
            broker.cordoned_log_directories.clone()
        } else {
            None
        },
    }
}

fn controller_record(controller: &Arc<Controller>) -> RegisterControllerRecord {
    RegisterControllerRecord {
        controller_id: controller.id.0,
        incarnation_id: controller.incarnation_id,
        zk_migration_ready: controller.zk_migration_ready,
        end_points: controller
            .endpoints
            .iter()
            .map(|endpoint| ControllerEndpoint {
                name: text(&endpoint.name),
                host: text(&endpoint.host),
                port: endpoint.port,
                security_protocol: endpoint.security_protocol,
            })
            .collect(),
        features: controller
            .features
            .iter()
            .map(|(name, range)| ControllerFeature {
                name: text(name),
                min_supported_version: range.minimum,
                max_supported_version: range.maximum,
            })
            .collect(),
    }
}

fn text(text: &str) -> KafkaString {
    KafkaString::from(text.to_owned())
}

#[cfg(test)]
mod tests;
