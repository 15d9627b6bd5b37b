//! From the file to the typed view, with Kafka's checks across keys.
//!
//! *Kafka*: `KafkaConfig.validateValues`.

use std::path::PathBuf;

use ottla_types::NodeId;

use super::values::Values;
use super::{
    BrokerConfig, BrokerLifecycleConfig, ClassicGroupConfig, FetchConfig, LeaderElectionConfig,
    LogDirsConfig, MetadataLogConfig, NodeConfig, OffsetsConfig, OwnConfig, ProducerIdConfig,
    QuorumConfig, Roles, SocketConfig, TopicCreationConfig, Voter,
};
use crate::error::{ConfigError, require};
use crate::group::check_group_bounds;
use crate::layers::Layers;
use crate::listeners::{HostAndPort, parse_voter};
use crate::properties::Properties;
use crate::topic::TopicConfig;

mod listeners;

impl BrokerConfig {
    /// The configuration in `file`. Whether the file holds keys that are unknown or not implemented
    /// is said by [`check_at_start`](crate::check_at_start).
    ///
    /// # Errors
    /// The first of Kafka's complaints.
    pub fn from_properties(file: &Properties) -> Result<BrokerConfig, ConfigError> {
        BrokerConfig::from_layers(Layers::of_file(file))
    }

    /// The configuration that results from the file and what was set while the broker runs.
    ///
    /// # Errors
    /// The first of Kafka's complaints.
    pub fn from_layers(layers: Layers<'_>) -> Result<BrokerConfig, ConfigError> {
        layers.check_values()?;
        let values = Values::new(layers);
        let node = node(&values)?;
        let quorum = quorum(&values)?;
        check_ranges(&values)?;
        check_group_bounds(&layers)?;
        check_quorum_members(&node, &quorum)?;
        let own = OwnConfig::assemble(&values)?;
        TopicConfig::new(&Default::default(), &layers)?;
        Ok(BrokerConfig {
            listeners: listeners::assemble(&values, &node, &quorum)?,
            node,
            quorum,
            sockets: sockets(&values)?,
            log_dirs: log_dirs(&values)?,
            topic_creation: topic_creation(&values)?,
            metadata_log: metadata_log(&values)?,
            lifecycle: lifecycle(&values)?,
            leader_election: LeaderElectionConfig {
                auto_rebalance_enable: values.boolean("auto.leader.rebalance.enable")?,
                imbalance_check_interval_seconds: values
                    .i64("leader.imbalance.check.interval.seconds")?,
                unclean_interval_ms: values.i64("unclean.leader.election.interval.ms")?,
            },
            fetch: fetch(&values)?,
            offsets: offsets(&values)?,
            classic_groups: classic_groups(&values)?,
            producer_ids: ProducerIdConfig {
                expiration_ms: values.i32("producer.id.expiration.ms")?,
                expiration_check_interval_ms: values
                    .i32("producer.id.expiration.check.interval.ms")?,
            },
            unstable_api_versions_enable: values.boolean("unstable.api.versions.enable")?,
            unstable_feature_versions_enable: values.boolean("unstable.feature.versions.enable")?,
            own,
        })
    }
}

fn node(values: &Values<'_>) -> Result<NodeConfig, ConfigError> {
    let node_id = values.i32("node.id")?;
    require(node_id == values.i32("broker.id")?, || {
        "You must set `node.id` to the same value as `broker.id`.".to_owned()
    })?;
    let roles = values.list("process.roles")?.unwrap_or_default();
    let plays = |role: &str| roles.iter().any(|one| one == role);
    Ok(NodeConfig {
        node_id: NodeId(node_id),
        roles: Roles {
            broker: plays("broker"),
            controller: plays("controller"),
        },
        rack: values.text("broker.rack")?,
    })
}

fn quorum(values: &Values<'_>) -> Result<QuorumConfig, ConfigError> {
    let voters = values
        .list("controller.quorum.voters")?
        .unwrap_or_default()
        .iter()
        .map(|text| parse_voter(text).map(|(id, address)| Voter { id, address }))
        .collect::<Result<_, _>>()?;
    let bootstrap_servers = values
        .list("controller.quorum.bootstrap.servers")?
        .unwrap_or_default()
        .iter()
        .map(|text| HostAndPort::parse_bootstrap(text))
        .collect::<Result<_, _>>()?;
    Ok(QuorumConfig {
        voters,
        bootstrap_servers,
        election_timeout_ms: values.i32("controller.quorum.election.timeout.ms")?,
        election_backoff_max_ms: values.i32("controller.quorum.election.backoff.max.ms")?,
        fetch_timeout_ms: values.i32("controller.quorum.fetch.timeout.ms")?,
        request_timeout_ms: values.i32("controller.quorum.request.timeout.ms")?,
        retry_backoff_ms: values.i32("controller.quorum.retry.backoff.ms")?,
    })
}

