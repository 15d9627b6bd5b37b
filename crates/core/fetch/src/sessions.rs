//! Incremental fetch sessions (KIP-227): a client names its partitions once, later only what has
//! changed, and hears only of partitions with news.
//!
//! *State*: a session is made when a full fetch is answered, goes on with every incremental fetch
//! of the expected epoch, and ends when its client says so, forgets its last partition, or its slot
//! is needed. Its epochs are 1, 2, …, `i32::MAX`, 1.
//!
//! *Invariants*: no more sessions than slots; an answer is told to the session only if no later
//! request has moved its epoch.
//!
//! *Not here*: what is read; names of topics that are asked for by id, which the image knows.
//!
//! *Kafka*: `FetchManager`, `FetchSession`, `FetchSessionCacheShard`. One of these serves one
//! reactor: a client that comes back on another reactor is told FETCH_SESSION_ID_NOT_FOUND and
//! starts again with a full fetch, as after a restart of the broker.

mod context;
mod session;
mod slots;

pub use context::{FinishedFetch, PartitionOutcome, RequestedPartition, SessionContext};
pub use slots::SessionLimits;

use std::collections::BTreeMap;

use ottla_machine::Random;
use ottla_messages::ErrorCode;
use ottla_messages::fetch_request::FetchRequest;
use ottla_types::Instant;

use context::Kind;
use session::Session;
use slots::{Newcomer, Room, Slots};

/// The id that stands for no session.
const NO_SESSION: i32 = 0;
/// The epoch of a full fetch that asks for a session.
const INITIAL_EPOCH: i32 = 0;
/// The epoch of a full fetch without one.
const FINAL_EPOCH: i32 = -1;
/// From this version on topics are named by their ids.
const TOPIC_ID_VERSION: i16 = 13;
/// From this version on the replica is part of a structure of its own.
const REPLICA_STATE_VERSION: i16 = 15;

/// The fetch sessions of one reactor.
#[derive(Clone, Debug)]
pub struct Sessions {
    by_id: BTreeMap<i32, Session>,
    slots: Slots,
    random: Random,
}

impl Sessions {
    /// No sessions yet. The seed makes their ids.
    #[must_use]
    pub fn new(limits: SessionLimits, seed: u64) -> Sessions {
        Sessions {
            by_id: BTreeMap::new(),
            slots: Slots::new(limits),
            random: Random::from_seed(seed),
        }
    }

