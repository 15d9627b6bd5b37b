//! What all threads of a node share.

mod hooks;

pub use hooks::{Halt, NodeHooks};

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;
use ottla_config::{BrokerConfig, SocketConfig};
use ottla_group::{GroupConfiguration, GroupContext};
use ottla_machine::Random;
use ottla_messages::KafkaString;
use ottla_metadata::Broker;
use ottla_runtime::{
    Connection, ConnectionBounds, ConnectionCount, Directory, Notice, Notices, Pool, ReactorHandle,
};
use ottla_types::{Duration, NodeId};

use crate::controller_channel::ControllerChannel;
use crate::groups::GroupHost;
use crate::metrics::Metrics;
use crate::producer_ids::ProducerIds;
use crate::published::Published;
use crate::quorum_channel::QuorumChannel;
use crate::reactor::Message;
use crate::settings::Settings;

/// A node that runs.
pub struct Node {
    settings: Settings,
    cluster_id: String,
    advertising: Advertising,
    published: ArcSwap<Published>,
    controller: ControllerChannel,
    quorum: QuorumChannel,
    producer_ids: ProducerIds,
    connections: Arc<ConnectionCount>,
    directories: Vec<Arc<Directory<GroupHost>>>,
    reactors: Vec<ReactorHandle<Message>>,
    metrics: Vec<Arc<Metrics>>,
    control: tokio::runtime::Handle,
    compute: Pool,
    seed: AtomicU64,
}

/// What clients are told about where this node listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advertising {
    /// What is registered: `advertised.listeners`.
    Registered,
    /// The address they dialled: it reached this node, so it will again.
    Dialled,
}

/// What a node is made of.
pub struct NodeParts {
    /// Its configuration.
    pub settings: Settings,
    /// The cluster.
    pub cluster_id: String,
    /// What clients are told.
    pub advertising: Advertising,
    /// The way to the controller.
    pub controller: ControllerChannel,
    /// The way to the metadata quorum.
    pub quorum: QuorumChannel,
    /// The log directories.
    pub directories: Vec<Arc<Directory<GroupHost>>>,
    /// The reactors, started later.
    pub reactors: Vec<ReactorHandle<Message>>,
    /// Where background tasks run.
    pub control: tokio::runtime::Handle,
    /// Threads for what would keep a reactor busy.
    pub compute: Pool,
    /// For what must not be guessed alike twice.
    pub seed: u64,
}

impl Node {
    /// A node that knows nothing of its cluster yet.
    #[must_use]
    pub fn new(parts: NodeParts) -> Node {
        Node {
            producer_ids: ProducerIds::new(parts.settings.broker.node.node_id),
            connections: Arc::new(ConnectionCount::new(connection_bounds(
                &parts.settings.broker.sockets,
            ))),
            metrics: parts.reactors.iter().map(|_| Arc::default()).collect(),
            settings: parts.settings,
            cluster_id: parts.cluster_id,
            advertising: parts.advertising,
            published: ArcSwap::default(),
            controller: parts.controller,
            quorum: parts.quorum,
            directories: parts.directories,
            reactors: parts.reactors,
            control: parts.control,
            compute: parts.compute,
            seed: AtomicU64::new(parts.seed),
        }
    }

    /// Its id.
    #[must_use]
    pub fn node_id(&self) -> NodeId {
        self.config().node.node_id
    }

    /// The cluster's id.
    #[must_use]
    pub fn cluster_id(&self) -> &str {
        &self.cluster_id
    }

    /// Its configuration as of the start. What of it can change while the node runs is read from
    /// elsewhere: the topic's configuration, or where the publisher puts it.
    #[must_use]
    pub fn config(&self) -> &BrokerConfig {
        &self.settings.broker
    }

    /// Its configuration file and what was made of it.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The newest picture of the cluster.
    #[must_use]
    pub fn published(&self) -> Arc<Published> {
        self.published.load_full()
    }

    pub(crate) fn publish(&self, published: Published) {
        self.published.store(Arc::new(published));
    }

    /// The way to the controller.
    #[must_use]
    pub fn controller(&self) -> &ControllerChannel {
        &self.controller
    }

    /// The way to the metadata quorum.
    #[must_use]
    pub fn quorum(&self) -> &QuorumChannel {
        &self.quorum
    }

