//! Takes the log directories: locks them, reads who they belong to, starts their threads.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ottla_config::BrokerConfig;
use ottla_log::{
    DirectoryLock, LogDirectory, LogError, MetaProperties, RealStorage, Remedy,
    identify_directories,
};
use ottla_machine::Random;
use ottla_runtime::{Directory, Pool, clock};
use ottla_types::Uuid;

use super::{StartError, directory_paths};
use crate::groups::GroupHost;
use crate::node::NodeHooks;

/// Threads that may wait for one directory.
const POOL_THREADS: usize = 4;

/// The directories of a node, locked.
pub(super) struct Taken {
    pub cluster_id: String,
    /// Path and id of every log directory.
    pub directories: Vec<(PathBuf, Uuid)>,
    /// The id of the directory of the metadata log.
    pub metadata_directory_id: Uuid,
    /// The epoch under which the last run stopped in order; -1 if it did not.
    pub previous_broker_epoch: i64,
    pub locks: Vec<DirectoryLock>,
    /// Whether a directory of the configuration is left out.
    pub has_offline: bool,
}

/// Takes all directories. One that cannot be read or locked is left out, as Kafka does, unless it
/// is the one with the metadata.
pub(super) fn take(broker: &BrokerConfig, random: &mut Random) -> Result<Taken, StartError> {
    let directory = |path: &PathBuf| LogDirectory::new(RealStorage, path);
    let metadata = &broker.log_dirs.metadata_log_dir;
    let (mut locks, mut found, mut has_offline) = (Vec::new(), Vec::new(), false);
    for path in directory_paths(broker) {
        match lock_and_read(&path) {
            Ok((lock, properties)) => {
                locks.extend(lock);
                found.push((path, properties));
            }
            Err(error) if error.remedy() == Remedy::TakeDirectoryOffline && path != *metadata => {
                has_offline = true;
                tracing::error!(directory = %path.display(), %error, "log directory left out");
            }
            Err(error) => return Err(error.into()),
        }
    }
    let identity = identify_directories(&found, broker.node.node_id)?;
    let mut ids = Vec::new();
    for ((path, _), id) in found.iter().zip(&identity.directory_ids) {
        let id = match id {
            Some(id) => *id,
            None => {
                let id = random.uuid();
                directory(path).store_meta_properties(&MetaProperties {
                    version: 1,
                    cluster_id: Some(identity.cluster_id.clone()),
                    node_id: Some(broker.node.node_id),
                    directory_id: Some(id),
                    written_at: clock::now().wall,
                })?;
                id
            }
        };
        ids.push((path.clone(), id));
    }
    let metadata_id = ids
        .iter()
        .find(|(path, _)| path == metadata)
        .map(|(_, id)| *id);
    // A node that is no broker has replicas of the metadata only.
    let is_broker = broker.node.roles.broker;
    ids.retain(|(path, _)| is_broker && broker.log_dirs.log_dirs.contains(path));
    Ok(Taken {
        cluster_id: identity.cluster_id,
        previous_broker_epoch: previous_epoch(&ids)?,
        directories: ids,
        metadata_directory_id: metadata_id.unwrap_or_default(),
        locks,
        has_offline,
    })
}

type Read = (Option<DirectoryLock>, Option<MetaProperties>);

fn lock_and_read(path: &Path) -> Result<Read, LogError> {
    // What is not there is not formatted, which is told better.
    let lock = path
        .is_dir()
        .then(|| DirectoryLock::acquire(path))
        .transpose()?;
    let properties = LogDirectory::new(RealStorage, path).load_meta_properties()?;
    Ok((lock, properties))
}

/// What the markers of all directories agree on.
fn previous_epoch(directories: &[(PathBuf, Uuid)]) -> Result<i64, StartError> {
    let mut epochs = Vec::new();
    for (path, _) in directories {
        let marker = LogDirectory::new(RealStorage, path).clean_shutdown()?;
        epochs.push(marker.map_or(-1, |marker| marker.broker_epoch));
    }
    epochs.dedup();
    Ok(match epochs.as_slice() {
        [epoch] => *epoch,
        _ => -1,
    })
}

pub(super) fn start(
    taken: &Taken,
    hooks: &NodeHooks,
) -> Result<Vec<Arc<Directory<GroupHost>>>, StartError> {
    taken
        .directories
        .iter()
        .map(|(path, id)| {
            let pool = Pool::start("log", POOL_THREADS)?;
            let hooks = Box::new(hooks.clone());
            Ok(Directory::start(
                *id,
                path.clone(),
                RealStorage,
                pool,
                hooks,
            )?)
        })
        .collect()
}
