//! A whole node inside a test's own process, and a client that sends it any request at any version.
//!
//! *Not here*: what a node must answer (its own tests say that), nodes as processes of their own
//! (`xtask`).

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a test fails by panicking, in its helpers too"
)]

mod client;
mod directory;
mod node;
mod shortcuts;

pub use client::{Client, Waiting, request_frame};
pub use node::TestNode;
pub use ottla_log::{fail_syncs, mend_syncs};
pub use shortcuts::{
    FETCH_BY_NAME, PRODUCE_BY_NAME, batch, batch_with, fetch_request, forged, now, only_fetched,
    only_produced, produce_request, values_of,
};
