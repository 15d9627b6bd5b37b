//! The typed view of what a node honours of its file.

mod assemble;
mod own;
mod values;

use std::path::PathBuf;

use ottla_types::NodeId;

use crate::listeners::{Endpoint, HostAndPort};

pub use own::{Durability, OwnConfig};

/// Everything a node honours of its configuration, checked as Kafka checks it. Times are in the
/// unit of the key's name.
#[derive(Clone, Debug, PartialEq)]
pub struct BrokerConfig {
    /// Who the node is.
    pub node: NodeConfig,
    /// Where it listens and what it tells others about that.
    pub listeners: ListenersConfig,
    /// Sockets, requests and connections.
    pub sockets: SocketConfig,
    /// Where logs lie and what happens to them in the background.
    pub log_dirs: LogDirsConfig,
    /// How topics come and go.
    pub topic_creation: TopicCreationConfig,
    /// The metadata quorum.
    pub quorum: QuorumConfig,
    /// The metadata log.
    pub metadata_log: MetadataLogConfig,
    /// A broker's life as the controller sees it.
    pub lifecycle: BrokerLifecycleConfig,
    /// How leaders of partitions change.
    pub leader_election: LeaderElectionConfig,
    /// Limits of Fetch and Metadata.
    pub fetch: FetchConfig,
    /// Committed offsets and their topic.
    pub offsets: OffsetsConfig,
    /// Classic groups.
    pub classic_groups: ClassicGroupConfig,
    /// Idempotent producers.
    pub producer_ids: ProducerIdConfig,
    /// `unstable.api.versions.enable`
    pub unstable_api_versions_enable: bool,
    /// `unstable.feature.versions.enable`
    pub unstable_feature_versions_enable: bool,
    /// The keys of ottla's own.
    pub own: OwnConfig,
}

/// Who the node is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeConfig {
    /// `node.id`, or `broker.id`
    pub node_id: NodeId,
    /// `process.roles`
    pub roles: Roles,
    /// `broker.rack`
    pub rack: Option<String>,
}

/// The roles of a node; it has at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Roles {
    /// It serves clients.
    pub broker: bool,
    /// It is part of the metadata quorum.
    pub controller: bool,
}

/// Where the node listens and what it tells others about that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenersConfig {
    /// `listeners`, those of the controller among them.
    pub listeners: Vec<Endpoint>,
    /// What clients are told, without the controller's; from `advertised.listeners`, or the
    /// listeners themselves.
    pub advertised: Vec<Endpoint>,
    /// What other nodes are told of the controller's listeners.
    pub advertised_controller: Vec<Endpoint>,
    /// `controller.listener.names`, in capitals.
    pub controller_listener_names: Vec<String>,
    /// The listener brokers use among themselves, in capitals.
    pub inter_broker_listener_name: String,
}

impl ListenersConfig {
    /// Whether the listener called `name` (in capitals) is one of the controller's.
    #[must_use]
    pub fn is_controller_listener(&self, name: &str) -> bool {
        self.controller_listener_names.iter().any(|one| one == name)
    }
}

/// Sockets, requests and connections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SocketConfig {
    /// `socket.send.buffer.bytes` if it is set; `None` leaves it to the system, which does better
    /// than Kafka's default.
    pub send_buffer_bytes: Option<u32>,
    /// `socket.receive.buffer.bytes` if it is set; `None` leaves it to the system.
    pub receive_buffer_bytes: Option<u32>,
    /// `socket.request.max.bytes`
    pub request_max_bytes: u32,
    /// `socket.listen.backlog.size` if it is set; `None` stands for a queue long enough for a
    /// storm of connections.
    pub listen_backlog_size: Option<u32>,
    /// `connections.max.idle.ms`; `None` never closes an idle connection.
    pub connections_max_idle_ms: Option<u64>,
    /// `max.connections`
    pub max_connections: u32,
    /// `max.connections.per.ip`
    pub max_connections_per_ip: u32,
    /// `request.timeout.ms`
    pub request_timeout_ms: i32,
}

/// Where logs lie and what happens to them in the background.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogDirsConfig {
    /// `log.dirs`, or `log.dir`; at least one.
    pub log_dirs: Vec<PathBuf>,
    /// `metadata.log.dir`, or the first of the log directories.
    pub metadata_log_dir: PathBuf,
    /// `num.recovery.threads.per.data.dir`
    pub num_recovery_threads_per_data_dir: u32,
    /// `log.retention.check.interval.ms`
    pub retention_check_interval_ms: i64,
    /// `log.flush.scheduler.interval.ms`
    pub flush_scheduler_interval_ms: i64,
    /// `log.flush.offset.checkpoint.interval.ms`
    pub flush_offset_checkpoint_interval_ms: i64,
    /// `log.flush.start.offset.checkpoint.interval.ms`
    pub flush_start_offset_checkpoint_interval_ms: i64,
    /// `replica.high.watermark.checkpoint.interval.ms`
    pub high_watermark_checkpoint_interval_ms: i64,
}

