//! `--describe`: a line per topic, a line per partition.

use ottla_client::{
    Admin, ConfigEntry, ConfigResource, ConfigSource, PartitionDescription, ResourceType,
    TopicDescription,
};
use ottla_types::{NodeId, Uuid};

use super::line::{Filter, Line};
use super::{expected, matching};
use crate::failure::Failure;
use crate::output::say;

pub(super) async fn describe(admin: &Admin, line: &Line) -> Result<(), Failure> {
    let names = match &line.topic_id {
        Some(id) => by_id(admin, id, line).await?,
        None => expected(matching(admin, line).await?, line)?,
    };
    let mut topics = Vec::new();
    for (_, outcome) in admin.describe_topics(&names, line.page_size).await? {
        topics.push(outcome?);
    }
    let resources: Vec<ConfigResource> = topics
        .iter()
        .map(|topic| ConfigResource {
            kind: ResourceType::Topic,
            name: topic.name.clone(),
        })
        .collect();
    let configs = admin.describe_configs(&resources, false).await?;
    let live: Vec<NodeId> = admin.metadata().await?.brokers.keys().copied().collect();
    for topic in &topics {
        let entries = configs.iter().find(|(name, _)| *name == topic.name);
        let entries = match entries {
            Some((_, Ok(entries))) => entries.as_slice(),
            Some((_, Err(error))) => return Err(error.clone().into()),
            None => &[],
        };
        print_topic(topic, entries, &line.filters, &live);
    }
    Ok(())
}

async fn by_id(admin: &Admin, id: &str, line: &Line) -> Result<Vec<String>, Failure> {
    let wanted = uuid(id).map_err(Failure::illegal)?;
    let listed = admin.list_topics().await?.into_iter();
    let named: Vec<String> = listed
        .filter(|topic| topic.id == wanted)
        .map(|topic| topic.name)
        .collect();
    if named.is_empty() && !line.if_exists {
        let message = format!("TopicId '{id}' does not exist as expected");
        return Err(Failure::illegal(message));
    }
    Ok(named)
}

/// Reads an id, with the words of Java's refusals.
fn uuid(text: &str) -> Result<Uuid, String> {
    const LONGEST: usize = 24;
    if text.len() > LONGEST {
        let start: String = text.chars().take(LONGEST).collect();
        return Err(format!(
            "Input string with prefix `{start}` is too long to be decoded as a base64 UUID"
        ));
    }
    text.trim_end_matches('=').parse().map_err(|_| {
        format!(
            "Input string `{text}` decoded as {} bytes, which is not equal to the expected 16 \
             bytes of a base64-encoded UUID",
            text.len() * 6 / 8
        )
    })
}

fn print_topic(
    topic: &TopicDescription,
    entries: &[ConfigEntry],
    filters: &[Filter],
    live: &[NodeId],
) {
    let set: Vec<String> = entries
        .iter()
        .filter(|entry| entry.source != ConfigSource::Default)
        .map(|entry| {
            format!(
                "{}={}",
                entry.name,
                entry.value.as_deref().unwrap_or("null")
            )
        })
        .collect();
    let overrides = filters.contains(&Filter::WithOverrides);
    let titled = filters.is_empty() || (overrides && !set.is_empty());
    if titled {
        let copies = topic
            .partitions
            .first()
            .map_or(0, |first| first.replicas.len());
        say!(
            "Topic: {}\tTopicId: {}\tPartitionCount: {}\tReplicationFactor: {copies}\tConfigs: {}",
            topic.name,
            topic.id,
            topic.partitions.len(),
            set.join(",")
        );
    }
    let least = entries
        .iter()
        .find(|entry| entry.name == "min.insync.replicas");
    let least = least
        .and_then(|entry| entry.value.as_deref()?.parse().ok())
        .unwrap_or(1);
    for partition in &topic.partitions {
        let mut wanted = filters.iter();
        if filters.is_empty() || wanted.any(|filter| shown(partition, *filter, least, live)) {
            print_partition(&topic.name, partition);
        }
    }
}

fn shown(partition: &PartitionDescription, filter: Filter, least: usize, live: &[NodeId]) -> bool {
    match filter {
        Filter::WithOverrides => false,
        Filter::UnderReplicated => partition.isr.len() < partition.replicas.len(),
        Filter::Unavailable => partition
            .leader
            .is_none_or(|leader| !live.contains(&leader)),
        Filter::UnderMinIsr => partition.isr.len() < least,
        Filter::AtMinIsr => partition.isr.len() == least,
    }
}

fn print_partition(topic: &str, partition: &PartitionDescription) {
    let ids = |nodes: &[NodeId]| {
        let ids: Vec<String> = nodes.iter().map(NodeId::to_string).collect();
        ids.join(",")
    };
    let told = |nodes: &Option<Vec<NodeId>>| nodes.as_deref().map_or("N/A".to_owned(), ids);
    let leader = partition
        .leader
        .map_or("none".to_owned(), |leader| leader.to_string());
    say!(
        "\tTopic: {topic}\tPartition: {}\tLeader: {leader}\tReplicas: {}\tIsr: {}\tElr: \
         {}\tLastKnownElr: {}",
        partition.partition,
        ids(&partition.replicas),
        ids(&partition.isr),
        told(&partition.eligible_leader_replicas),
        told(&partition.last_known_eligible_leader_replicas)
    );
}
