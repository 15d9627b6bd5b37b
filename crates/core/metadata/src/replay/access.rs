//! Replay of quotas, access control entries, SCRAM credentials and delegation tokens.

use std::sync::Arc;

use ottla_messages::access_control_entry_record::AccessControlEntryRecord;
use ottla_messages::client_quota_record::ClientQuotaRecord;
use ottla_messages::delegation_token_record::DelegationTokenRecord;
use ottla_messages::user_scram_credential_record::UserScramCredentialRecord;
use ottla_types::{TimestampMs, Uuid};

use super::ReplayError;
use crate::quotas::QuotaEntity;
use crate::{AccessControlEntry, DelegationToken, MetadataImage, ScramCredential};

impl MetadataImage {
    pub(super) fn set_client_quota(&mut self, record: &ClientQuotaRecord) {
        let entity: QuotaEntity = record
            .entity
            .iter()
            .map(|part| {
                let name = part.entity_name.as_deref().map(Arc::<str>::from);
                (Arc::<str>::from(&*part.entity_type), name)
            })
            .collect();
        let mut values = self.client_quotas.get(&entity).cloned().unwrap_or_default();
        if record.remove {
            values.remove(&*record.key);
        } else {
            values.insert((&*record.key).into(), record.value);
        }
        if values.is_empty() {
            self.client_quotas.remove(&entity);
        } else {
            self.client_quotas.insert(entity, values);
        }
    }

    pub(super) fn add_access_control_entry(
        &mut self,
        record: &AccessControlEntryRecord,
    ) -> Result<(), ReplayError> {
        let entry = AccessControlEntry {
            resource_type: record.resource_type,
            resource_name: (&*record.resource_name).into(),
            pattern_type: record.pattern_type,
            principal: (&*record.principal).into(),
            host: (&*record.host).into(),
            operation: record.operation,
            permission_type: record.permission_type,
        };
        if self.acls.contains_key(&record.id) {
            return Err(ReplayError::new(format!(
                "access control entry {} is added but exists",
                record.id
            )));
        }
        self.acls.insert(record.id, Arc::new(entry));
        Ok(())
    }

    pub(super) fn remove_access_control_entry(&mut self, id: Uuid) -> Result<(), ReplayError> {
        match self.acls.remove(&id) {
            Some(_) => Ok(()),
            None => Err(ReplayError::new(format!(
                "access control entry {id} is removed but does not exist"
            ))),
        }
    }

    pub(super) fn set_scram_credential(&mut self, record: &UserScramCredentialRecord) {
        let credential = ScramCredential {
            salt: record.salt.to_vec(),
            stored_key: record.stored_key.to_vec(),
            server_key: record.server_key.to_vec(),
            iterations: record.iterations,
        };
        let key = (record.mechanism, Arc::<str>::from(&*record.name));
        self.scram.insert(key, Arc::new(credential));
    }

    pub(super) fn remove_scram_credential(
        &mut self,
        user: &str,
        mechanism: i8,
    ) -> Result<(), ReplayError> {
        match self.scram.remove(&(mechanism, Arc::<str>::from(user))) {
            Some(_) => Ok(()),
            None => Err(ReplayError::new(format!(
                "the SCRAM credential of {user} is removed but does not exist"
            ))),
        }
    }

    pub(super) fn set_delegation_token(&mut self, record: &DelegationTokenRecord) {
        let token = DelegationToken {
            owner: (&*record.owner).into(),
            requester: (&*record.requester).into(),
            renewers: record
                .renewers
                .iter()
                .map(|name| (&**name).into())
                .collect(),
            issue_timestamp: TimestampMs(record.issue_timestamp),
            maximum_timestamp: TimestampMs(record.max_timestamp),
            expiration_timestamp: TimestampMs(record.expiration_timestamp),
        };
        self.delegation_tokens
            .insert((&*record.token_id).into(), Arc::new(token));
    }
}
