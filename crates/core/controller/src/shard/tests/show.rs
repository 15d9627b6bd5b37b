//! Records, answers and images as lines of a script.

use std::fmt::Write as _;

use ottla_messages::metadata_record::MetadataRecord;
use ottla_messages::partition_change_record::PartitionChangeRecord;
use ottla_messages::{ErrorCode, KafkaString};
use ottla_metadata::{MetadataImage, Partition};

use crate::ControllerResponse;

pub(super) fn records(records: &[MetadataRecord], before: &MetadataImage) -> String {
    let mut shown = String::new();
    let mut image = before.clone();
    for metadata_record in records {
        writeln!(shown, "{}", record(metadata_record, &image)).unwrap();
        image.replay(metadata_record).unwrap();
    }
    shown
}

fn record(record: &MetadataRecord, image: &MetadataImage) -> String {
    match record {
        MetadataRecord::Topic(record) => format!("Topic {}", record.name),
        MetadataRecord::Partition(record) => format!(
            "Partition {} {}",
            record.partition_id,
            partition(&Partition::from_record(record).unwrap())
        ),
        MetadataRecord::PartitionChange(record) => partition_change(record, image),
        MetadataRecord::RemoveTopic(record) => {
            format!(
                "RemoveTopic {}",
                image.topics.by_id(record.topic_id).unwrap().name
            )
        }
        MetadataRecord::Config(record) => format!(
            "Config {}/{} {}={}",
            record.resource_type,
            record.resource_name,
            record.name,
            record.value.as_deref().unwrap_or("null")
        ),
        MetadataRecord::RegisterBroker(record) => format!(
            "RegisterBroker {} epoch={} incarnation={} fenced={} shutdown={} dirs={:?}",
            record.broker_id,
            record.broker_epoch,
            record.incarnation_id.0,
            record.fenced,
            record.in_controlled_shutdown,
            record.log_dirs.iter().map(|id| id.0).collect::<Vec<_>>()
        ),
        MetadataRecord::BrokerRegistrationChange(record) => format!(
            "BrokerRegistrationChange {} fenced={} shutdown={} dirs={:?} cordoned={:?}",
            record.broker_id,
            record.fenced,
            record.in_controlled_shutdown,
            record.log_dirs.iter().map(|id| id.0).collect::<Vec<_>>(),
            record
                .cordoned_log_dirs
                .as_ref()
                .map(|ids| ids.iter().map(|id| id.0).collect::<Vec<_>>())
        ),
        MetadataRecord::ClearElr(record) => format!("ClearElr {}", record.topic_name),
        MetadataRecord::NoOp(_) => "NoOp".to_owned(),
        other => format!("{other:?}"),
    }
}

fn partition_change(record: &PartitionChangeRecord, image: &MetadataImage) -> String {
    let name = image.topics.by_id(record.topic_id).unwrap().name.clone();
    let mut line = format!("PartitionChange {name}-{}", record.partition_id);
    let lists = [
        ("isr", &record.isr),
        ("elr", &record.eligible_leader_replicas),
        ("lastKnownElr", &record.last_known_elr),
        ("replicas", &record.replicas),
        ("removing", &record.removing_replicas),
        ("adding", &record.adding_replicas),
    ];
    if record.leader != -2 {
        write!(line, " leader={}", record.leader).unwrap();
    }
    for (name, list) in lists {
        if let Some(list) = list {
            write!(line, " {name}={list:?}").unwrap();
        }
    }
    if record.leader_recovery_state != -1 {
        write!(line, " recovery={}", record.leader_recovery_state).unwrap();
    }
    if let Some(directories) = &record.directories {
        let numbers: Vec<u128> = directories.iter().map(|id| id.0).collect();
        write!(line, " directories={numbers:?}").unwrap();
    }
    line
}

pub(super) fn response(response: &ControllerResponse) -> String {
    let mut lines = Vec::new();
    match response {
        ControllerResponse::CreateTopics(answer) => {
            for topic in &answer.topics {
                let mut line = outcome(&topic.name, topic.error_code, &topic.error_message);
                if topic.error_code == 0 {
                    let (partitions, factor) = (topic.num_partitions, topic.replication_factor);
                    write!(line, " partitions={partitions} replication={factor}").unwrap();
                    let set = topic
                        .configs
                        .iter()
                        .flatten()
                        .filter(|c| c.config_source == 1);
                    for config in set {
                        let value = config.value.as_deref().unwrap_or("null");
                        write!(line, " {}={value}", config.name).unwrap();
                    }
                }
                lines.push(line);
            }
        }
        ControllerResponse::DeleteTopics(answer) => {
            for topic in &answer.responses {
                let name = topic.name.as_deref().unwrap_or("null");
                lines.push(outcome(name, topic.error_code, &topic.error_message));
            }
        }
        ControllerResponse::CreatePartitions(answer) => {
            for topic in &answer.results {
                lines.push(outcome(&topic.name, topic.error_code, &topic.error_message));
            }
        }
        ControllerResponse::IncrementalAlterConfigs(answer) => {
            for resource in &answer.responses {
                let name = format!("{}/{}", resource.resource_type, resource.resource_name);
                lines.push(outcome(&name, resource.error_code, &resource.error_message));
            }
        }
        ControllerResponse::AlterPartitionReassignments(answer) => {
            for topic in &answer.responses {
                for partition in &topic.partitions {
                    let name = format!("{}-{}", topic.name, partition.partition_index);
                    let (code, message) = (partition.error_code, &partition.error_message);
                    lines.push(outcome(&name, code, message));
                }
            }
        }
        ControllerResponse::UpdateFeatures(answer) => {
            lines.push(outcome("all", answer.error_code, &answer.error_message));
        }
        ControllerResponse::AlterConfigs(answer) => {
            for resource in &answer.responses {
                let name = format!("{}/{}", resource.resource_type, resource.resource_name);
                lines.push(outcome(&name, resource.error_code, &resource.error_message));
            }
        }
        other => return nodes_response(other),
    }
    lines
        .into_iter()
        .map(|line| format!("< {}\n", line.trim()))
        .collect()
}

