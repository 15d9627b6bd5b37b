//! The table of all keys: one module per area, one row per key.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::key::Key;

/// What the rows are written in.
mod columns {
    pub(super) use crate::key::Importance::{High, Low, Medium};
    pub(super) use crate::key::Key;
    pub(super) use crate::key::Kind::{
        Boolean, Class, Double, Int, List, Long, Password, Short, String,
    };
    pub(super) use crate::key::Preset::{Is, Null, Required};
    pub(super) use crate::key::Status::{
        Honoured, HonouredInPart, NotYet, Protects, WithoutMeaning,
    };
    pub(super) use crate::key::UpdateMode::{ClusterWide, PerBroker, ReadOnly};
    pub(super) use crate::validator::Validator::{
        Any, AtLeast, Between, BootstrapServers, Fraction, GzipLevel, ListOf, NonEmpty,
        NonEmptyListOf, NonNull, NullableListOf, NullableNonEmptyListOf, OneOf, OneOfIgnoringCase,
        QuorumVoters, ShareOffsetReset, ThrottledReplicas,
    };
}

/// Rows of the table: name, type, default, validator, importance, update mode, status, meaning.
macro_rules! keys {
    (@internal public) => { false };
    (@internal internal) => { true };
    ($visibility:tt: $($name:literal, $kind:expr, $preset:expr, $validator:expr, $importance:expr,
        $update_mode:expr, $status:expr, $documentation:literal;)*) => {
        pub(super) static KEYS: &[Key] = &[$(Key {
            name: $name,
            kind: $kind,
            preset: $preset,
            validator: $validator,
            importance: $importance,
            update_mode: $update_mode,
            status: $status,
            internal: keys!(@internal $visibility),
            documentation: $documentation,
        }),*];
    };
}

mod client_metrics;
mod group_resources;
mod groups;
mod internal;
mod log;
mod metrics;
mod network;
mod own;
mod remote;
mod replication;
mod security;
mod server;
mod share;
mod streams;
mod throttles;
mod topics;
mod topics_internal;
mod transactions;

type Table = BTreeMap<&'static str, &'static Key>;

fn table_of(areas: &[&'static [Key]]) -> Table {
    areas
        .iter()
        .flat_map(|area| area.iter())
        .map(|key| (key.name, key))
        .collect()
}

/// The areas of a broker's keys.
static AREAS: &[&[Key]] = &[
    server::KEYS,
    network::KEYS,
    log::KEYS,
    replication::KEYS,
    groups::KEYS,
    transactions::KEYS,
    share::KEYS,
    streams::KEYS,
    remote::KEYS,
    security::KEYS,
    metrics::KEYS,
    internal::KEYS,
    own::KEYS,
];

static BROKER_KEYS: LazyLock<Table> = LazyLock::new(|| table_of(AREAS));
static THROTTLES: LazyLock<Table> = LazyLock::new(|| table_of(&[throttles::KEYS]));
static TOPIC_KEYS: LazyLock<Table> =
    LazyLock::new(|| table_of(&[topics::KEYS, topics_internal::KEYS]));
static CLIENT_METRICS_KEYS: LazyLock<Table> = LazyLock::new(|| table_of(&[client_metrics::KEYS]));
static GROUP_KEYS: LazyLock<Table> = LazyLock::new(|| table_of(&[group_resources::KEYS]));

/// All keys of a broker or controller, by name, ottla's own among them.
pub fn broker_keys() -> impl Iterator<Item = &'static Key> {
    BROKER_KEYS.values().copied()
}

/// All keys of a topic, by name.
pub fn topic_keys() -> impl Iterator<Item = &'static Key> {
    TOPIC_KEYS.values().copied()
}

/// All keys of a group, by name.
pub fn group_keys() -> impl Iterator<Item = &'static Key> {
    GROUP_KEYS.values().copied()
}

/// All keys of a subscription of client metrics, by name.
pub(crate) fn client_metrics_keys() -> impl Iterator<Item = &'static Key> {
    CLIENT_METRICS_KEYS.values().copied()
}

/// The key of a broker or controller that is called `name`.
#[must_use]
pub fn broker_key(name: &str) -> Option<&'static Key> {
    BROKER_KEYS.get(name).copied()
}

/// The keys that can be set for a broker only while it runs, by name.
pub(crate) fn throttles() -> impl Iterator<Item = &'static Key> {
    THROTTLES.values().copied()
}

/// The key that is called `name` in a configuration record of a broker.
pub(crate) fn recorded_broker_key(name: &str) -> Option<&'static Key> {
    broker_key(name).or_else(|| THROTTLES.get(name).copied())
}

/// The key of a topic that is called `name`.
#[must_use]
pub fn topic_key(name: &str) -> Option<&'static Key> {
    TOPIC_KEYS.get(name).copied()
}

/// The key of a subscription of client metrics that is called `name`.
#[must_use]
pub fn client_metrics_key(name: &str) -> Option<&'static Key> {
    CLIENT_METRICS_KEYS.get(name).copied()
}

/// The key of a group that is called `name`.
#[must_use]
pub fn group_key(name: &str) -> Option<&'static Key> {
    GROUP_KEYS.get(name).copied()
}

#[cfg(test)]
mod tests;
