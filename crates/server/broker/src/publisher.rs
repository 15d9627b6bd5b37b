//! Acts on committed metadata: opens and closes replicas, lets them lead, and only then shows the
//! new picture to the reactors.
//!
//! *Invariant*: whoever was told of a topic by this node finds its replicas serving.

mod configs;
mod hooks;

pub use hooks::PublisherHooks;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ottla_config::{BrokerConfig, TopicConfig};
use ottla_log::{LogError, RealStorage, Remedy, Storage};
use ottla_messages::{ErrorCode, KafkaString};
use ottla_metadata::{ConfigResource, MetadataDelta, MetadataImage, ResourceType, Topic};
use ottla_partition::Input;
use ottla_types::{NodeId, PartitionIndex, TopicId, TopicPartition, Uuid};

use crate::Replica;
use crate::checkpoints::{CHECKPOINTS_AT_STOP, store_checkpoints};
use crate::logs::{
    Logs, Opening, RetiredReplica, flush_limits, index_interval_bytes, replica_settings,
};
use crate::protection;
use crate::published::{Hosting, INTERNAL_TOPICS, OFFSETS_TOPIC, Published, TopicEntry};

/// The replicas of this node that are open, serving or not.
pub type OpenReplicas<S = RealStorage> = Arc<Mutex<BTreeMap<TopicPartition, Arc<Replica<S>>>>>;

/// How long a change waits for what is left of deleted replicas, and how long between two looks.
const PATIENCE: Duration = Duration::from_millis(300);
const WAIT: Duration = Duration::from_millis(1);

/// The one who publishes.
///
/// *State*: waiting until the image contains this run's own registration, which lies behind all
/// that former runs have left in the log; only then it is known what belongs here. Then acting.
pub struct Publisher<S: Storage = RealStorage> {
    node: Box<dyn PublisherHooks<S>>,
    incarnation: Uuid,
    logs: Logs<S>,
    /// The file, and over it what is set while the node runs.
    config: BrokerConfig,
    replicas: OpenReplicas<S>,
    /// Topics of which a replica has found no space, or may not be made yet: tried again with the
    /// next change. There is one twice a second, if it is only the controller's sign of life.
    unopened: BTreeSet<TopicId>,
    acting: bool,
}

impl<S: Storage> Publisher<S> {
    /// A publisher that has not published yet.
    #[must_use]
    pub fn new(node: impl PublisherHooks<S>, incarnation: Uuid, logs: Logs<S>) -> Publisher<S> {
        Publisher {
            config: node.settings().broker.clone(),
            node: Box::new(node),
            incarnation,
            logs,
            replicas: OpenReplicas::default(),
            unopened: BTreeSet::new(),
            acting: false,
        }
    }

    /// The open replicas, for checkpoints and the stop.
    #[must_use]
    pub fn replicas(&self) -> OpenReplicas<S> {
        Arc::clone(&self.replicas)
    }

    /// Acts on a change and publishes it.
    ///
    /// # Errors
    /// When directories hold what cannot be served; the node must stop.
    pub fn publish(&mut self, delta: &MetadataDelta) -> Result<(), LogError> {
        let image = &delta.after;
        for unenforced in protection::changed_unenforced(image, &delta.changes) {
            tracing::error!("the metadata has {unenforced}: ottla does not enforce them yet");
        }
        let mut next = self
            .node
            .published()
            .with_image(image.clone(), delta.provenance);
        if !self.acting && !self.is_registered(image) {
            self.node.publish(next);
            return Ok(());
        }
        self.apply_configs(delta, !self.acting);
        let is_first = !self.acting;
        if is_first {
            self.set_strays_aside(image)?;
        } else {
            let mut has_closed = false;
            for topic in delta.removed_topics() {
                if let Some(entry) = next.remove(topic.id) {
                    self.close_topic(topic, &entry);
                    has_closed = true;
                }
            }
            if has_closed {
                self.store_checkpoints();
            }
        }
        let touched = if next.topics().next().is_none() {
            image
                .topics
                .iter()
                .map(|topic| topic.id)
                .collect::<BTreeSet<_>>()
        } else {
            touched_topics(delta)
        };
        let touched = touched.union(&self.unopened).copied();
        let topics: Vec<(&Topic, TopicConfig)> = touched
            .filter_map(|id| image.topics.by_id(id))
            .map(|topic| (&**topic, self.config_of(image, topic)))
            .collect();
        self.open_missing(&topics);
        if is_first && self.logs.has_stale_checkpoints() {
            self.store_checkpoints();
        }
        self.acting = true;
        for (topic, config) in topics {
            self.update_topic(&mut next, topic, config);
        }
        self.node.publish(next);
        self.tell_groups(delta);
        Ok(())
    }

