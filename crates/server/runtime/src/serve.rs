//! The task of one connection: reads, executes every whole frame inline, sends what is ready.

use std::future::pending;
use std::io::{self, ErrorKind, IoSlice};
use std::rc::Rc;
use std::time::Duration;

use ottla_frames::{FrameReader, ReplyQueue};
use tokio::io::Interest;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until};

use crate::{Connection, LineLimit, Service};

/// Chunks handed to the kernel in one call.
const SLICES: usize = 64;
/// How much one connection reads before others on the reactor get their turn.
const READ_BUDGET: usize = 1024 * 1024;

/// Anybody can send what is no frame, as often as he likes.
static NO_FRAMES: LineLimit = LineLimit::new(10);

/// The limits of every connection of a reactor.
#[derive(Clone, Debug)]
pub struct ConnectionLimits {
    /// `socket.request.max.bytes`.
    pub max_request_bytes: usize,
    /// `connections.max.idle.ms`; `None` for no limit.
    pub max_idle: Option<Duration>,
    /// No further request is read while this much is unsent.
    pub max_unsent_bytes: usize,
    /// No further request is read while so many are unanswered.
    pub max_pipelined: usize,
}

impl ConnectionLimits {
    pub(crate) fn reply_queue(&self) -> ReplyQueue {
        ReplyQueue::new(self.max_unsent_bytes, self.max_pipelined)
    }
}

enum Ended {
    /// The other side is gone, or the connection broke: nothing more can be sent.
    Gone,
    /// Nothing more is read; what is ready is still sent.
    Refused,
}

pub(crate) async fn serve<S: Service>(
    service: &Rc<S>,
    stream: TcpStream,
    connection: &Rc<Connection>,
    limits: &ConnectionLimits,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, peer = %connection.peer, "TCP_NODELAY could not be set");
    }
    let mut frames = FrameReader::new(limits.max_request_bytes);
    let mut last_active = Instant::now();
    loop {
        match flush(&stream, connection) {
            Ok(0) => {}
            // Whoever takes a large answer slowly is not idle.
            Ok(_) => last_active = Instant::now(),
            Err(_) => return,
        }
        // Frames may have had to wait for earlier answers; no socket tells when they can go on.
        match execute(service, connection, &mut frames) {
            Ok(0) => {}
            Ok(_) => continue,
            Err(Ended::Gone) => return,
            Err(Ended::Refused) => connection.close(),
        }
        if connection.is_done() {
            return;
        }
        let unsent = connection.replies.borrow().has_unsent();
        frames.rest();
        let interest = interest(connection, unsent);
        tokio::select! {
            biased;
            ready = wait_ready(&stream, interest) => {
                let Ok(ready) = ready else { return };
                if ready.is_readable() && !connection.is_closing() {
                    last_active = Instant::now();
                    match read(service, &stream, connection, &mut frames) {
                        Ok(()) => {}
                        Err(Ended::Gone) => return,
                        Err(Ended::Refused) => connection.close(),
                    }
                }
            }
            () = connection.replied.notified() => last_active = Instant::now(),
            () = idle_until(last_active, limits.max_idle) => {
                tracing::debug!(peer = %connection.peer, "idle connection closed");
                return;
            }
        }
    }
}

fn interest(connection: &Connection, unsent: bool) -> Option<Interest> {
    match (connection.takes_requests(), unsent) {
        (true, true) => Some(Interest::READABLE | Interest::WRITABLE),
        (true, false) => Some(Interest::READABLE),
        (false, true) => Some(Interest::WRITABLE),
        (false, false) => None,
    }
}

async fn wait_ready(
    stream: &TcpStream,
    interest: Option<Interest>,
) -> io::Result<tokio::io::Ready> {
    match interest {
        Some(interest) => stream.ready(interest).await,
        None => pending().await,
    }
}

async fn idle_until(last_active: Instant, max_idle: Option<Duration>) {
    match max_idle {
        Some(max_idle) => sleep_until(last_active + max_idle).await,
        None => pending().await,
    }
}

/// Reads until the socket is empty, the budget is spent or the answers pile up; executes whole
/// frames in between.
fn read<S: Service>(
    service: &Rc<S>,
    stream: &TcpStream,
    connection: &Rc<Connection>,
    frames: &mut FrameReader,
) -> Result<(), Ended> {
    let mut budget = READ_BUDGET;
    while budget > 0 && connection.takes_requests() {
        match stream.try_read_buf(frames.space()) {
            Ok(0) => return Err(Ended::Gone),
            Ok(count) => budget = budget.saturating_sub(count),
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(_) => return Err(Ended::Gone),
        }
        execute(service, connection, frames)?;
    }
    Ok(())
}

/// Executes whole frames until the answers pile up, or one has to wait for those before it; how
/// many.
fn execute<S: Service>(
    service: &Rc<S>,
    connection: &Rc<Connection>,
    frames: &mut FrameReader,
) -> Result<usize, Ended> {
    let mut executed = 0;
    while connection.takes_requests() {
        let next = match connection.take_held_back() {
            Some(frame) => Ok(Some(frame)),
            None => frames.next_frame(),
        };
        match next {
            Ok(Some(frame)) => {
                let overlaps = service.overlaps(&frame);
                let Some(frame) = connection.admit(frame, overlaps) else {
                    break;
                };
                service.on_frame(connection, frame);
            }
            Ok(None) => break,
            Err(error) => {
                if let Some(left_out) = NO_FRAMES.admit() {
                    tracing::info!(peer = %connection.peer, %error, left_out, "connection closed");
                }
                if let Some(bytes) = error.farewell() {
                    connection.replies.borrow_mut().farewell(bytes);
                }
                return Err(Ended::Refused);
            }
        }
        executed += 1;
    }
    Ok(executed)
}

/// Sends what is ready until the socket is full; how many bytes.
fn flush(stream: &TcpStream, connection: &Connection) -> io::Result<usize> {
    let mut flushed = 0;
    let mut replies = connection.replies.borrow_mut();
    while replies.has_unsent() {
        let mut slices = [IoSlice::new(&[]); SLICES];
        let count = replies.gather(&mut slices);
        let filled = slices
            .get(..count)
            .expect("no more slices are filled than there are");
        match stream.try_write_vectored(filled) {
            Ok(sent) => {
                replies.advance(sent);
                flushed += sent;
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(error) => return Err(error),
        }
    }
    Ok(flushed)
}

#[cfg(test)]
mod tests;
