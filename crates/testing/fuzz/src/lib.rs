//! What fuzzers and tests throw at decoders, as functions over bytes. A function panics when bytes
//! break a promise; it returns whether the bytes were what they claim to be.
//!
//! `fuzz/` beside the workspace runs the same functions under cargo-fuzz, which needs a nightly
//! compiler. The inputs in `fuzz/corpus` run here as tests.

#[cfg(test)]
mod corpus;
mod frame;
mod message;
mod record_batch;
mod segment;

pub use frame::frame;
pub use message::{MESSAGES, MessageTarget, log_record, message};
pub use record_batch::{inflate, record_batch};
pub use segment::segment;
