//! An administrator: creates the topics, then creates, deletes, grows and configures them as the
//! die says, one request after the other.

use ottla_controller::{ControllerResponse, RequestBody};
use ottla_machine::Random;
use ottla_messages::create_partitions_request::{CreatePartitionsRequest, CreatePartitionsTopic};
use ottla_messages::create_topics_request::{
    CreatableTopic, CreatableTopicConfig, CreateTopicsRequest,
};
use ottla_messages::delete_topics_request::{DeleteTopicState, DeleteTopicsRequest};
use ottla_messages::incremental_alter_configs_request::{
    AlterConfigsResource, AlterableConfig, IncrementalAlterConfigsRequest,
};
use ottla_messages::{ErrorCode, KafkaString};
use ottla_metadata::ResourceType;
use ottla_types::{Duration, TopicId, Uuid};

use super::{PARTITIONS_MAX, Request};
use crate::checkers::Change;
use crate::plan::{AdministratorPlan, TopicPlan};
use crate::topics::{OFFSETS_TOPIC, PartitionId, topic_name};

const TIMEOUT_MS: i32 = 30_000;
/// The number of IncrementalAlterConfigs' operation that sets a value.
const SET: i8 = 0;

/// What an administrator asks for.
#[derive(Clone, Debug)]
pub enum Asked {
    /// A change of a topic.
    Change(String, Change),
    /// Records are deleted.
    DeleteRecords,
}

/// An administrator.
#[derive(Debug)]
pub struct Administrator {
    plan: AdministratorPlan,
    topics: Vec<TopicPlan>,
    offsets: TopicPlan,
    random: Random,
    /// Topics that have yet to be created for the first time, the coordinator's first.
    to_create: Vec<Option<usize>>,
    changes: u64,
    in_flight: Option<(u64, Asked)>,
    next_number: u64,
}

impl Administrator {
    /// An administrator who has not asked for anything.
    #[must_use]
    pub fn new(
        plan: AdministratorPlan,
        topics: Vec<TopicPlan>,
        offsets: TopicPlan,
        seed: u64,
    ) -> Administrator {
        let to_create = (0..topics.len()).map(Some).rev().chain([None]).collect();
        Administrator {
            plan,
            topics,
            offsets,
            random: Random::from_seed(seed),
            to_create,
            changes: 0,
            in_flight: None,
            next_number: 0,
        }
    }

    /// Whether everything was asked for and answered. What is missing then it creates again.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.changes == self.plan.changes && self.to_create.is_empty() && self.in_flight.is_none()
    }

    /// Whether this request waits for its answer.
    #[must_use]
    pub fn awaits(&self, number: u64) -> bool {
        matches!(self.in_flight, Some((waiting, _)) if waiting == number)
    }

    /// How long it waits before its next request.
    pub fn pause(&mut self) -> Duration {
        let every = u64::try_from(self.plan.every.as_micros()).unwrap_or(1);
        let every = if self.to_create.is_empty() {
            every
        } else {
            20_000
        };
        Duration::from_micros(1 + self.random.below(2 * every))
    }

    /// Its connection ended.
    pub fn disconnected(&mut self) {
        self.in_flight = None;
    }

    /// The next request, unless one is on its way or all is done. `known`: partitions of each topic
    /// that there is.
    pub fn next_request(
        &mut self,
        known: impl Fn(usize) -> Option<i32>,
    ) -> Option<(u64, Request, Asked)> {
        if self.in_flight.is_some() {
            return None;
        }
        let (request, asked) = match self.to_create.last() {
            Some(Some(topic)) => self.create(*topic),
            Some(None) => create(OFFSETS_TOPIC, &self.offsets),
            None if self.is_done() => {
                let missing = (0..self.topics.len()).find(|topic| known(*topic).is_none());
                self.create(missing?)
            }
            None => {
                self.changes += 1;
                let topic = self.below(self.topics.len() as u64);
                match known(topic) {
                    None => self.create(topic),
                    Some(partitions) => self.change(topic, partitions),
                }
            }
        };
        let number = self.next_number;
        self.next_number += 1;
        self.in_flight = Some((number, asked.clone()));
        Some((number, request, asked))
    }

    fn below(&mut self, bound: u64) -> usize {
        usize::try_from(self.random.below(bound)).unwrap_or(0)
    }

    fn create(&self, topic: usize) -> (Request, Asked) {
        let plan = self.topics.get(topic).expect("a topic of the plan");
        create(&topic_name(topic), plan)
    }

    fn change(&mut self, topic: usize, partitions: i32) -> (Request, Asked) {
        let name = topic_name(topic);
        match self.random.below(8) {
            0 | 1 => delete(name),
            2 | 3 if partitions < PARTITIONS_MAX => grow(name, partitions + 1),
            4 | 5 => {
                let (key, values) = match self.random.below(3) {
                    0 => ("internal.segment.bytes", [1_500, 2_500, 9_000]),
                    1 => ("index.interval.bytes", [1, 300, 4_096]),
                    _ => ("file.delete.delay.ms", [0, 50, 900]),
                };
                let value = values.get(self.below(3)).copied().unwrap_or(1_500);
                configure(name, key, value.to_string())
            }
            _ => {
                let partition = PartitionId {
                    topic,
                    partition: i32::try_from(self.below(partitions.max(1).unsigned_abs().into()))
                        .unwrap_or(0),
                };
                let before = match self.random.below(4) {
                    0 => -1,
                    _ => i64::try_from(self.random.below(60)).unwrap_or(0),
                };
                let request = Request::DeleteRecords(partition, before);
                (request, Asked::DeleteRecords)
            }
        }
    }

    /// It was answered; what it had asked for.
    pub fn answered(&mut self) -> Option<Asked> {
        self.in_flight.take().map(|(_, asked)| asked)
    }

    /// A topic is there that was to be created first.
    pub fn on_created(&mut self) {
        self.to_create.pop();
    }
}

