//! The fetches of one reactor: which of them wait, for what, and until when.
//!
//! *Not here*: what a partition holds (`core/partition`), bytes (`server/log`).

mod sessions;
mod waits;

pub use sessions::{
    FinishedFetch, PartitionOutcome, RequestedPartition, SessionContext, SessionLimits, Sessions,
};
pub use waits::{Effect, FetchId, Input, Waits};
