//! What a formatter leaves on the disk of a node, and what the node is configured with.

use std::io::{self, IoSlice};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use ottla_broker::parts::{Settings, supported_features};
use ottla_config::{BrokerConfig, Properties};
use ottla_controller::{ControllerContext, ControllerSettings, FileConfigSchema};
use ottla_log::{MemoryStorage, OpenHow, RollLimits, Storage, snapshot_file_name};
use ottla_metadata::MetadataVersion;
use ottla_raft::{QuorumTimeouts, ReplicaKey};
use ottla_runtime::quorum::{
    ControlState, METADATA_LOG_DIRECTORY, QuorumConfiguration, QuorumEndpoint, Snapshot,
    SnapshotLimits, Voter,
};
use ottla_types::{LeaderEpoch, NodeId, Offset, TimestampMs, Uuid};

use super::LOG_DIRECTORY;
use crate::plan::Plan;

/// This node.
pub const NODE_ID: NodeId = NodeId(1);
/// Its directory.
pub const DIRECTORY_ID: Uuid = Uuid(200 << 64);
const CLUSTER_ID: &str = "simulated";
const CONTROLLER_LISTENER: &str = "CONTROLLER";

/// Makes the directory of a node, with its first voters if they are to be in the log.
///
/// # Errors
/// Never for a new file system.
pub fn format(files: &MemoryStorage, plan: &Plan) -> io::Result<()> {
    files.create_directory(LOG_DIRECTORY.as_ref())?;
    files.sync_directory("/".as_ref())?;
    if !plan.quorum.has_dynamic_voters {
        return Ok(());
    }
    let log = Path::new(LOG_DIRECTORY).join(METADATA_LOG_DIRECTORY);
    files.create_directory(&log)?;
    let snapshot = Snapshot {
        control: ControlState {
            kraft_version: Some(1),
            voters: Some(vec![voter()]),
            voters_record: None,
        },
        ..Snapshot::default()
    };
    let epoch = LeaderEpoch(0);
    let name = snapshot_file_name(Offset::ZERO, epoch);
    write_snapshot(files, &log.join(name), epoch, &snapshot)?;
    files.sync_directory(&log)?;
    files.sync_directory(LOG_DIRECTORY.as_ref())
}

fn write_snapshot(
    files: &MemoryStorage,
    path: &Path,
    epoch: LeaderEpoch,
    snapshot: &Snapshot,
) -> io::Result<()> {
    let version = MetadataVersion::LATEST_PRODUCTION;
    let bytes = snapshot.encode(epoch, version, TimestampMs(0));
    let bytes = bytes.map_err(io::Error::other)?;
    let file = files.open(path, OpenHow::Replace)?;
    files.write_at(&file, 0, &[IoSlice::new(&bytes)])?;
    files.sync(&file)
}

/// Takes the last record out of a snapshot.
///
/// # Errors
/// When it cannot be read or written.
pub fn spoil_snapshot(files: &MemoryStorage, path: &Path, epoch: LeaderEpoch) -> io::Result<()> {
    let file = files.open(path, OpenHow::ReadOnly)?;
    let size = usize::try_from(files.metadata(path)?.size).unwrap_or(0);
    let mut bytes = vec![0; size];
    files.read_at(&file, 0, &mut bytes)?;
    let mut snapshot = Snapshot::decode(&Bytes::from(bytes)).map_err(io::Error::other)?;
    snapshot.records.pop();
    write_snapshot(files, path, epoch, &snapshot)
}

fn voter() -> Voter {
    Voter {
        key: ReplicaKey {
            id: NODE_ID,
            directory_id: DIRECTORY_ID,
        },
        endpoints: vec![endpoint()],
        kraft_versions: (0, 1),
    }
}

fn endpoint() -> QuorumEndpoint {
    QuorumEndpoint {
        listener: CONTROLLER_LISTENER.to_owned(),
        host: "localhost".to_owned(),
        port: 9093,
    }
}

/// The node's configuration file and what it makes of it.
#[must_use]
pub fn settings() -> Settings {
    let mut file = Properties::default();
    for (key, value) in [
        ("node.id", "1"),
        ("process.roles", "broker,controller"),
        (
            "listeners",
            "PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093",
        ),
        ("controller.listener.names", CONTROLLER_LISTENER),
        ("controller.quorum.voters", "1@localhost:9093"),
        ("log.dirs", LOG_DIRECTORY),
    ] {
        file.set(key, value);
    }
    let broker = BrokerConfig::from_properties(&file).expect("this file is right");
    Settings { file, broker }
}

/// What the quorum's member is configured with.
#[must_use]
pub fn quorum(plan: &Plan, seed: u64) -> QuorumConfiguration {
    let static_voter = Voter {
        key: ReplicaKey::without_directory(NODE_ID),
        ..voter()
    };
    QuorumConfiguration {
        metadata_directory: PathBuf::from(LOG_DIRECTORY),
        local: voter().key,
        cluster_id: CLUSTER_ID.to_owned(),
        endpoints: vec![endpoint()],
        static_voters: if plan.quorum.has_dynamic_voters {
            Vec::new()
        } else {
            vec![static_voter]
        },
        bootstrap_servers: Vec::new(),
        controller_listener: CONTROLLER_LISTENER.to_owned(),
        timeouts: QuorumTimeouts::default(),
        roll_limits: RollLimits {
            segment_bytes: plan.quorum.segment_bytes,
            segment_ms: i64::MAX,
            segment_index_bytes: 10 << 20,
        },
        snapshot_limits: SnapshotLimits {
            record_bytes_between: plan.quorum.bytes_between_snapshots,
            retention_bytes: Some(plan.quorum.retention_bytes),
            ..SnapshotLimits::default()
        },
        fetch_bytes_max: 1 << 20,
        seed,
    }
}

/// What the controller looks at.
#[must_use]
pub fn context(settings: &Settings, plan: &Plan) -> ControllerContext {
    ControllerContext {
        cluster_id: CLUSTER_ID.into(),
        node_id: NODE_ID,
        voters: Vec::new(),
        kraft_version: 0,
        log_end_offset: Offset::ZERO,
        settings: ControllerSettings {
            metadata_max_idle_interval: plan.quorum.idle_interval,
            ..ControllerSettings::default()
        },
        supported_features: supported_features(false),
        config_schema: Arc::new(FileConfigSchema::new(settings.file.clone())),
    }
}
