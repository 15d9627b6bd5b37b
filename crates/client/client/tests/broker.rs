//! The client against a broker: the address in `OTTLA_TEST_BOOTSTRAP`, ottla's or Apache Kafka's.
//! `cargo xtask client` runs it against both; by hand:
//! `OTTLA_TEST_BOOTSTRAP=host:port cargo test -p ottla-client --test broker`

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[path = "broker/admin.rs"]
mod admin;
#[path = "broker/cluster.rs"]
mod cluster;
#[path = "broker/consumer.rs"]
mod consumer;
#[path = "broker/producer.rs"]
mod producer;
