//! One entry of `log.dirs`: its identity, its lock, its checkpoints, its clean-shutdown marker and
//! the replicas in it.
//!
//! *Not here*: the logs themselves ([`crate::open_log`]), and which replicas belong here
//! (metadata).

mod clean_shutdown;
mod lock;
mod meta_properties;
mod names;

pub use clean_shutdown::CleanShutdown;
pub use lock::DirectoryLock;
pub use meta_properties::{DirectoryIdentity, MetaProperties, identify_directories};
pub use names::{ReplicaDirectory, ReplicaState};

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ottla_types::{Offset, TopicPartition, Uuid};

use crate::checkpoint::{load_offsets, store_offsets};
use crate::storage::{EntryKind, Storage, read_file, remove_file, replace_file, sync_parent};
use crate::{LogError, partition_metadata};
use clean_shutdown::{decode_clean_shutdown, encode_clean_shutdown};

/// The directory of the metadata log, which is listed nowhere.
pub const CLUSTER_METADATA_DIRECTORY: &str = "__cluster_metadata-0";
/// A cache of tiered storage, no replica.
const REMOTE_LOG_INDEX_CACHE: &str = "remote-log-index-cache";
const META_PROPERTIES: &str = "meta.properties";
const CLEAN_SHUTDOWN: &str = ".kafka_cleanshutdown";

/// The files of a log directory that hold one offset per partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OffsetCheckpoint {
    /// Below it everything is on the device.
    RecoveryPoint,
    /// The first offset that may be read.
    LogStart,
    /// The high watermark.
    Replication,
    /// The first offset that was not compacted yet.
    Cleaner,
}

impl OffsetCheckpoint {
    /// All of them.
    pub const ALL: [OffsetCheckpoint; 4] = [
        OffsetCheckpoint::RecoveryPoint,
        OffsetCheckpoint::LogStart,
        OffsetCheckpoint::Replication,
        OffsetCheckpoint::Cleaner,
    ];

    /// The file's name.
    #[must_use]
    pub fn file_name(self) -> &'static str {
        match self {
            OffsetCheckpoint::RecoveryPoint => "recovery-point-offset-checkpoint",
            OffsetCheckpoint::LogStart => "log-start-offset-checkpoint",
            OffsetCheckpoint::Replication => "replication-offset-checkpoint",
            OffsetCheckpoint::Cleaner => "cleaner-offset-checkpoint",
        }
    }
}

/// One entry of `log.dirs`. All methods block.
#[derive(Clone, Debug)]
pub struct LogDirectory<S: Storage> {
    storage: S,
    path: PathBuf,
}

impl<S: Storage> LogDirectory<S> {
    /// The directory at `path`; nothing is touched.
    #[must_use]
    pub fn new(storage: S, path: impl Into<PathBuf>) -> Self {
        LogDirectory {
            storage,
            path: path.into(),
        }
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where a replica lives in it.
    #[must_use]
    pub fn replica_path(&self, partition: &TopicPartition) -> PathBuf {
        self.path.join(partition.to_string())
    }

    /// Reads `meta.properties`; `None` when the directory is not formatted.
    ///
    /// # Errors
    /// When it cannot be read or says what it cannot say.
    pub fn load_meta_properties(&self) -> Result<Option<MetaProperties>, LogError> {
        let path = self.path.join(META_PROPERTIES);
        let bytes = read_file(&self.storage, &path)?;
        bytes
            .map(|bytes| MetaProperties::parse(&bytes))
            .transpose()
            .map_err(|detail| LogError::Refused(format!("{}: {detail}", path.display())))
    }

    /// Replaces `meta.properties`.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn store_meta_properties(&self, properties: &MetaProperties) -> Result<(), LogError> {
        let text = properties.to_string();
        replace_file(
            &self.storage,
            &self.path.join(META_PROPERTIES),
            text.as_bytes(),
        )
    }

