//! Log directories of test nodes: formatted as `kafka-storage` would, copied as a kill leaves them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use ottla_metadata::MetadataVersion;
use ottla_storage_format::{FeatureLevels, Formatter, InitialVoter, random_uuid};
use ottla_types::NodeId;
use tempfile::TempDir;

/// A new directory, formatted for a node that is its own quorum, or for one that joins a cluster.
pub(crate) fn formatted(node_id: NodeId, joined: Option<String>) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().to_owned();
    let newest = MetadataVersion::LATEST_PRODUCTION;
    let features = FeatureLevels::new(None, &BTreeMap::new(), true, newest);
    let formatter = Formatter {
        node_id,
        initial_controllers: joined.is_none().then(|| {
            vec![InitialVoter {
                node_id,
                host: "localhost".to_owned(),
                port: 1,
                directory_id: random_uuid().unwrap(),
            }]
        }),
        cluster_id: joined.unwrap_or_else(|| random_uuid().unwrap().to_string()),
        directories: BTreeSet::from([path.clone()]),
        metadata_log_directory: path,
        features: features.unwrap(),
        controller_listener_name: "CONTROLLER".to_owned(),
        ignore_formatted: false,
    };
    formatter.format(&mut std::io::sink()).unwrap();
    directory
}

/// What lies in the page cache now, under another path: all that a killed process leaves behind.
pub(crate) fn copied(from: &Path) -> TempDir {
    loop {
        let directory = tempfile::tempdir().unwrap();
        match copy(from, directory.path()) {
            Ok(()) => return directory,
            // A file was renamed meanwhile: under its new name it may not have been copied either.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => panic!("{}: {error}", from.display()),
        }
    }
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            fs::create_dir(&target)?;
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}
