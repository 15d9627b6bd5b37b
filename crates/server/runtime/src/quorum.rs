//! The shell of the metadata quorum: one thread that owns the raft machine, the metadata log and
//! the active controller. A broker without the controller's role has it too, as an observer: it
//! fetches the log from the leader.
//!
//! *Kafka*: `KafkaRaftClient`, `QuorumController`'s event queue, `MetadataLoader`.

mod bootstrap;
mod configuration;
mod control_records;
mod error;
mod files;
#[cfg(test)]
mod ledger;
mod metadata_log;
mod network;
mod node;
mod peers;
mod records;
mod replica;
mod shard;
mod snapshot;
mod snapshots;
mod state_file;
mod thread;

pub use bootstrap::load_bootstrap;
pub use configuration::QuorumConfiguration;
pub use control_records::{ControlState, QuorumEndpoint, Voter};
pub use error::QuorumError;
pub use metadata_log::{METADATA_LOG_DIRECTORY, MetadataLog};
pub use network::{PeerCall, PeerReply, QuorumNetwork};
pub use node::{QuorumNode, QuorumStatus, Reply};
pub use peers::{METADATA_TOPIC, METADATA_TOPIC_ID, QuorumCall, QuorumRequest, QuorumResponse};
pub use records::decode_batch;
pub use shard::{MetadataPublisher, MetadataShard, QuorumFacts};
pub use snapshot::Snapshot;
pub use snapshots::{SnapshotJob, SnapshotLimits};
pub use thread::{QuorumHandle, start_quorum};
