//! One client connection, as its reactor sees it. Lives on the reactor's thread only.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;

use bytes::Bytes;
use ottla_frames::{ReplyQueue, SlotId};
use tokio::sync::Notify;

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
        }
    }

    /// Takes the next place in the order of answers.
    pub fn reserve(self: &Rc<Self>) -> ReplySlot {
        let slot = self.replies.borrow_mut().reserve();
        ReplySlot {
            connection: Rc::clone(self),
            slot,
        }
    }

    /// Closes the connection once the answers that are ready have been sent.
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
        !self.closing.get() && !self.suspended.get() && !self.replies.borrow().is_full()
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.closing.get()
    }
}

/// The place of one answer in its connection's order. An answer that is never sent holds back all
/// later ones, so every slot ends in [`ReplySlot::send`] or in a closed connection.
#[derive(Debug)]
#[must_use]
pub struct ReplySlot {
    connection: Rc<Connection>,
    slot: SlotId,
}

impl ReplySlot {
    /// The connection it belongs to.
    #[must_use]
    pub fn connection(&self) -> &Rc<Connection> {
        &self.connection
    }

    /// There is no answer: later ones need not wait for it.
    pub fn skip(self) {
        self.connection.replies.borrow_mut().skip(self.slot);
        self.connection.replied.notify_one();
    }

    /// Sends the answer, size in front, as soon as all earlier ones have gone.
    pub fn send(self, chunks: Vec<Bytes>) {
        self.connection
            .replies
            .borrow_mut()
            .complete(self.slot, chunks);
        self.connection.replied.notify_one();
    }
}