fn check_quorum_members(node: &NodeConfig, quorum: &QuorumConfig) -> Result<(), ConfigError> {
    let voters = &quorum.voters;
    require(
        !voters.is_empty() || !quorum.bootstrap_servers.is_empty(),
        || {
            "If using process.roles, either controller.quorum.bootstrap.servers must contain the \
             set of bootstrap controllers or controller.quorum.voters must contain a parseable \
             set of controllers."
                .to_owned()
        },
    )?;
    let votes = voters.iter().any(|voter| voter.id == node.node_id);
    let named = || {
        let ids: Vec<String> = voters.iter().map(|voter| voter.id.to_string()).collect();
        ids.join(", ")
    };
    if node.roles.controller {
        require(voters.is_empty() || votes, || {
            format!(
                "If process.roles contains the 'controller' role, the node id {} must be included \
                 in the set of voters controller.quorum.voters=Set({})",
                node.node_id,
                named()
            )
        })
    } else {
        require(!votes, || {
            format!(
                "If process.roles contains just the 'broker' role, the node id {} must not be \
                 included in the set of voters controller.quorum.voters=Set({})",
                node.node_id,
                named()
            )
        })
    }
}

/// Kafka's checks of one key against another.
fn check_ranges(values: &Values<'_>) -> Result<(), ConfigError> {
    let wait = values.i64("replica.fetch.wait.max.ms")?;
    let said = |sentence: &'static str| move || sentence.to_owned();
    require(
        values.i64("log.cleaner.threads")? == 0
            || values.i64("log.cleaner.dedupe.buffer.size")? / values.i64("log.cleaner.threads")?
                > 1024 * 1024,
        said("log.cleaner.dedupe.buffer.size must be at least 1MB per cleaner thread."),
    )?;
    require(
        wait <= values.i64("replica.socket.timeout.ms")?,
        said(
            "replica.socket.timeout.ms should always be at least replica.fetch.wait.max.ms to \
             prevent unnecessary socket timeouts",
        ),
    )?;
    require(
        wait <= values.i64("replica.lag.time.max.ms")?,
        said(
            "replica.fetch.wait.max.ms should always be less than or equal to \
             replica.lag.time.max.ms to prevent frequent changes in ISR",
        ),
    )?;
    let queued = values.i64("queued.max.request.bytes")?;
    require(
        queued <= 0 || queued >= values.i64("socket.request.max.bytes")?,
        said("queued.max.request.bytes must be larger or equal to socket.request.max.bytes"),
    )?;
    require(
        values.i64("max.connections.per.ip")? != 0
            || values
                .text("max.connections.per.ip.overrides")?
                .is_some_and(|text| !text.is_empty()),
        said(
            "max.connections.per.ip can be set to zero only if max.connections.per.ip.overrides \
             property is set.",
        ),
    )?;
    let idle = values.i64("connections.max.idle.ms")?;
    let delay = values.i64("connection.failed.authentication.delay.ms")?;
    require(idle < 0 || delay < idle, || {
        format!(
            "connection.failed.authentication.delay.ms={delay} should always be less than \
             connections.max.idle.ms={idle} to prevent failed authentication responses from \
             timing out"
        )
    })
}

fn sockets(values: &Values<'_>) -> Result<SocketConfig, ConfigError> {
    let if_set = |name: &str| {
        let number = values.i64(name)?;
        Ok(u32::try_from(number).ok().filter(|_| values.is_set(name)))
    };
    Ok(SocketConfig {
        send_buffer_bytes: if_set("socket.send.buffer.bytes")?,
        receive_buffer_bytes: if_set("socket.receive.buffer.bytes")?,
        request_max_bytes: values.u32("socket.request.max.bytes")?,
        listen_backlog_size: if_set("socket.listen.backlog.size")?,
        connections_max_idle_ms: u64::try_from(values.i64("connections.max.idle.ms")?).ok(),
        max_connections: values.u32("max.connections")?,
        max_connections_per_ip: values.u32("max.connections.per.ip")?,
        request_timeout_ms: values.i32("request.timeout.ms")?,
    })
}

