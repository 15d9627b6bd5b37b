//! Bounds what the indexes of sealed segments take in memory together: those that were not used for
//! long go, and are read from their files when they are needed again.
//!
//! *Invariant*: only indexes that are in their files are listed.

use std::collections::VecDeque;
use std::sync::{Arc, Weak};

use parking_lot::Mutex;

use crate::Storage;
use crate::segment::Segment;

/// So many are looked at when others are loaded: when all are in use, loading must stay cheap.
const LOOKS_MAX: usize = 64;

/// The indexes of sealed segments that are in memory.
#[derive(Debug)]
pub(crate) struct LoadedIndexes<S: Storage> {
    limit: usize,
    listed: Mutex<Listed<S>>,
}

#[derive(Debug)]
struct Listed<S: Storage> {
    /// Clock order: the front is looked at next. With the bytes that its indexes take.
    segments: VecDeque<(Weak<Segment<S>>, usize)>,
    bytes: usize,
}

impl<S: Storage> LoadedIndexes<S> {
    /// At most about `limit` bytes stay; what is in use may exceed it.
    pub fn new(limit: usize) -> Self {
        let listed = Listed {
            segments: VecDeque::new(),
            bytes: 0,
        };
        LoadedIndexes {
            limit,
            listed: Mutex::new(listed),
        }
    }

    /// What is listed, in bytes.
    #[cfg(test)]
    pub fn bytes(&self) -> usize {
        self.listed.lock().bytes
    }

    /// Notes that a segment has indexes of so many bytes in memory, and drops others that were not
    /// used for long.
    pub fn on_loaded(&self, segment: &Arc<Segment<S>>, bytes: usize) {
        let listed = &mut *self.listed.lock();
        listed.segments.push_back((Arc::downgrade(segment), bytes));
        listed.bytes += bytes;
        // Twice around at most: the first look takes away the mark of one that was used again.
        let mut looks = (listed.segments.len() * 2).min(LOOKS_MAX);
        while listed.bytes > self.limit && looks > 0 {
            looks -= 1;
            let Some((candidate, size)) = listed.segments.pop_front() else {
                break;
            };
            let is_kept = candidate.upgrade().is_some_and(|other| {
                Arc::ptr_eq(&other, segment) || !other.drop_indexes_if_unused()
            });
            if is_kept {
                listed.segments.push_back((candidate, size));
            } else {
                listed.bytes -= size;
            }
        }
    }
}

#[cfg(test)]
mod tests;
