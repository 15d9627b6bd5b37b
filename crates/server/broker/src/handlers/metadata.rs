//! Metadata (3), versions 0–13.
//!
//! Version 1 told controller and racks, 4 lets the client forbid auto-creation, 5 told offline
//! replicas, 6 leaders without the client's listener, 7 leader epochs, 9 is flexible, 10 brought
//! topic ids, 12 asks by them, 13 can tell a client to bootstrap anew.
//!
//! Answers are made anew for every request: 50 ns a partition, asked for every five minutes. Kept
//! ones would have to be known by listener and version, and forgotten when a broker comes or goes.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use ottla_messages::metadata_request::{MetadataRequest, MetadataRequestTopic};
use ottla_messages::metadata_response::{
    MetadataResponse, MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
};
use ottla_messages::{ErrorCode, KafkaString};
use ottla_metadata::{MetadataImage, Partition, Topic};
use ottla_types::{NodeId, Uuid};

use crate::operations;
use crate::published::Published;
use crate::reactor::ReactorService;
use crate::request::RequestContext;
use crate::topic_creation;

/// The first version that tells LISTENER_NOT_FOUND.
const TELLS_LISTENER: i16 = 6;

/// Answers with brokers and topics; creates missing topics where that is allowed.
pub async fn handle(
    service: &Rc<ReactorService>,
    context: &RequestContext,
    request: MetadataRequest,
) -> MetadataResponse {
    let mut published = service.node().published();
    let topics = request.topics.as_deref().unwrap_or_default();
    if are_malformed(topics, context.version) {
        return refused(topics);
    }
    let missing = missing_topics(service, &published, context.version, &request);
    let mut failures = HashMap::new();
    if !missing.is_empty() {
        let failed = topic_creation::create_automatically(service.node(), &missing).await;
        failures = failed.into_iter().collect();
        published = service.node().published();
    }
    let describe = Describe {
        context,
        image: &published.image,
        request: &request,
    };
    let topics = describe.topics(&failures);
    MetadataResponse {
        brokers: brokers(service, context, &published.image),
        cluster_id: Some(KafkaString::copy_from(service.node().cluster_id())),
        controller_id: controller_id(service.node().node_id(), &published.image),
        topics,
        cluster_authorized_operations: if request.include_cluster_authorized_operations {
            operations::CLUSTER
        } else {
            operations::NOT_ASKED
        },
        ..MetadataResponse::default()
    }
}

/// Names every topic of a malformed request, and tells nothing else.
fn refused(topics: &[MetadataRequestTopic]) -> MetadataResponse {
    let refused = topics.iter().map(|topic| {
        let name = topic.name.clone().unwrap_or_default();
        absent(ErrorCode::INVALID_REQUEST, Some(name), topic.topic_id)
    });
    MetadataResponse {
        topics: refused.collect(),
        controller_id: -1,
        ..MetadataResponse::default()
    }
}

/// Clients send what only the controller may do to this node, which forwards it: any broker that
/// is alive is as good as another, and this one certainly is.
fn controller_id(own: NodeId, image: &MetadataImage) -> i32 {
    if image.brokers.get(&own).is_some_and(|broker| !broker.fenced) {
        own.0
    } else {
        -1
    }
}

/// The named topics that do not exist and may be created.
fn missing_topics(
    service: &ReactorService,
    published: &Published,
    version: i16,
    request: &MetadataRequest,
) -> Vec<String> {
    let allowed = service
        .node()
        .config()
        .topic_creation
        .auto_create_topics_enable
        && (version < 4 || request.allow_auto_topic_creation);
    if !allowed {
        return Vec::new();
    }
    let topics = request.topics.as_deref().unwrap_or_default();
    if are_by_id(topics) {
        return Vec::new();
    }
    names(topics)
        .into_iter()
        .filter(|name| published.image.topics.by_name(name).is_none())
        .map(|name| name.as_str().to_owned())
        .collect()
}

pub(super) fn brokers(
    service: &ReactorService,
    context: &RequestContext,
    image: &MetadataImage,
) -> Vec<MetadataResponseBroker> {
    let alive = image.brokers.values().filter(|broker| !broker.fenced);
    alive
        .filter_map(|broker| {
            let (host, port) = service.node().advertised(context.connection(), broker)?;
            Some(MetadataResponseBroker {
                node_id: broker.id.0,
                host,
                port,
                rack: broker.rack.as_deref().map(KafkaString::copy_from),
            })
        })
        .collect()
}

/// Whether topics are meant by their ids: one id is enough for that.
fn are_by_id(topics: &[MetadataRequestTopic]) -> bool {
    topics.iter().any(|topic| topic.topic_id != Uuid::ZERO)
}

/// Versions 10 and 11 have the fields of ids, but do not know ids yet.
fn are_malformed(topics: &[MetadataRequestTopic], version: i16) -> bool {
    version < 12 && (are_by_id(topics) || topics.iter().any(|topic| topic.name.is_none()))
}

/// The names of topics, each once.
fn names(topics: &[MetadataRequestTopic]) -> BTreeSet<&KafkaString> {
    topics
        .iter()
        .filter_map(|topic| topic.name.as_ref())
        .collect()
}