fn log_dirs(values: &Values<'_>) -> Result<LogDirsConfig, ConfigError> {
    let named = match values.list("log.dirs")? {
        Some(dirs) => dirs,
        None => values.list("log.dir")?.unwrap_or_default(),
    };
    let log_dirs: Vec<PathBuf> = named.iter().map(PathBuf::from).collect();
    let first = log_dirs.first().cloned().ok_or_else(|| {
        ConfigError::new("At least one log directory must be defined via log.dirs or log.dir.")
    })?;
    Ok(LogDirsConfig {
        metadata_log_dir: values
            .text("metadata.log.dir")?
            .map_or(first, PathBuf::from),
        log_dirs,
        num_recovery_threads_per_data_dir: values.u32("num.recovery.threads.per.data.dir")?,
        retention_check_interval_ms: values.i64("log.retention.check.interval.ms")?,
        flush_scheduler_interval_ms: values.i64("log.flush.scheduler.interval.ms")?,
        flush_offset_checkpoint_interval_ms: values
            .i64("log.flush.offset.checkpoint.interval.ms")?,
        flush_start_offset_checkpoint_interval_ms: values
            .i64("log.flush.start.offset.checkpoint.interval.ms")?,
        high_watermark_checkpoint_interval_ms: values
            .i64("replica.high.watermark.checkpoint.interval.ms")?,
    })
}

fn topic_creation(values: &Values<'_>) -> Result<TopicCreationConfig, ConfigError> {
    Ok(TopicCreationConfig {
        num_partitions: values.i32("num.partitions")?,
        default_replication_factor: values.i16("default.replication.factor")?,
        auto_create_topics_enable: values.boolean("auto.create.topics.enable")?,
        delete_topic_enable: values.boolean("delete.topic.enable")?,
        min_insync_replicas: values.i32("min.insync.replicas")?,
    })
}

fn metadata_log(values: &Values<'_>) -> Result<MetadataLogConfig, ConfigError> {
    let segment_bytes = match values.optional("internal.metadata.log.segment.bytes")? {
        Some(_) => values.i32("internal.metadata.log.segment.bytes")?,
        None => values.i32("metadata.log.segment.bytes")?,
    };
    let unless_zero = |name: &str| values.i64(name).map(|ms| (ms > 0).then_some(ms));
    Ok(MetadataLogConfig {
        segment_bytes,
        segment_ms: values.i64("metadata.log.segment.ms")?,
        max_retention_bytes: values.i64("metadata.max.retention.bytes")?,
        max_retention_ms: values.i64("metadata.max.retention.ms")?,
        max_record_bytes_between_snapshots: values
            .i64("metadata.log.max.record.bytes.between.snapshots")?,
        max_snapshot_interval_ms: unless_zero("metadata.log.max.snapshot.interval.ms")?,
        max_idle_interval_ms: unless_zero("metadata.max.idle.interval.ms")?,
    })
}

fn lifecycle(values: &Values<'_>) -> Result<BrokerLifecycleConfig, ConfigError> {
    Ok(BrokerLifecycleConfig {
        heartbeat_interval_ms: values.i32("broker.heartbeat.interval.ms")?,
        session_timeout_ms: values.i32("broker.session.timeout.ms")?,
        initial_registration_timeout_ms: values.i32("initial.broker.registration.timeout.ms")?,
    })
}

fn fetch(values: &Values<'_>) -> Result<FetchConfig, ConfigError> {
    Ok(FetchConfig {
        max_bytes: values.i32("fetch.max.bytes")?,
        max_incremental_session_cache_slots: values
            .i32("max.incremental.fetch.session.cache.slots")?,
        max_request_partition_size_limit: values.i32("max.request.partition.size.limit")?,
    })
}

fn offsets(values: &Values<'_>) -> Result<OffsetsConfig, ConfigError> {
    let codec = values.i32("offsets.topic.compression.codec")?;
    require((0..=4).contains(&codec), || {
        format!("Unknown compression type id: {codec}")
    })?;
    Ok(OffsetsConfig {
        metadata_max_bytes: values.i32("offset.metadata.max.bytes")?,
        retention_ms: values.i64("offsets.retention.minutes")? * 60_000,
        retention_check_interval_ms: values.i64("offsets.retention.check.interval.ms")?,
        topic_num_partitions: values.i32("offsets.topic.num.partitions")?,
        topic_replication_factor: values.i16("offsets.topic.replication.factor")?,
        topic_segment_bytes: values.i32("offsets.topic.segment.bytes")?,
    })
}

fn classic_groups(values: &Values<'_>) -> Result<ClassicGroupConfig, ConfigError> {
    Ok(ClassicGroupConfig {
        min_session_timeout_ms: values.i32("group.min.session.timeout.ms")?,
        max_session_timeout_ms: values.i32("group.max.session.timeout.ms")?,
        max_size: values.i32("group.max.size")?,
        initial_rebalance_delay_ms: values.i32("group.initial.rebalance.delay.ms")?,
    })
}
