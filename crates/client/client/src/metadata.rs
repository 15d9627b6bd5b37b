//! What a cluster says about itself: brokers, topics, leaders.

use std::collections::BTreeMap;

use ottla_messages::ErrorCode;
use ottla_messages::metadata_response::{MetadataResponse, MetadataResponseTopic};
use ottla_types::{LeaderEpoch, NodeId, Uuid};

/// A picture of the cluster; parts of it may be of different age.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metadata {
    /// The cluster's id; absent from very old brokers.
    pub cluster_id: Option<String>,
    /// The broker that takes administrative requests, if there is one at the moment.
    pub controller: Option<NodeId>,
    /// The brokers alive.
    pub brokers: BTreeMap<NodeId, Broker>,
    /// The topics asked for, and what is known of them.
    pub topics: BTreeMap<String, TopicMetadata>,
}

/// A broker's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broker {
    /// Its id.
    pub id: NodeId,
    /// The host it wants to be dialled at.
    pub host: String,
    /// The port.
    pub port: i32,
    /// `broker.rack`.
    pub rack: Option<String>,
}

impl Broker {
    /// `host:port`, with brackets around an IPv6 address.
    #[must_use]
    pub fn address(&self) -> String {
        if self.host.contains(':') && !self.host.starts_with('[') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

/// A topic.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TopicMetadata {
    /// Why the rest is missing; `NONE` if it is not.
    pub error: Option<ErrorCode>,
    /// Its id; zero from brokers that do not tell.
    pub id: Uuid,
    /// Whether it belongs to Kafka itself.
    pub is_internal: bool,
    /// Its partitions by number.
    pub partitions: BTreeMap<i32, PartitionMetadata>,
}

/// A partition.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PartitionMetadata {
    /// Who leads it.
    pub leader: Option<NodeId>,
    /// The leader's epoch, where brokers tell.
    pub leader_epoch: Option<LeaderEpoch>,
    /// Who shall have a copy, the preferred leader first.
    pub replicas: Vec<NodeId>,
    /// Whose copy is complete.
    pub isr: Vec<NodeId>,
    /// Whose copy is out of reach.
    pub offline_replicas: Vec<NodeId>,
}

impl Metadata {
    /// Takes over an answer: brokers wholly, topics one by one.
    pub(crate) fn merge(&mut self, response: &MetadataResponse) {
        self.cluster_id = response.cluster_id.as_deref().map(str::to_owned);
        self.controller = Some(NodeId(response.controller_id)).filter(|id| *id >= NodeId(0));
        let brokers = response.brokers.iter().map(|broker| {
            let id = NodeId(broker.node_id);
            let place = Broker {
                id,
                host: broker.host.to_string(),
                port: broker.port,
                rack: broker.rack.as_deref().map(str::to_owned),
            };
            (id, place)
        });
        self.brokers = brokers.collect();
        for topic in &response.topics {
            if let Some(name) = &topic.name {
                self.merge_topic(name, topic);
            }
        }
    }

    fn merge_topic(&mut self, name: &str, topic: &MetadataResponseTopic) {
        let code = ErrorCode(topic.error_code);
        let mut fresh = TopicMetadata {
            error: Some(code).filter(|code| *code != ErrorCode::NONE),
            id: topic.topic_id,
            is_internal: topic.is_internal,
            partitions: BTreeMap::new(),
        };
        let old = self.topics.get(name).filter(|old| old.id == fresh.id);
        for partition in &topic.partitions {
            let nodes = |ids: &[i32]| ids.iter().map(|id| NodeId(*id)).collect();
            let mut told = PartitionMetadata {
                leader: Some(NodeId(partition.leader_id)).filter(|id| *id >= NodeId(0)),
                leader_epoch: Some(LeaderEpoch(partition.leader_epoch))
                    .filter(|epoch| *epoch >= LeaderEpoch(0)),
                replicas: nodes(&partition.replica_nodes),
                isr: nodes(&partition.isr_nodes),
                offline_replicas: nodes(&partition.offline_replicas),
            };
            // A broker that is behind must not bring back a leader of an older epoch.
            if let Some(known) = old.and_then(|old| old.partitions.get(&partition.partition_index))
                && known.leader_epoch > told.leader_epoch
                && told.leader_epoch.is_some()
            {
                told = known.clone();
            }
            fresh.partitions.insert(partition.partition_index, told);
        }
        self.topics.insert(name.to_owned(), fresh);
    }

    /// Who leads a partition and in which epoch, as far as known.
    #[must_use]
    pub fn leader(&self, topic: &str, partition: i32) -> Option<(NodeId, LeaderEpoch)> {
        let partition = self.topics.get(topic)?.partitions.get(&partition)?;
        let epoch = partition.leader_epoch.unwrap_or(LeaderEpoch::NONE);
        partition.leader.map(|leader| (leader, epoch))
    }
}
