//! Where ottla is knowingly different from Apache Kafka.

use crate::node::Server;

/// A scenario that does not hold on ottla, on purpose or not yet.
pub struct Difference {
    /// The client's name, or `tools`.
    pub client: &'static str,
    /// The scenario's name.
    pub scenario: &'static str,
    /// Why.
    pub reason: &'static str,
}

/// Scenarios that fail on ottla. One that passes again must leave this list.
pub const DIFFERENCES: &[Difference] = &[];

/// Behaviour that differs on purpose and that no scenario asks for.
pub const BY_DESIGN: &[&str] = &[
    "When fewer brokers live than an internal topic's replication factor wants, the topic is \
     created with the replicas there are, and a line in the log says so. Kafka waits for ever.",
    "acks=all means on the disk of every replica that is counted, by group commit, unless a \
     topic's `flush.messages` or `ottla.durability=os` asks for Kafka's page cache.",
    "A restart on its own log directory replaces its own earlier incarnation at once: the lock \
     of the directory proves it dead. Kafka waits for the end of its session.",
    "Highest finalized metadata.version is 30 (4.3-IV0).",
    "A Fetch answer ends with a whole batch. Kafka fills the rest of a limit with the beginning of \
     the next, which every client throws away.",
];

/// The listed difference of a scenario on a server.
pub fn difference(server: &Server, client: &str, scenario: &str) -> Option<&'static Difference> {
    if let Server::ApacheKafka(_) = server {
        return None;
    }
    DIFFERENCES
        .iter()
        .find(|entry| entry.client == client && entry.scenario == scenario)
}
