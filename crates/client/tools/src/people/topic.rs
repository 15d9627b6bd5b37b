//! `ottla topic`: create, list, describe, delete.

use clap::{Parser, Subcommand};
use ottla_client::{ConfigResource, ConfigSource, NewTopic, ResourceType};

use super::{Place, counted, expect_topic, is_unknown_topic, no_topic};
use crate::commands::nearest;
use crate::failure::Failure;
use crate::output::say;

/// Topics: create, list, describe, delete
#[derive(Clone, Debug, Parser)]
pub(super) struct Line {
    #[command(flatten)]
    pub place: Place,
    #[command(subcommand)]
    action: Action,
}

#[derive(Clone, Debug, Subcommand)]
enum Action {
    /// Creates a topic; what is left out, the broker decides
    Create {
        /// Its name
        name: String,
        /// How many partitions
        #[arg(long)]
        partitions: Option<i32>,
        /// How many copies of each partition
        #[arg(long)]
        copies: Option<i16>,
        /// A configuration of the topic; may be given several times
        #[arg(long = "config", value_name = "KEY=VALUE")]
        configs: Vec<String>,
    },
    /// Lists topics
    List {
        /// Kafka's own topics too
        #[arg(long)]
        internal: bool,
    },
    /// Shows a topic's partitions and configurations
    Describe {
        /// Its name
        name: String,
    },
    /// Deletes topics with all their records
    Delete {
        /// Their names
        #[arg(required = true)]
        names: Vec<String>,
    },
}

/// How many partitions one answer describes.
const PAGE_SIZE: i32 = 2_000;

pub(super) async fn run(line: Line) -> Result<(), Failure> {
    match &line.action {
        Action::Create {
            name,
            partitions,
            copies,
            configs,
        } => {
            let topic = NewTopic {
                name: name.clone(),
                partitions: *partitions,
                replication_factor: *copies,
                assignments: Vec::new(),
                configs: pairs(configs)?,
            };
            create(&line.place, topic).await
        }
        Action::List { internal } => list(&line.place, *internal).await,
        Action::Describe { name } => describe(&line.place, name).await,
        Action::Delete { names } => delete(&line.place, names).await,
    }
}

fn pairs(words: &[String]) -> Result<Vec<(String, String)>, Failure> {
    let words = words.iter();
    words
        .map(|word| match word.split_once('=') {
            Some((key, value)) => Ok((key.to_owned(), value.to_owned())),
            None => Err(Failure::Line(format!(
                "--config {word}: write KEY=VALUE, for example retention.ms=3600000"
            ))),
        })
        .collect()
}

async fn create(place: &Place, topic: NewTopic) -> Result<(), Failure> {
    let admin = place.admin()?;
    let name = topic.name.clone();
    for (_, outcome) in admin.create_topics(&[topic], false).await? {
        let created = outcome?;
        let count = |count: usize, noun| format!(" · {}", counted(count, noun));
        let partitions = created
            .partitions
            .and_then(|count| usize::try_from(count).ok());
        let copies = created
            .replication_factor
            .and_then(|count| usize::try_from(count).ok());
        let copies = copies.map(|copies| match copies {
            1 => " · 1 copy".to_owned(),
            copies => format!(" · {copies} copies"),
        });
        say!(
            "created {name}{}{}",
            partitions
                .map(|partitions| count(partitions, "partition"))
                .unwrap_or_default(),
            copies.unwrap_or_default()
        );
    }
    Ok(())
}

async fn list(place: &Place, internal: bool) -> Result<(), Failure> {
    let admin = place.admin()?;
    let metadata = admin.metadata().await?;
    let topics = metadata
        .topics
        .iter()
        .filter(|(_, topic)| internal || !topic.is_internal);
    let topics: Vec<_> = topics.collect();
    let width = topics
        .iter()
        .map(|(name, _)| name.chars().count())
        .max()
        .unwrap_or(0);
    for (name, topic) in &topics {
        say!(
            "{name:<width$}  {}",
            counted(topic.partitions.len(), "partition")
        );
    }
    if topics.is_empty() {
        eprintln!("no topics yet (create one: ottla topic create NAME)");
    }
    Ok(())
}

async fn describe(place: &Place, name: &str) -> Result<(), Failure> {
    let admin = place.admin()?;
    expect_topic(&admin, name).await?;
    let names = [name.to_owned()];
    for (_, outcome) in admin.describe_topics(&names, PAGE_SIZE).await? {
        let topic = outcome?;
        say!(
            "{name} · id {} · {}",
            topic.id,
            counted(topic.partitions.len(), "partition")
        );
        for partition in &topic.partitions {
            let leader = partition
                .leader
                .map_or("none".to_owned(), |leader| leader.to_string());
            let ids: Vec<String> = partition.replicas.iter().map(ToString::to_string).collect();
            let missing = partition.replicas.len().saturating_sub(partition.isr.len());
            let behind = match missing {
                0 => String::new(),
                missing => format!(" · {missing} not in sync"),
            };
            say!(
                "  {name}/{}  leader {leader} · copies on {}{behind}",
                partition.partition,
                ids.join(", ")
            );
        }
    }
    let resource = ConfigResource {
        kind: ResourceType::Topic,
        name: name.to_owned(),
    };
    for (_, outcome) in admin.describe_configs(&[resource], false).await? {
        for entry in outcome? {
            if entry.source == ConfigSource::DynamicTopic {
                say!(
                    "  {}={}",
                    entry.name,
                    entry.value.as_deref().unwrap_or("(secret)")
                );
            }
        }
    }
    Ok(())
}

async fn delete(place: &Place, names: &[String]) -> Result<(), Failure> {
    let admin = place.admin()?;
    let mut failed = None;
    for (name, outcome) in admin.delete_topics(names).await? {
        match outcome {
            Ok(()) => say!("deleted {name}"),
            Err(error) if is_unknown_topic(&error) => {
                let topics = admin.list_topics().await?;
                let meant = nearest(&name, topics.iter().map(|topic| topic.name.as_str()));
                failed = Some(no_topic(&name, meant));
            }
            Err(error) => failed = Some(error.into()),
        }
    }
    failed.map_or(Ok(()), Err)
}
