//! The log directories of a node while it runs: what was found in them at start, where a new
//! replica goes, how one is opened and how it goes away.
//!
//! *Not here*: which replicas belong here (`publisher`).

mod opening;

pub use opening::{OpenPlan, Opening, open_by_threads, open_in_turn};

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Weak};

use ottla_config::{Durability, SegmentConfig, TopicConfig};
use ottla_log::{
    LogDirectory, LogError, OffsetCheckpoint, OpenFiles, OpenOptions, RealStorage, Remedy,
    ReplicaDirectory, ReplicaState, RollLimits, Storage,
};
use ottla_machine::Random;
use ottla_partition::Settings;
use ottla_runtime::{Directory, FlushLimits};
use ottla_types::{NodeId, Offset, TopicPartition, Uuid};

use crate::Replica;
use crate::groups::GroupHost;

type RunningDirectory<S> = Arc<Directory<GroupHost, S>>;
type Offsets = BTreeMap<TopicPartition, Offset>;

/// The directories of a node.
pub struct Logs<S: Storage = RealStorage> {
    node_id: NodeId,
    open_files: Arc<OpenFiles<S>>,
    producer_id_expiration_ms: i64,
    /// The device begins with as many bytes of a log at a time.
    write_back_bytes: u64,
    directories: Vec<Loaded<S>>,
    /// Whether a directory of the configuration could not be taken up: what is not found may lie
    /// there.
    has_offline: bool,
    /// Replicas that were deleted, until nobody works on them.
    retired: Vec<(TopicPartition, Weak<Replica<S>>)>,
    random: Random,
}

/// One directory with what its checkpoints said at start.
struct Loaded<S: Storage> {
    running: RunningDirectory<S>,
    files: LogDirectory<S>,
    was_clean: bool,
    recovery_points: Offsets,
    log_starts: Offsets,
    high_watermarks: Offsets,
    /// Live replicas, found or made.
    replicas: BTreeSet<TopicPartition>,
}

/// What of a replica's configuration its machine and log go by.
#[must_use]
pub fn replica_settings(
    partition: &TopicPartition,
    config: &TopicConfig,
    producer_id_expiration_ms: i64,
) -> (Settings, RollLimits) {
    let settings = Settings {
        fsync: config.durability == Durability::Fsync,
        min_insync_replicas: config.min_insync_replicas,
        producer_id_expiration_ms,
    };
    let limits = RollLimits {
        segment_bytes: u64::try_from(config.segment.bytes).unwrap_or(0),
        segment_ms: config.segment.ms - jitter_ms(partition, &config.segment),
        segment_index_bytes: u64::try_from(config.segment.index_bytes).unwrap_or(0),
    };
    (settings, limits)
}

/// By how much a partition's segments are rolled early, so that not all roll at one moment: up to
/// `segment.jitter.ms`, by a hash of its name (FNV-1a), which spreads them as well as a die.
fn jitter_ms(partition: &TopicPartition, segment: &SegmentConfig) -> i64 {
    let limit = segment.jitter_ms.min(segment.ms);
    if limit <= 0 {
        return 0;
    }
    let name = partition.to_string();
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    });
    i64::try_from(hash >> 1).map_or(0, |hash| hash % limit)
}

/// When a replica is flushed.
#[must_use]
pub fn flush_limits(config: &TopicConfig) -> FlushLimits {
    FlushLimits {
        messages: config.segment.flush_messages,
        ms: config.segment.flush_ms,
    }
}

/// `index.interval.bytes` as logs take it.
#[must_use]
pub fn index_interval_bytes(config: &TopicConfig) -> u64 {
    u64::try_from(config.segment.index_interval_bytes).unwrap_or(0)
}

