//! Accepts connections and spreads them over the reactors.

use std::collections::HashMap;
use std::io::{self, PipeWriter};
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use socket2::{Domain, Protocol, Socket, Type};

use crate::LineLimit;

/// A storm of connections must not be refused by the kernel while one reactor is busy.
const BACKLOG: i32 = 4096;
/// After the process ran out of file descriptors: long enough for some to be closed.
const PAUSE_WHEN_EXHAUSTED: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 100_000_000,
};

/// Whoever is refused may come again at once.
static REFUSED: LineLimit = LineLimit::new(10);
/// What the system lacks it may lack for long.
static NOT_ACCEPTED: LineLimit = LineLimit::new(1);

/// How a listening socket, and each that it accepts, is set up.
#[derive(Clone, Copy, Debug, Default)]
pub struct SocketSettings {
    /// Bytes of the send buffer; `None` leaves it to the system.
    pub send_buffer: Option<u32>,
    /// Bytes of the receive buffer; `None` leaves it to the system.
    pub receive_buffer: Option<u32>,
    /// How many connections may wait to be accepted; `None` for many.
    pub backlog: Option<u32>,
}

/// Binds a listening socket.
///
/// # Errors
/// When the address cannot be bound.
pub fn bind(address: SocketAddr, settings: SocketSettings) -> io::Result<TcpListener> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    socket.set_reuse_address(true)?;
    if address.is_ipv6() {
        socket.set_only_v6(false)?;
    }
    // Accepted sockets inherit the sizes of the buffers.
    if let Some(bytes) = settings.send_buffer {
        socket.set_send_buffer_size(bytes as usize)?;
    }
    if let Some(bytes) = settings.receive_buffer {
        socket.set_recv_buffer_size(bytes as usize)?;
    }
    socket.bind(&address.into())?;
    let backlog = settings
        .backlog
        .map_or(BACKLOG, |length| i32::try_from(length).unwrap_or(i32::MAX));
    socket.listen(backlog)?;
    Ok(socket.into())
}

/// How many connections there are, in all and by address, and how many there may be.
#[derive(Debug)]
pub struct ConnectionCount {
    total: AtomicUsize,
    admission: Mutex<Admission>,
}

#[derive(Debug)]
struct Admission {
    bounds: ConnectionBounds,
    by_address: HashMap<IpAddr, usize>,
}

/// One counted connection; uncounts itself when dropped.
#[derive(Debug)]
pub struct Counted {
    count: Arc<ConnectionCount>,
    address: IpAddr,
}

/// `max.connections` and `max.connections.per.ip`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionBounds {
    /// In all.
    pub total: usize,
    /// From one address.
    pub per_address: usize,
}

impl ConnectionCount {
    /// None yet.
    #[must_use]
    pub fn new(bounds: ConnectionBounds) -> ConnectionCount {
        ConnectionCount {
            total: AtomicUsize::new(0),
            admission: Mutex::new(Admission {
                bounds,
                by_address: HashMap::new(),
            }),
        }
    }

    /// Changes how many there may be. Those that are there already stay.
    pub fn set_bounds(&self, bounds: ConnectionBounds) {
        self.lock().bounds = bounds;
    }

    /// How many connections there are.
    #[must_use]
    pub fn total(&self) -> usize {
        self.total.load(Ordering::Relaxed)
    }

    fn admit(self: &Arc<Self>, address: IpAddr) -> Option<Counted> {
        let mut admission = self.lock();
        let Admission { bounds, by_address } = &mut *admission;
        // Whoever is refused must leave no entry behind: nobody would ever take it out.
        let from_there = by_address.get(&address).copied().unwrap_or(0);
        if from_there >= bounds.per_address || self.total() >= bounds.total {
            return None;
        }
        by_address.insert(address, from_there + 1);
        self.total.fetch_add(1, Ordering::Relaxed);
        Some(Counted {
            count: Arc::clone(self),
            address,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Admission> {
        self.admission
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.count.total.fetch_sub(1, Ordering::Relaxed);
        let by_address = &mut self.count.lock().by_address;
        if let Some(count) = by_address.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                by_address.remove(&self.address);
            }
        }
    }
}

/// A connection that was accepted and counted.
#[derive(Debug)]
pub struct Accepted {
    /// The socket.
    pub stream: std::net::TcpStream,
    /// Keeps the count right as long as the connection lives.
    pub counted: Counted,
}

/// The thread that accepts on one listener. Dropping it tells the thread to end.
#[derive(Debug)]
pub struct Acceptor {
    thread: JoinHandle<()>,
    /// The thread sees the other end of this pipe close.
    stop: PipeWriter,
}

impl Acceptor {
    /// Ends it: nobody is accepted when this returns.
    pub fn stop(self) {
        drop(self.stop);
        // A thread that panicked has aborted the process.
        let _ = self.thread.join();
    }
}

/// Accepts on `listener` until the acceptor is stopped; `deliver` gets each connection in turn.
///
/// # Errors
/// When the thread cannot be made.
pub fn start_acceptor(
    listener: TcpListener,
    count: Arc<ConnectionCount>,
    mut deliver: impl FnMut(Accepted) + Send + 'static,
) -> io::Result<Acceptor> {
    listener.set_nonblocking(true)?;
    let (stopped, stop) = io::pipe()?;
    let accept = move || {
        while wait(&[&listener, &stopped], None) != Some(1) {
            match listener.accept() {
                Ok((stream, peer)) => match count.admit(peer.ip()) {
                    Some(counted) => deliver(Accepted { stream, counted }),
                    None => tell_refused(peer),
                },
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => {
                    if let Some(left_out) = NOT_ACCEPTED.admit() {
                        tracing::warn!(%error, left_out, "a connection could not be accepted");
                    }
                    wait(&[&stopped], Some(&PAUSE_WHEN_EXHAUSTED));
                }
            }
        }
    };
    let thread = thread::Builder::new()
        .name("acceptor".to_owned())
        .spawn(accept)?;
    Ok(Acceptor { thread, stop })
}

fn tell_refused(peer: SocketAddr) {
    if let Some(left_out) = REFUSED.admit() {
        tracing::warn!(%peer, left_out, "connection refused: too many connections");
    }
}

/// Until one of these can be read, is closed, or time is up: the last one of which that is true.
fn wait(on: &[&dyn AsFd], timeout: Option<&Timespec>) -> Option<usize> {
    let mut polled: Vec<PollFd<'_>> = on
        .iter()
        .map(|one| PollFd::from_borrowed_fd(one.as_fd(), PollFlags::IN))
        .collect();
    // Interrupted or not, the caller's loop looks again.
    let _ = poll(&mut polled, timeout);
    polled.iter().rposition(|one| !one.revents().is_empty())
}

#[cfg(test)]
mod tests;
