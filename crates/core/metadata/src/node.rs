//! Registrations of brokers and controllers.

use std::sync::Arc;

use crate::persistent_map::PersistentMap;
use ottla_types::{NodeId, Uuid};

/// Where a node listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The listener's name.
    pub name: Arc<str>,
    /// Host name or address.
    pub host: Arc<str>,
    /// TCP port.
    pub port: u16,
    /// 0 PLAINTEXT, 1 SSL, 2 SASL_PLAINTEXT, 3 SASL_SSL.
    pub security_protocol: i16,
}

/// The levels of a feature a node can work at, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VersionRange {
    /// Lowest level.
    pub minimum: i16,
    /// Highest level.
    pub maximum: i16,
}

impl VersionRange {
    /// Whether a level lies in the range.
    #[must_use]
    pub fn contains(self, level: i16) -> bool {
        (self.minimum..=self.maximum).contains(&level)
    }
}

/// A registered broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broker {
    /// Its node id.
    pub id: NodeId,
    /// The epoch of this registration: the offset the log had when it was decided.
    pub epoch: i64,
    /// The run of the process that registered.
    pub incarnation_id: Uuid,
    /// Listeners in the order they were registered.
    pub endpoints: Vec<Endpoint>,
    /// Supported features by name.
    pub features: PersistentMap<Arc<str>, VersionRange>,
    /// The rack, if it has one.
    pub rack: Option<Arc<str>>,
    /// Whether it may lead and be in sync: false while it may.
    pub fenced: bool,
    /// Whether it is handing over its leaderships before it stops.
    pub in_controlled_shutdown: bool,
    /// A mark of clusters that came from ZooKeeper; kept, without meaning here.
    pub is_migrating_zk_broker: bool,
    /// Its log directories that work, ascending. Empty: it does not say.
    pub log_directories: Vec<Uuid>,
    /// Its log directories that take no new replicas; `None` while unknown.
    pub cordoned_log_directories: Option<Vec<Uuid>>,
}

impl Broker {
    /// Whether new partitions may be led by it: registered, unfenced and not on its way out.
    #[must_use]
    pub fn is_active(&self) -> bool {
        !self.fenced && !self.in_controlled_shutdown
    }

    /// The endpoint of a listener.
    #[must_use]
    pub fn endpoint(&self, listener: &str) -> Option<&Endpoint> {
        self.endpoints
            .iter()
            .find(|endpoint| &*endpoint.name == listener)
    }

    /// Whether a replica assigned to `directory` is online here. A broker that names no directories
    /// has every one; an unassigned or unmigrated replica counts as online, a lost one does not.
    #[must_use]
    pub fn has_online_directory(&self, directory: Uuid) -> bool {
        if directory == Uuid::LOST {
            return false;
        }
        directory.is_reserved()
            || self.log_directories.is_empty()
            || self.log_directories.binary_search(&directory).is_ok()
    }

    /// Whether at least one directory takes new replicas.
    #[must_use]
    pub fn has_uncordoned_directory(&self) -> bool {
        let Some(cordoned) = &self.cordoned_log_directories else {
            return true;
        };
        self.log_directories.is_empty()
            || self
                .log_directories
                .iter()
                .any(|directory| !cordoned.contains(directory))
    }
}

/// A registered controller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Controller {
    /// Its node id.
    pub id: NodeId,
    /// The run of the process that registered.
    pub incarnation_id: Uuid,
    /// A mark of clusters that came from ZooKeeper; kept, without meaning here.
    pub zk_migration_ready: bool,
    /// Listeners in the order they were registered.
    pub endpoints: Vec<Endpoint>,
    /// Supported features by name.
    pub features: PersistentMap<Arc<str>, VersionRange>,
}
