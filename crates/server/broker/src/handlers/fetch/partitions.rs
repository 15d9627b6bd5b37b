//! The places a fetch reads: a partition, from where, and how much.

use std::sync::Arc;

use ottla_fetch::RequestedPartition;
use ottla_log::{RealStorage, Storage};
use ottla_messages::fetch_response::LeaderIdAndEpoch;
use ottla_messages::{ErrorCode, KafkaString};
use ottla_partition::WaiterId;
use ottla_runtime::{Reach, ReadBound, ReadOutcome, ReadRequest};
use ottla_types::{LeaderEpoch, Offset, TopicId};

use crate::Replica;
use crate::published::Published;

/// From this version on topics are named by their ids.
const TOPIC_ID_VERSION: i16 = 13;

/// What a place leads to.
#[derive(Clone, Debug)]
pub enum Target<S: Storage = RealStorage> {
    /// A replica of this node.
    Replica(Arc<Replica<S>>),
    /// Nothing that can be read.
    Error(ErrorCode),
}

/// One partition of a fetch.
#[derive(Clone, Debug)]
pub struct Place<S: Storage = RealStorage> {
    /// The name, where the version has names.
    pub topic: KafkaString,
    /// The id, where the version has ids.
    pub topic_id: TopicId,
    /// The partition.
    pub partition: i32,
    /// From here on.
    pub fetch_offset: i64,
    /// The epoch in which the reader believes it to be led; -1 for no matter.
    pub current_leader_epoch: i32,
    /// The epoch of the last record that the reader has; -1 for no matter.
    pub last_fetched_epoch: i32,
    /// So much of it at most.
    pub max_bytes: usize,
    /// What it leads to.
    pub target: Target<S>,
}

impl<S: Storage> Place<S> {
    /// Reads what is in the page cache.
    #[must_use]
    pub fn read(&self, bound: ReadBound, max_bytes: usize, whole_first: bool) -> ReadOutcome {
        match &self.target {
            Target::Replica(replica) => {
                replica.read_cached(&self.request(bound, max_bytes, whole_first))
            }
            Target::Error(error) => ReadOutcome::refused(*error),
        }
    }

    /// What to read, and where; `None` for what is no replica.
    #[must_use]
    pub fn reading(&self, bound: ReadBound) -> Option<(Arc<Replica<S>>, ReadRequest)> {
        match &self.target {
            Target::Replica(replica) => {
                let request = self.request(bound, self.max_bytes, true);
                Some((Arc::clone(replica), request))
            }
            Target::Error(_) => None,
        }
    }

    /// How far it can be read now; `None` for what is no replica.
    #[must_use]
    pub fn reach(&self, bound: ReadBound) -> Option<Reach> {
        match &self.target {
            Target::Replica(replica) => Some(replica.reach(bound)),
            Target::Error(_) => None,
        }
    }

    fn request(&self, bound: ReadBound, max_bytes: usize, whole_first: bool) -> ReadRequest {
        ReadRequest {
            offset: Offset(self.fetch_offset),
            max_bytes: max_bytes.min(self.max_bytes),
            bound,
            leader_epoch: LeaderEpoch(self.current_leader_epoch),
            last_fetched_epoch: LeaderEpoch(self.last_fetched_epoch),
            whole_first,
        }
    }

    /// Has the replica send a notice once it can be read beyond `readable_to`; true if it already
    /// can.
    pub fn watch(&self, id: WaiterId, bound: ReadBound, readable_to: Offset) -> bool {
        match &self.target {
            Target::Replica(replica) => replica.watch(id, bound, readable_to),
            Target::Error(_) => false,
        }
    }

    /// Has it send none any more.
    pub fn unwatch(&self, id: WaiterId) {
        if let Target::Replica(replica) = &self.target {
            replica.unwatch(id);
        }
    }

    /// Who leads, for a client whose metadata is old.
    #[must_use]
    pub fn current_leader(&self) -> LeaderIdAndEpoch {
        match &self.target {
            Target::Replica(replica) => {
                replica
                    .leader()
                    .map_or_else(LeaderIdAndEpoch::default, |(leader, epoch)| {
                        LeaderIdAndEpoch {
                            leader_id: leader.0,
                            leader_epoch: epoch.0,
                        }
                    })
            }
            Target::Error(_) => LeaderIdAndEpoch::default(),
        }
    }
}

impl<S: Storage> Place<S> {
    /// Looks up where a partition of a fetch leads.
    #[must_use]
    pub fn find(
        published: &Published<S>,
        version: i16,
        as_follower: bool,
        requested: &RequestedPartition,
    ) -> Place<S> {
        let partition = &requested.partition;
        let id = (version >= TOPIC_ID_VERSION).then_some(requested.topic_id);
        // Kafka takes every negative epoch for none.
        let believed = LeaderEpoch(partition.current_leader_epoch).max(LeaderEpoch::NONE);
        let found = published
            .find(id, &requested.topic)
            .and_then(|entry| entry.leader(partition.partition, believed));
        let target = match found {
            // No broker but this one holds a replica; who says he does has newer or no metadata.
            Ok(_) if as_follower && partition.current_leader_epoch >= 0 => {
                Target::Error(ErrorCode::UNKNOWN_LEADER_EPOCH)
            }
            Ok(_) if as_follower => Target::Error(ErrorCode::NOT_LEADER_OR_FOLLOWER),
            Ok(replica) => Target::Replica(Arc::clone(replica)),
            Err(error) => Target::Error(error),
        };
        Place {
            topic: requested.topic.clone(),
            topic_id: requested.topic_id,
            partition: partition.partition,
            fetch_offset: partition.fetch_offset,
            current_leader_epoch: believed.0,
            last_fetched_epoch: partition.last_fetched_epoch,
            max_bytes: partition.partition_max_bytes.max(0) as usize,
            target,
        }
    }
}
