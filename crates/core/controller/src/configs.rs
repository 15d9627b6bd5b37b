//! IncrementalAlterConfigs and the legacy AlterConfigs, which replaces everything.
//!
//! A resource is changed whole or not at all; one that is refused does not keep the others from
//! being changed. Unchanged values write no record, except on brokers, which read their files of
//! secrets again whenever a record tells them to.
//!
//! *Not here*: loggers of a broker, which are no metadata.
//!
//! *Kafka*: `ConfigurationControlManager`, `ConfigAdminManager`,
//! `ControllerConfigurationValidator`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ottla_coordinator::Rejection;
use ottla_messages::ErrorCode;
use ottla_messages::alter_configs_request::AlterConfigsRequest;
use ottla_messages::alter_configs_response::{self, AlterConfigsResponse};
use ottla_messages::clear_elr_record::ClearElrRecord;
use ottla_messages::config_record::ConfigRecord;
use ottla_messages::incremental_alter_configs_request::{
    AlterableConfig, IncrementalAlterConfigsRequest,
};
use ottla_messages::incremental_alter_configs_response::{self, IncrementalAlterConfigsResponse};
use ottla_messages::metadata_record::MetadataRecord;
use ottla_metadata::{ConfigResource, ConfigValues, ResourceType};
use ottla_types::NodeId;

use crate::deciding::{Decided, Deciding, message, refuse, text};
use crate::topics::validate_topic_name;
use crate::{ConfigLayers, ControllerRequest};

const MIN_INSYNC_REPLICAS: &str = "min.insync.replicas";
const CORDONED_LOG_DIRS: &str = "cordoned.log.dirs";
/// The longest value, in UTF-16 units as Kafka counts.
const MAX_VALUE_LENGTH: usize = 32_767;

/// Keys with their new values; `None`: to be removed.
pub(crate) type ConfigChanges = BTreeMap<Arc<str>, Option<Arc<str>>>;

