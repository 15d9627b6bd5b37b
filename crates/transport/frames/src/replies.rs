//! Answers of one connection, sent in the order of their requests however they become ready.
//!
//! *Invariants*: a slot is completed or abandoned once; bytes leave in the order in which slots
//! were reserved; what is ready counts as unsent, also while it waits behind an earlier answer.

use std::collections::VecDeque;
use std::io::IoSlice;

use bytes::{Buf, Bytes};

const SIZE_PREFIX: usize = 4;

/// The place of one answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SlotId(u64);

#[derive(Debug)]
enum Slot {
    Awaited,
    /// The chunks of the answer.
    Ready(Vec<Bytes>),
    /// No answer is due.
    Skipped,
    /// An answer is due and will never come.
    Abandoned,
}

/// The answers of one connection.
#[derive(Debug)]
pub struct ReplyQueue {
    /// The slot at the front of `slots`.
    first: u64,
    /// Reserved slots, the oldest first.
    slots: VecDeque<Slot>,
    /// Bytes on their way, sizes included.
    outgoing: VecDeque<Bytes>,
    unsent_bytes: usize,
    max_unsent_bytes: usize,
    max_pipelined: usize,
    /// An abandoned answer has been reached: nothing behind it is ever sent.
    has_ended: bool,
}

impl ReplyQueue {
    /// A queue that asks for no more requests while this many bytes are unsent or this many
    /// requests are unanswered.
    #[must_use]
    pub fn new(max_unsent_bytes: usize, max_pipelined: usize) -> ReplyQueue {
        ReplyQueue {
            first: 0,
            slots: VecDeque::new(),
            outgoing: VecDeque::new(),
            unsent_bytes: 0,
            max_unsent_bytes,
            max_pipelined,
            has_ended: false,
        }
    }

    /// Takes the next place.
    pub fn reserve(&mut self) -> SlotId {
        let id = SlotId(self.first + self.slots.len() as u64);
        self.slots.push_back(Slot::Awaited);
        id
    }

    /// Fills a place with the chunks of an answer, its size not included.
    pub fn complete(&mut self, id: SlotId, chunks: Vec<Bytes>) {
        self.fill(id, Slot::Ready(chunks));
    }

    /// Gives a place up: its request has no answer.
    pub fn skip(&mut self, id: SlotId) {
        self.fill(id, Slot::Skipped);
    }

    /// Notes that a place is never filled: the answers before it are the last ones.
    pub fn abandon(&mut self, id: SlotId) {
        self.fill(id, Slot::Abandoned);
    }

    fn fill(&mut self, id: SlotId, filling: Slot) {
        if self.has_ended {
            return;
        }
        let index = usize::try_from(id.0 - self.first).expect("a slot is filled once");
        let slot = self
            .slots
            .get_mut(index)
            .expect("a slot is reserved before");
        assert!(matches!(slot, Slot::Awaited), "a slot is filled once");
        if let Slot::Ready(chunks) = &filling {
            self.unsent_bytes += SIZE_PREFIX + size_of_chunks(chunks);
        }
        *slot = filling;
        while let Some(slot) = self
            .slots
            .pop_front_if(|slot| !matches!(slot, Slot::Awaited))
        {
            self.first += 1;
            match slot {
                Slot::Ready(chunks) => self.enqueue(chunks),
                Slot::Abandoned => self.end(),
                Slot::Awaited | Slot::Skipped => {}
            }
        }
    }

    fn end(&mut self) {
        self.has_ended = true;
        self.slots.clear();
        self.unsent_bytes = self.outgoing.iter().map(Bytes::len).sum();
    }

    fn enqueue(&mut self, chunks: Vec<Bytes>) {
        let prefix = i32::try_from(size_of_chunks(&chunks)).expect("an answer is below 2 GiB");
        self.outgoing
            .push_back(Bytes::copy_from_slice(&prefix.to_be_bytes()));
        self.outgoing
            .extend(chunks.into_iter().filter(|chunk| !chunk.is_empty()));
    }

    /// Sends bytes that belong to no request, behind everything that is ready.
    pub fn farewell(&mut self, bytes: Bytes) {
        self.unsent_bytes += bytes.len();
        self.outgoing.push_back(bytes);
    }

    /// Whether bytes are ready to be sent.
    #[must_use]
    pub fn has_unsent(&self) -> bool {
        !self.outgoing.is_empty()
    }

    /// The bytes of all answers that are ready and not sent, sizes included.
    #[must_use]
    pub fn unsent_bytes(&self) -> usize {
        self.unsent_bytes
    }

    /// Whether answers are still owed.
    #[must_use]
    pub fn is_awaiting(&self) -> bool {
        !self.slots.is_empty()
    }

    /// Whether every answer that is owed has been sent.
    #[must_use]
    pub fn is_done(&self) -> bool {
        !self.has_unsent() && !self.is_awaiting()
    }

    /// Whether no further request should be taken for now.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.unsent_bytes >= self.max_unsent_bytes || self.slots.len() >= self.max_pipelined
    }

    /// Fills `slices` with what goes next and says how many were filled.
    pub fn gather<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        let count = self.outgoing.len().min(slices.len());
        for (slice, chunk) in slices.iter_mut().zip(&self.outgoing) {
            *slice = IoSlice::new(chunk);
        }
        count
    }

    /// Notes that this many bytes were sent.
    pub fn advance(&mut self, mut sent: usize) {
        self.unsent_bytes -= sent;
        while sent > 0 {
            let chunk = self
                .outgoing
                .front_mut()
                .expect("no more is sent than was there");
            if sent < chunk.len() {
                chunk.advance(sent);
                return;
            }
            sent -= chunk.len();
            self.outgoing.pop_front();
        }
    }
}

fn size_of_chunks(chunks: &[Bytes]) -> usize {
    chunks.iter().map(Bytes::len).sum()
}

#[cfg(test)]
mod tests;
