//! The deciding part of a consumer by assignment: positions, what to fetch from whom, where to
//! start and to start again, and which records of a transaction are hidden.
//!
//! *Kafka*: KIP-320 (leader epochs), KIP-580 (back-off), KIP-98 (isolation levels).
//!
//! *Not here*: bytes, buffered records, group membership.

mod aborted;
mod config;
mod consumer;
mod input;

pub use aborted::{AbortedTransaction, AbortedTransactions, BatchKind};
pub use config::{Config, OffsetReset};
pub use consumer::Consumer;
pub use input::{Effect, Failure, Input, PartitionHandle, Start};