    /// Reads the clean-shutdown marker without touching it; `None` when the stop was not clean.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn clean_shutdown(&self) -> Result<Option<CleanShutdown>, LogError> {
        let bytes = read_file(&self.storage, &self.path.join(CLEAN_SHUTDOWN))?;
        Ok(bytes.map(|bytes| decode_clean_shutdown(&bytes)))
    }

    /// Removes the clean-shutdown marker, durably: from now on a crash is one. To be called before
    /// anything of the directory is loaded.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn remove_clean_shutdown(&self) -> Result<(), LogError> {
        let path = self.path.join(CLEAN_SHUTDOWN);
        remove_file(&self.storage, &path)?;
        sync_parent(&self.storage, &path)
    }

    /// Writes the clean-shutdown marker: the very last act of an orderly stop, after every log was
    /// closed and every checkpoint was stored, and never when a log did not load or close.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn store_clean_shutdown(&self, marker: &CleanShutdown) -> Result<(), LogError> {
        let path = self.path.join(CLEAN_SHUTDOWN);
        // Kafka writes it in place; here a torn marker cannot be seen, and it is found the same
        // way.
        replace_file(
            &self.storage,
            &path,
            encode_clean_shutdown(marker).as_bytes(),
        )
    }

    /// Reads a checkpoint; an absent or empty file has no entries.
    ///
    /// # Errors
    /// When it cannot be read or is malformed: the directory is unusable.
    pub fn load_checkpoint(
        &self,
        checkpoint: OffsetCheckpoint,
    ) -> Result<BTreeMap<TopicPartition, Offset>, LogError> {
        load_offsets(&self.storage, &self.path.join(checkpoint.file_name()))
    }

    /// Replaces a checkpoint.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn store_checkpoint(
        &self,
        checkpoint: OffsetCheckpoint,
        offsets: &BTreeMap<TopicPartition, Offset>,
    ) -> Result<(), LogError> {
        let path = self.path.join(checkpoint.file_name());
        store_offsets(&self.storage, &path, offsets)
    }

    /// The replicas in the directory, by name; not the metadata log.
    ///
    /// # Errors
    /// When it cannot be listed, or [`LogError::Refused`] when a sub-directory has a name that no
    /// replica can have: Kafka would not start with it, so nothing of ours may hide there either.
    pub fn replicas(&self) -> Result<Vec<ReplicaDirectory>, LogError> {
        let entries = self
            .storage
            .list(&self.path)
            .map_err(LogError::storage("list", &self.path))?;
        let mut replicas = Vec::new();
        for entry in entries {
            let is_other =
                [CLUSTER_METADATA_DIRECTORY, REMOTE_LOG_INDEX_CACHE].contains(&entry.name.as_str());
            if entry.kind != EntryKind::Directory || is_other || is_of_the_file_system(&entry.name)
            {
                continue;
            }
            let replica = ReplicaDirectory::parse(&entry.name).ok_or_else(|| {
                LogError::Refused(format!(
                    "{}: found directory {:?}, which is not in the form topic-partition or \
                     topic-partition.uniqueId-delete, -future or -stray",
                    self.path.display(),
                    entry.name
                ))
            })?;
            replicas.push(replica);
        }
        Ok(replicas)
    }

    /// Whether the metadata log is here.
    #[must_use]
    pub fn has_cluster_metadata(&self) -> bool {
        let path = self.path.join(CLUSTER_METADATA_DIRECTORY);
        self.storage.metadata(&path).is_ok()
    }

    /// Reads a replica's `partition.metadata`: the id of its topic.
    ///
    /// # Errors
    /// When it cannot be read or is malformed.
    pub fn load_topic_id(&self, partition: &TopicPartition) -> Result<Option<Uuid>, LogError> {
        partition_metadata::load_topic_id(&self.storage, &self.replica_path(partition))
    }

    /// Renames a live replica so that a restart does not load it: `-delete` or `-stray`.
    /// `unique_id` is random. The answer is its name now, for [`LogDirectory::remove_replica`]
    /// later.
    ///
    /// # Errors
    /// When it cannot be renamed.
    pub fn retire_replica(
        &self,
        partition: &TopicPartition,
        state: ReplicaState,
        unique_id: Uuid,
    ) -> Result<ReplicaDirectory, LogError> {
        let retired = ReplicaDirectory::retired(partition, state, unique_id);
        let from = self.replica_path(partition);
        let to = self.path.join(&retired.name);
        self.storage
            .rename(&from, &to)
            .map_err(LogError::storage("rename", &from))?;
        sync_parent(&self.storage, &to)?;
        Ok(retired)
    }

    /// Removes a replica's directory with everything in it.
    ///
    /// # Errors
    /// When something cannot be removed; calling it again goes on.
    pub fn remove_replica(&self, replica: &ReplicaDirectory) -> Result<(), LogError> {
        let directory = self.path.join(&replica.name);
        let entries = match self.storage.list(&directory) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(LogError::storage("list", &directory)(error)),
        };
        for entry in entries {
            let path = directory.join(&entry.name);
            self.storage
                .unlink(&path, entry.kind)
                .map_err(LogError::storage("remove", &path))?;
        }
        self.storage
            .unlink(&directory, EntryKind::Directory)
            .map_err(LogError::storage("remove", &directory))?;
        sync_parent(&self.storage, &directory)
    }
}

/// Whether a file system made the directory, at the root of a device.
fn is_of_the_file_system(name: &str) -> bool {
    name == "lost+found"
}

#[cfg(test)]
mod tests;
