//! What a quorum member is configured with, and the member that follows from it.

use std::path::PathBuf;

use ottla_log::{RollLimits, Storage};
use ottla_raft::{QuorumTimeouts, ReplicaKey};
use ottla_types::Now;

use super::QuorumError;
use super::bootstrap::load_bootstrap;
use super::control_records::{QuorumEndpoint, Voter};
use super::metadata_log::MetadataLog;
use super::network::QuorumNetwork;
use super::node::{NodeParts, QuorumNode};
use super::peers::{PeerAddresses, PeerCalls, Sender, bootstrap_ids};
use super::replica::{Membership, Replica};
use super::shard::{MetadataPublisher, MetadataShard};
use super::snapshots::{SnapshotLimits, SnapshotPolicy};
use crate::node_connection::NodeAddress;

/// What a quorum member is configured with.
#[derive(Clone, Debug)]
pub struct QuorumConfiguration {
    /// `metadata.log.dir`, or the first of `log.dirs`.
    pub metadata_directory: PathBuf,
    /// This node with the id of that directory.
    pub local: ReplicaKey,
    /// The cluster.
    pub cluster_id: String,
    /// The controller listeners with the addresses they advertise. A Voters record that says other
    /// ones is written anew; empty leaves it as it is.
    pub endpoints: Vec<QuorumEndpoint>,
    /// `controller.quorum.voters`; in force while no record of the log names voters.
    pub static_voters: Vec<Voter>,
    /// `controller.quorum.bootstrap.servers`: whom a node outside of the voters asks for the
    /// leader. Empty: the voters.
    pub bootstrap_servers: Vec<NodeAddress>,
    /// The first of `controller.listener.names`.
    pub controller_listener: String,
    /// The `controller.quorum.*` times.
    pub timeouts: QuorumTimeouts,
    /// `metadata.log.segment.bytes` and `metadata.log.segment.ms`.
    pub roll_limits: RollLimits,
    /// When snapshots are written and removed.
    pub snapshot_limits: SnapshotLimits,
    /// `controller.quorum.fetch.max.bytes`.
    pub fetch_bytes_max: usize,
    /// Seeds what is random in decisions.
    pub seed: u64,
}

impl<S: Storage, C: MetadataShard, P: MetadataPublisher<C::Effect>> QuorumNode<S, C, P> {
    /// Opens the metadata log and makes the member that [`QuorumNode::start`] then starts.
    ///
    /// # Errors
    /// If the log, `quorum-state`, a snapshot or `bootstrap.checkpoint` cannot be read.
    pub fn open(
        storage: S,
        configuration: QuorumConfiguration,
        context: C::Context,
        publisher: P,
        network: Box<dyn QuorumNetwork>,
        now: Now,
    ) -> Result<Self, QuorumError> {
        let bootstrap = load_bootstrap(&storage, &configuration.metadata_directory)?;
        let log = MetadataLog::open(
            storage,
            &configuration.metadata_directory,
            configuration.roll_limits,
            now.wall,
        )?;
        let membership = Membership {
            local: configuration.local,
            endpoints: configuration.endpoints.clone(),
            static_voters: configuration.static_voters,
            bootstrap: bootstrap_ids(configuration.bootstrap_servers.len()).collect(),
            timeouts: configuration.timeouts,
            seed: configuration.seed,
        };
        let (replica, snapshot) = Replica::open(membership, log)?;
        Ok(QuorumNode::new(NodeParts {
            replica,
            snapshot,
            peers: PeerCalls::new(
                configuration.cluster_id.clone(),
                configuration.fetch_bytes_max,
            ),
            sender: Sender {
                cluster_id: configuration.cluster_id,
                local: configuration.local,
                endpoints: configuration.endpoints,
                fetch_bytes_max: configuration.fetch_bytes_max,
            },
            addresses: PeerAddresses::new(
                configuration.controller_listener,
                configuration.bootstrap_servers,
            ),
            network,
            snapshots: SnapshotPolicy::new(configuration.snapshot_limits),
            context,
            bootstrap,
            publisher,
            seed: configuration.seed,
        }))
    }
}