    /// Has no checkpoint name what is gone: another topic may get the name, and a start after a
    /// crash would take what the checkpoints know of it for the new one's.
    fn store_checkpoints(&self) {
        for (directory, files) in self.logs.directories() {
            if directory.has_failed() {
                continue;
            }
            let open = || {
                let replicas = self.lock();
                let here = replicas
                    .values()
                    .filter(|replica| Arc::ptr_eq(replica.directory(), &directory));
                here.cloned().collect()
            };
            let stored = store_checkpoints((&directory, &files), open, &CHECKPOINTS_AT_STOP);
            if let Err(error) = stored {
                directory.fail(&error);
            }
        }
    }

    fn own_id(&self) -> NodeId {
        self.node.settings().broker.node.node_id
    }

    fn is_registered(&self, image: &MetadataImage) -> bool {
        let own = image.brokers.get(&self.own_id());
        own.is_some_and(|broker| broker.incarnation_id == self.incarnation)
    }

    fn set_strays_aside(&mut self, image: &MetadataImage) -> Result<(), LogError> {
        let own = self.own_id();
        self.logs.set_strays_aside(|partition, id| {
            let topic = image.topics.by_id(id);
            let there = topic.and_then(|topic| topic.partition(partition.partition));
            there.is_some_and(|partition| partition.replicas.contains(&own))
        })
    }

    /// Opens all replicas of these topics that belong here and are not open.
    fn open_missing(&mut self, topics: &[(&Topic, TopicConfig)]) {
        let own = self.own_id();
        let before = self.node.published();
        let (mut plans, mut waiting) = (Vec::new(), BTreeSet::new());
        let mut patience = PATIENCE;
        for (topic, config) in topics {
            for (index, partition) in &topic.partitions {
                let at = TopicPartition {
                    topic: topic.name.clone(),
                    partition: *index,
                };
                if !partition.replicas.contains(&own) || self.lock().contains_key(&at) {
                    continue;
                }
                if self.must_wait(&at, &mut patience) {
                    waiting.insert(topic.id);
                    continue;
                }
                // Made while this node is running, so that no directory can hold it yet.
                let was_there = before.image.topics.by_id(topic.id);
                let was_there = was_there.is_some_and(|topic| topic.partition(*index).is_some());
                let is_created = self.acting && (!was_there || self.unopened.contains(&topic.id));
                match self.logs.begin_open(&at, (topic.id, is_created), config) {
                    Ok(plan) => plans.push(plan),
                    Err(error) => {
                        tracing::error!(partition = %at, %error, "the replica cannot be opened");
                    }
                }
            }
        }
        let before = std::mem::replace(&mut self.unopened, waiting);
        let threads = self.config.log_dirs.num_recovery_threads_per_data_dir;
        for opening in self.node.open_all(plans, threads as usize) {
            self.on_opened(opening, &before);
        }
    }

    /// Whether a replica may not be made yet, after having waited for that for a while.
    fn must_wait(&mut self, partition: &TopicPartition, patience: &mut Duration) -> bool {
        while self.logs.must_wait(partition) {
            if patience.is_zero() {
                return true;
            }
            self.node.wait(WAIT);
            *patience = patience.saturating_sub(WAIT);
        }
        false
    }

    /// `unopened_before`: topics of which it was said before that they find no space.
    fn on_opened(&mut self, (plan, opened): Opening<S>, unopened_before: &BTreeSet<TopicId>) {
        let partition = plan.partition();
        let error = match opened {
            Ok(replica) => {
                self.lock().insert(partition.clone(), replica);
                return;
            }
            Err(error) => error,
        };
        self.logs.on_open_failed(&plan);
        if error.remedy() != Remedy::Retry {
            tracing::error!(%partition, %error, "the replica cannot be opened");
            if let LogError::Storage { .. } = error {
                plan.directory().fail(&error);
            }
            return;
        }
        self.unopened.insert(plan.topic_id());
        if !unopened_before.contains(&plan.topic_id()) {
            tracing::error!(%partition, %error, "the replica is opened when there is space");
        }
    }

    fn update_topic(&mut self, next: &mut Published<S>, topic: &Topic, config: TopicConfig) {
        let indexes = topic.partitions.keys();
        let replicas = indexes
            .map(|index| self.update_partition(topic, *index, &config))
            .collect();
        if is_compacted_anew(next.topic_by_id(topic.id), topic, &config) {
            tracing::warn!(
                topic = topic.name.as_str(),
                "cleanup.policy contains compact, but ottla does not compact yet: the topic is \
                 neither cleaned nor expired"
            );
        }
        next.insert(topic.id, TopicEntry::new(topic, config, replicas));
    }

