//! The task that owns the socket: writes what is queued, hands answers to their callers, and ends
//! the connection when an answer is late, wrong, or nobody uses it any more.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, Bytes};
use ottla_frames::FrameReader;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream, lookup_host};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until, timeout};

use crate::{ClientConfig, Error};

/// No broker sends more in one answer. What other protocols begin with (`HTTP`) is a larger number,
/// so that they are told from Kafka at once.
const MAX_ANSWER_BYTES: usize = 1 << 30;
/// Chunks given to one system call.
const CHUNKS_PER_WRITE: usize = 64;

/// A request on its way into the socket.
#[derive(Debug)]
pub(super) struct Call {
    /// Header and body, the size not included.
    pub chunks: Vec<Bytes>,
    /// Who waits for the answer; none if the broker gives none.
    pub wait: Option<Wait>,
}

/// A caller that waits.
#[derive(Debug)]
pub(super) struct Wait {
    pub correlation_id: i32,
    pub timeout: Duration,
    pub reply: oneshot::Sender<Result<Bytes, Error>>,
}

/// The socket's side of a connection.
#[derive(Debug)]
pub(super) struct Link {
    address: Arc<str>,
    max_idle: Duration,
    unsent: VecDeque<Bytes>,
    waiting: VecDeque<(Wait, Instant)>,
    frames: FrameReader,
    used: Instant,
}

/// Dials the addresses of `host:port` one after the other.
pub(super) async fn dial(address: &str, config: &ClientConfig) -> Result<TcpStream, Error> {
    let failed = |error| Error::connection(address, error);
    let limit = config.socket_connection_setup_timeout_ms;
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
    for candidate in lookup_host(address).await.map_err(failed)? {
        let socket = if candidate.is_ipv4() {
            TcpSocket::new_v4()
        } else {
            TcpSocket::new_v6()
        };
        let socket = socket.map_err(failed)?;
        if let Some(size) = config.send_buffer_bytes {
            socket.set_send_buffer_size(size).map_err(failed)?;
        }
        if let Some(size) = config.receive_buffer_bytes {
            socket.set_recv_buffer_size(size).map_err(failed)?;
        }
        match timeout(limit, socket.connect(candidate)).await {
            Ok(Ok(stream)) => {
                stream.set_nodelay(true).map_err(failed)?;
                return Ok(stream);
            }
            Ok(Err(error)) => last = error,
            Err(_) => last = io::ErrorKind::TimedOut.into(),
        }
    }
    Err(failed(last))
}

/// What callers get whose connection is gone.
pub(super) fn ended(address: &str) -> Error {
    let reason = "the connection ended before the answer came";
    Error::connection(
        address,
        io::Error::new(io::ErrorKind::ConnectionAborted, reason),
    )
}

impl Link {
    pub fn new(address: Arc<str>, max_idle: Duration) -> Link {
        Link {
            address,
            max_idle,
            unsent: VecDeque::new(),
            waiting: VecDeque::new(),
            frames: FrameReader::new(MAX_ANSWER_BYTES),
            used: Instant::now(),
        }
    }

    /// Runs until the connection ends; every caller that still waits learns why.
    pub async fn run(mut self, stream: TcpStream, mut calls: mpsc::UnboundedReceiver<Call>) {
        let end = self.serve(stream, &mut calls).await;
        calls.close();
        while let Ok(call) = calls.try_recv() {
            if let Some(wait) = call.wait {
                self.waiting.push_back((wait, self.used));
            }
        }
        let mut reason = end.err();
        for (wait, _) in self.waiting.drain(..) {
            let error = reason.take().unwrap_or_else(|| ended(&self.address));
            // A caller that no longer waits does not need to know.
            let _ = wait.reply.send(Err(error));
        }
    }

    async fn serve(
        &mut self,
        mut stream: TcpStream,
        calls: &mut mpsc::UnboundedReceiver<Call>,
    ) -> Result<(), Error> {
        let (mut read, mut write) = stream.split();
        loop {
            let deadline = self.deadline();
            tokio::select! {
                call = calls.recv() => match call {
                    Some(call) => {
                        self.take(call);
                        while let Ok(call) = calls.try_recv() {
                            self.take(call);
                        }
                    }
                    // All handles are gone: what was sent is still written and answered.
                    None if self.waiting.is_empty() && self.unsent.is_empty() => return Ok(()),
                    None => self.finish(&mut read, &mut write).await?,
                },
                count = read.read_buf(self.frames.space()) => {
                    self.received(count)?;
                }
                count = write_some(&mut write, &self.unsent), if !self.unsent.is_empty() => {
                    let count = count.map_err(|e| Error::connection(&self.address, e))?;
                    advance(&mut self.unsent, count);
                }
                () = sleep_until(deadline) => {
                    let Some((wait, _)) = self.waiting.front() else {
                        return Ok(());
                    };
                    return Err(Error::Timeout {
                        what: format!("the answer of {}", self.address),
                        after: wait.timeout,
                    });
                }
            }
        }
    }

