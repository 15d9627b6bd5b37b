//! Topics of measurements: each makes its own; they are deleted when nobody measures.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use clap::Args;
use ottla_messages::create_topics_request::{
    CreatableTopic, CreatableTopicConfig, CreateTopicsRequest,
};
use ottla_messages::delete_topics_request::DeleteTopicsRequest;
use ottla_messages::metadata_request::{MetadataRequest, MetadataRequestTopic};
use ottla_messages::{ErrorCode, KafkaString};

use serde_json::{Value, json};

use crate::connection::Connection;
use crate::fetch::is_served;

const CREATE_VERSION: i16 = 5;
const DELETE_VERSION: i16 = 4;
const METADATA_VERSION: i16 = 9;
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(1);

/// Creates a topic and waits until every partition has a leader.
///
/// # Errors
/// When the broker refuses.
pub fn create(connection: &mut Connection, name: &str, partitions: i32) -> anyhow::Result<()> {
    let request = CreateTopicsRequest {
        topics: vec![CreatableTopic {
            name: KafkaString::from(name.to_owned()),
            num_partitions: partitions,
            replication_factor: 1,
            configs: vec![
                config("file.delete.delay.ms", "1000"),
                config("retention.ms", "-1"),
            ],
            ..CreatableTopic::default()
        }],
        timeout_ms: 30_000,
        validate_only: false,
    };
    let deadline = Instant::now() + PATIENCE;
    loop {
        let answer = connection.ask(&request, CREATE_VERSION)?;
        let topic = answer.topics.first().context("an answer for the topic")?;
        match ErrorCode(topic.error_code) {
            ErrorCode::NONE | ErrorCode::TOPIC_ALREADY_EXISTS => break,
            error if Instant::now() > deadline => bail!("creating {name}: {error:?}"),
            // A broker that has only just started may have no replicas to offer yet.
            _ => thread::sleep(PAUSE),
        }
    }
    await_leaders(connection, name, partitions, deadline)
}

fn config(name: &'static str, value: &'static str) -> CreatableTopicConfig {
    CreatableTopicConfig {
        name: name.into(),
        value: Some(value.into()),
    }
}

fn await_leaders(
    connection: &mut Connection,
    name: &str,
    partitions: i32,
    deadline: Instant,
) -> anyhow::Result<()> {
    let request = MetadataRequest {
        topics: Some(vec![MetadataRequestTopic {
            name: Some(KafkaString::from(name.to_owned())),
            ..MetadataRequestTopic::default()
        }]),
        allow_auto_topic_creation: false,
        ..MetadataRequest::default()
    };
    loop {
        let answer = connection.ask(&request, METADATA_VERSION)?;
        let led = answer.topics.first().is_some_and(|topic| {
            topic.error_code == 0
                && !topic.partitions.is_empty()
                && topic.partitions.iter().all(|one| one.leader_id >= 0)
        });
        if led && (0..partitions).all(|one| is_served(connection, name, one).unwrap_or(false)) {
            return Ok(());
        }
        if Instant::now() > deadline {
            bail!("{name} has no leaders");
        }
        thread::sleep(PAUSE);
    }
}

/// Options of the deletion.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// The broker, as host:port.
    #[arg(long)]
    bootstrap: String,
    /// A topic; may be given several times.
    #[arg(long)]
    topic: Vec<String>,
}

/// Deletes topics.
///
/// # Errors
/// When the broker refuses.
pub fn run(options: &Options) -> anyhow::Result<Value> {
    let request = DeleteTopicsRequest {
        topic_names: options
            .topic
            .iter()
            .cloned()
            .map(KafkaString::from)
            .collect(),
        timeout_ms: 30_000,
        ..DeleteTopicsRequest::default()
    };
    let answer = Connection::open(&options.bootstrap)?.ask(&request, DELETE_VERSION)?;
    for topic in &answer.responses {
        if topic.error_code != 0 {
            bail!(
                "deleting {:?}: {:?}",
                topic.name,
                ErrorCode(topic.error_code)
            );
        }
    }
    Ok(json!({ "deleted": answer.responses.len() }))
}
