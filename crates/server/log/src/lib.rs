//! Segments, indexes, recovery and retention in Kafka's files.
//!
//! Everything that touches a file blocks and goes through [`Storage`]; a [`Log`] is memory only,
//! lives under its partition's lock and hands out plans and segments that do the IO outside of it.
//!
//! *Not here*: threads, and whatever decides (`core/partition`).

mod blocks;
mod checkpoint;
mod directory;
mod error;
mod files;
mod index;
mod leader_epochs;
mod loaded_indexes;
mod log;
mod open_files;
mod partition_metadata;
mod producer_snapshot;
mod recovery;
mod scan;
mod segment;
mod storage;
#[cfg(test)]
mod testing;

pub use blocks::bytes_held;
pub use checkpoint::{
    LEADER_EPOCH_CHECKPOINT, load_leader_epochs, load_offsets, store_leader_epochs, store_offsets,
};
pub use directory::{
    CLUSTER_METADATA_DIRECTORY, CleanShutdown, DirectoryIdentity, DirectoryLock, LogDirectory,
    MetaProperties, OffsetCheckpoint, ReplicaDirectory, ReplicaState, identify_directories,
};
pub use error::{LogError, Remedy};
pub use files::{FileKind, FileName, FileState, parse_snapshot_file_name, snapshot_file_name};
pub use index::AbortedTransaction;
pub use leader_epochs::{EpochEntry, LeaderEpochs};
pub use log::{
    AbortedView, ClosePlan, DeletedFiles, Located, Log, LogPosition, Read, Removal, Reservation,
    ReservedSpace, RetentionLimits, RetentionView, RollFacts, RollLimits, RollPlan, Rolled,
    SpacePlan, TimestampAndOffset, TimestampView, WriteBackPlan, must_roll,
};
pub use open_files::OpenFiles;
pub use partition_metadata::{load_topic_id, store_topic_id};
pub use producer_snapshot::{decode_producers, encode_producers};
pub use recovery::{OpenOptions, Opened, RecoveryReport, load_producer_state, open_log};
pub use segment::Segment;
pub use storage::{
    BegunSync, Entry, EntryKind, MemoryFile, MemoryStorage, Metadata, OpenHow, RealStorage, Storage,
};
#[cfg(feature = "faults")]
pub use storage::{fail_syncs, mend_syncs};
