//! What dies with the controller's leadership: when each broker was last heard, and timers.
//!
//! *Invariants*: `expirations` has exactly one entry per session that is to be checked.
//!
//! *Kafka*: `BrokerHeartbeatManager`, `BrokerHeartbeatTracker`.

use std::collections::{BTreeMap, BTreeSet};

use ottla_machine::Random;
use ottla_types::{Duration, Instant, NodeId, Offset};

/// Soft state of the active controller.
#[derive(Clone, Debug)]
pub struct ControllerSoft {
    pub(crate) random: Random,
    sessions: BTreeMap<NodeId, Session>,
    expirations: BTreeSet<(Instant, NodeId)>,
    /// When to write a NoOp record; `None`: never.
    pub(crate) next_no_op: Option<Instant>,
    /// When to look for partitions not led by their preferred leader; `None`: never.
    pub(crate) next_preferred_election: Option<Instant>,
    /// When to look for partitions that only an unclean election can give a leader.
    pub(crate) next_unclean_election: Option<Instant>,
}

/// What the controller has heard of a broker under one epoch.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) epoch: i64,
    /// When it ends unless the broker is heard; `None`: it was never heard under this epoch.
    expires: Option<Instant>,
    /// When to look whether it has ended.
    checked_at: Option<Instant>,
    /// How far the broker has read the metadata log.
    pub(crate) metadata_offset: Offset,
    /// What the other brokers must have read before this one may stop.
    pub(crate) controlled_shutdown_offset: Option<Offset>,
}

impl ControllerSoft {
    pub(crate) fn new(seed: u64) -> ControllerSoft {
        ControllerSoft {
            random: Random::from_seed(seed),
            sessions: BTreeMap::new(),
            expirations: BTreeSet::new(),
            next_no_op: None,
            next_preferred_election: None,
            next_unclean_election: None,
        }
    }

    pub(crate) fn session(&self, broker: NodeId) -> Option<&Session> {
        self.sessions.get(&broker)
    }

    pub(crate) fn session_mut(&mut self, broker: NodeId) -> Option<&mut Session> {
        self.sessions.get_mut(&broker)
    }

    /// Whether a broker was heard under an epoch not longer ago than sessions last.
    pub(crate) fn has_valid_session(&self, broker: NodeId, epoch: i64, now: Instant) -> bool {
        let session = self
            .sessions
            .get(&broker)
            .filter(|session| session.epoch == epoch);
        session
            .and_then(|session| session.expires)
            .is_some_and(|expires| expires >= now)
    }

    /// A broker was heard.
    pub(crate) fn heard(&mut self, broker: NodeId, epoch: i64, now: Instant, timeout: Duration) {
        self.forget_expiration(broker);
        let session = self
            .sessions
            .entry(broker)
            .or_insert_with(|| Session::new(epoch));
        if session.epoch != epoch {
            *session = Session::new(epoch);
        }
        let expires = now.after(timeout);
        session.expires = Some(expires);
        session.checked_at = Some(expires);
        self.expirations.insert((expires, broker));
    }

    /// A broker has registered anew: nothing was heard of it under its new epoch.
    pub(crate) fn registered(&mut self, broker: NodeId, epoch: i64) {
        self.forget_expiration(broker);
        self.sessions.insert(broker, Session::new(epoch));
    }

    /// A broker is gone.
    pub(crate) fn remove(&mut self, broker: NodeId) {
        self.forget_expiration(broker);
        self.sessions.remove(&broker);
    }

    /// The broker whose session ended first, if one has.
    pub(crate) fn first_expired(&self, now: Instant) -> Option<(NodeId, i64)> {
        let &(checked_at, broker) = self.expirations.first()?;
        let session = self.sessions.get(&broker)?;
        (checked_at < now).then_some((broker, session.epoch))
    }

    /// Looks at an expired session again later: its fencing may not have been appended.
    pub(crate) fn check_again(&mut self, broker: NodeId, at: Instant) {
        self.forget_expiration(broker);
        if let Some(session) = self.sessions.get_mut(&broker) {
            session.checked_at = Some(at);
            self.expirations.insert((at, broker));
        }
    }

    /// Nothing more is expected of a broker that is fenced.
    pub(crate) fn stop_expecting(&mut self, broker: NodeId) {
        self.forget_expiration(broker);
        if let Some(session) = self.sessions.get_mut(&broker) {
            session.checked_at = None;
        }
    }

    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        // A session is over only after its last instant.
        let expiration = self
            .expirations
            .first()
            .map(|(at, _)| Instant(at.0.saturating_add(1)));
        [
            expiration,
            self.next_no_op,
            self.next_preferred_election,
            self.next_unclean_election,
        ]
        .into_iter()
        .flatten()
        .min()
    }

    fn forget_expiration(&mut self, broker: NodeId) {
        let session = self.sessions.get(&broker);
        if let Some(checked_at) = session.and_then(|session| session.checked_at) {
            self.expirations.remove(&(checked_at, broker));
        }
    }
}

impl Session {
    fn new(epoch: i64) -> Session {
        Session {
            epoch,
            expires: None,
            checked_at: None,
            metadata_offset: Offset::NONE,
            controlled_shutdown_offset: None,
        }
    }
}