impl<S: Storage> Logs<S> {
    /// Takes up the directories: reads their checkpoints, takes their clean-shutdown markers away,
    /// lists their replicas and removes those that were being deleted. A directory that fails
    /// meanwhile goes offline; with it one more of them is offline than was before.
    ///
    /// # Errors
    /// When a directory holds what no log directory holds, or the one with the metadata fails, or
    /// all do.
    pub fn load(
        node_id: NodeId,
        (directories, mut has_offline): (&[RunningDirectory<S>], bool),
        metadata_directory: &Path,
        open_files_limit: usize,
        producer_id_expiration_ms: i64,
        seed: u64,
    ) -> Result<Logs<S>, LogError> {
        let (mut loaded, mut failed) = (Vec::new(), Vec::new());
        for directory in directories {
            match load_directory(directory) {
                Ok(directory) => loaded.push(directory),
                Err(error)
                    if error.remedy() == Remedy::TakeDirectoryOffline
                        && directory.path() != metadata_directory =>
                {
                    failed.push((directory, error));
                }
                Err(error) => return Err(error),
            }
        }
        has_offline |= !failed.is_empty();
        for (directory, error) in failed {
            if loaded.is_empty() {
                return Err(error);
            }
            directory.fail(&error);
        }
        Ok(Logs {
            node_id,
            open_files: OpenFiles::new(open_files_limit),
            producer_id_expiration_ms,
            write_back_bytes: OpenOptions::default().write_back_bytes,
            directories: loaded,
            has_offline,
            retired: Vec::new(),
            random: Random::from_seed(seed),
        })
    }

    /// Changes after how long an idle producer of a replica that is opened is forgotten.
    pub fn set_producer_id_expiration_ms(&mut self, milliseconds: i64) {
        self.producer_id_expiration_ms = milliseconds;
    }

    /// Changes of how many bytes at a time the device begins with the logs that are opened.
    pub fn set_write_back_bytes(&mut self, bytes: u64) {
        self.write_back_bytes = bytes;
    }

    /// Renames replicas that the metadata does not give to this node (`belongs` says which it
    /// does), so that nobody takes them for live ones.
    ///
    /// # Errors
    /// When a directory cannot be changed, or one partition lies in two of them.
    pub fn set_strays_aside(
        &mut self,
        belongs: impl Fn(&TopicPartition, Uuid) -> bool,
    ) -> Result<(), LogError> {
        let mut seen: BTreeMap<TopicPartition, &Path> = BTreeMap::new();
        for loaded in &mut self.directories {
            for partition in std::mem::take(&mut loaded.replicas) {
                let id = loaded.files.load_topic_id(&partition)?;
                if !id.is_some_and(|id| belongs(&partition, id)) {
                    let unique = self.random.uuid();
                    let stray =
                        loaded
                            .files
                            .retire_replica(&partition, ReplicaState::Stray, unique)?;
                    tracing::warn!(%partition, renamed = stray.name, "stray replica set aside");
                    continue;
                }
                let path = loaded.running.path();
                if let Some(other) = seen.insert(partition.clone(), path) {
                    return Err(LogError::Refused(format!(
                        "{partition} lies in {} and in {}: move one of them away",
                        other.display(),
                        path.display()
                    )));
                }
                loaded.replicas.insert(partition);
            }
        }
        Ok(())
    }

    /// `is_created`: the partition is new, so that it cannot lie in a directory that is offline.
    fn directory_for(&self, partition: &TopicPartition, is_created: bool) -> Option<usize> {
        let found = self
            .directories
            .iter()
            .position(|d| d.replicas.contains(partition));
        if found.is_none() && self.has_offline && !is_created {
            return None;
        }
        let working = self
            .directories
            .iter()
            .enumerate()
            .filter(|(_, d)| !d.running.has_failed());
        found.or_else(|| {
            working
                .min_by_key(|(_, d)| d.replicas.len())
                .map(|(index, _)| index)
        })
    }

