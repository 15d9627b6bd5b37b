//! One client connection, as its reactor sees it. Lives on the reactor's thread only.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;

use bytes::Bytes;
use ottla_frames::{ReplyQueue, SlotId};
use tokio::sync::Notify;

use crate::unsent::is_memory_short;

/// A connection: who is there, and the answers that are due.
#[derive(Debug)]
pub struct Connection {
    /// Unique on its reactor.
    pub id: u64,
    /// The listener it came in by.
    pub listener: Rc<str>,
    /// The address the client dialled.
    pub local: SocketAddr,
    /// The client's address.
    pub peer: SocketAddr,
    pub(crate) replies: RefCell<ReplyQueue>,
    pub(crate) replied: Notify,
    closing: Cell<bool>,
    suspended: Cell<bool>,
    /// Whether the requests that have no answer yet may be executed side by side.
    overlapping: Cell<bool>,
    /// A request that waits for the answers before it.
    held_back: RefCell<Option<Bytes>>,
}

impl Connection {
    pub(crate) fn new(
        id: u64,
        listener: Rc<str>,
        (local, peer): (SocketAddr, SocketAddr),
        replies: ReplyQueue,
    ) -> Connection {
        Connection {
            id,
            listener,
            local,
            peer,
            replies: RefCell::new(replies),
            replied: Notify::new(),
            closing: Cell::new(false),
            suspended: Cell::new(false),
            overlapping: Cell::new(false),
            held_back: RefCell::new(None),
        }
    }

    /// Takes the next place in the order of answers.
    pub fn reserve(self: &Rc<Self>) -> ReplySlot {
        let slot = self.replies.borrow_mut().reserve();
        ReplySlot {
            connection: Rc::clone(self),
            slot: Some(slot),
        }
    }

    /// Executes no further request, and closes the connection once those before have their answers.
    pub fn close(&self) {
        self.closing.set(true);
        self.replied.notify_one();
    }

    /// Executes no further request until [`Connection::resume`]: the one before has left the
    /// reactor, and what it does must be done first.
    pub fn suspend(&self) {
        self.suspended.set(true);
    }

    /// Goes on with the requests that have come meanwhile.
    pub fn resume(&self) {
        self.suspended.set(false);
        self.replied.notify_one();
    }

    /// Whether a further request may be executed now.
    pub(crate) fn takes_requests(&self) -> bool {
        let replies = self.replies.borrow();
        let must_take = replies.unsent_bytes() > 0 && is_memory_short();
        let must_wait = replies.is_awaiting() && self.held_back.borrow().is_some();
        let has_room = !replies.is_full() && !must_take;
        has_room && !must_wait && !self.closing.get() && !self.suspended.get()
    }

    /// Gives the next request back if it may be executed now, and keeps it otherwise. Requests are
    /// executed one after the other, so that each sees what those before it did; only some that
    /// overlap need not wait for the answers of others that do.
    pub(crate) fn admit(&self, frame: Bytes, overlaps: bool) -> Option<Bytes> {
        let is_awaiting = self.replies.borrow().is_awaiting();
        if is_awaiting && !(overlaps && self.overlapping.get()) {
            self.held_back.replace(Some(frame));
            return None;
        }
        self.overlapping.set(overlaps);
        Some(frame)
    }

    /// The request that was kept.
    pub(crate) fn take_held_back(&self) -> Option<Bytes> {
        self.held_back.take()
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.closing.get()
    }

    /// Whether nothing is left to be done before it is closed.
    pub(crate) fn is_done(&self) -> bool {
        self.is_closing() && self.replies.borrow().is_done()
    }
}

/// The place of one answer in its connection's order. An answer that is never sent would hold back
/// all later ones: a slot that is dropped closes its connection behind the answers before it.
#[derive(Debug)]
#[must_use]
pub struct ReplySlot {
    connection: Rc<Connection>,
    slot: Option<SlotId>,
}

impl ReplySlot {
    /// The connection it belongs to.
    #[must_use]
    pub fn connection(&self) -> &Rc<Connection> {
        &self.connection
    }

    /// There is no answer: later ones need not wait for it.
    pub fn skip(mut self) {
        if let Some(slot) = self.slot.take() {
            self.connection.replies.borrow_mut().skip(slot);
            self.connection.replied.notify_one();
        }
    }

    /// Sends the answer, size in front, as soon as all earlier ones have gone.
    pub fn send(mut self, chunks: Vec<Bytes>) {
        if let Some(slot) = self.slot.take() {
            self.connection.replies.borrow_mut().complete(slot, chunks);
            self.connection.replied.notify_one();
        }
    }
}

impl Drop for ReplySlot {
    fn drop(&mut self) {
        if let Some(slot) = self.slot.take() {
            self.connection.replies.borrow_mut().abandon(slot);
            self.connection.close();
        }
    }
}