/// Answers to nodes rather than to clients.
fn nodes_response(response: &ControllerResponse) -> String {
    let mut lines = Vec::new();
    match response {
        ControllerResponse::BrokerRegistration(answer) => {
            let epoch = answer.broker_epoch;
            lines.push(outcome(&format!("epoch={epoch}"), answer.error_code, &None));
        }
        ControllerResponse::BrokerHeartbeat(answer) => {
            let state = format!(
                "caught-up={} fenced={} shut-down={}",
                answer.is_caught_up, answer.is_fenced, answer.should_shut_down
            );
            lines.push(outcome(&state, answer.error_code, &None));
        }
        ControllerResponse::AllocateProducerIds(answer) => {
            let block = format!("{}+{}", answer.producer_id_start, answer.producer_id_len);
            lines.push(outcome(&block, answer.error_code, &None));
        }
        ControllerResponse::ElectLeaders(answer) => {
            lines.push(outcome("all", answer.error_code, &None));
            for topic in &answer.replica_election_results {
                for partition in &topic.partition_result {
                    let name = format!("{}-{}", topic.topic, partition.partition_id);
                    lines.push(outcome(
                        &name,
                        partition.error_code,
                        &partition.error_message,
                    ));
                }
            }
        }
        ControllerResponse::AlterPartition(answer) => {
            for partition in answer.topics.iter().flat_map(|topic| &topic.partitions) {
                let state = format!(
                    "leader={} isr={:?} epochs={}/{}",
                    partition.leader_id,
                    partition.isr,
                    partition.leader_epoch,
                    partition.partition_epoch
                );
                let shown = if partition.error_code == 0 {
                    state.as_str()
                } else {
                    ""
                };
                lines.push(outcome(shown, partition.error_code, &None));
            }
        }
        ControllerResponse::UnregisterBroker(answer) => {
            lines.push(outcome("all", answer.error_code, &answer.error_message));
        }
        other => lines.push(format!("{other:?}")),
    }
    lines
        .into_iter()
        .map(|line| format!("< {}\n", line.trim()))
        .collect()
}

pub(super) fn brokers(image: &MetadataImage) -> String {
    let mut shown = String::new();
    for broker in image.brokers.values() {
        let (id, epoch, fenced) = (broker.id, broker.epoch, broker.fenced);
        let shutdown = broker.in_controlled_shutdown;
        writeln!(
            shown,
            "{id} epoch={epoch} fenced={fenced} shutdown={shutdown}"
        )
        .unwrap();
    }
    shown
}

pub(super) fn topics(image: &MetadataImage) -> String {
    let mut shown = String::new();
    for topic in image.topics.iter() {
        for (index, state) in &topic.partitions {
            let epochs = format!("epochs={}/{}", state.leader_epoch, state.partition_epoch);
            writeln!(
                shown,
                "{}-{index} {} {epochs}",
                topic.name,
                partition(state)
            )
            .unwrap();
        }
    }
    shown
}

fn partition(partition: &Partition) -> String {
    let directories: Vec<u128> = partition.directories.iter().map(|id| id.0).collect();
    let mut shown = format!(
        "replicas={:?} isr={:?} leader={} directories={directories:?}",
        partition.replicas, partition.isr, partition.leader
    );
    let lists = [
        ("elr", &partition.elr),
        ("lastKnownElr", &partition.last_known_elr),
    ];
    for (name, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
        write!(shown, " {name}={list:?}").unwrap();
    }
    shown
}

fn outcome(what: &str, code: i16, message: &Option<KafkaString>) -> String {
    if code == 0 {
        return what.to_owned();
    }
    let name = ErrorCode(code).name().unwrap_or("?");
    match message {
        Some(message) => format!("{what} {name} {message}"),
        None => format!("{what} {name}"),
    }
}
