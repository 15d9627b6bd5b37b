//! Which batches `read_committed` hides: those of aborted transactions, and every control batch.
//!
//! *State*: the aborted transactions of one Fetch answer, and the producers that are inside one at
//! the batch looked at. Batches must be shown in the order of their offsets.

use std::collections::{BTreeSet, VecDeque};

use ottla_types::{Offset, ProducerId};

/// An aborted transaction as a Fetch answer names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AbortedTransaction {
    /// Whose it was.
    pub producer_id: ProducerId,
    /// The offset of its first record.
    pub first_offset: Offset,
}

/// What a batch is to transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchKind {
    /// Records outside of any transaction.
    Plain,
    /// Records of a transaction.
    Transactional,
    /// A control batch that ends a transaction by aborting it.
    Abort,
    /// Any other control batch.
    Control,
}

/// Tells batches to show from batches to hide.
#[derive(Clone, Debug, Default)]
pub struct AbortedTransactions {
    ahead: VecDeque<AbortedTransaction>,
    open: BTreeSet<ProducerId>,
}

impl AbortedTransactions {
    /// Those of one Fetch answer, in any order; none for `read_uncommitted`.
    #[must_use]
    pub fn new(mut aborted: Vec<AbortedTransaction>) -> AbortedTransactions {
        aborted.sort_by_key(|transaction| transaction.first_offset);
        AbortedTransactions {
            ahead: aborted.into(),
            open: BTreeSet::new(),
        }
    }

    /// Whether the records of the batch are shown.
    pub fn shows(&mut self, producer_id: ProducerId, last_offset: Offset, kind: BatchKind) -> bool {
        while let Some(next) = self.ahead.front() {
            if next.first_offset > last_offset {
                break;
            }
            self.open.insert(next.producer_id);
            self.ahead.pop_front();
        }
        match kind {
            BatchKind::Plain => true,
            BatchKind::Transactional => !self.open.contains(&producer_id),
            BatchKind::Abort => {
                self.open.remove(&producer_id);
                false
            }
            BatchKind::Control => false,
        }
    }
}

#[cfg(test)]
mod tests;
