//! What changed between two images, for whoever acts on changes: which partitions to open, which
//! configurations to read anew.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ottla_types::{NodeId, PartitionIndex, TopicId};

use crate::{ConfigResource, MetadataImage, Partition, Provenance, Topic};

/// What records have touched. A thing may be named although it ended as it began.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Whether a feature level was.
    pub features: bool,
    /// Brokers registered, changed or gone.
    pub brokers: BTreeSet<NodeId>,
    /// Controllers registered.
    pub controllers: BTreeSet<NodeId>,
    /// Topics created, changed or removed, with the partitions that were named.
    pub topics: BTreeMap<TopicId, BTreeSet<PartitionIndex>>,
    /// Resources whose configuration was.
    pub configs: BTreeSet<ConfigResource>,
    /// Whether a client quota was.
    pub client_quotas: bool,
    /// Whether producer ids were handed out.
    pub producer_ids: bool,
    /// Whether an access control entry was.
    pub acls: bool,
    /// Whether a SCRAM credential was.
    pub scram: bool,
    /// Whether a delegation token was.
    pub delegation_tokens: bool,
}

impl Changes {
    pub(crate) fn note_partition(&mut self, topic: TopicId, partition: PartitionIndex) {
        self.topics.entry(topic).or_default().insert(partition);
    }

    /// Names everything an image has: a snapshot replaces all of it.
    pub(crate) fn note_all(&mut self, image: &MetadataImage) {
        self.features = true;
        self.client_quotas = true;
        self.producer_ids = true;
        self.acls = true;
        self.scram = true;
        self.delegation_tokens = true;
        self.brokers.extend(image.brokers.keys().copied());
        self.controllers.extend(image.controllers.keys().copied());
        self.configs
            .extend(image.configs.iter().map(|(resource, _)| resource.clone()));
        for topic in image.topics.iter() {
            let partitions = self.topics.entry(topic.id).or_default();
            partitions.extend(topic.partitions.keys().copied());
        }
    }
}

/// The step from one published image to the next.
#[derive(Clone, Debug, Default)]
pub struct MetadataDelta {
    /// The image before.
    pub before: MetadataImage,
    /// The image after.
    pub after: MetadataImage,
    /// What was touched in between.
    pub changes: Changes,
    /// Up to where `after` has come.
    pub provenance: Provenance,
}

/// A partition that is not what it was.
#[derive(Clone, Debug)]
pub struct PartitionStep<'a> {
    /// Its topic; of a removed topic as it last was.
    pub topic: &'a Topic,
    /// Its number.
    pub partition: PartitionIndex,
    /// What it was; `None` if it is new.
    pub before: Option<&'a Arc<Partition>>,
    /// What it is; `None` if it is gone.
    pub after: Option<&'a Arc<Partition>>,
}

impl MetadataDelta {
    /// Topics that exist after and did not before.
    pub fn created_topics(&self) -> impl Iterator<Item = &Arc<Topic>> {
        let after = self
            .changes
            .topics
            .keys()
            .filter_map(|&id| self.after.topics.by_id(id));
        after.filter(|topic| self.before.topics.by_id(topic.id).is_none())
    }

    /// Topics that existed before and do not any more.
    pub fn removed_topics(&self) -> impl Iterator<Item = &Arc<Topic>> {
        let before = self
            .changes
            .topics
            .keys()
            .filter_map(|&id| self.before.topics.by_id(id));
        before.filter(|topic| self.after.topics.by_id(topic.id).is_none())
    }

    /// Every partition that is not what it was, those of removed topics included.
    pub fn partitions(&self) -> impl Iterator<Item = PartitionStep<'_>> {
        self.changes.topics.iter().flat_map(|(&id, touched)| {
            let (before, after) = (self.before.topics.by_id(id), self.after.topics.by_id(id));
            let mut indexes = touched.clone();
            if let (Some(before), None) = (before, after) {
                indexes.extend(before.partitions.keys().copied());
            }
            let topic = after.or(before).map(Arc::as_ref);
            indexes.into_iter().filter_map(move |partition| {
                let step = PartitionStep {
                    topic: topic?,
                    partition,
                    before: before.and_then(|topic| topic.partition(partition)),
                    after: after.and_then(|topic| topic.partition(partition)),
                };
                (step.before != step.after).then_some(step)
            })
        })
    }
}
