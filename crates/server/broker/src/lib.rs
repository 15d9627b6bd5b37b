//! A node: the APIs, their handlers and the assembly.
//!
//! *Not here*: decisions (`core`), threads and sockets (`server/runtime`), files (`server/log`).

pub mod apis;
mod checkpoints;
mod cluster_controller;
mod compression;
mod controller_channel;
mod features;
mod groups;
mod handlers;
mod lifecycle;
mod logs;
mod maintenance;
mod metrics;
mod metrics_endpoint;
mod node;
mod operations;
mod producer_ids;
mod protection;
mod published;
mod publisher;
mod quorum_channel;
mod reactor;
mod request;
mod retention;
mod settings;
mod start;
mod stop;
mod topic_creation;

use ottla_log::RealStorage;

pub use groups::{GroupHost, LoadError, load_groups};
pub use lifecycle::LifecycleError;
pub use node::{Advertising, Halt, Node};
pub use start::{BoundListener, RunningNode, StartError, StartOptions, start};

/// A replica of this node, with a group coordinator on it where there is one.
pub type Replica<S = RealStorage> = ottla_runtime::Replica<groups::GroupHost, S>;

/// The parts of a node that work over any storage, for whoever assembles one of his own: the
/// simulator.
pub mod parts {
    pub use crate::checkpoints::{
        CHECKPOINTS_AT_STOP, store_checkpoints, store_checkpoints_at_stop,
    };
    pub use crate::cluster_controller::ClusterController;
    pub use crate::features::supported_features;
    pub use crate::groups::on_topics_deleted;
    pub use crate::handlers::fetch::{
        Answer as FetchAnswer, ColdReading, Place as FetchPlace, Reading as FetchReading,
        ReadingLimits, Step as FetchStep, Target as FetchTarget,
    };
    pub use crate::logs::{Logs, OpenPlan, Opening, RetiredReplica, open_in_turn};
    pub use crate::published::{Hosting, Published, TopicEntry};
    pub use crate::publisher::{OpenReplicas, Publisher, PublisherHooks};
    pub use crate::retention::expire_records;
    pub use crate::settings::Settings;
    pub use crate::stop::close_replica;
}
