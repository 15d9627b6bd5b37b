//! The words every other crate speaks: identifiers, offsets, epochs and the two kinds of time.
//!
//! *Not here*: anything that knows Kafka's wire format, or that does IO.

mod ids;
mod position;
mod time;
mod topic;
mod uuid;

pub use ids::{NodeId, ProducerEpoch, ProducerId, RequestId};
pub use position::{LeaderEpoch, Offset};
pub use time::{Duration, Instant, Now, TimestampMs};
pub use topic::{PartitionIndex, TopicId, TopicName, TopicPartition};
pub use uuid::{ParseUuidError, Uuid};
