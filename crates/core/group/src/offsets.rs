//! Committed offsets, and those that wait for the end of a transaction.
//!
//! *Invariants*: whatever is pending under a producer is listed as open under its partition, and
//! the other way round. Of two commits of one partition the later one in the log wins, even if an
//! earlier, transactional one is completed after it.
//!
//! *Kafka*: `OffsetMetadataManager`; KIP-447, KIP-98.

mod commit;
mod delete;
mod expiration;
mod fetch;

pub(crate) use fetch::{fail_offset_fetch_partition, failed_offset_fetch, offset_fetch_code};
pub use fetch::{offset_fetch_groups, offset_fetch_response};

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use ottla_messages::KafkaString;
use ottla_messages::offset_commit_key::OffsetCommitKey;
use ottla_messages::offset_commit_value::OffsetCommitValue;
use ottla_types::{Offset, ProducerId, TimestampMs, Uuid};

/// An offset that a group has committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommittedOffset {
    /// Where in `__consumer_offsets` it was written.
    pub record_offset: Offset,
    /// The committed offset; whatever the client sent, negative ones included.
    pub offset: i64,
    /// The leader epoch of the last record consumed; -1 if the client did not say.
    pub leader_epoch: i32,
    /// The client's own words.
    pub metadata: KafkaString,
    /// When it was committed.
    pub commit_timestamp: TimestampMs,
    /// When it expires, if the client has said so; else -1.
    pub expire_timestamp: TimestampMs,
    /// The id of its topic; zero if the client did not say.
    pub topic_id: Uuid,
}

type ByPartition = BTreeMap<i32, CommittedOffset>;
type ByTopic = BTreeMap<KafkaString, ByPartition>;
type ByGroup = BTreeMap<KafkaString, ByTopic>;
type OpenTransactions = BTreeMap<KafkaString, BTreeMap<i32, BTreeSet<ProducerId>>>;

/// The offsets of a shard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offsets {
    committed: ByGroup,
    pending: BTreeMap<ProducerId, ByGroup>,
    /// By group: which producers have offsets of a partition pending.
    open: BTreeMap<KafkaString, OpenTransactions>,
}

impl Offsets {
    /// The committed offset of a partition.
    #[must_use]
    pub fn get(&self, group: &str, topic: &str, partition: i32) -> Option<&CommittedOffset> {
        self.committed.get(group)?.get(topic)?.get(&partition)
    }

    /// All committed offsets of a group, by topic and partition.
    pub fn of_group(
        &self,
        group: &str,
    ) -> impl Iterator<Item = (&KafkaString, i32, &CommittedOffset)> {
        let topics = self.committed.get(group).into_iter().flatten();
        topics.flat_map(|(topic, partitions)| {
            partitions
                .iter()
                .map(move |(partition, offset)| (topic, *partition, offset))
        })
    }

