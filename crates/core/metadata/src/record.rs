//! At which version a record is written.

use ottla_messages::metadata_record::MetadataRecord;

use crate::MetadataVersion;

/// The version of a record that a metadata version implies. A change of a broker's registration is
/// versioned by what it changes, not by the metadata version.
#[must_use]
pub fn record_version(record: &MetadataRecord, version: MetadataVersion) -> i16 {
    match record {
        MetadataRecord::RegisterBroker(_) => version.register_broker_record_version(),
        MetadataRecord::Partition(_) | MetadataRecord::PartitionChange(_) => {
            version.partition_record_version()
        }
        MetadataRecord::BrokerRegistrationChange(record) => {
            if record.cordoned_log_dirs.is_some() {
                3
            } else if !record.log_dirs.is_empty() {
                2
            } else {
                i16::from(record.in_controlled_shutdown != 0)
            }
        }
        _ => 0,
    }
}
