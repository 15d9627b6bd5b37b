//! The assembly of a node, in the order that its parts need each other: directories, quorum,
//! reactors, registration, listeners.

mod directories;
mod listeners;
mod quorum;
mod seed;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use ottla_config::{BrokerConfig, ConfigError, Properties, check_at_start};
use ottla_log::{DirectoryLock, LogDirectory, LogError, RealStorage};
use ottla_machine::Random;
use ottla_runtime::quorum::{QuorumError, QuorumHandle, start_quorum};
use ottla_runtime::{
    Acceptor, ConnectionLimits, Directory, Pool, REACTORS_MAX, ReactorHandle, start_reactor,
};
use tokio::runtime::Builder;
use tokio::sync::{Notify, oneshot};

use crate::cluster_controller::{ClusterController, ClusterPublisher};
use crate::controller_channel::{ControllerChannel, ControllerChannelParts};
use crate::groups::GroupHost;
use crate::lifecycle::{Identity, Lifecycle, LifecycleError};
use crate::logs::Logs;
use crate::maintenance::Maintenance;
use crate::node::{Advertising, Halt, Node, NodeHooks, NodeParts};
use crate::protection::{self, Unenforced};
use crate::publisher::Publisher;
use crate::quorum_channel::QuorumChannel;
use crate::reactor::{Message, ReactorService};
use crate::settings::Settings;
use crate::stop::close_directories;

pub use listeners::BoundListener;
use listeners::{Acceptance, Audience};

/// Answers that may be on their way to one client before no more of its requests are read.
const MAX_UNSENT_BYTES: usize = 2 << 20;
/// Requests of one client that may be unanswered.
const MAX_PIPELINED: usize = 1000;
/// Of the files the process may have open, how many may be segments.
const OPEN_FILES_SHARE: f64 = 0.6;
/// How long the stop of the quorum may take.
const QUORUM_PATIENCE: Duration = Duration::from_secs(5);

/// What a node is started with.
#[derive(Clone, Debug)]
pub struct StartOptions {
    /// The configuration file with overrides.
    pub file: Properties,
    /// What clients are told about where it listens.
    pub advertising: Advertising,
    /// What ends the process where the node cannot go on.
    pub halt: Halt,
}

