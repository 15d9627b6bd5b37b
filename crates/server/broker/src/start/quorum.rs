//! What the metadata quorum and the controller on it are configured with.

use std::sync::Arc;
use std::time::Duration;

use ottla_config::Endpoint;
use ottla_controller::{ControllerContext, ControllerSettings, FileConfigSchema};
use ottla_log::RollLimits;
use ottla_raft::{QuorumTimeouts, ReplicaKey};
use ottla_runtime::NodeAddress;
use ottla_runtime::quorum::{QuorumConfiguration, QuorumEndpoint, SnapshotLimits, Voter};
use ottla_types::{NodeId, Offset, Uuid};

use super::StartError;
use super::directories::Taken;
use crate::features::supported_features;
use crate::node::Node;

fn milliseconds(value: impl TryInto<u64>) -> Duration {
    Duration::from_millis(value.try_into().unwrap_or(0))
}

pub(super) fn configuration(
    node: &Node,
    taken: &Taken,
    controller_endpoints: &[Endpoint],
    seed: u64,
) -> Result<QuorumConfiguration, StartError> {
    let config = node.config();
    let (quorum, log) = (&config.quorum, &config.metadata_log);
    let listener = config
        .listeners
        .controller_listener_names
        .first()
        .cloned()
        .unwrap_or_default();
    let own_listener = listener.clone();
    let voters = quorum.voters.iter().map(|voter| Voter {
        key: ReplicaKey {
            id: voter.id,
            directory_id: Uuid::ZERO,
        },
        endpoints: vec![QuorumEndpoint {
            listener: own_listener.clone(),
            host: voter.address.host.clone(),
            port: voter.address.port,
        }],
        kraft_versions: (0, 1),
    });
    let bytes = |value: i64| u64::try_from(value).ok();
    Ok(QuorumConfiguration {
        metadata_directory: config.log_dirs.metadata_log_dir.clone(),
        local: ReplicaKey {
            id: node.node_id(),
            directory_id: taken.metadata_directory_id,
        },
        cluster_id: taken.cluster_id.clone(),
        endpoints: controller_endpoints
            .iter()
            .map(|endpoint| QuorumEndpoint {
                listener: endpoint.listener.clone(),
                host: endpoint.host.clone().unwrap_or_default(),
                port: endpoint.port,
            })
            .collect(),
        static_voters: voters.collect(),
        bootstrap_servers: quorum
            .bootstrap_servers
            .iter()
            .map(|server| NodeAddress {
                host: server.host.clone(),
                port: server.port,
            })
            .collect(),
        controller_listener: listener,
        timeouts: QuorumTimeouts {
            election_timeout: milliseconds(quorum.election_timeout_ms),
            fetch_timeout: milliseconds(quorum.fetch_timeout_ms),
            election_backoff_max: milliseconds(quorum.election_backoff_max_ms),
            request_timeout: milliseconds(quorum.request_timeout_ms),
            retry_backoff: milliseconds(quorum.retry_backoff_ms),
            ..QuorumTimeouts::default()
        },
        roll_limits: RollLimits {
            segment_bytes: u64::try_from(log.segment_bytes).unwrap_or(0),
            segment_ms: log.segment_ms,
            segment_index_bytes: 10 << 20,
        },
        snapshot_limits: SnapshotLimits {
            record_bytes_between: bytes(log.max_record_bytes_between_snapshots).unwrap_or(0),
            interval: log.max_snapshot_interval_ms.map(milliseconds),
            retention_bytes: bytes(log.max_retention_bytes),
            retention: bytes(log.max_retention_ms).map(Duration::from_millis),
        },
        fetch_bytes_max: 1 << 20,
        seed,
    })
}

pub(super) fn context(node: &Node) -> ControllerContext {
    let config = node.config();
    let (creation, elections) = (&config.topic_creation, &config.leader_election);
    ControllerContext {
        cluster_id: node.cluster_id().into(),
        node_id: node.node_id(),
        voters: Vec::<NodeId>::new(),
        kraft_version: 0,
        log_end_offset: Offset::ZERO,
        settings: ControllerSettings {
            default_replication_factor: creation.default_replication_factor,
            num_partitions: creation.num_partitions,
            delete_topic_enable: creation.delete_topic_enable,
            broker_session_timeout: milliseconds(config.lifecycle.session_timeout_ms),
            metadata_max_idle_interval: config
                .metadata_log
                .max_idle_interval_ms
                .map_or(Duration::ZERO, milliseconds),
            auto_leader_rebalance_enable: elections.auto_rebalance_enable,
            leader_imbalance_check_interval: Duration::from_secs(
                u64::try_from(elections.imbalance_check_interval_seconds).unwrap_or(0),
            ),
            unclean_leader_election_interval: milliseconds(elections.unclean_interval_ms),
            min_insync_replicas: creation.min_insync_replicas,
        },
        supported_features: supported_features(config.unstable_feature_versions_enable),
        config_schema: Arc::new(FileConfigSchema::new(node.settings().file.clone())),
    }
}
