//! A node under a seeded scheduler that owns time, the disk and the network.
//!
//! What runs is real: the log over its seam to the file system, the runtime's replicas, rolls,
//! pool, committer and member of the metadata quorum with its log and snapshots, the controller,
//! the broker's publisher, retention, fetches and group coordinator, the machines of partitions
//! and of our own producer. What is simulated lies around them: disk, clock, connections, clients,
//! and the order in which threads take turns. A seed decides everything, so that what it finds can
//! be seen again.
//!
//! *Not here*: the network protocol (no byte of it crosses the simulated connections); other nodes.

mod broker;
mod bugs;
mod checkers;
mod clients;
mod clock;
mod disk;
mod network;
mod plan;
mod simulation;
mod tasks;
mod topics;
mod trace;
mod world;

pub use bugs::Bug;
pub use checkers::{Rule, Violation};
pub use plan::Scenario;
pub use simulation::{Options, Outcome, simulate};
