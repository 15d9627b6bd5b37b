//! Producer, Consumer and Admin for any Kafka cluster, on any tokio runtime.
//!
//! What decides (batches leaving, sequence numbers, retries, positions) is in `core/producer` and
//! `core/consumer`; here are bytes, sockets and time. A broker's bytes are checked, never trusted.
//!
//! *Not here*: groups, transactions, TLS and SASL.

mod admin;
mod clock;
mod cluster;
mod config;
mod connection;
mod consumer;
mod error;
mod metadata;
mod partitioner;
mod producer;

pub use admin::{
    Admin, AlterConfig, AlterConfigOp, ClusterDescription, ConfigEntry, ConfigResource,
    ConfigSource, ConfigSynonym, ConfigType, CreatedTopic, DescribedBroker, GroupDescription,
    GroupListing, GroupMember, ListedOffset, LogDir, LogDirReplica, NewPartitions, NewTopic,
    OffsetSpec, Outcomes, PartitionDescription, ResourceType, TopicDescription, TopicListing,
};
pub use config::{
    Acks, AdminConfig, Applied, ClientConfig, ConfigError, ConsumerConfig, IsolationLevel,
    OffsetResetPolicy, ProducerConfig,
};
pub use connection::{ApiVersionRanges, Connection, RawReply, Reply};
pub use consumer::{Consumer, ConsumerRecord};
pub use error::{Error, Refusal};
pub use metadata::{Broker, Metadata, PartitionMetadata, TopicMetadata};
pub use ottla_consumer::Start;
pub use ottla_records::{Compression, Header};
pub use partitioner::{murmur2, partition_of_key};
pub use producer::{Delivery, Producer, ProducerRecord, RecordMetadata};

pub(crate) use clock::{seed, wall_clock};
