//! One partition as a producer sees it: the batches that wait, those in flight, and the sequence
//! numbers between them.
//!
//! *Invariants*: `waiting` and `in_flight` are sorted by batch number; a batch is in exactly one of
//! them; batches with a sequence number precede batches without.

use std::collections::VecDeque;

use ottla_types::{Instant, NodeId, ProducerEpoch, ProducerId, RequestId};

use crate::input::{BatchId, PartitionHandle};

/// The number stamped on the first record of a batch, and under which producer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sequence {
    pub id: ProducerId,
    pub epoch: ProducerEpoch,
    pub base: i32,
}

/// What a closed batch holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Content {
    pub records: i32,
    pub bytes: usize,
}

#[derive(Clone, Debug)]
pub(crate) struct Batch {
    pub partition: PartitionHandle,
    pub opened: Instant,
    pub content: Option<Content>,
    pub sequence: Option<Sequence>,
    pub attempts: u32,
    pub request: Option<RequestId>,
    /// How many part numbers, its own included, lie before the next batch: halved with each split.
    pub parts: u32,
}

#[derive(Clone, Debug)]
pub(crate) struct Partition {
    pub leader: NodeId,
    pub waiting: VecDeque<BatchId>,
    pub in_flight: VecDeque<BatchId>,
    /// Not before this instant: back-off after an error.
    pub not_before: Instant,
    /// The metadata have been asked for, and the leader is not known again yet.
    pub asked: bool,
    /// The batch taken while open, whose record count is not known yet.
    pub taken_open: Option<BatchId>,
    /// Under which producer its numbers run; none before the first batch.
    pub producer: Option<(ProducerId, ProducerEpoch)>,
    /// The producer of which the broker has taken a batch. Of another one it takes any number as
    /// the first, so that a later batch could overtake one that is refused.
    pub known: Option<ProducerId>,
    pub next_sequence: i32,
    /// Number anew under a higher epoch as soon as nothing is in flight.
    pub restart: bool,
    /// Its entry in the machine's index of timers.
    pub wake: Option<Instant>,
}

impl Default for Partition {
    fn default() -> Partition {
        Partition {
            leader: NodeId::NONE,
            waiting: VecDeque::new(),
            in_flight: VecDeque::new(),
            not_before: Instant::ZERO,
            asked: false,
            taken_open: None,
            producer: None,
            known: None,
            next_sequence: 0,
            restart: false,
            wake: None,
        }
    }
}

impl Partition {
    /// Puts a batch back among those that wait, at its old place.
    pub fn wait_again(&mut self, batch: BatchId) {
        let place = self.waiting.partition_point(|other| *other < batch);
        self.waiting.insert(place, batch);
    }

    /// Puts a batch among those in flight. Parts of a batch that was too large may overtake later
    /// ones, which then come back as out of order.
    pub fn fly(&mut self, batch: BatchId) {
        let place = self.in_flight.partition_point(|other| *other < batch);
        self.in_flight.insert(place, batch);
    }

    /// Forgets a batch wherever it is.
    pub fn forget(&mut self, batch: BatchId) {
        self.waiting.retain(|other| *other != batch);
        self.in_flight.retain(|other| *other != batch);
        if self.taken_open == Some(batch) {
            self.taken_open = None;
            // Its records were never counted, so the numbers after it are not known either.
            self.restart = true;
        }
    }

    /// Whether the broker has taken a batch under the numbers in use.
    pub fn is_known(&self) -> bool {
        self.known.is_some() && self.known == self.producer.map(|(id, _)| id)
    }

    /// Whether a batch older than this one is not yet decided.
    pub fn has_older(&self, batch: BatchId) -> bool {
        self.in_flight.front().is_some_and(|other| *other < batch)
            || self.waiting.front().is_some_and(|other| *other < batch)
    }
}

/// The number `count` records after `sequence`: after `i32::MAX` comes 0.
pub(crate) fn sequence_after(sequence: i32, count: i32) -> i32 {
    sequence.wrapping_add(count) & i32::MAX
}
