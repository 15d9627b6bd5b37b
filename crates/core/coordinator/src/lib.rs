//! Machines on a log. A [`Shard`] decides on its hard state, its decisions are records, and replay
//! of records is the only way hard state moves. Answers wait until their records are committed.
//!
//! *Kafka*: `CoordinatorShard`, `CoordinatorRuntime`, and the same shape in `QuorumController`.

mod coordinator;
mod loading;
mod shard;

pub use coordinator::{Appender, Coordinator, Input, Output};
pub use loading::Loading;
pub use shard::{Answer, Decision, Entry, Event, Rejection, Shard};