    /// How many sessions there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.by_id.len()
    }

    /// How many partitions they hold.
    #[must_use]
    pub fn partition_count(&self) -> usize {
        self.by_id.values().map(Session::size).sum()
    }

    /// How many sessions have lost their slot to another one.
    #[must_use]
    pub fn evictions(&self) -> u64 {
        self.slots.evictions()
    }

    /// What a fetch is about. If it has no error its partitions are to be read, once or, while it
    /// waits, several times, and what was found goes to [`Sessions::finish`].
    pub fn resolve(
        &mut self,
        now: Instant,
        version: i16,
        request: &FetchRequest,
    ) -> SessionContext {
        let uses_topic_ids = version >= TOPIC_ID_VERSION;
        if request.session_epoch == INITIAL_EPOCH || request.session_epoch == FINAL_EPOCH {
            self.remove(request.session_id);
            let partitions = context::requested(request, uses_topic_ids);
            let kind = if request.session_epoch == FINAL_EPOCH {
                Kind::Sessionless(partitions)
            } else {
                Kind::Full {
                    partitions,
                    uses_topic_ids,
                    is_privileged: is_follower(request, version),
                }
            };
            return SessionContext::new(kind);
        }
        match self.continue_session(now, uses_topic_ids, request) {
            Ok(kind) => SessionContext::new(kind),
            Err(code) => SessionContext::new(Kind::Error(code)),
        }
    }

    fn continue_session(
        &mut self,
        now: Instant,
        uses_topic_ids: bool,
        request: &FetchRequest,
    ) -> Result<Kind, ErrorCode> {
        let id = request.session_id;
        let Some(session) = self.by_id.get_mut(&id) else {
            return Err(ErrorCode::FETCH_SESSION_ID_NOT_FOUND);
        };
        if session.epoch() != request.session_epoch {
            return Err(ErrorCode::INVALID_FETCH_SESSION_EPOCH);
        }
        if session.uses_topic_ids() != uses_topic_ids {
            return Err(ErrorCode::FETCH_SESSION_TOPIC_ID_ERROR);
        }
        let changed = context::requested(request, uses_topic_ids);
        session.update(&changed, context::forgotten(request, uses_topic_ids));
        if session.is_empty() {
            self.remove(id);
            return Ok(Kind::Sessionless(changed));
        }
        let epoch = next_epoch(request.session_epoch);
        session.set_epoch(epoch);
        self.slots.touch(session, now);
        Ok(Kind::Incremental { id, epoch })
    }

    /// The partitions to read, in the order in which they are served: those that were given
    /// nothing for longest come first.
    pub fn partitions<'a>(
        &'a self,
        context: &'a SessionContext,
    ) -> impl Iterator<Item = &'a RequestedPartition> {
        let (own, session) = match context.kind() {
            Kind::Error(_) => (None, None),
            Kind::Sessionless(partitions) | Kind::Full { partitions, .. } => {
                (Some(partitions), None)
            }
            Kind::Incremental { id, epoch } => (None, self.current(*id, *epoch)),
        };
        let cached = session.into_iter().flat_map(Session::partitions);
        own.into_iter().flatten().chain(cached)
    }

    /// Ends a fetch. `outcomes` says what was found in each partition, in the order of
    /// [`Sessions::partitions`]; the answer says which of them the client is to hear of.
    pub fn finish(
        &mut self,
        now: Instant,
        context: SessionContext,
        outcomes: &[PartitionOutcome],
    ) -> FinishedFetch {
        match context.into_kind() {
            Kind::Error(code) => FinishedFetch::failed(code, NO_SESSION),
            Kind::Sessionless(_) => FinishedFetch::all(NO_SESSION, outcomes.len()),
            Kind::Full {
                partitions,
                uses_topic_ids,
                is_privileged,
            } => {
                let session_id = if self.make_room(now, is_privileged, partitions.len()) {
                    let id = self.new_id();
                    let mut session = Session::new(id, is_privileged, uses_topic_ids, now);
                    session.fill(partitions, outcomes);
                    self.slots.touch(&mut session, now);
                    self.by_id.insert(id, session);
                    id
                } else {
                    NO_SESSION
                };
                FinishedFetch::all(session_id, outcomes.len())
            }
            Kind::Incremental { id, epoch } => match self.by_id.get_mut(&id) {
                None => FinishedFetch::failed(ErrorCode::FETCH_SESSION_ID_NOT_FOUND, NO_SESSION),
                Some(session) if session.epoch() != epoch => {
                    FinishedFetch::failed(ErrorCode::INVALID_FETCH_SESSION_EPOCH, id)
                }
                Some(session) => FinishedFetch::some(id, session.record(outcomes)),
            },
        }
    }

    /// Asserts what must always hold.
    ///
    /// # Panics
    /// If it does not.
    pub fn check_invariants(&self) {
        self.slots.check_invariants(self.by_id.values());
        self.by_id.values().for_each(Session::check_invariants);
    }

    /// Sees to it that there is a slot; false if there can be none.
    fn make_room(&mut self, now: Instant, is_privileged: bool, size: usize) -> bool {
        match self.slots.room_for(
            &Newcomer {
                is_privileged,
                size,
            },
            now,
        ) {
            Room::Free => true,
            Room::Of(id) => {
                self.remove(id);
                self.slots.count_eviction();
                true
            }
            Room::None => false,
        }
    }

    fn current(&self, id: i32, epoch: i32) -> Option<&Session> {
        self.by_id
            .get(&id)
            .filter(|session| session.epoch() == epoch)
    }

    fn remove(&mut self, id: i32) {
        if let Some(session) = self.by_id.remove(&id) {
            self.slots.free(&session);
        }
    }

    fn new_id(&mut self) -> i32 {
        loop {
            let id = i32::try_from(self.random.below(i32::MAX as u64)).unwrap_or(NO_SESSION);
            if id != NO_SESSION && !self.by_id.contains_key(&id) {
                return id;
            }
        }
    }
}

fn next_epoch(epoch: i32) -> i32 {
    epoch.checked_add(1).unwrap_or(1)
}

fn is_follower(request: &FetchRequest, version: i16) -> bool {
    if version >= REPLICA_STATE_VERSION {
        request.replica_state.replica_id >= 0
    } else {
        request.replica_id >= 0
    }
}

#[cfg(test)]
mod tests;
