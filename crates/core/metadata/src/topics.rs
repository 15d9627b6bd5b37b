//! Topics by name and by id, each with its partitions.

use std::sync::Arc;

use crate::persistent_map::PersistentMap;
use ottla_types::{PartitionIndex, TopicId, TopicName};

use crate::Partition;

/// A topic and its partitions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// Its name.
    pub name: TopicName,
    /// Its id.
    pub id: TopicId,
    /// Its partitions by number.
    pub partitions: PersistentMap<PartitionIndex, Arc<Partition>>,
}

impl Topic {
    /// A partition by number.
    #[must_use]
    pub fn partition(&self, partition: PartitionIndex) -> Option<&Arc<Partition>> {
        self.partitions.get(&partition)
    }
}

/// Every topic. A clone shares everything with the original.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Topics {
    by_name: PersistentMap<TopicName, TopicId>,
    by_id: PersistentMap<TopicId, Arc<Topic>>,
}

impl Topics {
    /// A topic by name.
    #[must_use]
    pub fn by_name(&self, name: &str) -> Option<&Arc<Topic>> {
        self.by_id.get(self.by_name.get(name)?)
    }

    /// A topic by id.
    #[must_use]
    pub fn by_id(&self, id: TopicId) -> Option<&Arc<Topic>> {
        self.by_id.get(&id)
    }

    /// A partition by topic name and number.
    #[must_use]
    pub fn partition(&self, topic: &str, partition: PartitionIndex) -> Option<&Arc<Partition>> {
        self.by_name(topic)?.partition(partition)
    }

    /// Every topic in the order of names.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Topic>> {
        self.by_name.values().filter_map(|id| self.by_id.get(id))
    }

    /// Topics in the order of names, from the first whose name is not below `name`.
    pub fn from_name<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a Arc<Topic>> {
        self.by_name
            .range(TopicName::from(name)..)
            .filter_map(|(_, id)| self.by_id.get(id))
    }

    /// How many topics there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    pub(crate) fn insert(&mut self, topic: Topic) {
        self.by_name.insert(topic.name.clone(), topic.id);
        self.by_id.insert(topic.id, Arc::new(topic));
    }

    pub(crate) fn remove(&mut self, id: TopicId) -> Option<Arc<Topic>> {
        let topic = self.by_id.remove(&id)?;
        // A topic of the same name may have been created since; its name stays.
        if self.by_name.get(&topic.name) == Some(&id) {
            self.by_name.remove(&topic.name);
        }
        Some(topic)
    }

    /// The topic to change; it is copied if an older image shares it.
    pub(crate) fn change(&mut self, id: TopicId) -> Option<&mut Topic> {
        self.by_id.get_mut(&id).map(Arc::make_mut)
    }
}