    /// The producer ids of this broker.
    #[must_use]
    pub fn producer_ids(&self) -> &ProducerIds {
        &self.producer_ids
    }

    /// The connections of all listeners.
    #[must_use]
    pub fn connections(&self) -> &Arc<ConnectionCount> {
        &self.connections
    }

    /// The log directories.
    #[must_use]
    pub fn directories(&self) -> &[Arc<Directory<GroupHost>>] {
        &self.directories
    }

    /// The counters of every reactor.
    #[must_use]
    pub fn metrics(&self) -> &[Arc<Metrics>] {
        &self.metrics
    }

    /// A reactor by number.
    ///
    /// # Panics
    /// If there is none of this number: waiters name reactors that exist.
    #[must_use]
    pub fn reactor(&self, index: usize) -> &ReactorHandle<Message> {
        self.reactors
            .get(index)
            .expect("a waiter names a reactor that exists")
    }

    /// Ends a reactor and its connections.
    pub fn stop_reactor(&self, index: usize) {
        self.reactor(index).stop();
    }

    /// How many reactors there are.
    #[must_use]
    pub fn reactor_count(&self) -> usize {
        self.reactors.len()
    }

    /// Where background tasks run.
    #[must_use]
    pub fn control(&self) -> &tokio::runtime::Handle {
        &self.control
    }

    /// Threads for what would keep a reactor busy: inflating, compressing.
    #[must_use]
    pub fn compute(&self) -> &Pool {
        &self.compute
    }

    /// A seed that was not given out before. The numbers that follow from one have nothing to do
    /// with those of another.
    #[must_use]
    pub fn random_seed(&self) -> u64 {
        Random::from_seed(self.seed.fetch_add(1, Ordering::Relaxed)).next_u64()
    }

    /// Hands notices to the reactors they are for.
    pub fn deliver(&self, mut notices: Notices) {
        let mut by_reactor: Vec<Vec<Notice>> = vec![Vec::new(); self.reactors.len()];
        for (reactor, notice) in notices.drain() {
            if let Some(list) = by_reactor.get_mut(reactor) {
                list.push(notice);
            }
        }
        for (reactor, list) in self.reactors.iter().zip(by_reactor) {
            if !list.is_empty() {
                reactor.send_all(list.into_iter().map(Message::Notice));
            }
        }
    }

    /// What a client of this connection is told about where a broker listens; `None` if the broker
    /// has no such listener.
    #[must_use]
    pub fn advertised(
        &self,
        connection: &Connection,
        broker: &Broker,
    ) -> Option<(KafkaString, i32)> {
        if self.advertising == Advertising::Dialled && broker.id == self.node_id() {
            let host = connection.local.ip().to_canonical().to_string();
            return Some((KafkaString::from(host), connection.local.port().into()));
        }
        let endpoint = broker.endpoint(&connection.listener)?;
        Some((KafkaString::copy_from(&endpoint.host), endpoint.port.into()))
    }

    /// What group coordinators go by.
    #[must_use]
    pub fn group_context(&self) -> GroupContext {
        let (groups, offsets) = (&self.config().classic_groups, &self.config().offsets);
        let milliseconds = |ms: i64| Duration::from_millis(u64::try_from(ms).unwrap_or(0));
        let configuration = GroupConfiguration {
            min_session_timeout_ms: groups.min_session_timeout_ms,
            max_session_timeout_ms: groups.max_session_timeout_ms,
            initial_rebalance_delay_ms: groups.initial_rebalance_delay_ms,
            max_size: groups.max_size,
            offset_metadata_max_size: offsets.metadata_max_bytes,
            offsets_retention: milliseconds(offsets.retention_ms),
            offsets_retention_check_interval: milliseconds(offsets.retention_check_interval_ms),
        };
        GroupContext {
            configuration,
            deleted_topics: Vec::new(),
        }
    }
}

/// How many connections a configuration allows.
#[must_use]
pub fn connection_bounds(sockets: &SocketConfig) -> ConnectionBounds {
    ConnectionBounds {
        total: sockets.max_connections as usize,
        per_address: sockets.max_connections_per_ip as usize,
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "node {}", self.node_id())
    }
}
