//! Records applied to an image, by the strict rules: whatever would stop one of Kafka's nodes is an
//! error here too, so that the controller's own decisions can be checked against it.
//!
//! *Not here*: metadata transactions (`loader`), which records are the caller's to keep apart.

mod access;
mod cluster;
mod topic;

use std::fmt;

use ottla_messages::metadata_record::MetadataRecord;

use crate::delta::Changes;
use crate::{METADATA_VERSION, MetadataImage, MetadataVersion};

/// A record that contradicts the image it is applied to, or itself. A log that has one is corrupt,
/// or was written by a release that knows more than this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayError(String);

impl ReplayError {
    pub(crate) fn new(message: impl Into<String>) -> ReplayError {
        ReplayError(message.into())
    }
}

impl fmt::Display for ReplayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ReplayError {}

impl MetadataImage {
    /// Applies one record. On an error the image is unchanged.
    ///
    /// # Errors
    /// If the record contradicts the image; if it begins or ends a metadata transaction, which is
    /// for [`crate::MetadataLoader`].
    pub fn replay(&mut self, record: &MetadataRecord) -> Result<(), ReplayError> {
        self.replay_noting(record, &mut Changes::default())
    }

    pub(crate) fn replay_noting(
        &mut self,
        record: &MetadataRecord,
        changes: &mut Changes,
    ) -> Result<(), ReplayError> {
        match record {
            MetadataRecord::RegisterBroker(record) => self.register_broker(record, changes),
            MetadataRecord::UnregisterBroker(record) => self.unregister_broker(record, changes),
            MetadataRecord::FenceBroker(record) => {
                self.fence(record.id, record.epoch, true, changes)
            }
            MetadataRecord::UnfenceBroker(record) => {
                self.fence(record.id, record.epoch, false, changes)
            }
            MetadataRecord::BrokerRegistrationChange(record) => self.change_broker(record, changes),
            MetadataRecord::RegisterController(record) => {
                self.register_controller(record, changes);
                Ok(())
            }
            MetadataRecord::UnregisterController(record) => {
                self.unregister_controller(record.controller_id, changes)
            }
            MetadataRecord::Topic(record) => self.create_topic(record, changes),
            MetadataRecord::Partition(record) => self.create_partition(record, changes),
            MetadataRecord::PartitionChange(record) => self.change_partition(record, changes),
            MetadataRecord::RemoveTopic(record) => self.remove_topic(record, changes),
            MetadataRecord::ClearElr(record) => self.clear_elr(record, changes),
            MetadataRecord::Config(record) => self.set_config(record, changes),
            MetadataRecord::FeatureLevel(record) => {
                self.set_feature_level(&record.name, record.feature_level, changes)
            }
            MetadataRecord::ClientQuota(record) => {
                changes.client_quotas = true;
                self.set_client_quota(record);
                Ok(())
            }
            MetadataRecord::ProducerIds(record) => {
                self.set_next_producer_id(record.next_producer_id, changes)
            }
            MetadataRecord::AccessControlEntry(record) => {
                changes.acls = true;
                self.add_access_control_entry(record)
            }
            MetadataRecord::RemoveAccessControlEntry(record) => {
                changes.acls = true;
                self.remove_access_control_entry(record.id)
            }
            MetadataRecord::UserScramCredential(record) => {
                changes.scram = true;
                self.set_scram_credential(record);
                Ok(())
            }
            MetadataRecord::RemoveUserScramCredential(record) => {
                changes.scram = true;
                self.remove_scram_credential(&record.name, record.mechanism)
            }
            MetadataRecord::DelegationToken(record) => {
                changes.delegation_tokens = true;
                self.set_delegation_token(record);
                Ok(())
            }
            MetadataRecord::RemoveDelegationToken(record) => {
                changes.delegation_tokens = true;
                self.delegation_tokens.remove(&*record.token_id);
                Ok(())
            }
            // States of the move away from ZooKeeper mean nothing any more.
            MetadataRecord::NoOp(_) | MetadataRecord::ZkMigrationState(_) => Ok(()),
            MetadataRecord::BeginTransaction(_)
            | MetadataRecord::EndTransaction(_)
            | MetadataRecord::AbortTransaction(_) => Err(ReplayError::new(
                "a metadata transaction cannot begin or end here",
            )),
        }
    }

    fn set_feature_level(
        &mut self,
        name: &str,
        level: i16,
        changes: &mut Changes,
    ) -> Result<(), ReplayError> {
        match name {
            METADATA_VERSION => {
                let version = MetadataVersion::from_level(level).ok_or_else(|| {
                    ReplayError::new(format!(
                        "metadata.version {level} is not supported: this release replays {} to {}",
                        MetadataVersion::MINIMUM.level(),
                        MetadataVersion::LATEST.level()
                    ))
                })?;
                self.features.metadata_version = Some(version);
            }
            // The quorum keeps this level in control records; old controllers also wrote it here.
            "kraft.version" => {}
            _ => {
                let known = crate::Feature::from_name(name)
                    .is_some_and(|feature| (0..=feature.latest()).contains(&level));
                if level < 0 || (level > 0 && !known) {
                    return Err(ReplayError::new(format!(
                        "feature {name} at level {level} is not supported by this release"
                    )));
                }
                if level == 0 {
                    self.features.levels.remove(name);
                } else {
                    self.features.levels.insert(name.into(), level);
                }
            }
        }
        changes.features = true;
        Ok(())
    }

    fn set_next_producer_id(
        &mut self,
        next: i64,
        changes: &mut Changes,
    ) -> Result<(), ReplayError> {
        if next <= self.next_producer_id {
            return Err(ReplayError::new(format!(
                "the next producer id {next} is not above the current one, {}",
                self.next_producer_id
            )));
        }
        self.next_producer_id = next;
        changes.producer_ids = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
