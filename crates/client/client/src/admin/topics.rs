//! Topics and their partitions.

use std::collections::BTreeMap;

use ottla_messages::create_partitions_request::{
    CreatePartitionsAssignment, CreatePartitionsRequest, CreatePartitionsTopic,
};
use ottla_messages::create_topics_request::{
    CreatableReplicaAssignment, CreatableTopic, CreatableTopicConfig, CreateTopicsRequest,
};
use ottla_messages::delete_topics_request::{DeleteTopicState, DeleteTopicsRequest};
use ottla_messages::describe_topic_partitions_request::{
    Cursor, DescribeTopicPartitionsRequest, TopicRequest,
};
use ottla_messages::describe_topic_partitions_response::{
    DescribeTopicPartitionsResponsePartition, DescribeTopicPartitionsResponseTopic,
};
use ottla_messages::{ApiKey, ErrorCode};
use ottla_types::{NodeId, Uuid};

use super::{Admin, Outcomes, first_error};
use crate::Error;
use crate::cluster::Target;
use crate::error::check;
use crate::metadata::TopicMetadata;

/// A topic to create. What is left out, the broker's defaults decide.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewTopic {
    /// Its name.
    pub name: String,
    /// How many partitions.
    pub partitions: Option<i32>,
    /// How many copies of each.
    pub replication_factor: Option<i16>,
    /// Who gets the copies, per partition; rules out the two numbers above.
    pub assignments: Vec<Vec<i32>>,
    /// Configurations that differ from the broker's.
    pub configs: Vec<(String, String)>,
}

/// What was created, as far as the broker tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreatedTopic {
    /// Its id; zero from brokers that do not tell.
    pub id: Uuid,
    /// How many partitions; `None` if the broker does not tell.
    pub partitions: Option<i32>,
    /// How many copies; `None` if the broker does not tell.
    pub replication_factor: Option<i16>,
}

/// Partitions to add.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPartitions {
    /// The topic.
    pub topic: String,
    /// How many it shall have then.
    pub total: i32,
    /// Who gets the copies, per added partition.
    pub assignments: Option<Vec<Vec<i32>>>,
}

/// A line of a list of topics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicListing {
    /// Its name.
    pub name: String,
    /// Its id; zero from brokers that do not tell.
    pub id: Uuid,
    /// Whether it belongs to Kafka itself.
    pub is_internal: bool,
}

/// A topic with its partitions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicDescription {
    /// Its name.
    pub name: String,
    /// Its id; zero from brokers that do not tell.
    pub id: Uuid,
    /// Whether it belongs to Kafka itself.
    pub is_internal: bool,
    /// Its partitions in order.
    pub partitions: Vec<PartitionDescription>,
}

/// A partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionDescription {
    /// Its number.
    pub partition: i32,
    /// Who leads it.
    pub leader: Option<NodeId>,
    /// Who shall have a copy, the preferred leader first.
    pub replicas: Vec<NodeId>,
    /// Whose copy is complete.
    pub isr: Vec<NodeId>,
    /// Who could lead although out of the in-sync replicas (KIP-966); `None` from brokers that do
    /// not tell.
    pub eligible_leader_replicas: Option<Vec<NodeId>>,
    /// Who could when nobody else could.
    pub last_known_eligible_leader_replicas: Option<Vec<NodeId>>,
}

impl Admin {
    /// Creates topics; with `validate_only` it only says whether it could.
    ///
    /// # Errors
    /// When the controller cannot be asked. What it refuses is in the outcomes.
    pub async fn create_topics(
        &self,
        topics: &[NewTopic],
        validate_only: bool,
    ) -> Result<Outcomes<CreatedTopic>, Error> {
        let request = CreateTopicsRequest {
            topics: topics.iter().map(creatable).collect(),
            timeout_ms: self.broker_timeout_ms(),
            validate_only,
        };
        let response = self
            .ask_controller(&request, |response| {
                first_error(response.topics.iter().map(|topic| topic.error_code))
            })
            .await?;
        let told = |number: i32| (number >= 0).then_some(number);
        let outcomes = response.topics.iter().map(|topic| {
            let created = CreatedTopic {
                id: topic.topic_id,
                partitions: told(topic.num_partitions),
                replication_factor: told(i32::from(topic.replication_factor))
                    .and_then(|count| i16::try_from(count).ok()),
            };
            let checked = check(topic.error_code, topic.error_message.as_deref());
            (topic.name.to_string(), checked.map(|()| created))
        });
        Ok(outcomes.collect())
    }

