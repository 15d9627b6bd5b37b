//! Connections between clients and the node: requests and answers keep their order on one, and one
//! can be cut with anything on its way.

use std::collections::BTreeMap;

use ottla_machine::Random;
use ottla_types::{Duration, Instant};

use crate::broker::REACTORS;
use crate::clock::microseconds;

/// Names a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClientId {
    /// A producer by number.
    Producer(usize),
    /// A consumer by number.
    Consumer(usize),
    /// A member of the group by number.
    Member(usize),
    /// The administrator.
    Administrator,
}

/// Who asked what on which connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asker {
    /// The client.
    pub client: ClientId,
    /// Its connection then.
    pub connection: u64,
    /// Its number of the request.
    pub number: u64,
}

/// A client's connection of the moment.
#[derive(Clone, Copy, Debug)]
pub struct Connection {
    /// Its number, for ever its own.
    pub id: u64,
    /// The reactor that serves it.
    pub reactor: usize,
    last_arrival: Instant,
    last_answer: Instant,
}

/// All connections.
#[derive(Debug)]
pub struct Network {
    random: Random,
    connections: BTreeMap<ClientId, Connection>,
    next_id: u64,
}

impl Network {
    /// A network without connections.
    #[must_use]
    pub fn new(seed: u64) -> Network {
        Network {
            random: Random::from_seed(seed),
            connections: BTreeMap::new(),
            next_id: 0,
        }
    }

    /// A client's connection, made if there is none.
    pub fn connection(&mut self, client: ClientId) -> Connection {
        *self.connections.entry(client).or_insert_with(|| {
            self.next_id += 1;
            Connection {
                id: self.next_id,
                reactor: usize::try_from(self.random.below(REACTORS as u64)).unwrap_or(0),
                last_arrival: Instant::ZERO,
                last_answer: Instant::ZERO,
            }
        })
    }

    /// Whether a connection is its client's of the moment.
    #[must_use]
    pub fn is_current(&self, client: ClientId, connection: u64) -> bool {
        let current = self.connections.get(&client);
        current.is_some_and(|current| current.id == connection)
    }

    /// Ends a connection; false if it was over.
    pub fn cut(&mut self, client: ClientId, connection: u64) -> bool {
        let is_current = self.is_current(client, connection);
        if is_current {
            self.connections.remove(&client);
        }
        is_current
    }

    /// Every connection there is.
    #[must_use]
    pub fn all(&self) -> Vec<(ClientId, u64)> {
        let pair = |(client, connection): (&ClientId, &Connection)| (*client, connection.id);
        self.connections.iter().map(pair).collect()
    }

    /// How long something takes from end to end: mostly little, sometimes much.
    pub fn latency(&mut self) -> Duration {
        let most = if self.random.below(20) == 0 {
            20_000
        } else {
            1_000
        };
        microseconds(20 + self.random.below(most))
    }

    /// When a request sent now arrives, behind those before it.
    pub fn arrival(&mut self, client: ClientId, now: Instant) -> Instant {
        let at = now.after(self.latency());
        let Some(connection) = self.connections.get_mut(&client) else {
            return at;
        };
        connection.last_arrival = connection.last_arrival.max(at);
        connection.last_arrival
    }

    /// When an answer sent now arrives, behind those before it.
    pub fn answer(&mut self, client: ClientId, now: Instant) -> Instant {
        let at = now.after(self.latency());
        let Some(connection) = self.connections.get_mut(&client) else {
            return at;
        };
        connection.last_answer = connection.last_answer.max(at);
        connection.last_answer
    }
}
