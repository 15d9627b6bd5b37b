//! A thread with a single-threaded runtime that serves its share of the connections. Requests are
//! executed where they are read: no hand-over, no work stealing.

use std::cell::Cell;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use tokio::runtime::Builder;
use tokio::task::LocalSet;
use tokio::time::{Instant as TokioInstant, sleep_until};

use crate::listener::Accepted;
use crate::mailbox::Mailbox;
use crate::serve::{ConnectionLimits, serve};
use crate::{Connection, Service, clock};

/// What a reactor is told.
#[derive(Debug)]
pub enum ReactorMessage<Message> {
    /// Serve this connection.
    Accept {
        /// The socket, not yet registered anywhere.
        accepted: Accepted,
        /// The name of the listener it came in by.
        listener: Arc<str>,
    },
    /// For the service.
    Service(Message),
    /// Close every connection and end.
    Stop,
}

/// How other threads reach a reactor.
#[derive(Debug)]
pub struct ReactorHandle<Message> {
    mailbox: Arc<Mailbox<ReactorMessage<Message>>>,
}

impl<Message> Clone for ReactorHandle<Message> {
    fn clone(&self) -> Self {
        ReactorHandle {
            mailbox: Arc::clone(&self.mailbox),
        }
    }
}

impl<Message> ReactorHandle<Message> {
    /// A handle to a reactor that is started later with [`start_reactor`].
    #[must_use]
    pub fn unstarted() -> Self {
        ReactorHandle {
            mailbox: Arc::new(Mailbox::default()),
        }
    }

    /// Tells the service something.
    pub fn send(&self, message: Message) {
        self.mailbox.send(ReactorMessage::Service(message));
    }

    /// Tells the service several things with one wake-up.
    pub fn send_all(&self, messages: impl IntoIterator<Item = Message>) {
        self.mailbox
            .send_all(messages.into_iter().map(ReactorMessage::Service));
    }

    /// Hands a new connection over.
    pub fn accept(&self, accepted: Accepted, listener: Arc<str>) {
        self.mailbox
            .send(ReactorMessage::Accept { accepted, listener });
    }

    /// Ends the reactor.
    pub fn stop(&self) {
        self.mailbox.send(ReactorMessage::Stop);
    }
}

/// Starts the thread of a reactor. `service` makes its service there.
///
/// # Errors
/// When the thread or its poller cannot be made.
pub fn start_reactor<S: Service>(
    index: usize,
    handle: &ReactorHandle<S::Message>,
    limits: ConnectionLimits,
    service: impl FnOnce() -> Rc<S> + Send + 'static,
) -> io::Result<JoinHandle<()>> {
    let mailbox = Arc::clone(&handle.mailbox);
    let runtime = Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build()?;
    thread::Builder::new()
        .name(format!("reactor-{index}"))
        .spawn(move || {
            let local = LocalSet::new();
            local.block_on(&runtime, run(service(), mailbox, limits));
        })
}

async fn run<S: Service>(
    service: Rc<S>,
    mailbox: Arc<Mailbox<ReactorMessage<S::Message>>>,
    limits: ConnectionLimits,
) {
    let mut messages = Vec::new();
    let next_connection_id = Cell::new(0);
    loop {
        let deadline = service.next_deadline();
        tokio::select! {
            () = mailbox.receive(&mut messages) => {}
            () = until(deadline) => service.on_deadline(),
            () = service.deadline_changed().notified() => {}
        }
        for message in messages.drain(..) {
            match message {
                ReactorMessage::Accept { accepted, listener } => {
                    let id = next_connection_id.replace(next_connection_id.get() + 1);
                    accept(&service, accepted, &listener, id, &limits);
                }
                ReactorMessage::Service(message) => service.on_message(message),
                ReactorMessage::Stop => return,
            }
        }
    }
}

async fn until(deadline: Option<ottla_types::Instant>) {
    match deadline {
        Some(instant) => sleep_until(TokioInstant::from_std(clock::to_std(instant))).await,
        None => std::future::pending().await,
    }
}

fn accept<S: Service>(
    service: &Rc<S>,
    Accepted { stream, counted }: Accepted,
    listener: &Arc<str>,
    id: u64,
    limits: &ConnectionLimits,
) {
    // A client that is gone already needs no answer and is nobody's fault.
    let (Ok(local), Ok(peer)) = (stream.local_addr(), stream.peer_addr()) else {
        return;
    };
    let registered = stream
        .set_nonblocking(true)
        .and_then(|()| tokio::net::TcpStream::from_std(stream));
    match registered {
        Ok(stream) => {
            let replies = limits.reply_queue();
            let connection = Rc::new(Connection::new(
                id,
                Rc::from(&**listener),
                (local, peer),
                replies,
            ));
            let (service, limits) = (Rc::clone(service), limits.clone());
            tokio::task::spawn_local(async move {
                serve(&service, stream, &connection, &limits).await;
                service.on_closed(&connection);
                drop(counted);
            });
        }
        Err(error) => tracing::warn!(%error, %peer, "a connection could not be registered"),
    }
}
