//! Starting and stopping the node: what its directory holds is loaded, mended and led.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use ottla_log::{
    CleanShutdown, LogDirectory, LogError, OffsetCheckpoint, OpenFiles, OpenOptions, RollLimits,
    load_topic_id, open_log, store_topic_id,
};
use ottla_messages::ErrorCode;
use ottla_partition::{Input, Partition, Settings};
use ottla_runtime::{Pool, ReplicaParts};
use ottla_types::{LeaderEpoch, NodeId, Offset, PartitionIndex, TopicPartition, Uuid};

use super::{Broker, Directory, Hooks, Outbox, REACTORS, Replica, Replicas, store_checkpoints};
use crate::bugs::Bug;
use crate::clock::SimulatedClock;
use crate::disk::SimulatedDisk;
use crate::plan::{PartitionPlan, Plan};

/// Where the node's log directory lies.
pub const LOG_DIRECTORY: &str = "/data";
/// Segment files that may be open at once: few, so that they are closed and opened.
const OPEN_FILES: usize = 6;
/// Indexes that may be in memory at once: few too.
const INDEX_BYTES: usize = 200;
/// A few batches, so that write-back begins often.
const WRITE_BACK_BYTES: u64 = 1_000;
/// And some of them wait.
pub(super) const WRITE_BACK_WINDOW: u64 = 3_000;
const PRODUCER_ID_EXPIRATION_MS: i64 = 86_400_000;

/// The partition of a number.
#[must_use]
pub fn topic_partition(index: usize) -> TopicPartition {
    TopicPartition {
        topic: "records".into(),
        partition: PartitionIndex(i32::try_from(index).unwrap_or(0)),
    }
}

/// Where a partition's files lie.
#[must_use]
pub fn partition_directory(index: usize) -> PathBuf {
    Path::new(LOG_DIRECTORY).join(topic_partition(index).to_string())
}

/// The partition of the group's coordinator.
fn offsets_partition() -> TopicPartition {
    TopicPartition {
        topic: "__consumer_offsets".into(),
        partition: PartitionIndex(0),
    }
}

/// Where the files of the coordinator's partition lie.
#[must_use]
pub fn offsets_directory() -> PathBuf {
    Path::new(LOG_DIRECTORY).join(offsets_partition().to_string())
}

/// What the directory's checkpoints say.
struct Checkpoints {
    recovery_points: BTreeMap<TopicPartition, Offset>,
    log_starts: BTreeMap<TopicPartition, Offset>,
    high_watermarks: BTreeMap<TopicPartition, Offset>,
    was_clean: bool,
}

fn at(offsets: &BTreeMap<TopicPartition, Offset>, partition: &TopicPartition) -> Offset {
    offsets.get(partition).copied().unwrap_or(Offset::ZERO)
}

impl Broker {
    /// Starts the node on what the disk holds; its `incarnation` becomes the leader epoch. Blocks.
    ///
    /// # Errors
    /// When the directory cannot be used.
    pub fn open(
        disk: &SimulatedDisk,
        clock: &SimulatedClock,
        plan: &Plan,
        incarnation: u64,
    ) -> Result<Broker, LogError> {
        let files = LogDirectory::new(disk.clone(), LOG_DIRECTORY);
        let checkpoints = load(&files, plan.bug)?;
        let (pool, given) = Pool::without_threads();
        let (outbox, opened) = (Outbox::default(), Replicas::default());
        let failed = Arc::new(AtomicBool::new(false));
        let hooks = Box::new(Hooks {
            clock: clock.clone(),
            outbox: outbox.clone(),
            replicas: Arc::clone(&opened),
            failed: Arc::clone(&failed),
        });
        let path = PathBuf::from(LOG_DIRECTORY);
        let directory = Directory::new(Uuid(200), path, disk.clone(), pool, hooks);
        let open_files = OpenFiles::with_index_bytes(OPEN_FILES, INDEX_BYTES);
        let mut replicas = Vec::new();
        let opening = Opening {
            directory: &directory,
            open_files: &open_files,
            checkpoints: &checkpoints,
        };
        for (index, partition) in plan.partitions.iter().enumerate() {
            replicas.push(opening.open(topic_partition(index), partition, clock)?);
        }
        let offsets = opening.open(offsets_partition(), &plan.offsets, clock)?;
        opened
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .extend(replicas.iter().chain([&offsets]).cloned());
        let epoch = LeaderEpoch(i32::try_from(incarnation).unwrap_or(i32::MAX));
        for replica in replicas.iter().chain([&offsets]) {
            let mut notices = replica.step(Input::Lead {
                leader_epoch: epoch,
                in_sync_count: 1,
                replica_count: 1,
            });
            outbox.push_notices(&mut notices);
        }
        let broker = Broker {
            clock: clock.clone(),
            directory,
            files,
            given,
            replicas,
            offsets,
            outbox,
            failed,
            is_storing_checkpoints: Arc::default(),
            bug: plan.bug,
            opened,
            reactors: vec![VecDeque::new(); REACTORS],
            pool: VecDeque::new(),
            produces: BTreeMap::new(),
            waiters: BTreeMap::new(),
            fetches: BTreeMap::new(),
            groups: BTreeMap::new(),
            next_number: 0,
        };
        // Every run has a seed of its own: members of one must not get the ids of another's.
        broker.start_loading_groups(plan.seed.rotate_left(32) ^ incarnation);
        Ok(broker)
    }
}

