//! What every reactor of a node sees of the cluster, as of one offset of the metadata log.
//!
//! One publisher makes these, one after the other; a reader takes the newest and keeps it for as
//! long as one request lasts. A replica is in here only once its log is open and it leads.

use std::sync::Arc;

use ottla_config::{MessageTimestampType, TopicConfig};
use ottla_log::{RealStorage, Storage};
use ottla_messages::ErrorCode;
use ottla_metadata::{MetadataImage, PersistentMap, Provenance, Topic};
use ottla_records::{ClientBatchRules, InflateLimits, TimestampType};
use ottla_runtime::check_leader_epoch;
use ottla_types::{LeaderEpoch, TimestampMs, TopicId};

use crate::Replica;

/// Topics that only brokers write to.
pub const INTERNAL_TOPICS: [&str; 3] =
    [OFFSETS_TOPIC, "__transaction_state", "__share_group_state"];
/// The topic that keeps groups and their offsets.
pub const OFFSETS_TOPIC: &str = "__consumer_offsets";

/// The cluster as of one offset of the metadata log.
#[derive(Clone, Debug)]
pub struct Published<S: Storage = RealStorage> {
    /// The metadata.
    pub image: MetadataImage,
    /// Up to where it has come.
    pub provenance: Provenance,
    entries: PersistentMap<TopicId, Arc<TopicEntry<S>>>,
}

/// A topic with what this node has of it.
#[derive(Debug)]
pub struct TopicEntry<S: Storage = RealStorage> {
    name: Arc<str>,
    config: TopicConfig,
    replicas: Vec<Hosting<S>>,
}

/// What this node has of a partition.
#[derive(Clone, Debug)]
pub enum Hosting<S: Storage = RealStorage> {
    /// A replica that serves.
    Here(Arc<Replica<S>>),
    /// A replica that another broker leads, or nobody.
    Following {
        /// The replica.
        replica: Arc<Replica<S>>,
        /// The newest epoch of a leader.
        leader_epoch: LeaderEpoch,
    },
    /// Nothing: the partition lives on other brokers.
    Elsewhere,
    /// A replica whose log directory failed.
    Offline,
}

impl<S: Storage> Default for Published<S> {
    fn default() -> Self {
        Published::new(MetadataImage::default(), Provenance::default())
    }
}

impl<S: Storage> Published<S> {
    /// A picture of `image` without any topic's replicas.
    #[must_use]
    pub fn new(image: MetadataImage, provenance: Provenance) -> Published<S> {
        Published {
            image,
            provenance,
            entries: PersistentMap::new(),
        }
    }

    /// The next picture: another image, the same replicas until they are changed.
    #[must_use]
    pub fn with_image(&self, image: MetadataImage, provenance: Provenance) -> Published<S> {
        Published {
            image,
            provenance,
            entries: self.entries.clone(),
        }
    }

    /// Puts a topic in, or in place of its former state.
    pub fn insert(&mut self, topic: TopicId, entry: TopicEntry<S>) {
        self.entries.insert(topic, Arc::new(entry));
    }

    /// Takes a topic out.
    pub fn remove(&mut self, topic: TopicId) -> Option<Arc<TopicEntry<S>>> {
        self.entries.remove(&topic)
    }

    /// A topic by id.
    #[must_use]
    pub fn topic_by_id(&self, id: TopicId) -> Option<&TopicEntry<S>> {
        self.entries.get(&id).map(|entry| &**entry)
    }

    /// A topic by name.
    #[must_use]
    pub fn topic_by_name(&self, name: &str) -> Option<&TopicEntry<S>> {
        self.topic_by_id(self.image.topics.by_name(name)?.id)
    }

    /// The topic that a client means: by its id where the request has ids, else by its name.
    ///
    /// # Errors
    /// What the client is told if there is none.
    pub fn find(&self, id: Option<TopicId>, name: &str) -> Result<&TopicEntry<S>, ErrorCode> {
        match id {
            Some(id) => self.topic_by_id(id).ok_or(ErrorCode::UNKNOWN_TOPIC_ID),
            None => {
                let entry = self.topic_by_name(name);
                entry.ok_or(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION)
            }
        }
    }

