//! Timers by key, ordered by when they are due.

use std::collections::{BTreeMap, BTreeSet};

use ottla_types::Instant;

/// At most one timer per key.
#[derive(Clone, Debug)]
pub(crate) struct Timers<Key> {
    by_instant: BTreeSet<(Instant, Key)>,
    by_key: BTreeMap<Key, Instant>,
}

impl<Key> Default for Timers<Key> {
    fn default() -> Self {
        Timers {
            by_instant: BTreeSet::new(),
            by_key: BTreeMap::new(),
        }
    }
}

impl<Key: Ord + Clone> Timers<Key> {
    /// Sets the timer, in place of an earlier one of this key.
    pub(crate) fn schedule(&mut self, key: Key, at: Instant) {
        self.cancel(&key);
        self.by_instant.insert((at, key.clone()));
        self.by_key.insert(key, at);
    }

    /// Drops the timer, if there is one.
    pub(crate) fn cancel(&mut self, key: &Key) {
        if let Some((key, at)) = self.by_key.remove_entry(key) {
            self.by_instant.remove(&(at, key));
        }
    }

    /// Takes the timer that has been due longest.
    pub(crate) fn take_due(&mut self, now: Instant) -> Option<Key> {
        if self.next()? > now {
            return None;
        }
        let (_, key) = self.by_instant.pop_first()?;
        self.by_key.remove(&key);
        Some(key)
    }

    /// When the earliest timer is due.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.by_instant.first().map(|(at, _)| *at)
    }
}
