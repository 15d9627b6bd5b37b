//! What a node does when one of its log directories fails.
//!
//! *Kafka*: `ReplicaManager.handleLogDirFailure`, `LogManager.handleLogDirFailure`.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use ottla_partition::Input;
use ottla_runtime::{Directory, DirectoryHooks, Notices, Pool, Work};

use super::Node;
use crate::groups::GroupHost;

/// Why a node cannot go on without a directory, as Kafka says it.
fn reason_to_end(node: &Node, failed: &Directory<GroupHost>) -> Option<String> {
    let config = &node.config().log_dirs;
    if failed.path() == config.metadata_log_dir {
        let path = failed.path().display();
        return Some(format!("the metadata log dir {path} has failed"));
    }
    let mut directories = node.directories().iter();
    if !directories.all(|directory| directory.has_failed()) {
        return None;
    }
    let paths = config
        .log_dirs
        .iter()
        .map(|path| path.display().to_string());
    let paths = paths.collect::<Vec<_>>().join(", ");
    Some(format!("all log dirs in {paths} have failed"))
}

/// What ends the process where the node cannot go on; whoever calls it has said why.
#[derive(Clone)]
pub struct Halt(Arc<dyn Fn() + Send + Sync>);

impl Halt {
    /// Ends the process in this way.
    pub fn new(halt: impl Fn() + Send + Sync + 'static) -> Halt {
        Halt(Arc::new(halt))
    }

    /// Ends the process.
    pub fn halt(&self) {
        (self.0)();
    }
}

impl Default for Halt {
    /// With the status 1, as Kafka does.
    fn default() -> Halt {
        Halt::new(|| std::process::exit(1))
    }
}

impl fmt::Debug for Halt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("halt")
    }
}

/// What the node does when one of its directories fails. Directories are made before the node, so
/// the node is put in afterwards.
#[derive(Clone, Debug)]
pub struct NodeHooks {
    node: Arc<OnceLock<Arc<Node>>>,
    halt: Halt,
}

impl NodeHooks {
    /// Hooks of a node that is yet to be named, and what ends its process.
    #[must_use]
    pub fn new(halt: Halt) -> NodeHooks {
        NodeHooks {
            node: Arc::default(),
            halt,
        }
    }

    /// Names the node.
    pub fn set(&self, node: &Arc<Node>) {
        self.node.get_or_init(|| Arc::clone(node));
    }
}

impl DirectoryHooks<GroupHost> for NodeHooks {
    fn on_failed(&self, directory: &Arc<Directory<GroupHost>>) {
        let Some(node) = self.node.get() else { return };
        for (_, topic) in node.published().topics() {
            for hosting in topic.replicas() {
                if let Some(replica) = hosting.open()
                    && Arc::ptr_eq(replica.directory(), directory)
                {
                    node.deliver(replica.step(Input::StorageFailed));
                }
            }
        }
        if let Some(reason) = reason_to_end(node, directory) {
            tracing::error!("Shutdown broker because {reason}");
            self.halt.halt();
        }
    }

    fn deliver(&self, notices: Notices) {
        if let Some(node) = self.node.get() {
            node.deliver(notices);
        }
    }

    fn after(&self, pool: &Pool, wait: Duration, work: Work) {
        let Some(node) = self.node.get() else { return };
        let pool = pool.clone();
        node.control().spawn(async move {
            tokio::time::sleep(wait).await;
            pool.spawn(work);
        });
    }
}
