//! A record of `__consumer_offsets`: what is written, and what is met on load.

use bytes::Bytes;
use ottla_messages::group_coordinator_record::{GroupCoordinatorKey, GroupCoordinatorValue};
use ottla_messages::group_metadata_key::GroupMetadataKey;
use ottla_messages::group_metadata_value::GroupMetadataValue;
use ottla_messages::offset_commit_key::OffsetCommitKey;
use ottla_messages::offset_commit_value::OffsetCommitValue;
use ottla_messages::{DecodeError, EncodeError, KafkaString, Reader};

/// What 4.3 writes for a group; an older broker reads it too.
const GROUP_METADATA_VERSION: i16 = 3;
/// What 4.3 writes for an offset.
const OFFSET_COMMIT_VERSION: i16 = 4;
/// The only version with an expiry of its own, for OffsetCommit requests up to version 4.
const OFFSET_COMMIT_VERSION_WITH_EXPIRY: i16 = 1;

/// A record. No value means that the key is deleted.
#[derive(Clone, Debug, PartialEq)]
pub enum GroupRecord {
    /// A committed offset (types 0 and 1; 0 is never written).
    OffsetCommit {
        /// Group, topic, partition.
        key: OffsetCommitKey,
        /// The offset.
        value: Option<OffsetCommitValue>,
    },
    /// A classic group (type 2).
    GroupMetadata {
        /// The group's id.
        group: KafkaString,
        /// The group.
        value: Option<GroupMetadataValue>,
    },
    /// A consumer, share or streams group (types 3 to 23): kept as it is.
    Foreign {
        /// The type of the record.
        record_type: i16,
        /// The group's id.
        group: KafkaString,
        /// The whole key.
        key: Bytes,
        /// The whole value, which can be decoded.
        value: Option<Bytes>,
    },
}

/// Bytes in `__consumer_offsets` that are no record of Kafka's: the partition cannot be loaded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a group coordinator record cannot be read: {0}")]
pub struct DecodeRecordError(#[from] DecodeError);

impl GroupRecord {
    pub(crate) fn group_metadata(group: KafkaString, value: Option<GroupMetadataValue>) -> Self {
        GroupRecord::GroupMetadata { group, value }
    }

    /// The deletion of an offset.
    pub(crate) fn offset_tombstone(
        group: &KafkaString,
        topic: &KafkaString,
        partition: i32,
    ) -> Self {
        GroupRecord::OffsetCommit {
            key: OffsetCommitKey {
                group: group.clone(),
                topic: topic.clone(),
                partition,
            },
            value: None,
        }
    }

    /// Key and value as bytes.
    ///
    /// # Errors
    /// When a text is longer than the record can hold; a client can bring that about.
    pub fn encode(&self) -> Result<(Bytes, Option<Bytes>), EncodeError> {
        match self {
            GroupRecord::OffsetCommit { key, value } => {
                let key = GroupCoordinatorKey::OffsetCommit(key.clone()).encode_key()?;
                let Some(value) = value else {
                    return Ok((key, None));
                };
                let version = if value.expire_timestamp == -1 {
                    OFFSET_COMMIT_VERSION
                } else {
                    OFFSET_COMMIT_VERSION_WITH_EXPIRY
                };
                let value = GroupCoordinatorValue::OffsetCommit(value.clone());
                Ok((key, Some(value.encode_value(version)?)))
            }
            GroupRecord::GroupMetadata { group, value } => {
                let group = group.clone();
                let key = GroupCoordinatorKey::GroupMetadata(GroupMetadataKey { group });
                let value = value.clone().map(|value| {
                    GroupCoordinatorValue::GroupMetadata(value).encode_value(GROUP_METADATA_VERSION)
                });
                Ok((key.encode_key()?, value.transpose()?))
            }
            GroupRecord::Foreign { key, value, .. } => Ok((key.clone(), value.clone())),
        }
    }

    /// The record of a key and a value; `None` for a type that is not known, which Kafka skips. The
    /// record shares no memory with the arguments.
    ///
    /// # Errors
    /// When the key, or the value of a type that is known, cannot be read.
    pub fn decode(key: &[u8], value: Option<&[u8]>) -> Result<Option<Self>, DecodeRecordError> {
        let key = Bytes::copy_from_slice(key);
        let value = value.map(Bytes::copy_from_slice);
        let Some(decoded_key) = GroupCoordinatorKey::decode_key(key.clone())? else {
            return Ok(None);
        };
        let record_type = decoded_key.record_type();
        let decode = |value| GroupCoordinatorValue::decode_value(record_type, value);
        let decoded_value = value
            .clone()
            .map(decode)
            .transpose()?
            .map(|(value, _)| value);
        Ok(Some(match (decoded_key, decoded_value) {
            (GroupCoordinatorKey::LegacyOffsetCommit(old), decoded) => GroupRecord::OffsetCommit {
                key: OffsetCommitKey {
                    group: old.group,
                    topic: old.topic,
                    partition: old.partition,
                },
                value: decoded.and_then(offset_commit_value),
            },
            (GroupCoordinatorKey::OffsetCommit(key), decoded) => GroupRecord::OffsetCommit {
                key,
                value: decoded.and_then(offset_commit_value),
            },
            (GroupCoordinatorKey::GroupMetadata(key), decoded) => GroupRecord::GroupMetadata {
                group: key.group,
                value: decoded.and_then(|value| match value {
                    GroupCoordinatorValue::GroupMetadata(value) => Some(value),
                    _ => None,
                }),
            },
            (_, _) => GroupRecord::Foreign {
                record_type,
                group: group_of(&key)?,
                key,
                value,
            },
        }))
    }
}

fn offset_commit_value(value: GroupCoordinatorValue) -> Option<OffsetCommitValue> {
    match value {
        GroupCoordinatorValue::OffsetCommit(value) => Some(value),
        GroupCoordinatorValue::LegacyOffsetCommit(old) => Some(OffsetCommitValue {
            offset: old.offset,
            metadata: old.metadata,
            commit_timestamp: old.commit_timestamp,
            ..Default::default()
        }),
        _ => None,
    }
}

/// The group id, which leads in every key after its type.
fn group_of(key: &Bytes) -> Result<KafkaString, DecodeError> {
    let mut reader = Reader::new(key.clone());
    reader.read_i16()?;
    reader.read_string(false)
}

#[cfg(test)]
mod tests;