    /// Deletes topics by name.
    ///
    /// # Errors
    /// When the controller cannot be asked. What it refuses is in the outcomes.
    pub async fn delete_topics(&self, names: &[String]) -> Result<Outcomes<()>, Error> {
        let connection = self.cluster.any_connection().await?;
        let version = connection.version_of(ApiKey::DeleteTopics)?;
        let mut request = DeleteTopicsRequest {
            timeout_ms: self.broker_timeout_ms(),
            ..DeleteTopicsRequest::default()
        };
        if version >= 6 {
            let topics = names.iter().map(|name| DeleteTopicState {
                name: Some(name.clone().into()),
                ..DeleteTopicState::default()
            });
            request.topics = topics.collect();
        } else {
            request.topic_names = names.iter().map(|name| name.clone().into()).collect();
        }
        let response = self
            .ask_controller(&request, |response| {
                first_error(response.responses.iter().map(|topic| topic.error_code))
            })
            .await?;
        let outcomes = response.responses.iter().map(|topic| {
            let name = topic.name.as_deref().unwrap_or_default().to_owned();
            let checked = check(topic.error_code, topic.error_message.as_deref());
            (name, checked)
        });
        Ok(outcomes.collect())
    }

    /// Adds partitions.
    ///
    /// # Errors
    /// When the controller cannot be asked. What it refuses is in the outcomes.
    pub async fn create_partitions(&self, topics: &[NewPartitions]) -> Result<Outcomes<()>, Error> {
        let asked = topics.iter().map(|topic| CreatePartitionsTopic {
            name: topic.topic.clone().into(),
            count: topic.total,
            assignments: topic.assignments.as_ref().map(|assignments| {
                let broker_ids = assignments.iter().cloned();
                broker_ids
                    .map(|broker_ids| CreatePartitionsAssignment { broker_ids })
                    .collect()
            }),
        });
        let request = CreatePartitionsRequest {
            topics: asked.collect(),
            timeout_ms: self.broker_timeout_ms(),
            validate_only: false,
        };
        let response = self
            .ask_controller(&request, |response| {
                first_error(response.results.iter().map(|topic| topic.error_code))
            })
            .await?;
        let outcomes = response.results.iter().map(|topic| {
            let checked = check(topic.error_code, topic.error_message.as_deref());
            (topic.name.to_string(), checked)
        });
        Ok(outcomes.collect())
    }

    /// All topics, by name.
    ///
    /// # Errors
    /// When no broker answers in time.
    pub async fn list_topics(&self) -> Result<Vec<TopicListing>, Error> {
        let metadata = self.metadata().await?;
        let listings = metadata.topics.iter().map(|(name, topic)| TopicListing {
            name: name.clone(),
            id: topic.id,
            is_internal: topic.is_internal,
        });
        Ok(listings.collect())
    }

    /// Describes topics by name; `limit` is how many partitions one answer may hold.
    ///
    /// # Errors
    /// When no broker answers in time. What it refuses is in the outcomes.
    pub async fn describe_topics(
        &self,
        names: &[String],
        limit: i32,
    ) -> Result<Outcomes<TopicDescription>, Error> {
        let connection = self.connection().await?;
        let pages = connection
            .versions()
            .newest_shared(ApiKey::DescribeTopicPartitions);
        let mut found = if pages.is_some() {
            self.describe_by_pages(names, limit).await?
        } else {
            self.describe_by_metadata(names).await?
        };
        let missing = || Err(Error::refused(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION));
        let outcomes = names.iter().map(|name| {
            let description = found.remove(name).unwrap_or_else(missing);
            (name.clone(), description)
        });
        Ok(outcomes.collect())
    }

    async fn describe_by_metadata(&self, names: &[String]) -> Result<Descriptions, Error> {
        let attempt = || self.cluster.refresh(names, false);
        let metadata = self.cluster.retry("the topics", attempt).await?;
        let descriptions = names.iter().filter_map(|name| {
            let topic = metadata.topics.get(name)?;
            let description = match topic.error {
                Some(code) => Err(Error::refused(code)),
                None => Ok(described(name, topic)),
            };
            Some((name.clone(), description))
        });
        Ok(descriptions.collect())
    }