impl Deciding<'_> {
    pub(crate) fn incremental_alter_configs(
        &mut self,
        asked: &ControllerRequest,
        request: &IncrementalAlterConfigsRequest,
    ) -> Decided<IncrementalAlterConfigsResponse> {
        let ids = request
            .resources
            .iter()
            .map(|r| (r.resource_type, &*r.resource_name));
        let duplicates = duplicates(ids);
        let mut records = Vec::new();
        let mut responses = Vec::with_capacity(request.resources.len());
        for resource in &request.resources {
            let named = (resource.resource_type, &*resource.resource_name);
            let altered = if duplicates.contains(&named) {
                Err(refuse(
                    ErrorCode::INVALID_REQUEST,
                    "Each resource must appear at most once.",
                ))
            } else {
                self.alter_incrementally(asked, named, &resource.configs)
            };
            let rejection = altered.map(|altered| records.extend(altered)).err();
            responses.push(
                incremental_alter_configs_response::AlterConfigsResourceResponse {
                    error_code: rejection.as_ref().map_or(0, |rejection| rejection.code.0),
                    error_message: rejection.as_ref().and_then(message),
                    resource_type: resource.resource_type,
                    resource_name: resource.resource_name.clone(),
                },
            );
        }
        records.extend(self.clear_elr_records(&records));
        if request.validate_only {
            records.clear();
        }
        let response = IncrementalAlterConfigsResponse {
            responses,
            ..IncrementalAlterConfigsResponse::default()
        };
        Ok((records, response))
    }

    pub(crate) fn alter_configs(
        &mut self,
        asked: &ControllerRequest,
        request: &AlterConfigsRequest,
    ) -> Decided<AlterConfigsResponse> {
        let ids = request
            .resources
            .iter()
            .map(|r| (r.resource_type, &*r.resource_name));
        let duplicates = duplicates(ids);
        let mut records = Vec::new();
        let mut responses = Vec::with_capacity(request.resources.len());
        for resource in &request.resources {
            let named = (resource.resource_type, &*resource.resource_name);
            let configs = resource.configs.iter();
            let configs: Vec<(&str, Option<&str>)> = configs
                .map(|config| (&*config.name, config.value.as_deref()))
                .collect();
            let altered = if duplicates.contains(&named) {
                Err(refuse(
                    ErrorCode::INVALID_REQUEST,
                    "Each resource must appear at most once.",
                ))
            } else {
                self.replace_configs(asked, named, &configs)
            };
            let rejection = altered.map(|altered| records.extend(altered)).err();
            responses.push(alter_configs_response::AlterConfigsResourceResponse {
                error_code: rejection.as_ref().map_or(0, |rejection| rejection.code.0),
                error_message: rejection.as_ref().and_then(message),
                resource_type: resource.resource_type,
                resource_name: resource.resource_name.clone(),
            });
        }
        records.extend(self.clear_elr_records(&records));
        if request.validate_only {
            records.clear();
        }
        let response = AlterConfigsResponse {
            responses,
            ..AlterConfigsResponse::default()
        };
        Ok((records, response))
    }

    fn alter_incrementally(
        &self,
        asked: &ControllerRequest,
        named: (i8, &str),
        configs: &[AlterableConfig],
    ) -> Result<Vec<MetadataRecord>, Rejection> {
        let resource = resource(named)?;
        let is_delete = |config: &AlterableConfig| config.config_operation == 1;
        check_keys(
            configs
                .iter()
                .map(|config| (&*config.name, is_delete(config) || config.value.is_some())),
        )?;
        let mut changes = ConfigChanges::new();
        for config in configs {
            let value = config.value.as_deref().unwrap_or_default();
            let new = match config.config_operation {
                0 => Some(value.into()),
                1 => None,
                operation @ (2 | 3) => {
                    Some(self.changed_list(&resource, &config.name, operation, value)?)
                }
                operation => {
                    return Err(refuse(
                        ErrorCode::INVALID_REQUEST,
                        format!("Unknown operations type {operation}"),
                    ));
                }
            };
            changes.insert((&*config.name).into(), new);
        }
        self.config_records(asked, &resource, changes, false)
    }

    fn changed_list(
        &self,
        resource: &ConfigResource,
        key: &str,
        operation: i8,
        value: &str,
    ) -> Result<Arc<str>, Rejection> {
        let appends = operation == 2;
        let schema = &self.context.config_schema;
        if !schema.is_list(resource.resource_type, key) {
            let why = match (resource.resource_type, appends) {
                (ResourceType::Broker, true) => {
                    format!("Config value append is not allowed for config key: {key}")
                }
                (ResourceType::Broker, false) => {
                    format!("Config value subtract is not allowed for config key: {key}")
                }
                (_, true) => format!("Can't APPEND to key {key} because its type is not LIST."),
                (_, false) => format!("Can't SUBTRACT to key {key} because its type is not LIST."),
            };
            return Err(refuse(ErrorCode::INVALID_CONFIG, why));
        }
        let current = self
            .image()
            .configs
            .value(resource, key)
            .map(|value| value.to_string());
        let current = current.or_else(|| schema.default_value(resource.resource_type, key));
        let current = current.unwrap_or_default();
        let mut parts: Vec<&str> = current.split(',').filter(|part| !part.is_empty()).collect();
        for part in value.split(',') {
            if !appends {
                if let Some(index) = parts.iter().position(|existing| *existing == part) {
                    parts.remove(index);
                }
            } else if !parts.contains(&part) {
                parts.push(part);
            }
        }
        Ok(parts.join(",").into())
    }

    fn replace_configs(
        &self,
        asked: &ControllerRequest,
        named: (i8, &str),
        configs: &[(&str, Option<&str>)],
    ) -> Result<Vec<MetadataRecord>, Rejection> {
        let resource = resource(named)?;
        check_keys(configs.iter().map(|(key, value)| (*key, value.is_some())))?;
        let mut changes: ConfigChanges = configs
            .iter()
            .map(|(key, value)| (Arc::from(*key), value.map(Arc::from)))
            .collect();
        for key in self
            .image()
            .configs
            .of(&resource)
            .into_iter()
            .flat_map(ConfigValues::keys)
        {
            changes.entry(key.clone()).or_insert(None);
        }
        self.config_records(asked, &resource, changes, false)
    }

    /// The records of changes of one resource, checked. `is_new`: the resource is being created.
    pub(crate) fn config_records(
        &self,
        asked: &ControllerRequest,
        resource: &ConfigResource,
        changes: ConfigChanges,
        is_new: bool,
    ) -> Result<Vec<MetadataRecord>, Rejection> {
        let existing = self
            .image()
            .configs
            .of(resource)
            .cloned()
            .unwrap_or_default();
        let mut values = existing.clone();
        let mut records = Vec::new();
        for (key, value) in changes {
            let unchanged = existing.get(&key) == value.as_ref();
            if unchanged && resource.resource_type != ResourceType::Broker {
                continue;
            }
            self.check_change(asked, resource, &existing, &key, value.as_deref())?;
            match &value {
                Some(value) => values.insert(key.clone(), value.clone()),
                None => values.remove(&key),
            };
            records.push(
                ConfigRecord {
                    resource_type: resource.resource_type as i8,
                    resource_name: text(&resource.name),
                    name: text(&key),
                    value: value.as_deref().map(text),
                }
                .into(),
            );
        }
        check_resource_name(resource)?;
        let layers = ConfigLayers::of_node(self.image(), self.context.node_id);
        let schema = &self.context.config_schema;
        schema.validate(resource, &values, &existing, layers)?;
        if !is_new {
            self.check_existence(resource)?;
        }
        Ok(records)
    }

    /// What a key may become whatever the table of keys says.
    fn check_change(
        &self,
        asked: &ControllerRequest,
        resource: &ConfigResource,
        existing: &ConfigValues,
        key: &str,
        value: Option<&str>,
    ) -> Result<(), Rejection> {
        let invalid = |why: &'static str| Err(refuse(ErrorCode::INVALID_CONFIG, why));
        let of_brokers = resource.resource_type == ResourceType::Broker;
        let of_cluster = of_brokers && resource.name.is_empty();
        let keeps_elr = self.image().features.eligible_leader_replicas_enabled();
        if key == MIN_INSYNC_REPLICAS && keeps_elr {
            if of_brokers && !of_cluster {
                return invalid(
                    "Broker-level min.insync.replicas cannot be altered while ELR is enabled.",
                );
            }
            if of_cluster && value.is_none() {
                return invalid(
                    "Cluster-level min.insync.replicas cannot be removed while ELR is enabled.",
                );
            }
        }
        if key == CORDONED_LOG_DIRS && of_brokers {
            if !self.metadata_version().supports_cordoned_log_directories() {
                return invalid(
                    "The cordoned.log.dirs configuration value cannot be set because it requires \
                     metadata.version >= 4.3-IV0",
                );
            }
            let value = value.unwrap_or_default().trim();
            let current = existing.get(key).map_or("", |current| current.trim());
            let current: BTreeSet<&str> = current.split(',').map(str::trim).collect();
            let only_removes = value.split(',').all(|part| current.contains(part.trim()));
            if !asked.forwarded && !value.is_empty() && !only_removes {
                return invalid(
                    "When updating cordoned.log.dirs via controllers,  the new value must be a \
                     subset of the current configuration value.",
                );
            }
        }
        if value.is_some_and(|value| value.encode_utf16().count() > MAX_VALUE_LENGTH) {
            return invalid(
                "The configuration value cannot be added because it exceeds the maximum value \
                 size of 32767 bytes.",
            );
        }
        Ok(())
    }

    fn check_existence(&self, resource: &ConfigResource) -> Result<(), Rejection> {
        match resource.resource_type {
            ResourceType::Topic if self.image().topics.by_name(&resource.name).is_none() => {
                Err(refuse(
                    ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
                    format!("The topic '{}' does not exist.", resource.name),
                ))
            }
            ResourceType::Broker if !resource.name.is_empty() => {
                let id: NodeId = resource.name.parse().map(NodeId).map_err(|_| {
                    let why = format!("Invalid broker name {}", resource.name);
                    refuse(ErrorCode::INVALID_REQUEST, why)
                })?;
                let known = self.image().brokers.contains_key(&id)
                    || self.image().controllers.contains_key(&id)
                    || self.context.voters.contains(&id);
                if known {
                    return Ok(());
                }
                Err(refuse(
                    ErrorCode::BROKER_ID_NOT_REGISTERED,
                    format!("No node with id {id} found."),
                ))
            }
            _ => Ok(()),
        }
    }

    /// With another minimum of in-sync replicas nobody counts as eligible any more.
    pub(crate) fn clear_elr_records(&self, records: &[MetadataRecord]) -> Vec<MetadataRecord> {
        if !self.image().features.eligible_leader_replicas_enabled() {
            return Vec::new();
        }
        let minimums = records.iter().filter_map(|record| match record {
            MetadataRecord::Config(record) if &*record.name == MIN_INSYNC_REPLICAS => Some(record),
            _ => None,
        });
        let clearing = minimums.map(|record| {
            let of_topic = record.resource_type == ResourceType::Topic as i8;
            let topic_name = if of_topic {
                record.resource_name.clone()
            } else {
                Default::default()
            };
            ClearElrRecord { topic_name }.into()
        });
        clearing.collect()
    }
}

