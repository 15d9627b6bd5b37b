//! Producer, Consumer and Admin for any Kafka cluster, on any tokio runtime.
//!
//! What decides (batches leaving, sequence numbers, retries, positions) is in `core/producer` and
//! `core/consumer`; here are bytes, sockets and time. A broker's bytes are checked, never trusted.
//!
//! *Not here*: groups, transactions, TLS and SASL.
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use ottla_client::{
//!     Admin, AdminConfig, Consumer, ConsumerConfig, NewTopic, Producer, ProducerConfig,
//!     ProducerRecord, Start,
//! };
//!
//! # async fn example() -> Result<(), ottla_client::Error> {
//! let admin = Admin::new(AdminConfig::new("localhost:9092"))?;
//! let orders = NewTopic {
//!     name: "orders".to_owned(),
//!     partitions: Some(3),
//!     ..NewTopic::default()
//! };
//! for (topic, created) in admin.create_topics(&[orders], false).await? {
//!     println!("{topic} has {:?} partitions", created?.partitions);
//! }
//!
//! let producer = Producer::new(ProducerConfig::new("localhost:9092"))?;
//! let order = ProducerRecord::new("orders", b"{\"eur\":12.5}").with_key(b"c7");
//! let written = producer.send(order).await?.await?;
//! println!("written to partition {} at {:?}", written.partition, written.offset);
//! producer.close(Duration::from_secs(5)).await?;
//!
//! let mut consumer = Consumer::new(ConsumerConfig::new("localhost:9092"))?;
//! consumer.assign(&[("orders", written.partition)]);
//! consumer.seek("orders", written.partition, Start::Beginning)?;
//! for record in consumer.poll(Duration::from_secs(1)).await? {
//!     println!("{} {:?}", record.offset, record.value);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Settings have Kafka's names, as methods and as text:
//!
//! ```
//! use ottla_client::{Applied, Compression, ProducerConfig};
//!
//! let mut config = ProducerConfig::new("localhost:9092").compression_type(Compression::Lz4);
//! assert_eq!(config.set("linger.ms", "20")?, Applied::Used);
//! assert!(config.set("linger.ms", "soon").is_err());
//! // Keys of Java's client that mean nothing here are told apart from those that take effect.
//! assert_eq!(config.set("metric.reporters", "")?, Applied::NotUsed);
//! # Ok::<(), ottla_client::ConfigError>(())
//! ```

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
