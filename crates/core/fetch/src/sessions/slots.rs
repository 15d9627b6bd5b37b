//! Who may have a session when there are too many: the order of eviction.
//!
//! A session that has not been used for the minimum age of eviction goes first. Else a newcomer
//! takes the slot of the smallest session, if that is smaller and not more privileged than it is,
//! and older than that age; a follower may take the slot of any consumer.

use std::collections::BTreeSet;

use ottla_types::{Duration, Instant};

use super::session::{Listed, Session};

/// How many sessions there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionLimits {
    /// `max.incremental.fetch.session.cache.slots`, or this reactor's part of it. None with 0.
    pub slots: usize,
    /// How long a session is safe from those that want its slot; 2 minutes in Kafka.
    pub minimum_eviction_age: Duration,
}

/// Who wants a slot.
pub(super) struct Newcomer {
    pub(super) is_privileged: bool,
    pub(super) size: usize,
}

/// A slot for a newcomer.
pub(super) enum Room {
    Free,
    /// In place of this session.
    Of(i32),
    None,
}

type Evictable = (bool, usize, i32);

#[derive(Clone, Debug)]
pub(super) struct Slots {
    limits: SessionLimits,
    by_last_use: BTreeSet<(Instant, i32)>,
    /// Privilege, size and id of sessions that anybody may take the slot of.
    evictable_by_all: BTreeSet<Evictable>,
    /// Of those that followers may take the slot of.
    evictable_by_privileged: BTreeSet<Evictable>,
    evictions: u64,
}

impl Default for SessionLimits {
    fn default() -> Self {
        SessionLimits {
            slots: 1_000,
            minimum_eviction_age: Duration::from_secs(120),
        }
    }
}

impl Slots {
    pub(super) fn new(limits: SessionLimits) -> Self {
        Slots {
            limits,
            by_last_use: BTreeSet::new(),
            evictable_by_all: BTreeSet::new(),
            evictable_by_privileged: BTreeSet::new(),
            evictions: 0,
        }
    }

    pub(super) fn evictions(&self) -> u64 {
        self.evictions
    }

    /// Where one more session can go.
    pub(super) fn room_for(&self, newcomer: &Newcomer, now: Instant) -> Room {
        if self.by_last_use.len() < self.limits.slots {
            return Room::Free;
        }
        let Some((last_used, oldest)) = self.by_last_use.first().copied() else {
            return Room::None;
        };
        if now.since(last_used) > self.limits.minimum_eviction_age {
            return Room::Of(oldest);
        }
        let evictable = if newcomer.is_privileged {
            &self.evictable_by_privileged
        } else {
            &self.evictable_by_all
        };
        match evictable.first().copied() {
            Some(smallest) if (newcomer.is_privileged, newcomer.size, 0) >= smallest => {
                Room::Of(smallest.2)
            }
            Some(_) | None => Room::None,
        }
    }

    pub(super) fn count_eviction(&mut self) {
        self.evictions += 1;
    }

    /// A session is used: it moves in the order of last use, and may become evictable.
    pub(super) fn touch(&mut self, session: &mut Session, now: Instant) {
        self.free(session);
        let size = session.size();
        session.listed = Some(Listed {
            last_used: now,
            size,
        });
        self.by_last_use.insert((now, session.id()));
        let evictable = (session.is_privileged(), size, session.id());
        let is_old = now.since(session.created()) > self.limits.minimum_eviction_age;
        if is_old {
            self.evictable_by_all.insert(evictable);
        }
        if is_old || !session.is_privileged() {
            self.evictable_by_privileged.insert(evictable);
        }
    }

    /// The session gives up its slot, if it has one.
    pub(super) fn free(&mut self, session: &Session) {
        if let Some(Listed { last_used, size }) = session.listed {
            self.by_last_use.remove(&(last_used, session.id()));
            let evictable = (session.is_privileged(), size, session.id());
            self.evictable_by_all.remove(&evictable);
            self.evictable_by_privileged.remove(&evictable);
        }
    }

    pub(super) fn check_invariants<'a>(&self, sessions: impl Iterator<Item = &'a Session>) {
        let mut count = 0;
        for session in sessions {
            count += 1;
            let listed = session
                .listed
                .map(|listed| (listed.last_used, session.id()));
            assert!(
                listed.is_some_and(|entry| self.by_last_use.contains(&entry)),
                "every session has its slot"
            );
        }
        assert_eq!(count, self.by_last_use.len(), "every slot has its session");
        assert!(
            count <= self.limits.slots,
            "there are no more sessions than slots"
        );
        assert!(
            self.evictable_by_all
                .is_subset(&self.evictable_by_privileged)
        );
    }
}
