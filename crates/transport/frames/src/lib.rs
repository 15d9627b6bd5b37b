//! A connection as a machine: bytes in, whole frames out; answers in, bytes out in request order.
//!
//! *Not here*: sockets and threads (`server/runtime`, `client`), TLS and SASL.
//! *Kafka*: a frame is a big-endian `i32` size and that many bytes.

mod reader;
mod replies;

pub use reader::{FrameError, FrameReader};
pub use replies::{ReplyQueue, SlotId};