    /// Page by page: an answer may end in the middle of a topic and says where to go on.
    async fn describe_by_pages(&self, names: &[String], limit: i32) -> Result<Descriptions, Error> {
        let mut found = Descriptions::new();
        let mut cursor: Option<Cursor> = None;
        loop {
            let request = DescribeTopicPartitionsRequest {
                topics: names
                    .iter()
                    .filter(|name| {
                        let from = cursor.as_ref().map(|cursor| &*cursor.topic_name);
                        from.is_none_or(|from| name.as_str() >= from)
                    })
                    .map(|name| TopicRequest {
                        name: name.clone().into(),
                    })
                    .collect(),
                response_partition_limit: limit,
                cursor: cursor.take(),
            };
            let attempt = || self.cluster.ask(Target::Any, &request);
            let response = self.cluster.retry("the topics", attempt).await?;
            for topic in &response.topics {
                add_page(&mut found, topic);
            }
            let next = response.next_cursor.map(|next| Cursor {
                topic_name: next.topic_name,
                partition_index: next.partition_index,
            });
            if next.is_none() || next == request.cursor {
                return Ok(found);
            }
            cursor = next;
        }
    }
}

type Descriptions = BTreeMap<String, Result<TopicDescription, Error>>;

fn creatable(topic: &NewTopic) -> CreatableTopic {
    let assignments = topic.assignments.iter().zip(0..);
    let configs = topic
        .configs
        .iter()
        .map(|(name, value)| CreatableTopicConfig {
            name: name.clone().into(),
            value: Some(value.clone().into()),
        });
    CreatableTopic {
        name: topic.name.clone().into(),
        num_partitions: topic.partitions.unwrap_or(-1),
        replication_factor: topic.replication_factor.unwrap_or(-1),
        assignments: assignments
            .map(|(broker_ids, partition_index)| CreatableReplicaAssignment {
                partition_index,
                broker_ids: broker_ids.clone(),
            })
            .collect(),
        configs: configs.collect(),
    }
}

fn add_page(found: &mut Descriptions, topic: &DescribeTopicPartitionsResponseTopic) {
    let name = topic.name.as_deref().unwrap_or_default().to_owned();
    if let Err(error) = check(topic.error_code, None) {
        found.insert(name, Err(error));
        return;
    }
    let partitions = topic.partitions.iter().map(described_partition);
    match found.get_mut(&name) {
        Some(Ok(description)) => description.partitions.extend(partitions),
        _ => {
            let description = TopicDescription {
                name: name.clone(),
                id: topic.topic_id,
                is_internal: topic.is_internal,
                partitions: partitions.collect(),
            };
            found.insert(name, Ok(description));
        }
    }
}

fn nodes(ids: &[i32]) -> Vec<NodeId> {
    ids.iter().map(|id| NodeId(*id)).collect()
}

fn described_partition(
    partition: &DescribeTopicPartitionsResponsePartition,
) -> PartitionDescription {
    PartitionDescription {
        partition: partition.partition_index,
        leader: Some(NodeId(partition.leader_id)).filter(|leader| *leader >= NodeId(0)),
        replicas: nodes(&partition.replica_nodes),
        isr: nodes(&partition.isr_nodes),
        eligible_leader_replicas: partition.eligible_leader_replicas.as_deref().map(nodes),
        last_known_eligible_leader_replicas: partition.last_known_elr.as_deref().map(nodes),
    }
}

fn described(name: &str, topic: &TopicMetadata) -> TopicDescription {
    let partitions = topic.partitions.iter();
    TopicDescription {
        name: name.to_owned(),
        id: topic.id,
        is_internal: topic.is_internal,
        partitions: partitions
            .map(|(index, partition)| PartitionDescription {
                partition: *index,
                leader: partition.leader,
                replicas: partition.replicas.clone(),
                isr: partition.isr.clone(),
                eligible_leader_replicas: None,
                last_known_eligible_leader_replicas: None,
            })
            .collect(),
    }
}