/// Why a node does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration.
    #[error("{0}")]
    Configuration(#[from] ConfigError),
    /// A log directory.
    #[error("{0}")]
    Directory(#[from] LogError),
    /// The metadata quorum.
    #[error("{0}")]
    Quorum(#[from] QuorumError),
    /// A listener.
    #[error("listener {listener} cannot be bound to {address}: {source}")]
    Listener {
        /// Its name.
        listener: String,
        /// Where.
        address: String,
        /// Why.
        source: io::Error,
    },
    /// The registration.
    #[error("{0}")]
    Lifecycle(#[from] LifecycleError),
    /// The metadata has what protects the cluster and would not be enforced.
    #[error("{0}")]
    Unprotected(#[from] Unenforced),
    /// A thread or poller.
    #[error("the system refuses a thread or a poller: {0}")]
    System(#[from] io::Error),
}

type DirectoryPair = (Arc<Directory<GroupHost>>, LogDirectory<RealStorage>);

/// A node that serves, until it is stopped.
pub struct RunningNode {
    node: Arc<Node>,
    listeners: Vec<BoundListener>,
    metrics_address: Option<SocketAddr>,
    acceptors: Vec<Acceptor>,
    reactors: Vec<JoinHandle<()>>,
    stop_lifecycle: oneshot::Sender<()>,
    lifecycle: std::sync::mpsc::Receiver<i64>,
    maintenance: Maintenance,
    directories: Vec<DirectoryPair>,
    quorum: QuorumHandle<ClusterController>,
    quorum_thread: JoinHandle<()>,
    stop_control: Arc<Notify>,
    control_thread: JoinHandle<()>,
    locks: Vec<DirectoryLock>,
}

/// Starts a node and returns when it serves. Warnings about the configuration are logged.
///
/// # Errors
/// Why it does not start; nothing is left running that matters.
pub fn start(options: StartOptions) -> Result<RunningNode, StartError> {
    let broker = read_configuration(&options.file)?;
    let (control, stop_control, control_thread) = start_control()?;
    let mut random = Random::from_seed(seed::seed()?);
    let taken = directories::take(&broker, &mut random)?;
    let listeners = listeners::bind_all(&broker)?;
    let identity = Identity {
        incarnation: random.uuid(),
        previous_broker_epoch: taken.previous_broker_epoch,
        endpoints: listeners::advertised(&broker, &listeners),
        controller_endpoints: listeners::advertised_controller(&broker, &listeners),
    };
    let settings = Settings {
        file: options.file,
        broker,
    };
    let surroundings = (options.advertising, options.halt.clone());
    let assembled = assemble(settings, surroundings, &taken, control, &mut random)?;
    let Assembled {
        node,
        handle,
        reactors,
    } = assembled;
    let logs = load_logs(&node, taken.has_offline, random.next_u64())?;
    let directories = logs.directories();
    let publisher = Publisher::new(Arc::clone(&node), identity.incarnation, logs);
    let maintenance =
        Maintenance::new(Arc::clone(&node), publisher.replicas(), directories.clone());
    let roles = node.config().node.roles;
    let publisher = ClusterPublisher::new(publisher, options.halt, roles);
    let (quorum, quorum_thread) = start_quorum(
        RealStorage,
        quorum::configuration(
            &node,
            &taken,
            &identity.controller_endpoints,
            random.next_u64(),
        )?,
        quorum::context(&node),
        publisher,
        node.control().clone(),
    )?;
    handle.get_or_init(|| quorum.clone());
    let reactor_threads = start_reactors(&node, &reactors)?;
    let acceptance = Acceptance::new(&node);
    // Other nodes must reach this controller before anybody can be registered.
    let acceptors = acceptance.accept(&listeners, Audience::Controllers)?;
    let (lifecycle, stop_lifecycle) = start_lifecycle(&node, identity)?;
    let running = RunningNode {
        node,
        listeners,
        metrics_address: None,
        acceptors,
        reactors: reactor_threads,
        stop_lifecycle,
        lifecycle,
        maintenance,
        directories,
        quorum,
        quorum_thread,
        stop_control,
        control_thread,
        locks: taken.locks,
    };
    serve_clients(running, &acceptance)
}

fn load_logs(node: &Node, has_offline: bool, seed: u64) -> Result<Logs, LogError> {
    Logs::load(
        node.node_id(),
        (node.directories(), has_offline),
        &node.config().log_dirs.metadata_log_dir,
        open_files(),
        i64::from(node.config().producer_ids.expiration_ms),
        seed,
    )
}

/// Lets clients in, if nothing in the metadata protects the cluster from what they may do here.
fn serve_clients(
    mut running: RunningNode,
    acceptance: &Acceptance,
) -> Result<RunningNode, StartError> {
    if let Err(refusal) = protection::check(&running.node.published().image) {
        running.stop();
        return Err(refusal.into());
    }
    running.maintenance.start();
    running.metrics_address = listeners::serve_metrics(&running.node)?;
    let clients = acceptance.accept(&running.listeners, Audience::Clients)?;
    running.acceptors.extend(clients);
    Ok(running)
}

/// A node before its quorum and reactors run.
struct Assembled {
    node: Arc<Node>,
    /// Filled in once the quorum runs.
    handle: Arc<OnceLock<QuorumHandle<ClusterController>>>,
    reactors: Vec<ReactorHandle<Message>>,
}

fn assemble(
    settings: Settings,
    (advertising, halt): (Advertising, Halt),
    taken: &directories::Taken,
    control: tokio::runtime::Handle,
    random: &mut Random,
) -> Result<Assembled, StartError> {
    let hooks = NodeHooks::new(halt);
    let directories = directories::start(taken, &hooks)?;
    let handle = Arc::default();
    let count = settings
        .broker
        .own
        .reactors
        .map_or_else(default_reactors, |n| n.get() as usize);
    let reactors: Vec<_> = (0..count).map(|_| ReactorHandle::unstarted()).collect();
    let controller = controller_channel(&settings.broker, &handle, &control);
    let node = Arc::new(Node::new(NodeParts {
        settings,
        cluster_id: taken.cluster_id.clone(),
        advertising,
        controller,
        quorum: QuorumChannel::new(Arc::clone(&handle)),
        directories,
        reactors: reactors.clone(),
        control,
        compute: Pool::start("compute", count)?,
        seed: random.next_u64(),
    }));
    hooks.set(&node);
    Ok(Assembled {
        node,
        handle,
        reactors,
    })
}

/// What the file says, if this node can do it.
fn read_configuration(file: &Properties) -> Result<BrokerConfig, StartError> {
    let broker = BrokerConfig::from_properties(file)?;
    for warning in check_at_start(file, &broker)? {
        tracing::warn!("{warning}");
    }
    Ok(broker)
}

impl RunningNode {
    /// What all its threads share.
    #[must_use]
    pub fn node(&self) -> &Arc<Node> {
        &self.node
    }

    /// Where it listens.
    #[must_use]
    pub fn listeners(&self) -> &[BoundListener] {
        &self.listeners
    }

    /// Where metrics are served, if they are.
    #[must_use]
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics_address
    }

    /// Stops it in order: leaderships are handed over, logs closed, markers written.
    pub fn stop(self) {
        for acceptor in self.acceptors {
            acceptor.stop();
        }
        // The receiver is gone only if the task is: then there is nothing to hand over.
        let _ = self.stop_lifecycle.send(());
        let broker_epoch = self.lifecycle.recv().unwrap_or(-1);
        for index in 0..self.node.reactor_count() {
            self.node.stop_reactor(index);
        }
        join_all(self.reactors);
        close_directories(
            &self.node,
            &self.maintenance,
            &self.directories,
            broker_epoch,
        );
        self.quorum.stop(QUORUM_PATIENCE);
        self.stop_control.notify_one();
        join_all([self.quorum_thread, self.control_thread]);
        drop(self.locks);
    }
}

fn join_all(threads: impl IntoIterator<Item = JoinHandle<()>>) {
    for thread in threads {
        // A thread that panicked has aborted the process.
        let _ = thread.join();
    }
}

type Control = (tokio::runtime::Handle, Arc<Notify>, JoinHandle<()>);

/// The runtime of background tasks, on a thread of its own.
fn start_control() -> io::Result<Control> {
    let runtime = Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build()?;
    let handle = runtime.handle().clone();
    let stop = Arc::new(Notify::new());
    let stopped = Arc::clone(&stop);
    let thread = thread::Builder::new()
        .name("control".to_owned())
        .spawn(move || runtime.block_on(stopped.notified()))?;
    Ok((handle, stop, thread))
}

fn controller_channel(
    config: &BrokerConfig,
    handle: &Arc<OnceLock<QuorumHandle<ClusterController>>>,
    control: &tokio::runtime::Handle,
) -> ControllerChannel {
    let milliseconds = |ms: i32| Duration::from_millis(u64::try_from(ms).unwrap_or(0));
    let parts = ControllerChannelParts {
        local: config.node.node_id,
        hosts_controller: config.node.roles.controller,
        quorum: QuorumChannel::new(Arc::clone(handle)),
        runtime: control.clone(),
        request_timeout: milliseconds(config.sockets.request_timeout_ms),
        heartbeat_patience: milliseconds(config.lifecycle.session_timeout_ms) / 2,
    };
    let handle = Arc::clone(handle);
    ControllerChannel::new(parts, move |request, reply| {
        if let Some(quorum) = handle.get() {
            // Whoever asked may have given up: then nobody wants the answer.
            quorum.request(request, move |response| drop(reply.send(response)));
        }
    })
}

fn start_reactors(
    node: &Arc<Node>,
    handles: &[ReactorHandle<Message>],
) -> io::Result<Vec<JoinHandle<()>>> {
    let sockets = &node.config().sockets;
    let limits = ConnectionLimits {
        max_request_bytes: sockets.request_max_bytes as usize,
        max_idle: sockets.connections_max_idle_ms.map(Duration::from_millis),
        max_unsent_bytes: MAX_UNSENT_BYTES,
        max_pipelined: MAX_PIPELINED,
    };
    handles
        .iter()
        .zip(node.metrics())
        .enumerate()
        .map(|(index, (handle, metrics))| {
            let (node, metrics) = (Arc::clone(node), Arc::clone(metrics));
            let service = move || Rc::new(ReactorService::new(index, node, metrics));
            start_reactor(index, handle, limits.clone(), service)
        })
        .collect()
}

type LifecycleEnds = (std::sync::mpsc::Receiver<i64>, oneshot::Sender<()>);

/// Waits until the broker is unfenced, then lets it live.
fn start_lifecycle(node: &Arc<Node>, identity: Identity) -> Result<LifecycleEnds, StartError> {
    let (started, wait) = std::sync::mpsc::channel();
    let (ended, epoch) = std::sync::mpsc::channel();
    let (stop, stopped) = oneshot::channel();
    let living = Arc::clone(node);
    node.control().spawn(async move {
        match Lifecycle::start(living, identity).await {
            Ok(lifecycle) => {
                // Both receivers live as long as the node does.
                let _ = started.send(Ok(()));
                let _ = ended.send(lifecycle.run(stopped).await);
            }
            Err(error) => drop(started.send(Err(error))),
        }
    });
    wait.recv().unwrap_or(Err(LifecycleError::TimedOut))?;
    Ok((epoch, stop))
}

fn default_reactors() -> usize {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    cores.min(REACTORS_MAX)
}

/// How many segments may be open at a time.
fn open_files() -> usize {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    (limit.unwrap_or(1024) as f64 * OPEN_FILES_SHARE) as usize
}

/// The paths of the directories of a configuration, each once.
fn directory_paths(broker: &BrokerConfig) -> Vec<PathBuf> {
    let mut paths = broker.log_dirs.log_dirs.clone();
    if !paths.contains(&broker.log_dirs.metadata_log_dir) {
        paths.push(broker.log_dirs.metadata_log_dir.clone());
    }
    paths
}
