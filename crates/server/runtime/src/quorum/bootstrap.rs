//! `bootstrap.checkpoint`: the records that the first leader of an empty log writes.

use std::path::Path;

use ottla_log::Storage;
use ottla_messages::feature_level_record::FeatureLevelRecord;
use ottla_messages::metadata_record::MetadataRecord;
use ottla_metadata::{METADATA_VERSION, MetadataVersion};

use super::QuorumError;
use super::files::read_file;
use super::snapshot::Snapshot;

/// The name of the file, in the metadata log directory.
const BOOTSTRAP_FILE: &str = "bootstrap.checkpoint";

/// Reads the file. Without one, the newest metadata version that is for production is all there is.
///
/// # Errors
/// If the file is broken, or has no metadata version.
pub fn load_bootstrap<S: Storage>(
    storage: &S,
    metadata_directory: &Path,
) -> Result<Vec<MetadataRecord>, QuorumError> {
    let path = metadata_directory.join(BOOTSTRAP_FILE);
    let Some(bytes) = read_file(storage, &path)? else {
        let newest = FeatureLevelRecord {
            name: METADATA_VERSION.into(),
            feature_level: MetadataVersion::LATEST_PRODUCTION.level(),
        };
        return Ok(vec![newest.into()]);
    };
    let records = Snapshot::decode(&bytes)?.records;
    let has_version = records.iter().any(|record| {
        matches!(record, MetadataRecord::FeatureLevel(level) if &*level.name == METADATA_VERSION)
    });
    if !has_version {
        return Err(QuorumError::Refused(format!(
            "{} has no metadata.version",
            path.display()
        )));
    }
    Ok(records)
}
