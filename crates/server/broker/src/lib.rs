//! A node: the APIs, their handlers and the assembly.
//!
//! *Not here*: decisions (`core`), threads and sockets (`server/runtime`), files (`server/log`).

pub mod apis;
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
mod settings;
mod start;
mod stop;
mod topic_creation;

pub use groups::{GroupHost, LoadError, load_groups};
pub use lifecycle::LifecycleError;
pub use node::{Advertising, Node};
pub use start::{BoundListener, RunningNode, StartError, StartOptions, start};

/// A replica of this node, with a group coordinator on it where there is one.
pub type Replica = ottla_runtime::Replica<groups::GroupHost>;
