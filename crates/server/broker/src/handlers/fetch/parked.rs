//! Fetches between their attempts, by their number.

use std::collections::BTreeMap;

use ottla_fetch::SessionContext;
use ottla_partition::WaiterId;
use ottla_runtime::{Reach, ReadBound};
use ottla_types::Instant;

use super::Answer;
use super::partitions::Place;
use crate::request::RequestContext;

/// A fetch between its attempts.
#[derive(Debug)]
pub(crate) struct ParkedFetch {
    pub context: RequestContext,
    pub min_bytes: usize,
    pub max_bytes: usize,
    pub bound: ReadBound,
    pub session: SessionContext,
    pub places: Vec<Place>,
    /// When it is answered with whatever there is.
    pub answer_by: Instant,
    /// What its last attempt found, if that was too little.
    pub seen: Option<Seen>,
}

/// What an attempt found, so that what came since can be counted without reading it.
#[derive(Debug)]
pub(crate) struct Seen {
    bytes: usize,
    /// How far each place could be read then.
    then: Vec<Reach>,
    /// How far when last looked at.
    last: Vec<Reach>,
}

impl ParkedFetch {
    /// Reads what is in the page cache.
    pub fn attempt(&self) -> Answer {
        let mut answer = Answer {
            outcomes: Vec::with_capacity(self.places.len()),
            bytes: 0,
            urgent: self.places.is_empty(),
        };
        for place in &self.places {
            let left = self.max_bytes.saturating_sub(answer.bytes);
            let outcome = place.read(self.bound, left, answer.bytes == 0);
            answer.bytes += outcome.records.len();
            answer.urgent |= outcome.must_be_told();
            answer.outcomes.push(outcome);
        }
        answer
    }

    /// Whether there is room for what the answer lacks only because the disk has to be waited for.
    pub fn must_read_cold(&self, answer: &Answer) -> bool {
        let has_room = answer.bytes == 0 || answer.bytes < self.max_bytes;
        has_room && answer.outcomes.iter().any(|outcome| outcome.is_cold)
    }

    /// Remembers an answer that was too little.
    pub fn saw(&mut self, answer: &Answer) {
        let then: Vec<Reach> = answer.outcomes.iter().map(|found| found.reach).collect();
        self.seen = Some(Seen {
            bytes: answer.bytes,
            last: then.clone(),
            then,
        });
    }

    /// Whether another attempt is worth its reads: there may be enough bytes now, or something to
    /// be told.
    pub fn may_have_enough(&mut self) -> bool {
        let Some(seen) = &mut self.seen else {
            return true;
        };
        let mut bytes = seen.bytes as u64;
        let reaches = seen.then.iter().zip(&mut seen.last);
        for (place, (then, last)) in self.places.iter().zip(reaches) {
            let Some(now) = place.reach(self.bound) else {
                return true;
            };
            if now.offset != then.offset {
                let grown = now
                    .position
                    .zip(then.position)
                    .and_then(|(now, then)| now.bytes_since(then));
                let Some(grown) = grown else { return true };
                bytes += grown;
            }
            *last = now;
        }
        bytes >= self.min_bytes as u64
    }

    /// Has every partition say when it can be read further than was seen; true if one already can.
    pub fn watch(&self, id: WaiterId) -> bool {
        let last = self.seen.iter().flat_map(|seen| &seen.last);
        self.places
            .iter()
            .zip(last)
            .any(|(place, last)| place.watch(id, self.bound, last.offset))
    }

    /// Takes it off every partition's list.
    pub fn unwatch(&self, id: WaiterId) {
        for place in &self.places {
            place.unwatch(id);
        }
    }
}

/// The fetches of one reactor that were not answered at once.
#[derive(Debug, Default)]
pub(crate) struct ParkedFetches {
    by_number: BTreeMap<u64, ParkedFetch>,
}

impl ParkedFetches {
    pub fn insert(&mut self, number: u64, fetch: ParkedFetch) {
        self.by_number.insert(number, fetch);
    }

    pub fn remove(&mut self, number: u64) -> Option<ParkedFetch> {
        self.by_number.remove(&number)
    }

    /// Takes out the fetches of a connection that is gone.
    pub fn remove_connection(&mut self, connection: u64) -> Vec<(u64, ParkedFetch)> {
        let gone = |_: &u64, fetch: &mut ParkedFetch| fetch.context.connection().id == connection;
        self.by_number.extract_if(.., gone).collect()
    }
}
