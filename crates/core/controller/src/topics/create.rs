//! CreateTopics.
//!
//! Checks in Kafka's order: size of the request, names, collisions, existence, configuration, then
//! assignment or placement. A topic that is refused does not keep the others from being created.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ottla_coordinator::Rejection;
use ottla_messages::ErrorCode;
use ottla_messages::create_topics_request::{CreatableTopic, CreateTopicsRequest};
use ottla_messages::create_topics_response::{
    CreatableTopicConfigs, CreatableTopicResult, CreateTopicsResponse,
};
use ottla_messages::metadata_record::MetadataRecord;
use ottla_messages::topic_record::TopicRecord;
use ottla_metadata::{ConfigResource, ConfigValues, Partition};
use ottla_types::Uuid;

use super::names::{colliding_topic, validate_topic_name};
use crate::deciding::{Decided, Deciding, MAX_RECORDS_PER_REQUEST, message, refuse, text};
use crate::{ConfigLayers, ControllerRequest};

/// How many partitions one request may create.
const MAX_PARTITIONS_PER_REQUEST: i64 = 10_000;

const METADATA_TOPIC: &str = "__cluster_metadata";

impl Deciding<'_> {
    pub(crate) fn create_topics(
        &mut self,
        asked: &ControllerRequest,
        request: &CreateTopicsRequest,
    ) -> Decided<CreateTopicsResponse> {
        self.check_number_of_partitions(request)?;
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for topic in &request.topics {
            *counts.entry(&topic.name).or_default() += 1;
        }
        let once = |topic: &&CreatableTopic| counts.get(&*topic.name) == Some(&1);
        let mut records = Vec::new();
        let mut topics = Vec::new();
        for topic in request.topics.iter().filter(once) {
            if &*topic.name == METADATA_TOPIC {
                continue;
            }
            let result = match self.create_topic(asked, topic) {
                Ok((new_records, result)) => {
                    if records.len() + new_records.len() > MAX_RECORDS_PER_REQUEST {
                        return Err(too_many_records());
                    }
                    records.extend(new_records);
                    result
                }
                Err(rejection) => refused(&topic.name, &rejection),
            };
            topics.push(result);
        }
        let duplicates = counts.iter().filter(|(_, count)| **count > 1);
        for (name, _) in duplicates {
            let rejection = refuse(ErrorCode::INVALID_REQUEST, "Duplicate topic name.");
            topics.push(refused(name, &rejection));
        }
        if counts.get(METADATA_TOPIC) == Some(&1) {
            let why = "Creation of internal topic __cluster_metadata is prohibited.";
            topics.push(refused(
                METADATA_TOPIC,
                &refuse(ErrorCode::INVALID_REQUEST, why),
            ));
        }
        if request.validate_only {
            records.clear();
        }
        let response = CreateTopicsResponse {
            topics,
            ..CreateTopicsResponse::default()
        };
        Ok((records, response))
    }

    fn check_number_of_partitions(&self, request: &CreateTopicsRequest) -> Result<(), Rejection> {
        let number = |topic: &CreatableTopic| match (topic.assignments.len(), topic.num_partitions)
        {
            (0, -1) => i64::from(self.context.settings.num_partitions),
            (0, number) => i64::from(number.max(0)),
            (assigned, _) => i64::try_from(assigned).unwrap_or(i64::MAX),
        };
        let total = request
            .topics
            .iter()
            .map(number)
            .fold(0_i64, i64::saturating_add);
        if total > MAX_PARTITIONS_PER_REQUEST {
            return Err(refuse(
                ErrorCode::POLICY_VIOLATION,
                "Excessively large number of partitions per request.",
            ));
        }
        Ok(())
    }

    fn create_topic(
        &mut self,
        asked: &ControllerRequest,
        topic: &CreatableTopic,
    ) -> Decided<CreatableTopicResult> {
        self.check_new_name(&topic.name)?;
        let configs = creation_configs(topic)?;
        let config_records = self.creation_config_records(asked, topic, &configs)?;
        let partitions = if topic.assignments.is_empty() {
            self.placed_partitions(topic)?
        } else {
            self.manual_partitions(topic)?
        };
        let topic_id = self.soft.random.uuid();
        let result = self.created(topic, topic_id, &configs, &partitions);
        let mut records = vec![MetadataRecord::Topic(TopicRecord {
            name: text(&topic.name),
            topic_id,
        })];
        records.extend(config_records);
        for (index, partition) in (0..).zip(&partitions) {
            records.push(self.partition_record(topic_id, index, partition));
        }
        Ok((records, result))
    }

    fn check_new_name(&self, name: &str) -> Result<(), Rejection> {
        let invalid = |why: String| refuse(ErrorCode::INVALID_TOPIC_EXCEPTION, why);
        validate_topic_name(name).map_err(invalid)?;
        if self.image().topics.by_name(name).is_some() {
            return Err(refuse(
                ErrorCode::TOPIC_ALREADY_EXISTS,
                format!("Topic '{name}' already exists."),
            ));
        }
        match colliding_topic(&self.image().topics, name) {
            Some(existing) => Err(invalid(format!(
                "Topic '{name}' collides with existing topic: {existing}"
            ))),
            None => Ok(()),
        }
    }

    fn placed_partitions(&mut self, topic: &CreatableTopic) -> Result<Vec<Partition>, Rejection> {
        if topic.replication_factor < -1 || topic.replication_factor == 0 {
            return Err(refuse(
                ErrorCode::INVALID_REPLICATION_FACTOR,
                "Replication factor must be larger than 0, or -1 to use the default value.",
            ));
        }
        if topic.num_partitions < -1 || topic.num_partitions == 0 {
            return Err(refuse(
                ErrorCode::INVALID_PARTITIONS,
                "Number of partitions was set to an invalid non-positive value.",
            ));
        }
        let settings = &self.context.settings;
        let (default_partitions, default_factor) =
            (settings.num_partitions, settings.default_replication_factor);
        let number = if topic.num_partitions == -1 {
            default_partitions
        } else {
            topic.num_partitions
        };
        let factor = if topic.replication_factor == -1 {
            default_factor
        } else {
            topic.replication_factor
        };
        let refused = |why: &str| {
            refuse(
                ErrorCode::INVALID_REPLICATION_FACTOR,
                format!("Unable to replicate the partition {factor} time(s): {why}"),
            )
        };
        let placed = self.place(number, factor).map_err(|why| refused(&why))?;
        let partitions = placed.iter().map(|replicas| self.new_partition(replicas));
        partitions
            .collect::<Option<_>>()
            .ok_or_else(|| refused("All brokers are currently fenced or in controlled shutdown."))
    }

    fn manual_partitions(&self, topic: &CreatableTopic) -> Result<Vec<Partition>, Rejection> {
        let set = "A manual partition assignment was specified, but";
        if topic.replication_factor != -1 {
            let why = format!("{set} replication factor was not set to -1.");
            return Err(refuse(ErrorCode::INVALID_REQUEST, why));
        }
        if topic.num_partitions != -1 {
            let why = format!("{set} numPartitions was not set to -1.");
            return Err(refuse(ErrorCode::INVALID_REQUEST, why));
        }
        let invalid = |why: String| refuse(ErrorCode::INVALID_REPLICA_ASSIGNMENT, why);
        let mut assigned: BTreeMap<i32, Partition> = BTreeMap::new();
        let mut expected = None;
        for assignment in &topic.assignments {
            let index = assignment.partition_index;
            if assigned.contains_key(&index) {
                return Err(invalid(format!(
                    "Found multiple manual partition assignments for partition {index}"
                )));
            }
            let replicas = self.check_manual_assignment(&assignment.broker_ids, expected)?;
            expected = Some(replicas.len());
            let partition = self.new_partition(&replicas).ok_or_else(|| {
                invalid(format!(
                    "All brokers specified in the manual partition assignment for partition \
                     {index} are fenced or in controlled shutdown."
                ))
            })?;
            assigned.insert(index, partition);
        }
        if !assigned.keys().copied().eq((0..).take(assigned.len())) {
            return Err(invalid(
                "partitions should be a consecutive 0-based integer sequence".to_owned(),
            ));
        }
        Ok(assigned.into_values().collect())
    }

    fn creation_config_records(
        &self,
        asked: &ControllerRequest,
        topic: &CreatableTopic,
        configs: &ConfigValues,
    ) -> Result<Vec<MetadataRecord>, Rejection> {
        if configs.is_empty() {
            return Ok(Vec::new());
        }
        let resource = ConfigResource::topic(&topic.name);
        let sets = configs
            .iter()
            .map(|(key, value)| (key.clone(), Some(value.clone())));
        let mut records = self.config_records(asked, &resource, sets.collect(), true)?;
        records.extend(self.clear_elr_records(&records));
        Ok(records)
    }

    fn created(
        &self,
        topic: &CreatableTopic,
        topic_id: Uuid,
        configs: &ConfigValues,
        partitions: &[Partition],
    ) -> CreatableTopicResult {
        let layers = ConfigLayers {
            topic: Some(configs),
            ..ConfigLayers::of_node(self.image(), self.context.node_id)
        };
        let effective = self.context.config_schema.topic_values(layers);
        let configs = effective.into_iter().map(|config| CreatableTopicConfigs {
            name: config.name.into(),
            value: config
                .value
                .filter(|_| !config.is_sensitive)
                .map(Into::into),
            read_only: config.read_only,
            config_source: config.source,
            is_sensitive: config.is_sensitive,
        });
        let factor = partitions
            .first()
            .map_or(0, |partition| partition.replicas.len());
        CreatableTopicResult {
            name: text(&topic.name),
            topic_id,
            error_message: None,
            configs: Some(configs.collect()),
            num_partitions: i32::try_from(partitions.len()).unwrap_or(i32::MAX),
            replication_factor: i16::try_from(factor).unwrap_or(i16::MAX),
            ..CreatableTopicResult::default()
        }
    }

    pub(super) fn partition_record(
        &self,
        topic_id: Uuid,
        index: i32,
        partition: &Partition,
    ) -> MetadataRecord {
        let mut record = partition.to_record(topic_id, index);
        if !self.metadata_version().supports_directory_assignment() {
            record.directories = Vec::new();
        }
        record.into()
    }
}

fn creation_configs(topic: &CreatableTopic) -> Result<ConfigValues, Rejection> {
    let without: BTreeSet<&str> = topic
        .configs
        .iter()
        .filter(|config| config.value.is_none())
        .map(|config| &*config.name)
        .collect();
    if !without.is_empty() {
        let names: Vec<&str> = without.into_iter().collect();
        return Err(refuse(
            ErrorCode::INVALID_CONFIG,
            format!(
                "Null value not supported for topic configs: {}",
                names.join(",")
            ),
        ));
    }
    let values = topic.configs.iter().filter_map(|config| {
        let value = config.value.as_deref()?;
        Some((Arc::from(&*config.name), Arc::from(value)))
    });
    Ok(values.collect())
}

fn refused(name: &str, rejection: &Rejection) -> CreatableTopicResult {
    CreatableTopicResult {
        name: text(name),
        error_code: rejection.code.0,
        error_message: message(rejection),
        ..CreatableTopicResult::default()
    }
}

pub(super) fn too_many_records() -> Rejection {
    refuse(
        ErrorCode::POLICY_VIOLATION,
        "Unable to perform excessively large batch operation.",
    )
}
