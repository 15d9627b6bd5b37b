//! One replica of a partition as a machine: who leads, how far the log is written, durable and
//! committed, what each producer wrote last, and which producers wait for their acknowledgement.
//!
//! *Not here*: bytes and files (`server/log`), fetches (`core/fetch`), groups (`core/group`).
//! *Kafka*: `Partition`, `UnifiedLog` (the deciding half), `ProducerStateManager`, KIP-98, KIP-101.

mod input;
mod marks;
mod partition;
mod producers;
mod waiting;

pub use input::{Acks, AppendOrigin, Effect, Input, Marker, Produced, Settings, WaiterId};
pub use marks::Marks;
pub use partition::Partition;
pub use producers::{CompletedTransaction, ProducerEntry, Producers, Verdict};
