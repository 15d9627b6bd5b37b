//! Which transactions are open, and which ended but not committed yet.

use std::collections::BTreeMap;

use ottla_types::{Offset, ProducerId};

use crate::Marker;

/// A transaction that has ended, for the transaction index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompletedTransaction {
    /// Whose.
    pub producer_id: ProducerId,
    /// Its first record.
    pub first_offset: Offset,
    /// Its marker.
    pub last_offset: Offset,
    /// COMMIT or ABORT.
    pub commit: bool,
    /// The last stable offset once the marker is committed.
    pub last_stable_offset: Offset,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Transactions {
    open: BTreeMap<Offset, ProducerId>,
    /// First offset to the marker's offset.
    ended: BTreeMap<Offset, Offset>,
}

impl Transactions {
    pub fn open(&mut self, first_offset: Offset, producer_id: ProducerId) {
        self.open.insert(first_offset, producer_id);
    }

    pub fn end(&mut self, marker: &Marker, first_offset: Offset) -> CompletedTransaction {
        self.open.remove(&first_offset);
        self.ended.insert(first_offset, marker.offset);
        let first_open = self.open.first_key_value().map(|(offset, _)| *offset);
        CompletedTransaction {
            producer_id: marker.producer_id,
            first_offset,
            last_offset: marker.offset,
            commit: marker.commit,
            last_stable_offset: first_open.unwrap_or(marker.offset.plus(1)),
        }
    }

    pub fn first_unstable_offset(&self) -> Option<Offset> {
        let open = self.open.first_key_value().map(|(offset, _)| *offset);
        let ended = self.ended.first_key_value().map(|(offset, _)| *offset);
        open.into_iter().chain(ended).min()
    }

    pub fn on_high_watermark(&mut self, high_watermark: Offset) {
        self.ended.retain(|_, marker| *marker >= high_watermark);
    }

    pub fn open_count(&self) -> usize {
        self.open.len()
    }
}
