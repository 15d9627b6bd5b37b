//! What each idempotent producer wrote last to this partition, and which transactions are open.
//!
//! *Invariants*: at most five batches are remembered per producer; a producer with an open
//! transaction is never forgotten; the last stable offset never passes the first open transaction,
//! nor an ended one whose marker is not committed yet (KAFKA-5121).
//! *Kafka*: `ProducerStateManager`, `ProducerAppendInfo`, KIP-98, KIP-360, KIP-890.

mod entry;
mod transactions;

pub use entry::ProducerEntry;
pub use transactions::CompletedTransaction;

use std::collections::BTreeMap;

use ottla_messages::ErrorCode;
use ottla_records::BatchHeader;
use ottla_types::{Offset, ProducerId, TimestampMs};

use crate::{AppendOrigin, Marker};
use entry::Producer;
use transactions::Transactions;

/// Whether a batch of an idempotent producer may be appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It continues the producer's sequence.
    New,
    /// It was appended before, at these offsets: answer with them and write nothing.
    Duplicate {
        /// The offset of the first record of the first copy.
        base_offset: Offset,
        /// The offset of its last record.
        last_offset: Offset,
    },
    /// It is refused.
    Refused(ErrorCode),
}

/// The producers of one partition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Producers {
    producers: BTreeMap<ProducerId, Producer>,
    transactions: Transactions,
}

impl Producers {
    /// The state that a snapshot file describes.
    #[must_use]
    pub fn from_entries(entries: impl IntoIterator<Item = ProducerEntry>) -> Producers {
        let mut state = Producers::default();
        for entry in entries {
            if let Some(first_offset) = entry.current_transaction_first_offset() {
                state.transactions.open(first_offset, entry.producer_id);
            }
            state
                .producers
                .insert(entry.producer_id, Producer::from_entry(&entry));
        }
        state
    }

    /// What a snapshot file holds, in the order of producer ids.
    pub fn entries(&self) -> impl Iterator<Item = ProducerEntry> + '_ {
        self.producers
            .iter()
            .map(|(id, producer)| producer.to_entry(*id))
    }

    /// How many producers are remembered.
    #[must_use]
    pub fn count(&self) -> usize {
        self.producers.len()
    }

    /// Whether a batch with these header fields may be appended now.
    #[must_use]
    pub fn check(&self, header: &BatchHeader, origin: AppendOrigin) -> Verdict {
        let Some(producer) = self.producers.get(&header.producer_id) else {
            return Verdict::New;
        };
        if header.producer_epoch < producer.epoch {
            return Verdict::Refused(ErrorCode::INVALID_PRODUCER_EPOCH);
        }
        if origin == AppendOrigin::Coordinator {
            return Verdict::New;
        }
        if header.producer_epoch == producer.epoch {
            let (first, last) = (header.base_sequence, header.last_sequence());
            if let Some((base_offset, last_offset)) = producer.find(first, last) {
                return Verdict::Duplicate {
                    base_offset,
                    last_offset,
                };
            }
        }
        if !producer.expects(header.producer_epoch, header.base_sequence) {
            return Verdict::Refused(ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER);
        }
        if producer.in_transaction() && !header.is_transactional() {
            return Verdict::Refused(ErrorCode::INVALID_TXN_STATE);
        }
        Verdict::New
    }

    /// Applies a data batch that is in the log at `base_offset`.
    pub fn on_batch(&mut self, header: &BatchHeader, base_offset: Offset) {
        if header.producer_id == ProducerId::NONE || header.is_control() {
            return;
        }
        let producer = self.producers.entry(header.producer_id).or_default();
        let opened = producer.append(header, base_offset);
        if opened {
            self.transactions.open(base_offset, header.producer_id);
        }
    }

    /// Applies a batch met at recovery: its own base offset counts.
    pub fn on_recovered_batch(&mut self, header: &BatchHeader) {
        self.on_batch(header, header.base_offset);
    }

    /// Remembers a data batch of the log that lies before all that is remembered of its producer:
    /// a snapshot tells of the last one alone, but whoever had several in flight may repeat each.
    /// To be called from the newest to the oldest.
    pub fn on_earlier_batch(&mut self, header: &BatchHeader) {
        if header.is_control() {
            return;
        }
        if let Some(producer) = self.producers.get_mut(&header.producer_id) {
            producer.prepend(header);
        }
    }

    /// Applies a transaction marker that is in the log. The transaction it ends, if one was open;
    /// its last stable offset is the one that holds once the marker is committed.
    pub fn on_marker(&mut self, marker: &Marker) -> Option<CompletedTransaction> {
        let producer = self.producers.entry(marker.producer_id).or_default();
        let first_offset = producer.end_transaction(marker)?;
        Some(self.transactions.end(marker, first_offset))
    }

    /// Below it no record belongs to an open transaction, nor to one whose marker is above the
    /// high watermark.
    #[must_use]
    pub fn last_stable_offset(&self, high_watermark: Offset) -> Offset {
        self.transactions
            .first_unstable_offset()
            .map_or(high_watermark, |o| o.min(high_watermark))
    }

    /// Forgets ended transactions whose markers are committed.
    pub fn on_high_watermark(&mut self, high_watermark: Offset) {
        self.transactions.on_high_watermark(high_watermark);
    }

    /// Forgets producers whose last batch is older than `expiration_ms` and that have no open
    /// transaction.
    pub fn expire(&mut self, now: TimestampMs, expiration_ms: i64) {
        self.producers.retain(|_, producer| {
            producer.in_transaction()
                || now.0.saturating_sub(producer.last_timestamp.0) < expiration_ms
        });
    }

    pub(crate) fn check_invariants(&self) {
        for producer in self.producers.values() {
            producer.check_invariants();
        }
        let open = self
            .producers
            .values()
            .filter(|producer| producer.in_transaction())
            .count();
        assert_eq!(
            open,
            self.transactions.open_count(),
            "every open transaction has its producer"
        );
    }
}

#[cfg(test)]
mod tests;
