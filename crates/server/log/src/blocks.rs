//! Memory for reads, used again and again by the thread that reads.
//!
//! Fresh memory costs its zeros and its page faults, as much as copying the bytes into it does.
//!
//! *Invariants*: every byte of a block is initialised; a thread keeps at most [`KEPT`] bytes.

use std::cell::RefCell;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;

/// Smaller blocks are cheaper made anew.
const SMALLEST: usize = 16 << 10;
/// Larger blocks are rare, and not kept.
const LARGEST: usize = 4 << 20;
/// What a thread keeps.
const KEPT: usize = 8 << 20;

/// Bytes of all blocks that somebody holds.
static HELD: AtomicUsize = AtomicUsize::new(0);

/// The bytes that were read and are still held by anybody: answers that are not sent yet, mostly.
#[must_use]
pub fn bytes_held() -> usize {
    HELD.load(Ordering::Relaxed)
}

thread_local! {
    static FREE: RefCell<Free> = const { RefCell::new(Free { blocks: Vec::new(), bytes: 0 }) };
}

/// Blocks nobody uses, the one given back last behind the others.
struct Free {
    blocks: Vec<Vec<u8>>,
    bytes: usize,
}

impl Free {
    fn take(&mut self, size: usize) -> Option<Vec<u8>> {
        let at = self.blocks.iter().rposition(|block| block.len() == size)?;
        self.bytes -= size;
        Some(self.blocks.swap_remove(at))
    }

    fn give(&mut self, block: Vec<u8>) {
        if self.bytes + block.len() <= KEPT {
            self.bytes += block.len();
            self.blocks.push(block);
        }
    }
}

/// Initialised memory, given back to the thread that drops it.
#[derive(Debug, Default)]
pub(crate) struct Block {
    bytes: Vec<u8>,
}

impl Block {
    /// At least `length` bytes, with whatever they held before.
    pub fn of(length: usize) -> Block {
        let bytes = if (SMALLEST..=LARGEST).contains(&length) {
            let size = length.next_power_of_two();
            let kept = FREE.try_with(|free| free.borrow_mut().take(size));
            kept.ok().flatten().unwrap_or_else(|| vec![0; size])
        } else {
            vec![0; length]
        };
        HELD.fetch_add(bytes.len(), Ordering::Relaxed);
        Block { bytes }
    }

    /// A part of it, without a copy: the block is given back when that is dropped.
    pub fn into_bytes(self, part: Range<usize>) -> Bytes {
        Bytes::from_owner(self).slice(part)
    }

    fn is_kept(&self) -> bool {
        (SMALLEST..=LARGEST).contains(&self.bytes.len())
    }
}

impl AsRef<[u8]> for Block {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl AsMut<[u8]> for Block {
    fn as_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        HELD.fetch_sub(self.bytes.len(), Ordering::Relaxed);
        if self.is_kept() {
            let bytes = std::mem::take(&mut self.bytes);
            // A thread that ends keeps nothing.
            let _ = FREE.try_with(|free| free.borrow_mut().give(bytes));
        }
    }
}

#[cfg(test)]
mod tests;
