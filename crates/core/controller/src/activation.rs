//! What a controller writes first when it becomes active.
//!
//! *Kafka*: `ActivationRecordsGenerator`.

use ottla_messages::abort_transaction_record::AbortTransactionRecord;
use ottla_messages::begin_transaction_record::BeginTransactionRecord;
use ottla_messages::config_record::ConfigRecord;
use ottla_messages::end_transaction_record::EndTransactionRecord;
use ottla_messages::metadata_record::MetadataRecord;
use ottla_metadata::{Feature, METADATA_VERSION, MetadataVersion, ResourceType};

use crate::ControllerState;

/// The records of activation: an open metadata transaction is aborted; a log without a metadata
/// version gets the records of `bootstrap.checkpoint`, with the node's own minimum of in-sync
/// replicas as that of the cluster if eligible leader replicas are kept. None if nothing is to do.
#[must_use]
pub fn activation_records(
    state: &ControllerState,
    bootstrap: &[MetadataRecord],
    min_insync_replicas: i32,
) -> Vec<MetadataRecord> {
    let mut records = Vec::new();
    let interrupted = state.before_transaction.as_ref();
    if interrupted.is_some() {
        records.push(
            AbortTransactionRecord {
                reason: Some("Controller failover".into()),
            }
            .into(),
        );
    }
    let image = interrupted.map_or(&state.image, |before| &before.image);
    if image.features.metadata_version.is_some() {
        return records;
    }
    let level = |name: &str| {
        let levels = bootstrap.iter().filter_map(|record| match record {
            MetadataRecord::FeatureLevel(record) if &*record.name == name => {
                Some(record.feature_level)
            }
            _ => None,
        });
        levels.last().unwrap_or(0)
    };
    let in_transaction = MetadataVersion::from_level(level(METADATA_VERSION))
        .is_some_and(MetadataVersion::supports_metadata_transactions);
    if in_transaction {
        records.push(
            BeginTransactionRecord {
                name: Some("Bootstrap records".into()),
            }
            .into(),
        );
    }
    records.extend_from_slice(bootstrap);
    if level(Feature::EligibleLeaderReplicas.name()) > 0 {
        records.push(
            ConfigRecord {
                resource_type: ResourceType::Broker as i8,
                resource_name: "".into(),
                name: "min.insync.replicas".into(),
                value: Some(min_insync_replicas.to_string().into()),
            }
            .into(),
        );
    }
    if in_transaction {
        records.push(EndTransactionRecord::default().into());
    }
    records
}