fn load(files: &LogDirectory<SimulatedDisk>, bug: Option<Bug>) -> Result<Checkpoints, LogError> {
    let marker = files.clean_shutdown()?;
    files.remove_clean_shutdown()?;
    // Every sub-directory must be a replica's.
    files.replicas()?;
    Ok(Checkpoints {
        was_clean: marker.is_some() || bug == Some(Bug::SkipsRecovery),
        recovery_points: files.load_checkpoint(OffsetCheckpoint::RecoveryPoint)?,
        log_starts: files.load_checkpoint(OffsetCheckpoint::LogStart)?,
        high_watermarks: files.load_checkpoint(OffsetCheckpoint::Replication)?,
    })
}

/// What all partitions are opened with.
struct Opening<'a> {
    directory: &'a Arc<Directory>,
    open_files: &'a Arc<OpenFiles<SimulatedDisk>>,
    checkpoints: &'a Checkpoints,
}

impl Opening<'_> {
    fn open(
        &self,
        partition: TopicPartition,
        plan: &PartitionPlan,
        clock: &SimulatedClock,
    ) -> Result<Arc<Replica>, LogError> {
        let disk = self.directory.storage();
        let path = Path::new(LOG_DIRECTORY).join(partition.to_string());
        let topic_id = Uuid(300);
        let checkpoints = self.checkpoints;
        let options = OpenOptions {
            index_interval_bytes: plan.index_interval_bytes,
            write_back_bytes: WRITE_BACK_BYTES,
            recovery_point: at(&checkpoints.recovery_points, &partition),
            log_start_offset: at(&checkpoints.log_starts, &partition),
            was_clean: checkpoints.was_clean,
            now: clock.now().wall,
            producer_id_expiration_ms: PRODUCER_ID_EXPIRATION_MS,
        };
        let opened = open_log(disk, &path, self.open_files, &options)?;
        if load_topic_id(disk, &path)?.is_none() {
            store_topic_id(disk, &path, topic_id)?;
        }
        let settings = Settings {
            fsync: plan.fsync,
            min_insync_replicas: 1,
            producer_id_expiration_ms: PRODUCER_ID_EXPIRATION_MS,
        };
        let machine = Partition::new(
            settings,
            opened.log.log_start_offset(),
            opened.log.log_end_offset(),
            at(&checkpoints.high_watermarks, &partition),
            opened.producers,
        );
        Ok(Replica::new(ReplicaParts {
            topic_partition: partition,
            topic_id,
            node_id: NodeId(1),
            directory: Arc::clone(self.directory),
            machine,
            log: opened.log,
            limits: RollLimits {
                segment_bytes: plan.segment_bytes,
                segment_ms: plan.segment_ms,
                segment_index_bytes: plan.segment_index_bytes,
            },
        }))
    }
}

/// Closes every log and marks the directory clean.
pub(super) fn close(
    files: &LogDirectory<SimulatedDisk>,
    replicas: &[Arc<Replica>],
) -> Result<(), LogError> {
    for replica in replicas {
        let error = ErrorCode::NOT_LEADER_OR_FOLLOWER;
        drop(replica.step(Input::StopLeading { error }));
        replica.close()?;
    }
    store_checkpoints(files, replicas)?;
    files.store_clean_shutdown(&CleanShutdown { broker_epoch: 1 })
}
