//! The deciding part of a producer: when a batch leaves, with which sequence number, how often it
//! is tried again, and when it is given up. It sees batches by number, never their bytes.
//!
//! *Kafka*: KIP-98 and KIP-360 (idempotence), KIP-91 (delivery.timeout.ms), KIP-580 (back-off).
//!
//! *Not here*: building batches, choosing partitions, sockets (`client/client`).

mod config;
mod input;
mod partition;
mod producer;

pub use config::Config;
pub use input::{BatchId, Effect, Failure, Input, PartitionHandle};
pub use producer::Producer;
