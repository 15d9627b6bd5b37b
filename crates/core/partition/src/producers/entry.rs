//! One producer: its epoch, the batches it wrote last, its open transaction.

use std::collections::VecDeque;

use ottla_records::BatchHeader;
use ottla_types::{Offset, ProducerEpoch, ProducerId, TimestampMs};

use crate::Marker;

/// How many batches are remembered, so that as many requests in flight can be repeated.
const REMEMBERED_BATCHES: usize = 5;

/// One producer as it stands in a `.snapshot` file. Absent values are -1, as in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProducerEntry {
    /// The producer.
    pub producer_id: ProducerId,
    /// Its epoch.
    pub producer_epoch: ProducerEpoch,
    /// The sequence of its last record in this epoch.
    pub last_sequence: i32,
    /// The offset of its last record.
    pub last_offset: i64,
    /// The last record's distance from the first of its batch.
    pub offset_delta: i32,
    /// The time of its last batch or marker.
    pub timestamp: i64,
    /// The epoch of the coordinator that ended its last transaction.
    pub coordinator_epoch: i32,
    /// Where its open transaction begins.
    pub current_transaction_first_offset: i64,
}

impl ProducerEntry {
    /// Where its open transaction begins, if one is open.
    #[must_use]
    pub fn current_transaction_first_offset(&self) -> Option<Offset> {
        let offset = self.current_transaction_first_offset;
        (offset >= 0).then_some(Offset(offset))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Batch {
    first_sequence: i32,
    last_sequence: i32,
    first_offset: Offset,
    last_offset: Offset,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Producer {
    pub epoch: ProducerEpoch,
    pub last_timestamp: TimestampMs,
    /// Of this epoch, oldest first.
    batches: VecDeque<Batch>,
    coordinator_epoch: i32,
    transaction_first_offset: Option<Offset>,
}

impl Default for Producer {
    fn default() -> Self {
        Producer {
            epoch: ProducerEpoch::NONE,
            last_timestamp: TimestampMs::NONE,
            batches: VecDeque::new(),
            coordinator_epoch: -1,
            transaction_first_offset: None,
        }
    }
}

impl Producer {
    pub fn from_entry(entry: &ProducerEntry) -> Producer {
        let mut batches = VecDeque::new();
        if entry.last_sequence >= 0 {
            batches.push_back(Batch {
                first_sequence: sequence_before(entry.last_sequence, entry.offset_delta),
                last_sequence: entry.last_sequence,
                first_offset: Offset(entry.last_offset.saturating_sub(entry.offset_delta.into())),
                last_offset: Offset(entry.last_offset),
            });
        }
        Producer {
            epoch: entry.producer_epoch,
            last_timestamp: TimestampMs(entry.timestamp),
            batches,
            coordinator_epoch: entry.coordinator_epoch,
            transaction_first_offset: entry.current_transaction_first_offset(),
        }
    }

    pub fn to_entry(&self, producer_id: ProducerId) -> ProducerEntry {
        let last = self.batches.back();
        ProducerEntry {
            producer_id,
            producer_epoch: self.epoch,
            last_sequence: last.map_or(-1, |batch| batch.last_sequence),
            last_offset: last.map_or(-1, |batch| batch.last_offset.0),
            offset_delta: last.map_or(0, |batch| {
                i32::try_from(batch.last_offset.0 - batch.first_offset.0)
                    .expect("a batch spans at most i32::MAX offsets")
            }),
            timestamp: self.last_timestamp.0,
            coordinator_epoch: self.coordinator_epoch,
            current_transaction_first_offset: self.transaction_first_offset.map_or(-1, |o| o.0),
        }
    }

    pub fn in_transaction(&self) -> bool {
        self.transaction_first_offset.is_some()
    }

    /// The offsets of the remembered batch with exactly these sequences.
    pub fn find(&self, first_sequence: i32, last_sequence: i32) -> Option<(Offset, Offset)> {
        self.batches
            .iter()
            .find(|b| b.first_sequence == first_sequence && b.last_sequence == last_sequence)
            .map(|batch| (batch.first_offset, batch.last_offset))
    }

    /// Whether a batch that starts at this sequence is the next one of that epoch.
    pub fn expects(&self, epoch: ProducerEpoch, base_sequence: i32) -> bool {
        if self.epoch == ProducerEpoch::NONE {
            return true;
        }
        if epoch != self.epoch {
            return base_sequence == 0;
        }
        let last = self.batches.back().map_or(-1, |batch| batch.last_sequence);
        base_sequence == sequence_after(last)
    }

    /// Remembers a batch; true if it opened a transaction.
    pub fn append(&mut self, header: &BatchHeader, base_offset: Offset) -> bool {
        if header.producer_epoch != self.epoch {
            self.epoch = header.producer_epoch;
            self.batches.clear();
        }
        if self.batches.len() == REMEMBERED_BATCHES {
            self.batches.pop_front();
        }
        self.batches.push_back(Batch {
            first_sequence: header.base_sequence,
            last_sequence: header.last_sequence(),
            first_offset: base_offset,
            last_offset: base_offset.plus(header.last_offset_delta.into()),
        });
        self.last_timestamp = header.max_timestamp;
        let opens = header.is_transactional() && self.transaction_first_offset.is_none();
        if opens {
            self.transaction_first_offset = Some(base_offset);
        }
        opens
    }

    /// Remembers a batch that directly precedes all that is remembered; others are left out.
    pub fn prepend(&mut self, header: &BatchHeader) {
        let follows = self.batches.front().is_some_and(|first| {
            first.first_sequence == sequence_after(header.last_sequence())
                && first.first_offset > header.last_offset()
        });
        if header.producer_epoch != self.epoch
            || self.batches.len() == REMEMBERED_BATCHES
            || !follows
        {
            return;
        }
        self.batches.push_front(Batch {
            first_sequence: header.base_sequence,
            last_sequence: header.last_sequence(),
            first_offset: header.base_offset,
            last_offset: header.last_offset(),
        });
    }

    /// Takes a marker in; where the transaction began, if one was open.
    pub fn end_transaction(&mut self, marker: &Marker) -> Option<Offset> {
        if marker.producer_epoch > self.epoch {
            self.epoch = marker.producer_epoch;
            self.batches.clear();
        }
        self.coordinator_epoch = marker.coordinator_epoch;
        self.last_timestamp = marker.timestamp;
        self.transaction_first_offset.take()
    }

    pub fn check_invariants(&self) {
        assert!(self.batches.len() <= REMEMBERED_BATCHES);
        assert!(
            self.batches
                .iter()
                .is_sorted_by_key(|batch| batch.first_offset)
        );
    }
}

/// The sequence after another one.
fn sequence_after(sequence: i32) -> i32 {
    sequence.checked_add(1).unwrap_or(0)
}

/// The sequence `distance` before `sequence`; sequences wrap from `i32::MAX` to 0.
fn sequence_before(sequence: i32, distance: i32) -> i32 {
    let difference = i64::from(sequence) - i64::from(distance);
    let wrapped = if difference < 0 {
        difference + (1 << 31)
    } else {
        difference
    };
    i32::try_from(wrapped).expect("a wrapped sequence fits")
}