struct Describe<'a> {
    context: &'a RequestContext,
    image: &'a MetadataImage,
    request: &'a MetadataRequest,
}

impl Describe<'_> {
    fn topics(&self, failures: &HashMap<String, ErrorCode>) -> Vec<MetadataResponseTopic> {
        let version = self.context.version;
        match &self.request.topics {
            None => self
                .image
                .topics
                .iter()
                .map(|topic| self.topic(topic))
                .collect(),
            // Version 0 has no null: an empty list asks for every topic.
            Some(topics) if topics.is_empty() && version == 0 => self
                .image
                .topics
                .iter()
                .map(|topic| self.topic(topic))
                .collect(),
            Some(topics) if are_by_id(topics) => {
                let ids: BTreeSet<Uuid> = topics.iter().map(|topic| topic.topic_id).collect();
                let known = ids.into_iter().filter(|id| *id != Uuid::ZERO);
                known.map(|id| self.by_id(id)).collect()
            }
            Some(topics) => names(topics)
                .into_iter()
                .map(|name| self.by_name(name, failures))
                .collect(),
        }
    }

    fn by_name(
        &self,
        name: &KafkaString,
        failures: &HashMap<String, ErrorCode>,
    ) -> MetadataResponseTopic {
        if let Some(topic) = self.image.topics.by_name(name) {
            return self.topic(topic);
        }
        let error = if ottla_controller::validate_topic_name(name).is_err() {
            ErrorCode::INVALID_TOPIC_EXCEPTION
        } else {
            let failure = failures.get(name.as_str()).copied();
            failure.unwrap_or(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION)
        };
        absent(error, Some(name.clone()), Uuid::ZERO)
    }

    fn by_id(&self, id: Uuid) -> MetadataResponseTopic {
        match self.image.topics.by_id(id) {
            Some(topic) => self.topic(topic),
            None => absent(ErrorCode::UNKNOWN_TOPIC_ID, None, id),
        }
    }

    fn topic(&self, topic: &Topic) -> MetadataResponseTopic {
        let listener = &self.context.connection().listener;
        let partitions = topic.partitions.iter().map(|(index, partition)| {
            let (leader, error) = match reachable_leader(self.image, partition, listener) {
                Ok(leader) => (leader, ErrorCode::NONE),
                Err(ErrorCode::LISTENER_NOT_FOUND) if self.context.version < TELLS_LISTENER => {
                    (NodeId::NONE, ErrorCode::LEADER_NOT_AVAILABLE)
                }
                Err(error) => (NodeId::NONE, error),
            };
            MetadataResponsePartition {
                error_code: error.0,
                partition_index: index.0,
                leader_id: leader.0,
                leader_epoch: partition.leader_epoch.0,
                replica_nodes: partition.replicas.iter().map(|node| node.0).collect(),
                isr_nodes: partition.isr.iter().map(|node| node.0).collect(),
                offline_replicas: offline_replicas(self.image, partition, listener),
            }
        });
        MetadataResponseTopic {
            error_code: ErrorCode::NONE.0,
            name: Some(KafkaString::copy_from(topic.name.as_str())),
            topic_id: topic.id,
            is_internal: is_internal(topic.name.as_str()),
            partitions: partitions.collect(),
            topic_authorized_operations: if self.request.include_topic_authorized_operations {
                operations::TOPIC
            } else {
                operations::NOT_ASKED
            },
        }
    }
}

/// The leader of a partition, if there is one that a client of this listener can dial.
pub(super) fn reachable_leader(
    image: &MetadataImage,
    partition: &Partition,
    listener: &str,
) -> Result<NodeId, ErrorCode> {
    let leader = image.brokers.get(&partition.leader);
    let leader = leader.ok_or(ErrorCode::LEADER_NOT_AVAILABLE)?;
    match leader.endpoint(listener) {
        Some(_) => Ok(leader.id),
        None => Err(ErrorCode::LISTENER_NOT_FOUND),
    }
}

/// The replicas of a partition whose broker or directory does not work, or whose broker a client
/// of this listener cannot dial.
pub(super) fn offline_replicas(
    image: &MetadataImage,
    partition: &Partition,
    listener: &str,
) -> Vec<i32> {
    let is_offline = |replica: &&NodeId| {
        let directory = partition.directory(**replica).unwrap_or(Uuid::LOST);
        let broker = image.brokers.get(*replica);
        broker.is_none_or(|broker| {
            broker.fenced
                || broker.endpoint(listener).is_none()
                || !broker.has_online_directory(directory)
        })
    };
    let offline = partition.replicas.iter().filter(is_offline);
    offline.map(|replica| replica.0).collect()
}

/// Kafka marks only these two as internal for clients.
pub(super) fn is_internal(topic: &str) -> bool {
    matches!(topic, "__consumer_offsets" | "__transaction_state")
}

fn absent(error: ErrorCode, name: Option<KafkaString>, topic_id: Uuid) -> MetadataResponseTopic {
    MetadataResponseTopic {
        error_code: error.0,
        is_internal: name.as_deref().is_some_and(is_internal),
        name,
        topic_id,
        topic_authorized_operations: operations::NOT_ASKED,
        ..MetadataResponseTopic::default()
    }
}
