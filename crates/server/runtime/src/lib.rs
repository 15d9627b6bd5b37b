//! Interprets effects: reactors, committers, pools. The only home of threads.
//!
//! *Not here*: what requests mean (`server/broker`), what files look like (`server/log`), decisions
//! (`core`).

pub mod clock;
mod connection;
mod listener;
mod mailbox;
pub mod quorum;
mod reactor;
mod serve;
mod service;

pub use connection::{Connection, ReplySlot};
pub use listener::{Accepted, ConnectionBounds, ConnectionCount, Counted, bind, start_acceptor};
pub use reactor::{ReactorHandle, ReactorMessage, start_reactor};
pub use serve::ConnectionLimits;
pub use service::Service;
