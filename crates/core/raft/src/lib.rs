//! The metadata quorum as a machine: Kafka's variant of Raft, in which followers fetch (KIP-595).
//!
//! [`Raft`] decides elections, epochs, the high watermark and what every peer is told. It sees
//! offsets and epochs, never a record: the shell holds the log, the `quorum-state` file and the
//! connections, feeds [`Input`]s and performs [`Effect`]s in order.
//!
//! *Not here*: the bytes of batches and of `quorum-state` (`server/runtime`), what the records mean
//! (`core/metadata`, `core/controller`). Absent so far: pre-vote (KIP-996), changes of the voter
//! set (KIP-853 beyond directory ids and the first Voters record), fetching a snapshot.

mod configuration;
mod effect;
mod input;
mod log;
mod quorum_state;
mod raft;
mod voters;

pub use configuration::{Configuration, QuorumTimeouts};
pub use effect::{Effect, FetchAnswer, PeerRequest, Response};
pub use input::{
    BeginQuorumEpochRequest, EndQuorumEpochRequest, FetchOutcome, FetchRequest, FetchedBatch,
    Input, PeerResponse, VoteRequest,
};
pub use log::{EpochStart, LogState, SnapshotId};
pub use quorum_state::QuorumState;
pub use raft::{QuorumDescription, Raft, ReplicaProgress};
pub use voters::{ReplicaKey, VoterSet};