    fn update_partition(
        &mut self,
        topic: &Topic,
        index: PartitionIndex,
        config: &TopicConfig,
    ) -> Hosting<S> {
        let own = self.own_id();
        let Some(partition) = topic.partition(index) else {
            return Hosting::Elsewhere;
        };
        if !partition.replicas.contains(&own) {
            return Hosting::Elsewhere;
        }
        let at = TopicPartition {
            topic: topic.name.clone(),
            partition: index,
        };
        let opened = self.lock().get(&at).cloned();
        let opened = opened.filter(|replica| !replica.directory().has_failed());
        let Some(replica) = opened else {
            return Hosting::Offline;
        };
        let expiration = i64::from(self.config.producer_ids.expiration_ms);
        let (settings, limits) = replica_settings(&at, config, expiration);
        let interval = index_interval_bytes(config);
        self.node
            .deliver(replica.configure(settings, limits, interval));
        replica.set_flush_limits(flush_limits(config));
        if partition.leader != own {
            let error = ErrorCode::NOT_LEADER_OR_FOLLOWER;
            self.node
                .deliver(replica.step(Input::StopLeading { error }));
            let leader_epoch = partition.leader_epoch;
            return Hosting::Following {
                replica,
                leader_epoch,
            };
        }
        let was_leading = replica.leader();
        self.node.deliver(replica.step(Input::Lead {
            leader_epoch: partition.leader_epoch,
            in_sync_count: i32::try_from(partition.isr.len()).unwrap_or(i32::MAX),
            replica_count: i32::try_from(partition.replicas.len()).unwrap_or(i32::MAX),
        }));
        if was_leading.is_none() && topic.name.as_str() == OFFSETS_TOPIC {
            self.node.load_groups(&replica);
        }
        Hosting::Here(replica)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<TopicPartition, Arc<Replica<S>>>> {
        self.replicas.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn close_topic(&mut self, topic: &Topic, entry: &TopicEntry<S>) {
        let delay = entry.config().segment.file_delete_delay_ms;
        for partition in topic.partitions.keys() {
            let at = TopicPartition {
                topic: topic.name.clone(),
                partition: *partition,
            };
            let Some(replica) = self.lock().remove(&at) else {
                continue;
            };
            let error = ErrorCode::UNKNOWN_TOPIC_OR_PARTITION;
            self.node
                .deliver(replica.step(Input::StopLeading { error }));
            match self.logs.delete(&replica) {
                Ok(Some(retired)) => remove_later(&replica, retired, delay),
                Ok(None) => {}
                Err(error) => replica.directory().fail(&error),
            }
        }
    }

    fn tell_groups(&self, delta: &MetadataDelta) {
        let deleted: Vec<(KafkaString, TopicId)> = delta
            .removed_topics()
            .map(|topic| (KafkaString::copy_from(topic.name.as_str()), topic.id))
            .collect();
        if !deleted.is_empty() {
            self.node.tell_groups(&deleted);
        }
    }
}

fn remove_later<S: Storage>(replica: &Replica<S>, retired: RetiredReplica<S>, delay_ms: i64) {
    let directory = Arc::clone(replica.directory());
    let delay = Duration::from_millis(u64::try_from(delay_ms).unwrap_or(0));
    let failing = Arc::clone(&directory);
    let remove = move || {
        if let Err(error) = retired.remove() {
            failing.fail(&error);
        }
    };
    directory.after(delay, Box::new(remove));
}

/// Whether a topic of a user's is to be compacted and was not `before`, or was not known.
fn is_compacted_anew<S: Storage>(
    before: Option<&TopicEntry<S>>,
    topic: &Topic,
    config: &TopicConfig,
) -> bool {
    config.cleanup_policy.compact
        && !INTERNAL_TOPICS.contains(&topic.name.as_str())
        && before.is_none_or(|entry| !entry.config().cleanup_policy.compact)
}

/// Topics whose partitions or configuration changed; all of them, if the brokers' did.
fn touched_topics(delta: &MetadataDelta) -> BTreeSet<TopicId> {
    let image = &delta.after;
    let of_brokers = |resource: &ConfigResource| resource.resource_type == ResourceType::Broker;
    if delta.changes.configs.iter().any(of_brokers) {
        return image.topics.iter().map(|topic| topic.id).collect();
    }
    let configured = delta.changes.configs.iter().filter_map(|resource| {
        let is_topic = resource.resource_type == ResourceType::Topic;
        image
            .topics
            .by_name(&resource.name)
            .filter(|_| is_topic)
            .map(|topic| topic.id)
    });
    delta
        .changes
        .topics
        .keys()
        .copied()
        .chain(configured)
        .collect()
}
