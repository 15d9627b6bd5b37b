//! A node that runs on threads of the test's process, in a directory of its own that ends with it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ottla_broker::{Advertising, Halt, Node, RunningNode, StartError, StartOptions};
use ottla_config::Properties;
use ottla_types::NodeId;
use tempfile::TempDir;

use crate::client::Client;
use crate::directory::{copied, formatted};

const NODE_ID: NodeId = NodeId(1);
/// The node that is a broker only.
const BROKER_ID: NodeId = NodeId(2);

/// What every test node is configured with: nothing waits for a clock, and two reactors, so that
/// neighbouring connections are served by different threads.
const SETTINGS: [(&str, &str); 11] = [
    ("process.roles", "broker,controller"),
    (
        "listeners",
        "PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:0",
    ),
    ("controller.listener.names", "CONTROLLER"),
    ("controller.quorum.bootstrap.servers", "localhost:1"),
    ("broker.heartbeat.interval.ms", "50"),
    ("offsets.topic.replication.factor", "1"),
    ("offsets.topic.num.partitions", "2"),
    ("group.initial.rebalance.delay.ms", "0"),
    ("ottla.reactors", "2"),
    ("ottla.durability", "os"),
    ("ottla.metrics.listener", "127.0.0.1:0"),
];

/// A node that serves until it is dropped, which stops it in order.
pub struct TestNode {
    node_id: NodeId,
    running: Option<RunningNode>,
    directory: TempDir,
    settings: Vec<(String, String)>,
    has_halted: Arc<AtomicBool>,
}

impl TestNode {
    /// A new node with nothing in it.
    #[must_use]
    pub fn start() -> TestNode {
        TestNode::with(&[])
    }

    /// A new node with these keys over those of every test node.
    #[must_use]
    pub fn with(settings: &[(&str, &str)]) -> TestNode {
        TestNode::try_with(settings).unwrap()
    }

    /// A new node, if its settings let it start.
    ///
    /// # Errors
    /// Why it does not start.
    pub fn try_with(settings: &[(&str, &str)]) -> Result<TestNode, StartError> {
        let own = settings.iter();
        let own = own.map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        TestNode::start_in(NODE_ID, formatted(NODE_ID, None), own.collect())
    }

    /// A broker of its own whose controller is another node, with these keys over its own.
    #[must_use]
    pub fn broker_of(controller: &TestNode, settings: &[(&str, &str)]) -> TestNode {
        let cluster_id = controller.node().cluster_id().to_owned();
        let address = controller.address("CONTROLLER").to_string();
        let own = [
            ("process.roles", "broker"),
            ("listeners", "PLAINTEXT://127.0.0.1:0"),
            ("controller.quorum.bootstrap.servers", &address),
        ];
        let settings = own.iter().chain(settings);
        let settings = settings.map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        let directory = formatted(BROKER_ID, Some(cluster_id));
        TestNode::start_in(BROKER_ID, directory, settings.collect()).unwrap()
    }

    fn start_in(
        node_id: NodeId,
        directory: TempDir,
        settings: Vec<(String, String)>,
    ) -> Result<TestNode, StartError> {
        let mut file = Properties::default();
        file.set("node.id", node_id.to_string());
        file.set("log.dirs", directory.path().display().to_string());
        let common = SETTINGS.iter().map(|(key, value)| (*key, *value));
        let own = settings.iter().map(|(key, value)| (&**key, &**value));
        for (key, value) in common.chain(own) {
            file.set(key, value);
        }
        let has_halted = Arc::new(AtomicBool::new(false));
        let halted = Arc::clone(&has_halted);
        let running = ottla_broker::start(StartOptions {
            file,
            advertising: Advertising::Registered,
            halt: Halt::new(move || halted.store(true, Ordering::SeqCst)),
        })?;
        Ok(TestNode {
            node_id,
            running: Some(running),
            directory,
            settings,
            has_halted,
        })
    }

    /// Stops it in order and starts it again on what it left.
    #[must_use]
    pub fn restarted(self) -> TestNode {
        self.try_restarted().unwrap()
    }

    /// Stops it in order and starts it again on what it left, if that lets it start.
    ///
    /// # Errors
    /// Why it does not start.
    pub fn try_restarted(mut self) -> Result<TestNode, StartError> {
        self.stop();
        let directory = std::mem::replace(&mut self.directory, tempfile::tempdir().unwrap());
        let settings = std::mem::take(&mut self.settings);
        TestNode::start_in(self.node_id, directory, settings)
    }

    /// Another node on what a kill would leave of this one. Nothing may be on its way.
    #[must_use]
    pub fn killed_and_restarted(&self) -> TestNode {
        let directory = copied(self.directory.path());
        TestNode::start_in(self.node_id, directory, self.settings.clone()).unwrap()
    }

    /// Stops it in order; its directory stays as long as the value.
    pub fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.stop();
        }
    }

    /// Whether its process would have ended by now. Here it goes on, so that it can be seen what it
    /// does until then.
    #[must_use]
    pub fn has_halted(&self) -> bool {
        self.has_halted.load(Ordering::SeqCst)
    }

    /// Where its logs lie.
    #[must_use]
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// What its threads share.
    #[must_use]
    pub fn node(&self) -> &Node {
        self.running().node()
    }

    /// A new connection to its listener for clients.
    #[must_use]
    pub fn client(&self) -> Client {
        Client::connect(self.address("PLAINTEXT"))
    }

    /// A new connection to its controller's listener.
    #[must_use]
    pub fn controller_client(&self) -> Client {
        Client::connect(self.address("CONTROLLER"))
    }

    /// Where a listener is bound.
    #[must_use]
    pub fn address(&self, listener: &str) -> SocketAddr {
        let mut listeners = self.running().listeners().iter();
        let bound = listeners.find(|bound| bound.name == listener);
        bound.expect("the node has this listener").address
    }

    /// What its metrics endpoint says.
    #[must_use]
    pub fn metrics(&self) -> String {
        let address = self.running().metrics_address().unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        stream
            .write_all(b"GET /metrics HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
            .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn running(&self) -> &RunningNode {
        self.running.as_ref().expect("the node was not stopped")
    }
}

impl Drop for TestNode {
    fn drop(&mut self) {
        self.stop();
    }
}
