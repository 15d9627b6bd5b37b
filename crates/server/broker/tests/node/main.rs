//! A whole node, asked over its sockets.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

mod bad_batches;
mod bad_requests;
mod configs;
mod connections;
mod controller;
mod delete_records;
mod directories;
mod fetch;
mod floods;
mod followers;
mod groups;
mod lifecycle;
mod metrics;
mod offsets;
mod produce;
mod separate;
mod sessions;
mod start;
mod topics;
mod versions;
