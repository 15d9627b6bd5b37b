//! Interprets effects: reactors, committers, pools. The only home of threads.
//!
//! *Not here*: what requests mean (`server/broker`), what files look like (`server/log`), decisions
//! (`core`).

mod checkpoint_turn;
pub mod clock;
mod committer;
mod connection;
mod directory;
mod line_limit;
mod listener;
mod mailbox;
mod node_connection;
mod notices;
mod pool;
pub mod quorum;
mod reactor;
mod replica;
mod serve;
mod service;
mod space;
mod unsent;
mod write_back;

pub use checkpoint_turn::CheckpointTurn;
pub use connection::{Connection, ReplySlot};
pub use directory::{Directory, DirectoryHooks};
pub use line_limit::LineLimit;
pub use listener::{
    Accepted, Acceptor, ConnectionBounds, ConnectionCount, Counted, SocketSettings, bind,
    start_acceptor,
};
pub use node_connection::{NodeAddress, NodeConnection, NodeError};
pub use notices::{Notice, Notices, REACTORS_MAX, waiter_id, waiter_number};
pub use pool::{GivenWork, Pool, Work};
pub use reactor::{ReactorHandle, ReactorMessage, start_reactor};
pub use replica::{
    ClientBatch, FlushLimits, FoundOffset, HostAppender, Hosted, LoadId, OffsetQuery, Reach,
    ReadBound, ReadOutcome, ReadRequest, Replica, ReplicaParts, ShardState, check_leader_epoch,
};
pub use serve::ConnectionLimits;
pub use service::Service;
pub use unsent::affordable_answer;
