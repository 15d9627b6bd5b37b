//! What other threads tell a reactor. Senders never block; one wake-up serves a burst.

use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

/// A queue with one reader.
#[derive(Debug)]
pub struct Mailbox<Message> {
    messages: Mutex<Vec<Message>>,
    arrived: Notify,
}

impl<Message> Default for Mailbox<Message> {
    fn default() -> Self {
        Mailbox {
            messages: Mutex::new(Vec::new()),
            arrived: Notify::new(),
        }
    }
}

impl<Message> Mailbox<Message> {
    /// Leaves one message.
    pub fn send(&self, message: Message) {
        self.send_all(std::iter::once(message));
    }

    /// Leaves several messages with one wake-up.
    pub fn send_all(&self, messages: impl IntoIterator<Item = Message>) {
        let was_empty = {
            let mut queue = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
            let was_empty = queue.is_empty();
            queue.extend(messages);
            was_empty && !queue.is_empty()
        };
        if was_empty {
            self.arrived.notify_one();
        }
    }

    /// Waits until something is there, then moves it all into `into`.
    pub async fn receive(&self, into: &mut Vec<Message>) {
        loop {
            {
                let mut queue = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
                if !queue.is_empty() {
                    std::mem::swap(&mut *queue, into);
                    return;
                }
            }
            self.arrived.notified().await;
        }
    }
}