/// How topics come and go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicCreationConfig {
    /// `num.partitions`
    pub num_partitions: i32,
    /// `default.replication.factor`
    pub default_replication_factor: i16,
    /// `auto.create.topics.enable`
    pub auto_create_topics_enable: bool,
    /// `delete.topic.enable`
    pub delete_topic_enable: bool,
    /// `min.insync.replicas` of topics that do not say otherwise.
    pub min_insync_replicas: i32,
}

/// A voter of a static metadata quorum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voter {
    /// Its node id.
    pub id: NodeId,
    /// Where it listens.
    pub address: HostAndPort,
}

/// The metadata quorum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuorumConfig {
    /// `controller.quorum.voters`; empty for a quorum whose voters are in its own log.
    pub voters: Vec<Voter>,
    /// `controller.quorum.bootstrap.servers`
    pub bootstrap_servers: Vec<HostAndPort>,
    /// `controller.quorum.election.timeout.ms`
    pub election_timeout_ms: i32,
    /// `controller.quorum.election.backoff.max.ms`
    pub election_backoff_max_ms: i32,
    /// `controller.quorum.fetch.timeout.ms`
    pub fetch_timeout_ms: i32,
    /// `controller.quorum.request.timeout.ms`
    pub request_timeout_ms: i32,
    /// `controller.quorum.retry.backoff.ms`
    pub retry_backoff_ms: i32,
}

/// The metadata log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetadataLogConfig {
    /// `metadata.log.segment.bytes`, or `internal.metadata.log.segment.bytes`
    pub segment_bytes: i32,
    /// `metadata.log.segment.ms`
    pub segment_ms: i64,
    /// `metadata.max.retention.bytes`
    pub max_retention_bytes: i64,
    /// `metadata.max.retention.ms`
    pub max_retention_ms: i64,
    /// `metadata.log.max.record.bytes.between.snapshots`
    pub max_record_bytes_between_snapshots: i64,
    /// `metadata.log.max.snapshot.interval.ms`; `None` for never.
    pub max_snapshot_interval_ms: Option<i64>,
    /// `metadata.max.idle.interval.ms`; `None` for never.
    pub max_idle_interval_ms: Option<i64>,
}

/// A broker's life as the controller sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokerLifecycleConfig {
    /// `broker.heartbeat.interval.ms`
    pub heartbeat_interval_ms: i32,
    /// `broker.session.timeout.ms`
    pub session_timeout_ms: i32,
    /// `initial.broker.registration.timeout.ms`
    pub initial_registration_timeout_ms: i32,
}

/// How often the active controller looks for leaders to change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaderElectionConfig {
    /// `auto.leader.rebalance.enable`
    pub auto_rebalance_enable: bool,
    /// `leader.imbalance.check.interval.seconds`
    pub imbalance_check_interval_seconds: i64,
    /// `unclean.leader.election.interval.ms`
    pub unclean_interval_ms: i64,
}

/// Limits of Fetch and Metadata.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchConfig {
    /// `fetch.max.bytes`
    pub max_bytes: i32,
    /// `max.incremental.fetch.session.cache.slots`
    pub max_incremental_session_cache_slots: i32,
    /// `max.request.partition.size.limit`
    pub max_request_partition_size_limit: i32,
}

/// Committed offsets and their topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OffsetsConfig {
    /// `offset.metadata.max.bytes`
    pub metadata_max_bytes: i32,
    /// `offsets.retention.minutes`, in milliseconds.
    pub retention_ms: i64,
    /// `offsets.retention.check.interval.ms`
    pub retention_check_interval_ms: i64,
    /// `offsets.topic.num.partitions`
    pub topic_num_partitions: i32,
    /// `offsets.topic.replication.factor`
    pub topic_replication_factor: i16,
    /// `offsets.topic.segment.bytes`
    pub topic_segment_bytes: i32,
}

/// Classic groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassicGroupConfig {
    /// `group.min.session.timeout.ms`
    pub min_session_timeout_ms: i32,
    /// `group.max.session.timeout.ms`
    pub max_session_timeout_ms: i32,
    /// `group.max.size`
    pub max_size: i32,
    /// `group.initial.rebalance.delay.ms`
    pub initial_rebalance_delay_ms: i32,
}

/// Idempotent producers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProducerIdConfig {
    /// `producer.id.expiration.ms`
    pub expiration_ms: i32,
    /// `producer.id.expiration.check.interval.ms`
    pub expiration_check_interval_ms: i32,
}

#[cfg(test)]
mod tests;
