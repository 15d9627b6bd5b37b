//! The names of replicas' directories.

use ottla_types::{PartitionIndex, TopicName, TopicPartition, Uuid};

/// The longest name that a file system takes.
const NAME_MAX: usize = 255;

/// What a replica's directory says about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplicaState {
    /// In use.
    Live,
    /// `-delete`: waits to be removed.
    Delete,
    /// `-future`: on its way into this directory.
    Future,
    /// `-stray`: metadata says it should not be here.
    Stray,
}

/// A replica's directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplicaDirectory {
    /// The directory's name.
    pub name: String,
    /// The partition; of a retired replica the topic's name may be cut.
    pub partition: TopicPartition,
    /// What the name says.
    pub state: ReplicaState,
}

impl ReplicaState {
    fn suffix(self) -> &'static str {
        match self {
            ReplicaState::Live => "",
            ReplicaState::Delete => "-delete",
            ReplicaState::Future => "-future",
            ReplicaState::Stray => "-stray",
        }
    }
}

impl ReplicaDirectory {
    /// Reads a directory's name; `None` when no replica has such a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<ReplicaDirectory> {
        let states = [
            ReplicaState::Delete,
            ReplicaState::Future,
            ReplicaState::Stray,
        ];
        let retired = states
            .into_iter()
            .find_map(|state| Some((state, name.strip_suffix(state.suffix())?)));
        let (state, replica) = match retired {
            None => (ReplicaState::Live, name),
            Some((state, rest)) => {
                let (replica, unique_id) = rest.rsplit_once('.')?;
                let is_unique_id =
                    !unique_id.is_empty() && unique_id.bytes().all(|b| b.is_ascii_alphanumeric());
                (state, is_unique_id.then_some(replica)?)
            }
        };
        let (topic, partition) = replica.rsplit_once('-')?;
        let is_number = !partition.is_empty() && partition.bytes().all(|b| b.is_ascii_digit());
        if topic.is_empty() || !is_number {
            return None;
        }
        Some(ReplicaDirectory {
            name: name.to_owned(),
            partition: TopicPartition {
                topic: TopicName::from(topic),
                partition: PartitionIndex(partition.parse().ok()?),
            },
            state,
        })
    }

    /// The name that a replica gets when it leaves use.
    #[must_use]
    pub fn retired(partition: &TopicPartition, state: ReplicaState, unique_id: Uuid) -> Self {
        let suffix = format!(
            "-{}.{:032x}{}",
            partition.partition,
            unique_id.0,
            state.suffix()
        );
        let mut topic = partition.topic.as_str();
        if state != ReplicaState::Future {
            // Names of topics are ASCII, so any cut is between characters.
            topic = topic
                .get(..topic.len().min(NAME_MAX.saturating_sub(suffix.len())))
                .unwrap_or(topic);
        }
        ReplicaDirectory {
            name: format!("{topic}{suffix}"),
            partition: partition.clone(),
            state,
        }
    }
}

#[cfg(test)]
mod tests;
