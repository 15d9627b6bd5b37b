//! What the administrator has been told of topics, compared with the image.

use std::collections::BTreeMap;

use ottla_metadata::{ConfigResource, MetadataImage};
use ottla_types::TopicId;

use super::{Rule, Violation};

/// A change of a topic that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is created, with so many partitions.
    Create(i32),
    /// It is deleted.
    Delete,
    /// It gets this many partitions.
    Grow(i32),
    /// A configuration is set.
    Configure(String, String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Fact {
    Absent,
    Present {
        id: TopicId,
        partitions: i32,
        configs: BTreeMap<String, String>,
    },
}

/// What is certain about each topic. One administrator asks, one request after the other, so that
/// nobody else changes what he was told.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    known: BTreeMap<String, Fact>,
    /// What was known before the request that is under way.
    before: BTreeMap<String, Option<Fact>>,
}

impl Facts {
    /// A change is asked for: until its answer nothing is certain.
    pub fn on_asked(&mut self, topic: &str) {
        let before = self.known.remove(topic);
        self.before.insert(topic.to_owned(), before);
    }

    /// It was refused for good.
    pub fn on_refused(&mut self, topic: &str) {
        if let Some(Some(before)) = self.before.remove(topic) {
            self.known.insert(topic.to_owned(), before);
        }
    }

    /// It was acknowledged; `id`: the topic's, as far as the answer tells.
    pub fn on_acknowledged(&mut self, topic: &str, change: Change, id: Option<TopicId>) {
        let before = self.before.remove(topic).flatten();
        let fact = match (change, before, id) {
            (Change::Create(partitions), _, Some(id)) => Some(Fact::Present {
                id,
                partitions,
                configs: BTreeMap::new(),
            }),
            (Change::Delete, ..) => Some(Fact::Absent),
            (Change::Grow(partitions), Some(Fact::Present { id, configs, .. }), _) => {
                Some(Fact::Present {
                    id,
                    partitions,
                    configs,
                })
            }
            (Change::Configure(key, value), Some(fact), _) => match fact {
                Fact::Present {
                    id,
                    partitions,
                    mut configs,
                } => {
                    configs.insert(key, value);
                    Some(Fact::Present {
                        id,
                        partitions,
                        configs,
                    })
                }
                Fact::Absent => None,
            },
            _ => None,
        };
        if let Some(fact) = fact {
            self.known.insert(topic.to_owned(), fact);
        }
    }

    /// Compares with an image.
    ///
    /// # Errors
    /// The first topic that is not as was told.
    pub fn compare(&self, image: &MetadataImage) -> Result<(), Violation> {
        for (name, fact) in &self.known {
            let found = found(image, name, fact);
            if found != *fact {
                let detail = format!("{name} is {found:?}, and should be {fact:?}");
                return Err(Violation::new(Rule::AcknowledgedTopicsSurvive, detail));
            }
        }
        Ok(())
    }
}

/// What the image says, of configurations as much as the fact names.
fn found(image: &MetadataImage, name: &str, fact: &Fact) -> Fact {
    let Some(topic) = image.topics.by_name(name) else {
        return Fact::Absent;
    };
    let named = match fact {
        Fact::Present { configs, .. } => configs.keys().cloned().collect(),
        Fact::Absent => Vec::new(),
    };
    let resource = ConfigResource::topic(name);
    let set = named.into_iter().filter_map(|key| {
        let value = image.configs.value(&resource, &key)?.to_string();
        Some((key, value))
    });
    Fact::Present {
        id: topic.id,
        partitions: i32::try_from(topic.partitions.len()).unwrap_or(i32::MAX),
        configs: set.collect(),
    }
}
