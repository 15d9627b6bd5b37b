//! What a fetch reads, and after each attempt what comes next: the answer, a read that has to wait
//! for the disk, or waiting for more.

use std::sync::Arc;

use ottla_log::{RealStorage, Storage};
use ottla_partition::WaiterId;
use ottla_runtime::{Pool, Reach, ReadBound, ReadOutcome, ReadRequest, affordable_answer};

use super::partitions::Place;
use crate::Replica;

/// The places of a fetch, and what the last attempt found there.
#[derive(Debug)]
pub struct Reading<S: Storage = RealStorage> {
    places: Vec<Place<S>>,
    limits: ReadingLimits,
    /// What its last attempt found, if that was too little.
    seen: Option<Seen>,
    /// Whether a partition may have it on its list.
    is_watching: bool,
}

/// How much a fetch reads.
#[derive(Clone, Copy, Debug)]
pub struct ReadingLimits {
    /// Less it waits for.
    pub min_bytes: usize,
    /// More it may not be given, but one whole batch.
    pub max_bytes: usize,
    /// How far it may see.
    pub bound: ReadBound,
}

/// What comes next.
#[derive(Debug)]
pub enum Step<S: Storage = RealStorage> {
    /// It is answered with this.
    Answer(Answer),
    /// This is read by a thread that may wait for the disk; then [`Reading::proceed`] with what it
    /// brings.
    ReadCold(ColdReading<S>),
    /// Its partitions say when they can be read further; then [`Reading::on_readable`].
    Wait,
}

/// What one pass over the places found.
#[derive(Debug, Default)]
pub struct Answer {
    /// In the order of the places.
    outcomes: Vec<ReadOutcome>,
    bytes: usize,
    /// Something must be said at once, bytes or not.
    urgent: bool,
}

/// What is not in the page cache.
#[derive(Debug)]
pub struct ColdReading<S: Storage = RealStorage> {
    cold: Vec<(usize, Arc<Replica<S>>, ReadRequest)>,
    answer: Answer,
    max_bytes: usize,
}

/// What an attempt found, so that what came since can be counted without reading it.
#[derive(Debug)]
struct Seen {
    bytes: usize,
    /// How far each place could be read then.
    then: Vec<Reach>,
    /// How far when last looked at.
    last: Vec<Reach>,
}

impl<S: Storage> Reading<S> {
    /// The reading of these places.
    #[must_use]
    pub fn new(places: Vec<Place<S>>, limits: ReadingLimits) -> Reading<S> {
        Reading {
            places,
            // More than it may be given it cannot wait for.
            limits: ReadingLimits {
                min_bytes: limits.min_bytes.min(limits.max_bytes),
                ..limits
            },
            seen: None,
            is_watching: false,
        }
    }

    /// What is read.
    #[must_use]
    pub fn places(&self) -> &[Place<S>] {
        &self.places
    }

    /// Reads what is in the page cache.
    #[must_use]
    pub fn attempt(&self) -> Answer {
        let mut answer = Answer {
            outcomes: Vec::with_capacity(self.places.len()),
            bytes: 0,
            urgent: self.places.is_empty(),
        };
        let max_bytes = self.max_bytes();
        for place in &self.places {
            let left = max_bytes.saturating_sub(answer.bytes);
            let outcome = place.read(self.limits.bound, left, answer.bytes == 0);
            answer.bytes += outcome.records.len();
            answer.urgent |= outcome.must_be_told();
            answer.outcomes.push(outcome);
        }
        answer
    }

    /// What comes after an attempt; `is_due`: it waits no longer. Partitions know it as `waiter`.
    pub fn proceed(&mut self, waiter: WaiterId, mut answer: Answer, is_due: bool) -> Step<S> {
        loop {
            if self.must_read_cold(&answer) {
                return Step::ReadCold(self.cold(answer));
            }
            if is_due || answer.is_enough(self.limits.min_bytes) {
                self.unwatch(waiter);
                return Step::Answer(answer);
            }
            self.saw(&answer);
            if !self.watch(waiter) {
                return Step::Wait;
            }
            answer = self.attempt();
        }
    }

