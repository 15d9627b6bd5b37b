//! The fetches of one reactor: which of them wait, for what, and until when.
//!
//! *Not here*: what a partition holds (`core/partition`), bytes (`server/log`).

mod waits;

pub use waits::{Effect, FetchId, Input, Waits};
