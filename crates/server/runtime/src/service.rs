//! What a reactor serves: the seam between threads and sockets here and APIs in `server/broker`.

use std::rc::Rc;

use bytes::Bytes;
use ottla_types::Instant;
use tokio::sync::Notify;

use crate::Connection;

/// The requests of one reactor. One value per reactor; it never leaves its thread.
pub trait Service: 'static {
    /// What other threads tell it.
    type Message: Send + 'static;

    /// A whole frame arrived, without its size. Answers go to a slot reserved on the connection,
    /// at once or later; they leave in the order in which their slots were reserved.
    fn on_frame(self: &Rc<Self>, connection: &Rc<Connection>, frame: Bytes);

    /// Whether the request in a frame may be executed while others of which that is true have no
    /// answer yet. All other requests of a connection are executed one after the other.
    fn overlaps(&self, frame: &[u8]) -> bool;

    /// Another thread left a message.
    fn on_message(self: &Rc<Self>, message: Self::Message);

    /// The instant of `next_deadline` has come.
    fn on_deadline(self: &Rc<Self>);

    /// When `on_deadline` is due.
    fn next_deadline(&self) -> Option<Instant>;

    /// Notified when `next_deadline` has become earlier outside `on_message` and `on_deadline`.
    fn deadline_changed(&self) -> &Notify;

    /// A connection is gone; nobody reads its answers any more.
    fn on_closed(self: &Rc<Self>, connection: &Connection);
}
