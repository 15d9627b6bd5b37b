//! What administration promises.

use std::time::Duration;

use ottla_client::{
    AlterConfig, AlterConfigOp, ConfigResource, ConfigSource, NewPartitions, NewTopic, ResourceType,
};
use ottla_messages::ErrorCode;

use crate::cluster::{admin, eventually, fresh_name, fresh_topic};

#[tokio::test]
async fn a_topic_lives_from_creation_to_deletion() {
    let admin = admin();
    let topic = fresh_topic("life", 2).await;
    let names = [topic.clone()];
    let partitions = async |page| {
        let mut described = admin.describe_topics(&names, page).await.unwrap();
        described
            .remove(0)
            .1
            .map_or(0, |topic| topic.partitions.len())
    };
    let is_listed = async || {
        let listed = admin.list_topics().await.unwrap();
        listed.iter().any(|listed| listed.name == topic)
    };
    eventually(async || partitions(2_000).await == 2).await;
    let described = admin.describe_topics(&names, 2_000).await.unwrap();
    let description = described[0].1.as_ref().unwrap();
    assert!(!description.is_internal);
    let mut in_sync = description.partitions.iter();
    assert!(in_sync.all(|partition| partition.isr.len() == 1));
    let more = NewPartitions {
        topic: topic.clone(),
        total: 5,
        assignments: None,
    };
    for (_, outcome) in admin.create_partitions(&[more]).await.unwrap() {
        outcome.unwrap();
    }
    // Page by page.
    eventually(async || partitions(2).await == 5).await;
    eventually(&is_listed).await;
    for (_, outcome) in admin.delete_topics(&names).await.unwrap() {
        outcome.unwrap();
    }
    eventually(async || !is_listed().await).await;
}

#[tokio::test]
async fn refusals_name_the_error_and_say_why() {
    let admin = admin();
    let topic = fresh_topic("twice", 1).await;
    let again = NewTopic {
        name: topic.clone(),
        ..NewTopic::default()
    };
    let illegal = NewTopic {
        name: "not/legal".to_owned(),
        ..NewTopic::default()
    };
    let outcomes = admin.create_topics(&[again, illegal], false).await.unwrap();
    let code = |name: &str| {
        let outcome = outcomes.iter().find(|(other, _)| other == name).unwrap();
        outcome.1.as_ref().unwrap_err().code()
    };
    assert_eq!(code(&topic), ErrorCode::TOPIC_ALREADY_EXISTS);
    assert_eq!(code("not/legal"), ErrorCode::INVALID_TOPIC_EXCEPTION);
    let missing = [fresh_name("missing")];
    let outcomes = admin.delete_topics(&missing).await.unwrap();
    let error = outcomes[0].1.as_ref().unwrap_err();
    assert_eq!(error.code(), ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    let outcomes = admin.describe_topics(&missing, 10).await.unwrap();
    let error = outcomes[0].1.as_ref().unwrap_err();
    assert_eq!(error.code(), ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
}

#[tokio::test]
async fn configurations_are_changed_one_by_one() {
    let admin = admin();
    let topic = fresh_topic("configs", 1).await;
    let resource = ConfigResource {
        kind: ResourceType::Topic,
        name: topic,
    };
    let change = |name: &str, operation| AlterConfig {
        name: name.to_owned(),
        operation,
    };
    let changes = vec![
        change("retention.ms", AlterConfigOp::Set("1000000".to_owned())),
        change(
            "cleanup.policy",
            AlterConfigOp::Append("compact".to_owned()),
        ),
    ];
    let changed = admin
        .incremental_alter_configs(&[(resource.clone(), changes)], false)
        .await
        .unwrap();
    changed[0].1.as_ref().unwrap();
    // Apache Kafka answers before its broker has replayed the change.
    let replayed = async {
        loop {
            let resources = std::slice::from_ref(&resource);
            let mut described = admin.describe_configs(resources, true).await.unwrap();
            let entries = described.remove(0).1.unwrap();
            let mut entry = entries.iter();
            if entry.any(|entry| entry.value.as_deref() == Some("1000000")) {
                return entries;
            }
        }
    };
    let entries = tokio::time::timeout(Duration::from_secs(20), replayed)
        .await
        .unwrap();
    let entry = |name: &str| entries.iter().find(|entry| entry.name == name).unwrap();
    assert_eq!(entry("retention.ms").value.as_deref(), Some("1000000"));
    assert_eq!(entry("retention.ms").source, ConfigSource::DynamicTopic);
    assert_eq!(
        entry("cleanup.policy").value.as_deref(),
        Some("delete,compact")
    );
    assert_eq!(entry("segment.bytes").source, ConfigSource::Default);
    let back = vec![change("retention.ms", AlterConfigOp::Delete)];
    let changed = admin
        .incremental_alter_configs(&[(resource, back)], false)
        .await
        .unwrap();
    changed[0].1.as_ref().unwrap();
}

#[tokio::test]
async fn the_cluster_and_its_directories_are_described() {
    let admin = admin();
    let topic = fresh_topic("dirs", 3).await;
    let cluster = admin.describe_cluster().await.unwrap();
    assert!(!cluster.cluster_id.is_empty());
    // Apache Kafka answers CreateTopics before its broker has made the directories.
    let all_there = async {
        loop {
            let mut found = 0;
            for broker in &cluster.brokers {
                for (_, directory) in admin.describe_log_dirs(broker.id).await.unwrap() {
                    let replicas = directory.unwrap().replicas;
                    found += replicas
                        .iter()
                        .filter(|replica| replica.topic == topic)
                        .count();
                }
            }
            if found == 3 {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), all_there)
        .await
        .unwrap();
}
