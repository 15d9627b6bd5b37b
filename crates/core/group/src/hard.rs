//! What the log says: groups as last written, and offsets.

use std::collections::BTreeMap;
use std::ops::Bound;

use ottla_coordinator::Entry;
use ottla_messages::KafkaString;
use ottla_messages::group_metadata_value::GroupMetadataValue;
use ottla_types::Offset;

use crate::GroupRecord;
use crate::foreign::ForeignRecords;
use crate::offsets::Offsets;

/// The hard state of a shard.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GroupHard {
    groups: BTreeMap<KafkaString, PersistedGroup>,
    offsets: Offsets,
}

/// A group's own records. A group that is known by its offsets only has none.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct PersistedGroup {
    /// Of a classic group.
    pub(crate) metadata: Option<GroupMetadataValue>,
    /// Of a group of another protocol.
    pub(crate) foreign: ForeignRecords,
}

impl GroupHard {
    /// The committed offsets, and those of open transactions.
    #[must_use]
    pub fn offsets(&self) -> &Offsets {
        &self.offsets
    }

    pub(crate) fn group(&self, id: &str) -> Option<&PersistedGroup> {
        self.groups.get(id)
    }

    /// The records of the group, if it has another protocol.
    pub(crate) fn foreign(&self, id: &str) -> Option<&ForeignRecords> {
        let foreign = &self.groups.get(id)?.foreign;
        (!foreign.is_empty()).then_some(foreign)
    }

    /// Whether the log knows the group, if only by its offsets.
    pub(crate) fn knows(&self, id: &str) -> bool {
        self.groups.contains_key(id) || self.offsets.knows_group(id)
    }

    /// The ids of at most `limit` groups of each kind of record that come after `after`.
    pub(crate) fn group_ids_after<'a>(
        &'a self,
        after: Bound<&'a str>,
        limit: usize,
    ) -> impl Iterator<Item = &'a KafkaString> {
        let own = self
            .groups
            .range::<str, _>((after, Bound::Unbounded))
            .map(|(id, _)| id);
        own.take(limit)
            .chain(self.offsets.group_ids_after(after, limit))
    }

    /// The groups with records of their own, in the order of their ids.
    pub(crate) fn groups(&self) -> impl Iterator<Item = (&KafkaString, &PersistedGroup)> {
        self.groups.iter()
    }

    pub(crate) fn replay(&mut self, offset: Offset, entry: Entry<GroupRecord>) {
        match entry {
            Entry::Record(GroupRecord::OffsetCommit {
                key,
                value: Some(value),
            }) => {
                self.offsets.commit(offset, &key, value);
            }
            Entry::Transactional(
                producer,
                _,
                GroupRecord::OffsetCommit {
                    key,
                    value: Some(value),
                },
            ) => {
                self.offsets.commit_pending(producer, offset, &key, value);
            }
            Entry::TransactionEnd(producer, _, committed) => {
                self.offsets.end_transaction(producer, committed);
            }
            Entry::Record(record) | Entry::Transactional(_, _, record) => {
                self.replay_record(record)
            }
        }
    }

    fn replay_record(&mut self, record: GroupRecord) {
        let group_id = match record {
            GroupRecord::OffsetCommit { key, .. } => {
                self.offsets.remove(&key.group, &key.topic, key.partition);
                return;
            }
            GroupRecord::GroupMetadata { group, value } => {
                self.groups.entry(group.clone()).or_default().metadata = value;
                group
            }
            GroupRecord::Foreign {
                record_type,
                group,
                key,
                value,
            } => {
                let persisted = self.groups.entry(group.clone()).or_default();
                persisted.foreign.put(record_type, key, value);
                group
            }
        };
        let is_gone = |group: &PersistedGroup| group.metadata.is_none() && group.foreign.is_empty();
        if self.groups.get(&group_id).is_some_and(is_gone) {
            self.groups.remove(&group_id);
        }
    }
}
