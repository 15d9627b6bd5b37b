//! Groups of other protocols: consumer, share and streams groups that another broker has made.
//!
//! Their records are kept whole, so that the groups are listed, their offsets can be read and an
//! empty one can be deleted or give its id to a classic group, as in Kafka. Nobody can join them.

use std::collections::BTreeMap;

use bytes::Bytes;
use ottla_messages::KafkaString;

use crate::GroupRecord;

/// The protocol of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GroupType {
    Classic,
    Consumer,
    Share,
    Streams,
}

impl GroupType {
    /// As ListGroups writes it, and as its filter reads it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            GroupType::Classic => "classic",
            GroupType::Consumer => "consumer",
            GroupType::Share => "share",
            GroupType::Streams => "streams",
        }
    }
}

/// The records of a group by their keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ForeignRecords {
    by_key: BTreeMap<Bytes, (i16, Bytes)>,
}

impl ForeignRecords {
    pub(crate) fn put(&mut self, record_type: i16, key: Bytes, value: Option<Bytes>) {
        match value {
            Some(value) => drop(self.by_key.insert(key, (record_type, value))),
            None => drop(self.by_key.remove(&key)),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }

    /// The protocol that the records belong to; `None` without records.
    pub(crate) fn group_type(&self) -> Option<GroupType> {
        let (record_type, _) = self.by_key.values().next()?;
        Some(match record_type {
            10..=15 => GroupType::Share,
            17..=23 => GroupType::Streams,
            _ => GroupType::Consumer,
        })
    }

    /// Whether a record of a member's metadata (types 5, 10, 19) is there.
    pub(crate) fn has_members(&self) -> bool {
        self.by_key
            .values()
            .any(|(record_type, _)| matches!(record_type, 5 | 10 | 19))
    }

    /// What deletes the group.
    pub(crate) fn tombstones(&self, group: &KafkaString) -> impl Iterator<Item = GroupRecord> {
        self.by_key
            .iter()
            .map(|(key, (record_type, _))| GroupRecord::Foreign {
                record_type: *record_type,
                group: group.clone(),
                key: key.clone(),
                value: None,
            })
    }
}