    /// No further calls will come: writes and reads what is left.
    async fn finish(
        &mut self,
        read: &mut (impl AsyncReadExt + Unpin),
        write: &mut (impl AsyncWriteExt + Unpin),
    ) -> Result<(), Error> {
        while !(self.unsent.is_empty() && self.waiting.is_empty()) {
            let deadline = self.deadline();
            tokio::select! {
                count = read.read_buf(self.frames.space()) => self.received(count)?,
                count = write_some(write, &self.unsent), if !self.unsent.is_empty() => {
                    let count = count.map_err(|e| Error::connection(&self.address, e))?;
                    advance(&mut self.unsent, count);
                }
                () = sleep_until(deadline) => return Err(ended(&self.address)),
            }
        }
        Ok(())
    }

    fn deadline(&self) -> Instant {
        match self.waiting.front() {
            Some((_, deadline)) => *deadline,
            None => self.used + self.max_idle,
        }
    }

    fn take(&mut self, call: Call) {
        let size: usize = call.chunks.iter().map(Bytes::len).sum();
        let Ok(prefix) = i32::try_from(size) else {
            if let Some(wait) = call.wait {
                let error = Error::protocol(&self.address, "a request above 2 GiB");
                let _ = wait.reply.send(Err(error));
            }
            return;
        };
        self.used = Instant::now();
        self.unsent
            .push_back(Bytes::copy_from_slice(&prefix.to_be_bytes()));
        let chunks = call.chunks.into_iter();
        self.unsent.extend(chunks.filter(|chunk| !chunk.is_empty()));
        if let Some(wait) = call.wait {
            let deadline = self.used + wait.timeout;
            self.waiting.push_back((wait, deadline));
        }
    }

    fn received(&mut self, count: io::Result<usize>) -> Result<(), Error> {
        if count.map_err(|e| Error::connection(&self.address, e))? == 0 {
            let reason = "the broker closed the connection";
            let error = io::Error::new(io::ErrorKind::ConnectionReset, reason);
            return Err(Error::connection(&self.address, error));
        }
        self.used = Instant::now();
        loop {
            let frame = self.frames.next_frame();
            let Some(frame) = frame.map_err(|e| Error::protocol(&self.address, e))? else {
                return Ok(());
            };
            let correlation_id = frame.first_chunk().map(|id| i32::from_be_bytes(*id));
            let expected = self.waiting.front().map(|(wait, _)| wait.correlation_id);
            if correlation_id.is_none() || correlation_id != expected {
                let reason = format!("answer {correlation_id:?} instead of {expected:?}");
                return Err(Error::protocol(&self.address, reason));
            }
            if let Some((wait, _)) = self.waiting.pop_front() {
                // A caller that no longer waits does not need the answer.
                let _ = wait.reply.send(Ok(frame));
            }
        }
    }
}

/// Writes the first chunks in one system call and says how many bytes went.
async fn write_some(
    write: &mut (impl AsyncWriteExt + Unpin),
    unsent: &VecDeque<Bytes>,
) -> io::Result<usize> {
    let mut slices = [IoSlice::new(&[]); CHUNKS_PER_WRITE];
    for (slice, chunk) in slices.iter_mut().zip(unsent) {
        *slice = IoSlice::new(chunk);
    }
    let count = unsent.len().min(CHUNKS_PER_WRITE);
    let slices = slices.get(..count).unwrap_or_default();
    match write.write_vectored(slices).await? {
        0 => Err(io::ErrorKind::WriteZero.into()),
        count => Ok(count),
    }
}

fn advance(unsent: &mut VecDeque<Bytes>, mut count: usize) {
    while let Some(front) = unsent.front_mut() {
        if count < front.len() {
            front.advance(count);
            return;
        }
        count -= front.len();
        unsent.pop_front();
    }
}