fn create(name: &str, plan: &TopicPlan) -> (Request, Asked) {
    let configs = plan.configs().into_iter();
    let topic = CreatableTopic {
        name: KafkaString::copy_from(name),
        num_partitions: plan.partitions,
        replication_factor: 1,
        configs: configs
            .map(|(key, value)| CreatableTopicConfig {
                name: key.into(),
                value: Some(value.into()),
            })
            .collect(),
        ..CreatableTopic::default()
    };
    let request = CreateTopicsRequest {
        topics: vec![topic],
        timeout_ms: TIMEOUT_MS,
        validate_only: false,
    };
    let change = Change::Create(plan.partitions);
    (
        Request::Change(RequestBody::CreateTopics(request)),
        Asked::Change(name.to_owned(), change),
    )
}

fn delete(name: String) -> (Request, Asked) {
    let request = DeleteTopicsRequest {
        topics: vec![DeleteTopicState {
            name: Some(KafkaString::copy_from(&name)),
            topic_id: Uuid::ZERO,
        }],
        timeout_ms: TIMEOUT_MS,
        ..DeleteTopicsRequest::default()
    };
    (
        Request::Change(RequestBody::DeleteTopics(request)),
        Asked::Change(name, Change::Delete),
    )
}

fn grow(name: String, count: i32) -> (Request, Asked) {
    let request = CreatePartitionsRequest {
        topics: vec![CreatePartitionsTopic {
            name: KafkaString::copy_from(&name),
            count,
            assignments: None,
        }],
        timeout_ms: TIMEOUT_MS,
        validate_only: false,
    };
    (
        Request::Change(RequestBody::CreatePartitions(request)),
        Asked::Change(name, Change::Grow(count)),
    )
}

fn configure(name: String, key: &str, value: String) -> (Request, Asked) {
    let request = IncrementalAlterConfigsRequest {
        resources: vec![AlterConfigsResource {
            resource_type: ResourceType::Topic as i8,
            resource_name: KafkaString::copy_from(&name),
            configs: vec![AlterableConfig {
                name: KafkaString::copy_from(key),
                config_operation: SET,
                value: Some(KafkaString::copy_from(&value)),
            }],
        }],
        validate_only: false,
    };
    (
        Request::Change(RequestBody::IncrementalAlterConfigs(request)),
        Asked::Change(name, Change::Configure(key.to_owned(), value)),
    )
}

/// What an answer to a change of one topic says: its error, and the topic's id if it has one.
#[must_use]
pub fn told(response: &ControllerResponse) -> (ErrorCode, Option<TopicId>) {
    let all = match response {
        ControllerResponse::CreateTopics(response) => response
            .topics
            .first()
            .map(|topic| (topic.error_code, Some(topic.topic_id))),
        ControllerResponse::DeleteTopics(response) => {
            let topic = response.responses.first();
            topic.map(|topic| (topic.error_code, None))
        }
        ControllerResponse::CreatePartitions(response) => {
            let topic = response.results.first();
            topic.map(|topic| (topic.error_code, None))
        }
        ControllerResponse::IncrementalAlterConfigs(response) => {
            let topic = response.responses.first();
            topic.map(|topic| (topic.error_code, None))
        }
        _ => None,
    };
    let (code, id) = all.unwrap_or((ErrorCode::UNKNOWN_SERVER_ERROR.0, None));
    (ErrorCode(code), id)
}
