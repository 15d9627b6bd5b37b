//! The thread that owns the quorum, and the handle that reaches it.

use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use ottla_log::Storage;
use ottla_raft::SnapshotId;
use ottla_types::Duration;
use tokio::runtime::Handle;

use super::QuorumError;
use super::configuration::QuorumConfiguration;
use super::network::{PeerReply, TcpNetwork};
use super::node::{QuorumNode, QuorumStatus, Reply};
use super::peers::QuorumCall;
use super::shard::{MetadataPublisher, MetadataShard};
use super::snapshots::SnapshotJob;
use crate::clock;

/// How many messages are taken before what they appended is flushed.
const MESSAGES_PER_FLUSH: usize = 1_000;

enum Message<Request, Response> {
    Request(Request, Reply<Response>),
    Call(QuorumCall),
    PeerReplied(PeerReply),
    SnapshotWritten(Result<SnapshotId, QuorumError>),
    Stop(Duration),
}

/// Reaches the thread of the quorum. Never blocks. When the quorum has stopped, replies are dropped
/// without having been called.
#[derive(Debug)]
pub struct QuorumHandle<C: MetadataShard> {
    sender: Sender<Message<C::Request, C::Response>>,
    status: Arc<Mutex<QuorumStatus>>,
}

impl<C: MetadataShard> Clone for QuorumHandle<C> {
    fn clone(&self) -> Self {
        QuorumHandle {
            sender: self.sender.clone(),
            status: Arc::clone(&self.status),
        }
    }
}

impl<C: MetadataShard> QuorumHandle<C> {
    /// Asks the active controller. `reply` is called on the quorum's thread, once what it tells is
    /// committed and published; it must not block.
    pub fn request(&self, request: C::Request, reply: impl FnOnce(C::Response) + Send + 'static) {
        self.send(Message::Request(request, Box::new(reply)));
    }

    /// Where the quorum stood last. Epoch 0 without a leader until its thread has started.
    #[must_use]
    pub fn status(&self) -> QuorumStatus {
        self.status
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// A request about the metadata log itself; the reply is called on the quorum's thread.
    pub fn call(&self, call: QuorumCall) {
        self.send(Message::Call(call));
    }

    /// Leaves the quorum in order, waiting this long at most for a successor.
    pub fn stop(&self, patience: Duration) {
        self.send(Message::Stop(patience));
    }

    fn send(&self, message: Message<C::Request, C::Response>) {
        // A quorum that has stopped has said so to its publisher; here the message is just dropped.
        let _ = self.sender.send(message);
    }
}

/// Opens the metadata log, takes part in the quorum on a thread of its own, and hosts the
/// controller `C` there while this node leads. Connections to other members live on `runtime`.
///
/// # Errors
/// If the log, `quorum-state`, a snapshot or `bootstrap.checkpoint` cannot be read.
pub fn start_quorum<S, C, P>(
    storage: S,
    configuration: QuorumConfiguration,
    context: C::Context,
    publisher: P,
    runtime: Handle,
) -> Result<(QuorumHandle<C>, JoinHandle<()>), QuorumError>
where
    S: Storage,
    C: MetadataShard<
            Hard: Send,
            Soft: Send,
            Context: Send,
            Request: Send,
            Response: Send,
            Effect: Send,
        >,
    P: MetadataPublisher<C::Effect> + 'static,
{
    let (sender, receiver) = mpsc::channel();
    let status = Arc::new(Mutex::new(QuorumStatus::default()));
    let handle = QuorumHandle {
        sender: sender.clone(),
        status: Arc::clone(&status),
    };
    let replied = sender.clone();
    let network = TcpNetwork::new(
        runtime,
        configuration.local.id,
        configuration.timeouts.request_timeout,
        // Without a receiver the quorum has ended: nobody waits for the answer.
        move |reply| drop(replied.send(Message::PeerReplied(reply))),
    );
    let node = QuorumNode::<S, C, P>::open(
        storage,
        configuration,
        context,
        publisher,
        Box::new(network),
        clock::now(),
    )?;
    let thread = thread::Builder::new()
        .name("quorum".to_owned())
        .spawn(move || run(node, &receiver, &sender, &status))
        .map_err(|error| QuorumError::Refused(format!("no thread for the quorum: {error}")))?;
    Ok((handle, thread))
}

fn run<S, C, P>(
    mut node: QuorumNode<S, C, P>,
    receiver: &Receiver<Message<C::Request, C::Response>>,
    sender: &Sender<Message<C::Request, C::Response>>,
    status: &Mutex<QuorumStatus>,
) where
    S: Storage,
    C: MetadataShard<Request: Send, Response: Send>,
    P: MetadataPublisher<C::Effect>,
{
    let outcome = serve(&mut node, receiver, sender, status);
    if let Err(error) = &outcome {
        tracing::error!(%error, "the metadata quorum stops");
    }
    node.close(outcome);
}

fn serve<S, C, P>(
    node: &mut QuorumNode<S, C, P>,
    receiver: &Receiver<Message<C::Request, C::Response>>,
    sender: &Sender<Message<C::Request, C::Response>>,
    status: &Mutex<QuorumStatus>,
) -> Result<(), QuorumError>
where
    S: Storage,
    C: MetadataShard<Request: Send, Response: Send>,
    P: MetadataPublisher<C::Effect>,
{
    node.start(clock::now())?;
    tell(status, node.status());
    while !node.is_shut_down() {
        let received = match node.next_deadline() {
            Some(deadline) => receiver.recv_timeout(deadline.since(clock::monotonic())),
            None => receiver.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        if let Ok(message) = received {
            take(node, message)?;
            for message in receiver.try_iter().take(MESSAGES_PER_FLUSH) {
                take(node, message)?;
            }
        }
        let job = node.turn(clock::now())?;
        tell(status, node.status());
        if let Some(job) = job {
            write_snapshot::<S, C>(job, sender.clone())?;
        }
    }
    Ok(())
}

fn tell(status: &Mutex<QuorumStatus>, now: QuorumStatus) {
    *status.lock().unwrap_or_else(PoisonError::into_inner) = now;
}

fn take<S: Storage, C: MetadataShard, P: MetadataPublisher<C::Effect>>(
    node: &mut QuorumNode<S, C, P>,
    message: Message<C::Request, C::Response>,
) -> Result<(), QuorumError> {
    let now = clock::now();
    match message {
        Message::Request(request, reply) => {
            node.request(now, request, reply);
            Ok(())
        }
        Message::Call(call) => node.call(now, call),
        Message::PeerReplied(reply) => node.peer_replied(now, reply),
        Message::SnapshotWritten(outcome) => node.on_snapshot_written(now, outcome),
        Message::Stop(patience) => node.shut_down(now, patience),
    }
}

/// Writes a snapshot on a thread of its own: it may be large, and the quorum must go on meanwhile.
fn write_snapshot<S: Storage, C>(
    job: SnapshotJob<S>,
    sender: Sender<Message<C::Request, C::Response>>,
) -> Result<(), QuorumError>
where
    C: MetadataShard<Request: Send, Response: Send>,
{
    let spawned = thread::Builder::new()
        .name("metadata-snapshot".to_owned())
        .spawn(move || {
            // Without a receiver the quorum has ended meanwhile; the next start finds the snapshot.
            let _ = sender.send(Message::SnapshotWritten(job.run()));
        });
    match spawned {
        Ok(_) => Ok(()),
        Err(error) => Err(QuorumError::Refused(format!(
            "no thread for a snapshot: {error}"
        ))),
    }
}

#[cfg(test)]
mod tests;