    /// Renames a replica's directory, so that it is gone for every start to come. Its files are
    /// removed by [`RetiredReplica::remove`].
    ///
    /// # Errors
    /// When it cannot be renamed.
    pub fn delete(
        &mut self,
        replica: &Arc<Replica<S>>,
    ) -> Result<Option<RetiredReplica<S>>, LogError> {
        let partition = replica.topic_partition();
        let unique = self.random.uuid();
        let here = self
            .directories
            .iter_mut()
            .find(|d| d.replicas.contains(partition));
        let Some(loaded) = here else { return Ok(None) };
        // Before the files move: whoever still works on them must not take that for a failure.
        replica.with_log(|_, log| log.retire());
        let name = loaded
            .files
            .retire_replica(partition, ReplicaState::Delete, unique)?;
        let retired = (partition.clone(), Arc::downgrade(replica));
        self.retired.push(retired);
        loaded.replicas.remove(partition);
        loaded.recovery_points.remove(partition);
        loaded.log_starts.remove(partition);
        loaded.high_watermarks.remove(partition);
        Ok(Some(RetiredReplica {
            files: loaded.files.clone(),
            name,
        }))
    }

    /// Whether the checkpoints of a directory name what is not there: they have to be stored before
    /// something else gets the name.
    #[must_use]
    pub fn has_stale_checkpoints(&self) -> bool {
        self.directories.iter().any(|loaded| {
            let all = [
                &loaded.recovery_points,
                &loaded.log_starts,
                &loaded.high_watermarks,
            ];
            let mut named = all.into_iter().flat_map(BTreeMap::keys);
            named.any(|partition| !loaded.replicas.contains(partition))
        })
    }

    /// Whether a partition would be a new one, and may not be made yet: somebody may still work on
    /// the files of another one of its name, or a checkpoint that is being stored may name it.
    #[must_use]
    pub fn must_wait(&mut self, partition: &TopicPartition) -> bool {
        self.retired
            .retain(|(_, replica)| replica.strong_count() > 0);
        if self.retired.iter().any(|(retired, _)| retired == partition) {
            return true;
        }
        let mut directories = self.directories.iter();
        !directories.any(|loaded| loaded.replicas.contains(partition))
            && self
                .directories
                .iter()
                .any(|loaded| loaded.running.checkpoint_turn().is_behind())
    }

    /// The directories with what they are on disk, for checkpoints and the stop.
    #[must_use]
    pub fn directories(&self) -> Vec<(RunningDirectory<S>, LogDirectory<S>)> {
        let both = |d: &Loaded<S>| (Arc::clone(&d.running), d.files.clone());
        self.directories.iter().map(both).collect()
    }
}

/// A replica's files that wait for being removed.
pub struct RetiredReplica<S: Storage> {
    files: LogDirectory<S>,
    name: ReplicaDirectory,
}

impl<S: Storage> RetiredReplica<S> {
    /// Removes them. Blocks.
    ///
    /// # Errors
    /// When something cannot be removed.
    pub fn remove(&self) -> Result<(), LogError> {
        self.files.remove_replica(&self.name)
    }
}

fn load_directory<S: Storage>(running: &RunningDirectory<S>) -> Result<Loaded<S>, LogError> {
    let files = LogDirectory::new(running.storage().clone(), running.path());
    let was_clean = files.clean_shutdown()?.is_some();
    files.remove_clean_shutdown()?;
    let mut replicas = BTreeSet::new();
    for replica in files.replicas()? {
        match replica.state {
            ReplicaState::Live => {
                replicas.insert(replica.partition);
            }
            // The process ended before it was done with this one.
            ReplicaState::Delete => files.remove_replica(&replica)?,
            ReplicaState::Stray | ReplicaState::Future => {}
        }
    }
    Ok(Loaded {
        was_clean,
        recovery_points: files.load_checkpoint(OffsetCheckpoint::RecoveryPoint)?,
        log_starts: files.load_checkpoint(OffsetCheckpoint::LogStart)?,
        high_watermarks: files.load_checkpoint(OffsetCheckpoint::Replication)?,
        replicas,
        running: Arc::clone(running),
        files,
    })
}