    /// Every committed offset of the groups behind `after`, or of all groups, which come in the
    /// order of their ids: group, topic, partition.
    pub fn iter_after(
        &self,
        after: Option<&str>,
    ) -> impl Iterator<Item = (&KafkaString, &KafkaString, i32, &CommittedOffset)> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let groups = self.committed.range::<str, _>((from, Bound::Unbounded));
        groups.flat_map(|(group, topics)| {
            topics.iter().flat_map(move |(topic, partitions)| {
                partitions
                    .iter()
                    .map(move |(partition, offset)| (group, topic, *partition, offset))
            })
        })
    }

    /// Whether an open transaction has an offset of this partition.
    #[must_use]
    pub fn is_pending(&self, group: &str, topic: &str, partition: i32) -> bool {
        let open = self.open.get(group).and_then(|topics| topics.get(topic));
        open.is_some_and(|partitions| partitions.contains_key(&partition))
    }

    /// The number of committed offsets.
    #[must_use]
    pub fn count(&self) -> usize {
        let partitions = self.committed.values().flat_map(BTreeMap::values);
        partitions.map(BTreeMap::len).sum()
    }

    pub(crate) fn knows_group(&self, group: &str) -> bool {
        self.committed.contains_key(group) || self.open.contains_key(group)
    }

    pub(crate) fn has_open_transactions(&self, group: &str) -> bool {
        self.open.contains_key(group)
    }

    /// The partitions of a group that open transactions have offsets of.
    pub(crate) fn open_partitions(&self, group: &str) -> impl Iterator<Item = (&KafkaString, i32)> {
        let topics = self.open.get(group).into_iter().flatten();
        topics.flat_map(|(topic, partitions)| partitions.keys().map(move |p| (topic, *p)))
    }

    /// The ids of at most `limit` groups with offsets, committed and then pending, that come after
    /// `after`; each part in order.
    pub(crate) fn group_ids_after<'a>(
        &'a self,
        after: Bound<&'a str>,
        limit: usize,
    ) -> impl Iterator<Item = &'a KafkaString> {
        let range = (after, Bound::Unbounded);
        let committed = self.committed.range::<str, _>(range).map(|(id, _)| id);
        let open = self.open.range::<str, _>(range).map(|(id, _)| id);
        committed.take(limit).chain(open.take(limit))
    }

    /// All offsets of a topic, committed and pending: group, partition and the topic's id.
    pub(crate) fn of_topic<'a>(
        &'a self,
        topic: &'a str,
    ) -> impl Iterator<Item = (&'a KafkaString, i32, Uuid)> {
        let groups = self.pending.values().chain([&self.committed]).flatten();
        groups.flat_map(move |(group, topics)| {
            let partitions = topics.get(topic).into_iter().flatten();
            partitions.map(move |(partition, offset)| (group, *partition, offset.topic_id))
        })
    }

    pub(crate) fn commit(&mut self, at: Offset, key: &OffsetCommitKey, value: OffsetCommitValue) {
        put(
            &mut self.committed,
            key,
            CommittedOffset::from_record(at, value),
        );
    }

    pub(crate) fn commit_pending(
        &mut self,
        producer: ProducerId,
        at: Offset,
        key: &OffsetCommitKey,
        value: OffsetCommitValue,
    ) {
        let pending = self.pending.entry(producer).or_default();
        put(pending, key, CommittedOffset::from_record(at, value));
        let topics = self.open.entry(key.group.clone()).or_default();
        let partitions = topics.entry(key.topic.clone()).or_default();
        partitions
            .entry(key.partition)
            .or_default()
            .insert(producer);
    }

    /// Deletes an offset, and those that open transactions would put in its place.
    pub(crate) fn remove(&mut self, group: &str, topic: &str, partition: i32) {
        take(&mut self.committed, group, topic, partition);
        for producer in self.close_all(group, topic, partition) {
            if let Some(pending) = self.pending.get_mut(&producer) {
                take(pending, group, topic, partition);
                if pending.is_empty() {
                    self.pending.remove(&producer);
                }
            }
        }
    }

    pub(crate) fn end_transaction(&mut self, producer: ProducerId, committed: bool) {
        for (group, topics) in self.pending.remove(&producer).unwrap_or_default() {
            for (topic, partitions) in topics {
                for (partition, offset) in partitions {
                    self.close(producer, &group, &topic, partition);
                    let existing = self.get(&group, &topic, partition);
                    let is_later =
                        existing.is_none_or(|it| it.record_offset < offset.record_offset);
                    if committed && is_later {
                        let (group, topic) = (group.clone(), topic.clone());
                        let key = OffsetCommitKey {
                            group,
                            topic,
                            partition,
                        };
                        put(&mut self.committed, &key, offset);
                    }
                }
            }
        }
    }

    fn close(&mut self, producer: ProducerId, group: &str, topic: &str, partition: i32) {
        let open = self
            .open
            .get_mut(group)
            .and_then(|topics| topics.get_mut(topic));
        let Some(producers) = open.and_then(|partitions| partitions.get_mut(&partition)) else {
            return;
        };
        producers.remove(&producer);
        if producers.is_empty() {
            self.close_all(group, topic, partition);
        }
    }

    fn close_all(&mut self, group: &str, topic: &str, partition: i32) -> BTreeSet<ProducerId> {
        let Some(topics) = self.open.get_mut(group) else {
            return BTreeSet::new();
        };
        let Some(partitions) = topics.get_mut(topic) else {
            return BTreeSet::new();
        };
        let producers = partitions.remove(&partition).unwrap_or_default();
        if partitions.is_empty() {
            topics.remove(topic);
        }
        if topics.is_empty() {
            self.open.remove(group);
        }
        producers
    }
}

impl CommittedOffset {
    fn from_record(record_offset: Offset, value: OffsetCommitValue) -> Self {
        CommittedOffset {
            record_offset,
            offset: value.offset,
            leader_epoch: value.leader_epoch,
            metadata: value.metadata,
            commit_timestamp: TimestampMs(value.commit_timestamp),
            expire_timestamp: TimestampMs(value.expire_timestamp),
            topic_id: value.topic_id,
        }
    }
}

fn put(offsets: &mut ByGroup, key: &OffsetCommitKey, offset: CommittedOffset) {
    let topics = offsets.entry(key.group.clone()).or_default();
    let partitions = topics.entry(key.topic.clone()).or_default();
    partitions.insert(key.partition, offset);
}

fn take(offsets: &mut ByGroup, group: &str, topic: &str, partition: i32) {
    let Some(topics) = offsets.get_mut(group) else {
        return;
    };
    let Some(partitions) = topics.get_mut(topic) else {
        return;
    };
    partitions.remove(&partition);
    if partitions.is_empty() {
        topics.remove(topic);
    }
    if topics.is_empty() {
        offsets.remove(group);
    }
}
