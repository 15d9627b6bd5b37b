//! Bounds how many segment files are open at once, and what their indexes take in memory.
//!
//! *Invariants*: a file with bytes that are not synced is never closed here: its write-back error
//! could get lost with its last descriptor.

use std::collections::VecDeque;
use std::sync::{Arc, Weak};

use parking_lot::Mutex;

use crate::Storage;
use crate::loaded_indexes::LoadedIndexes;
use crate::segment::Segment;

/// The indexes of about twenty full segments of 1 GiB.
const INDEX_BYTES: usize = 128 << 20;

/// So many files are looked at when one is opened: when all are in use, opening must stay cheap.
const LOOKS_MAX: usize = 64;

/// The open segment files of a process; shared by all its logs.
#[derive(Debug)]
pub struct OpenFiles<S: Storage> {
    limit: usize,
    /// Clock order: the front is looked at next.
    opened: Mutex<VecDeque<Weak<Segment<S>>>>,
    indexes: LoadedIndexes<S>,
}

impl<S: Storage> OpenFiles<S> {
    /// At most about `limit` files stay open; files in use or not synced may exceed it.
    #[must_use]
    pub fn new(limit: usize) -> Arc<Self> {
        OpenFiles::with_index_bytes(limit, INDEX_BYTES)
    }

    /// The same, with at most about `index_bytes` of indexes of segments that are no longer
    /// appended to.
    #[must_use]
    pub fn with_index_bytes(limit: usize, index_bytes: usize) -> Arc<Self> {
        Arc::new(OpenFiles {
            limit: limit.max(1),
            opened: Mutex::new(VecDeque::new()),
            indexes: LoadedIndexes::new(index_bytes),
        })
    }

    pub(crate) fn indexes(&self) -> &LoadedIndexes<S> {
        &self.indexes
    }

    /// How many files are open.
    #[must_use]
    pub fn count(&self) -> usize {
        self.opened.lock().len()
    }

    /// Notes that a segment opened its file, and closes others that were not used for long.
    pub(crate) fn on_opened(&self, segment: &Arc<Segment<S>>) {
        let mut opened = self.opened.lock();
        opened.push_back(Arc::downgrade(segment));
        // Twice around at most: the first look takes the mark of use away.
        let mut looks = (opened.len() * 2).min(LOOKS_MAX);
        while opened.len() > self.limit && looks > 0 {
            looks -= 1;
            let Some(candidate) = opened.pop_front() else {
                break;
            };
            let keep = candidate
                .upgrade()
                .is_some_and(|other| Arc::ptr_eq(&other, segment) || !other.close_if_unused());
            if keep {
                opened.push_back(candidate);
            }
        }
    }
}

#[cfg(test)]
mod tests;
