//! Machines on a log. A [`Shard`] decides on its hard state, its decisions are records, and replay
//! of records is the only way hard state moves. Answers wait until their records are committed.
//!
//! *Kafka*: `CoordinatorShard`, `CoordinatorRuntime`, and the same shape in `QuorumController`.

mod shard;

pub use shard::{Answer, Decision, Entry, Event, Rejection, Shard};