    /// Every topic that this node has replicas of, or could have.
    pub fn topics(&self) -> impl Iterator<Item = (&TopicId, &Arc<TopicEntry<S>>)> {
        self.entries.iter()
    }
}

impl<S: Storage> Hosting<S> {
    /// The replica that is open here, leading or not.
    #[must_use]
    pub fn open(&self) -> Option<&Arc<Replica<S>>> {
        match self {
            Hosting::Here(replica) | Hosting::Following { replica, .. } => Some(replica),
            Hosting::Elsewhere | Hosting::Offline => None,
        }
    }
}

impl<S: Storage> TopicEntry<S> {
    /// A topic as the image has it, with this node's part of each partition in order.
    #[must_use]
    pub fn new(topic: &Topic, config: TopicConfig, replicas: Vec<Hosting<S>>) -> TopicEntry<S> {
        TopicEntry {
            name: topic.name.as_str().into(),
            config,
            replicas,
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its configuration, defaults included.
    #[must_use]
    pub fn config(&self) -> &TopicConfig {
        &self.config
    }

    /// This node's part of every partition.
    #[must_use]
    pub fn replicas(&self) -> &[Hosting<S>] {
        &self.replicas
    }

    /// Whether only brokers write to it.
    #[must_use]
    pub fn is_internal(&self) -> bool {
        INTERNAL_TOPICS.contains(&&*self.name)
    }

    /// The replica that serves a partition.
    ///
    /// # Errors
    /// Why there is none, as a client is told.
    pub fn replica(&self, partition: i32) -> Result<&Arc<Replica<S>>, ErrorCode> {
        match self.hosting(partition)? {
            Hosting::Here(replica) => Ok(replica),
            Hosting::Following { .. } | Hosting::Elsewhere => {
                Err(ErrorCode::NOT_LEADER_OR_FOLLOWER)
            }
            Hosting::Offline => Err(ErrorCode::KAFKA_STORAGE_ERROR),
        }
    }

    /// The replica that serves a partition, for a client who believes it to do so in an epoch; NONE
    /// for no matter. One that follows says first what is wrong with the epoch.
    ///
    /// # Errors
    /// Why there is none, as a client is told.
    pub fn leader(
        &self,
        partition: i32,
        believed: LeaderEpoch,
    ) -> Result<&Arc<Replica<S>>, ErrorCode> {
        if let Ok(Hosting::Following { leader_epoch, .. }) = self.hosting(partition) {
            check_leader_epoch(*leader_epoch, believed)?;
        }
        self.replica(partition)
    }

    /// This node's part of a partition.
    ///
    /// # Errors
    /// If there is no such partition.
    pub fn hosting(&self, partition: i32) -> Result<&Hosting<S>, ErrorCode> {
        let index = usize::try_from(partition).ok();
        index
            .and_then(|index| self.replicas.get(index))
            .ok_or(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION)
    }

    /// Who sets the timestamps of its records.
    #[must_use]
    pub fn timestamp_type(&self) -> TimestampType {
        match self.config.message_timestamp_type {
            MessageTimestampType::CreateTime => TimestampType::CreateTime,
            MessageTimestampType::LogAppendTime => TimestampType::LogAppendTime,
        }
    }

    /// What a batch must keep to.
    #[must_use]
    pub fn batch_rules(&self, now: TimestampMs) -> ClientBatchRules {
        let caps = InflateLimits::default();
        let inflated = self.config.max_decompressed_message_bytes as usize;
        ClientBatchRules {
            batch_bytes_max: self.config.max_message_bytes as usize,
            segment_bytes: self.config.segment.bytes as usize,
            timestamp_type: self.timestamp_type(),
            timestamp_before_max_ms: self.config.message_timestamp_before_max_ms,
            timestamp_after_max_ms: self.config.message_timestamp_after_max_ms,
            now,
            is_compacted: self.config.cleanup_policy.compact,
            inflate: InflateLimits {
                inflated_bytes_max: inflated.min(caps.inflated_bytes_max),
                ..caps
            },
        }
    }
}
