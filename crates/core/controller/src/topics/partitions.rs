//! CreatePartitions: more partitions for topics that exist.

use std::collections::BTreeMap;

use ottla_coordinator::Rejection;
use ottla_messages::ErrorCode;
use ottla_messages::create_partitions_request::{CreatePartitionsRequest, CreatePartitionsTopic};
use ottla_messages::create_partitions_response::{
    CreatePartitionsResponse, CreatePartitionsTopicResult,
};
use ottla_messages::metadata_record::MetadataRecord;
use ottla_metadata::Topic;
use ottla_types::NodeId;

use super::create::too_many_records;
use crate::deciding::{
    Decided, Deciding, MAX_RECORDS_PER_REQUEST, message, refuse, refuse_plainly, text,
};

impl Deciding<'_> {
    pub(crate) fn create_partitions(
        &mut self,
        request: &CreatePartitionsRequest,
    ) -> Decided<CreatePartitionsResponse> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for topic in &request.topics {
            *counts.entry(&topic.name).or_default() += 1;
        }
        let duplicate = refuse(ErrorCode::INVALID_REQUEST, "Duplicate topic name.");
        let duplicates = counts.iter().filter(|(_, count)| **count > 1);
        let mut results: Vec<_> = duplicates
            .map(|(name, _)| result(name, Some(&duplicate)))
            .collect();
        let mut records = Vec::new();
        for topic in &request.topics {
            if counts.get(&*topic.name) != Some(&1) {
                continue;
            }
            match self.add_partitions(topic) {
                Ok(added) if records.len() + added.len() > MAX_RECORDS_PER_REQUEST => {
                    return Err(too_many_records());
                }
                Ok(added) => {
                    records.extend(added);
                    results.push(result(&topic.name, None));
                }
                Err(rejection) => results.push(result(&topic.name, Some(&rejection))),
            }
        }
        if request.validate_only {
            records.clear();
        }
        let response = CreatePartitionsResponse {
            results,
            ..CreatePartitionsResponse::default()
        };
        Ok((records, response))
    }

    fn add_partitions(
        &mut self,
        wanted: &CreatePartitionsTopic,
    ) -> Result<Vec<MetadataRecord>, Rejection> {
        let topic = self.image().topics.by_name(&wanted.name).cloned();
        let topic = topic.ok_or_else(|| refuse_plainly(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION))?;
        let additional = additional_partitions(wanted, &topic)?;
        let first = topic.partitions.values().next().ok_or_else(|| {
            refuse(
                ErrorCode::UNKNOWN_SERVER_ERROR,
                format!(
                    "Invalid state: topic {} appears to have no partitions.",
                    topic.name
                ),
            )
        })?;
        let factor = first.replicas.len();
        let start = i32::try_from(topic.partitions.len()).unwrap_or(i32::MAX);
        let assignments = self.assignments(wanted, additional, factor)?;
        let mut records = Vec::with_capacity(assignments.len());
        for (index, replicas) in (start..).zip(&assignments) {
            let partition = self.new_partition(replicas).ok_or_else(|| {
                if wanted.assignments.is_some() {
                    refuse(
                        ErrorCode::INVALID_REPLICA_ASSIGNMENT,
                        format!(
                            "All brokers specified in the manual partition assignment for \
                             partition {index} are fenced or in controlled shutdown."
                        ),
                    )
                } else {
                    refuse(
                        ErrorCode::INVALID_REPLICATION_FACTOR,
                        format!(
                            "Unable to replicate the partition {factor} time(s): All brokers are \
                             currently fenced or in controlled shutdown."
                        ),
                    )
                }
            })?;
            records.push(self.partition_record(topic.id, index, &partition));
        }
        Ok(records)
    }

    fn assignments(
        &mut self,
        wanted: &CreatePartitionsTopic,
        additional: i32,
        factor: usize,
    ) -> Result<Vec<Vec<NodeId>>, Rejection> {
        let Some(assignments) = &wanted.assignments else {
            let factor = i16::try_from(factor).unwrap_or(i16::MAX);
            let placed = self.place(additional, factor);
            return placed.map_err(|why| refuse(ErrorCode::INVALID_REPLICATION_FACTOR, why));
        };
        let checked = assignments
            .iter()
            .map(|assignment| self.check_manual_assignment(&assignment.broker_ids, Some(factor)));
        checked.collect()
    }
}

fn additional_partitions(wanted: &CreatePartitionsTopic, topic: &Topic) -> Result<i32, Rejection> {
    let invalid = |why: String| Err(refuse(ErrorCode::INVALID_PARTITIONS, why));
    let existing = i32::try_from(topic.partitions.len()).unwrap_or(i32::MAX);
    if wanted.count == existing {
        return invalid(format!("Topic already has {existing} partition(s)."));
    }
    if wanted.count < existing {
        return invalid(format!(
            "The topic {} currently has {existing} partition(s); {} would not be an increase.",
            topic.name, wanted.count
        ));
    }
    let additional = wanted.count - existing;
    // Kafka runs into its limit of records here; nothing of that size is worked out.
    if usize::try_from(additional).unwrap_or(usize::MAX) > MAX_RECORDS_PER_REQUEST {
        return Err(too_many_records());
    }
    match &wanted.assignments {
        Some(assigned) if i32::try_from(assigned.len()) != Ok(additional) => Err(refuse(
            ErrorCode::INVALID_REPLICA_ASSIGNMENT,
            format!(
                "Attempted to add {additional} additional partition(s), but only {} \
                 assignment(s) were specified.",
                assigned.len()
            ),
        )),
        _ => Ok(additional),
    }
}

fn result(name: &str, rejection: Option<&Rejection>) -> CreatePartitionsTopicResult {
    CreatePartitionsTopicResult {
        name: text(name),
        error_code: rejection.map_or(0, |rejection| rejection.code.0),
        error_message: rejection.and_then(message),
    }
}