fn duplicates<'a>(ids: impl Iterator<Item = (i8, &'a str)>) -> BTreeSet<(i8, &'a str)> {
    let mut seen = BTreeSet::new();
    ids.filter(|id| !seen.insert(*id)).collect()
}

fn resource((resource_type, name): (i8, &str)) -> Result<ConfigResource, Rejection> {
    match ResourceType::from_i8(resource_type) {
        Some(resource_type) if resource_type != ResourceType::BrokerLogger => Ok(ConfigResource {
            resource_type,
            name: name.into(),
        }),
        _ => Err(refuse(
            ErrorCode::INVALID_REQUEST,
            format!("Unknown resource type {resource_type}"),
        )),
    }
}

/// Each key once, and with a value; `true` stands for a value or for none being needed.
fn check_keys<'a>(keys: impl Iterator<Item = (&'a str, bool)>) -> Result<(), Rejection> {
    let mut seen = BTreeSet::new();
    let mut without = Vec::new();
    for (key, has_value) in keys {
        if !seen.insert(key) {
            let why = "Error due to duplicate config keys";
            return Err(refuse(ErrorCode::INVALID_REQUEST, why));
        }
        if !has_value {
            without.push(key);
        }
    }
    if without.is_empty() {
        return Ok(());
    }
    let why = format!("Null value not supported for : {}", without.join(", "));
    Err(refuse(ErrorCode::INVALID_REQUEST, why))
}

fn check_resource_name(resource: &ConfigResource) -> Result<(), Rejection> {
    let invalid = |why: &'static str| Err(refuse(ErrorCode::INVALID_REQUEST, why));
    let name = &*resource.name;
    match resource.resource_type {
        ResourceType::Topic if name.is_empty() => {
            invalid("Default topic resources are not allowed.")
        }
        ResourceType::Topic => {
            validate_topic_name(name).map_err(|why| refuse(ErrorCode::INVALID_TOPIC_EXCEPTION, why))
        }
        ResourceType::Group if name.is_empty() => {
            invalid("Default group resources are not allowed.")
        }
        ResourceType::Broker if !name.is_empty() => match name.parse::<i32>() {
            Ok(id) if id < 0 => invalid("Invalid negative broker ID."),
            Ok(_) => Ok(()),
            Err(_) => invalid("Unable to parse broker name as a base 10 number."),
        },
        _ => Ok(()),
    }
}
