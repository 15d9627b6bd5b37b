//! The fetches of one reactor: what their sessions hold, and which requests wait until when.
//!
//! *Not here*: what a partition holds (`core/partition`), bytes (`server/log`).

mod sessions;
mod waits;

pub use sessions::{
    FinishedFetch, PartitionOutcome, RequestedPartition, SessionContext, SessionLimits, Sessions,
};
pub use waits::{Effect, Input, Waits};
