//! Topics: creating them, deleting them, giving them more partitions.
//!
//! *Kafka*: the topic part of `ReplicationControlManager` and of `ControllerApis`.

mod assignment;
mod create;
mod delete;
mod names;
mod partitions;

pub use names::validate_topic_name;