    /// A partition can be read further.
    pub fn on_readable(&mut self, waiter: WaiterId) -> Step<S> {
        if !self.may_have_enough() && !self.watch(waiter) {
            return Step::Wait;
        }
        let answer = self.attempt();
        self.proceed(waiter, answer, false)
    }

    /// Takes it off every partition's list.
    pub fn unwatch(&mut self, waiter: WaiterId) {
        if std::mem::take(&mut self.is_watching) {
            for place in &self.places {
                place.unwatch(waiter);
            }
        }
    }

    /// Whether there is room for what the answer lacks only because the disk has to be waited for.
    fn must_read_cold(&self, answer: &Answer) -> bool {
        let has_room = answer.bytes == 0 || answer.bytes < self.max_bytes();
        has_room && answer.outcomes.iter().any(|outcome| outcome.is_cold)
    }

    fn cold(&self, answer: Answer) -> ColdReading<S> {
        let found = self.places.iter().zip(&answer.outcomes).enumerate();
        let cold = found
            .filter(|(_, (_, outcome))| outcome.is_cold)
            .filter_map(|(index, (place, _))| {
                let (replica, request) = place.reading(self.limits.bound)?;
                Some((index, replica, request))
            });
        ColdReading {
            cold: cold.collect(),
            answer,
            max_bytes: self.max_bytes(),
        }
    }

    /// How much an answer may hold that is read now.
    fn max_bytes(&self) -> usize {
        self.limits.max_bytes.min(affordable_answer())
    }

    /// Remembers an answer that was too little.
    fn saw(&mut self, answer: &Answer) {
        let then: Vec<Reach> = answer.outcomes.iter().map(|found| found.reach).collect();
        self.seen = Some(Seen {
            bytes: answer.bytes,
            last: then.clone(),
            then,
        });
    }

    /// Whether another attempt is worth its reads: there may be enough bytes now, or something to
    /// be told.
    fn may_have_enough(&mut self) -> bool {
        let Some(seen) = &mut self.seen else {
            return true;
        };
        let mut bytes = seen.bytes as u64;
        let reaches = seen.then.iter().zip(&mut seen.last);
        for (place, (then, last)) in self.places.iter().zip(reaches) {
            let Some(now) = place.reach(self.limits.bound) else {
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
        bytes >= self.limits.min_bytes as u64
    }

    /// Has every partition say when it can be read further than was seen; true if one already can.
    fn watch(&mut self, waiter: WaiterId) -> bool {
        self.is_watching = true;
        let last = self.seen.iter().flat_map(|seen| &seen.last);
        self.places
            .iter()
            .zip(last)
            .any(|(place, last)| place.watch(waiter, self.limits.bound, last.offset))
    }
}

impl Answer {
    /// What was found at each place.
    #[must_use]
    pub fn into_outcomes(self) -> Vec<ReadOutcome> {
        self.outcomes
    }

    /// How many bytes of records there are.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    fn is_enough(&self, min_bytes: usize) -> bool {
        self.urgent || self.bytes >= min_bytes
    }

    fn put(&mut self, index: usize, outcome: ReadOutcome) {
        if let Some(place) = self.outcomes.get_mut(index) {
            self.bytes += outcome.records.len();
            self.urgent |= outcome.must_be_told();
            *place = outcome;
        }
    }
}

impl<S: Storage> ColdReading<S> {
    /// The threads that may wait for its disk.
    ///
    /// # Panics
    /// Never: what is read cold has a replica.
    #[must_use]
    pub fn pool(&self) -> Pool {
        let (_, first, _) = self.cold.first().expect("a replica is cold");
        first.directory().pool().clone()
    }

    /// Reads it, within what is left of the fetch's bytes. Blocks.
    #[must_use]
    pub fn perform(self) -> Answer {
        let mut answer = self.answer;
        for (index, replica, request) in self.cold {
            let left = self.max_bytes.saturating_sub(answer.bytes);
            let found = replica.read(&ReadRequest {
                max_bytes: request.max_bytes.min(left),
                whole_first: answer.bytes == 0,
                ..request
            });
            answer.put(index, found);
        }
        answer
    }
}
