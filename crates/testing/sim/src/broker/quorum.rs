//! The metadata quorum of the simulated node: the runtime's own member of it, with the real
//! controller and the real publisher. Tasks of one thread drive it.
//!
//! *Not here*: other members; this one votes alone.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ottla_broker::parts::{ClusterController, Publisher};
use ottla_controller::{ControllerRequest, ControllerResponse, RequestBody};
use ottla_log::{LogError, snapshot_file_name};
use ottla_metadata::MetadataDelta;
use ottla_raft::SnapshotId;
use ottla_runtime::Work;
use ottla_runtime::quorum::{
    METADATA_LOG_DIRECTORY, MetadataPublisher, PeerCall, QuorumError, QuorumNetwork, QuorumNode,
    SnapshotJob,
};
use ottla_types::{Duration, Instant};

use super::shared::Shared;
use super::{LOG_DIRECTORY, Left};
use crate::bugs::Bug;
use crate::disk::SimulatedDisk;
use crate::tasks::pause;

/// While a start or a stop waits for something, it asks this often.
const INTERVAL: Duration = Duration::from_millis(10);
const STOP_PATIENCE: Duration = Duration::from_secs(5);

/// The member of this node.
pub type Member = QuorumNode<SimulatedDisk, ClusterController, Recorder>;
/// A snapshot to be written.
pub type Job = SnapshotJob<SimulatedDisk>;

enum Message {
    /// A request; its number.
    Ask(u64, ControllerRequest),
    SnapshotWritten(Result<SnapshotId, QuorumError>),
}

/// Hands what is published to the publisher, and what came of it to the scheduler.
pub struct Recorder {
    publisher: Publisher<SimulatedDisk>,
    shared: Arc<Shared>,
    bug: Option<Bug>,
}

impl Recorder {
    /// Over a publisher.
    #[must_use]
    pub fn new(
        publisher: Publisher<SimulatedDisk>,
        shared: Arc<Shared>,
        bug: Option<Bug>,
    ) -> Recorder {
        Recorder {
            publisher,
            shared,
            bug,
        }
    }
}

impl MetadataPublisher<Infallible> for Recorder {
    fn publish(&mut self, mut delta: MetadataDelta) {
        if self.bug == Some(Bug::IgnoresDeletions) {
            let after = &delta.after;
            let is_there = |id| after.topics.by_id(id).is_some();
            delta.changes.topics.retain(|id, _| is_there(*id));
        }
        if let Err(error) = self.publisher.publish(&delta) {
            self.shared
                .end(format!("the directory cannot be served: {error}"));
        }
        let outbox = self.shared.outbox();
        outbox.push(Left::Published(delta.provenance, Box::new(delta.after)));
    }

    fn perform(&mut self, effect: Infallible) {
        match effect {}
    }

    fn stopped(&mut self, outcome: Result<(), QuorumError>) {
        if let Err(error) = outcome {
            self.shared
                .end(format!("the metadata quorum stops: {error}"));
        }
    }
}

/// Who votes alone has nobody to send anything to.
#[derive(Debug)]
pub struct Nobody;

impl QuorumNetwork for Nobody {
    fn send(&mut self, call: PeerCall) {
        unreachable!("a sole voter calls {call:?}")
    }
}

/// The member with what waits for it; clones share it.
#[derive(Clone)]
pub struct Quorum {
    shared: Arc<Shared>,
    member: Arc<Mutex<Option<Member>>>,
    inbox: Arc<Mutex<VecDeque<Message>>>,
    /// When it wants its next turn, as of its last.
    deadline: Arc<Mutex<Option<Instant>>>,
    bug: Option<Bug>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Quorum {
    /// Starts a member: it leads when this returns. Blocks.
    ///
    /// # Errors
    /// When its disk fails.
    pub fn start(
        mut member: Member,
        shared: Arc<Shared>,
        bug: Option<Bug>,
    ) -> Result<Quorum, QuorumError> {
        member.start(shared.now())?;
        Ok(Quorum {
            shared,
            member: Arc::new(Mutex::new(Some(member))),
            inbox: Arc::default(),
            deadline: Arc::default(),
            bug,
        })
    }

    /// Has the controller decide; its answer is left with this number.
    pub fn ask(&self, number: u64, body: RequestBody) {
        let request = request(body, false);
        lock(&self.inbox).push_back(Message::Ask(number, request));
    }

    /// Whether a turn is due.
    #[must_use]
    pub fn is_due(&self) -> bool {
        let now = self.shared.now().monotonic;
        !lock(&self.inbox).is_empty() || self.next_deadline().is_some_and(|at| at <= now)
    }

    /// When it wants its next turn.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        *lock(&self.deadline)
    }

    /// A turn, with all that has come in.
    #[must_use]
    pub fn turn_work(&self) -> Work {
        let this = self.clone();
        Box::new(move || {
            let mut member = lock(&this.member);
            let Some(open) = &mut *member else { return };
            let outcome = this.turn(open);
            *lock(&this.deadline) = open.next_deadline();
            if let Err(error) = outcome
                && let Some(member) = member.take()
            {
                member.close(Err(error));
            }
        })
    }

    fn turn(&self, member: &mut Member) -> Result<(), QuorumError> {
        let messages = std::mem::take(&mut *lock(&self.inbox));
        for message in messages {
            let now = self.shared.now();
            match message {
                Message::Ask(number, request) => {
                    let shared = Arc::clone(&self.shared);
                    let reply = move |response: ControllerResponse| {
                        let answered = Left::Decided(number, Box::new(response));
                        shared.outbox().push(answered);
                    };
                    member.request(now, request, Box::new(reply));
                }
                Message::SnapshotWritten(outcome) => member.on_snapshot_written(now, outcome)?,
            }
        }
        if let Some(job) = member.turn(self.shared.now())? {
            self.shared.outbox().push(Left::Snapshot(Box::new(job)));
        }
        Ok(())
    }

    /// Writes a snapshot.
    #[must_use]
    pub fn snapshot_work(&self, job: Job) -> Work {
        let this = self.clone();
        Box::new(move || {
            let outcome = job.run();
            if let (Ok(id), Some(Bug::SnapshotMissesRecord)) = (&outcome, this.bug) {
                let name = snapshot_file_name(id.end_offset, id.epoch);
                let directory = Path::new(LOG_DIRECTORY).join(METADATA_LOG_DIRECTORY);
                let spoiled = super::format::spoil_snapshot(
                    this.shared.disk().files(),
                    &directory.join(name),
                    id.epoch,
                );
                spoiled.expect("a snapshot that was written can be written");
            }
            lock(&this.inbox).push_back(Message::SnapshotWritten(outcome));
        })
    }

    /// Asks again and again until an answer is what is waited for, on this thread. Blocks.
    ///
    /// # Errors
    /// When the member stops, or nothing of the kind comes for long.
    pub fn ask_until<T>(
        &self,
        patience: Duration,
        body: impl Fn() -> RequestBody,
        accept: impl Fn(ControllerResponse) -> Option<T>,
    ) -> Result<T, QuorumError> {
        let deadline = self.shared.now().monotonic.after(patience);
        loop {
            let answer: Arc<Mutex<Option<ControllerResponse>>> = Arc::default();
            {
                let mut member = lock(&self.member);
                let Some(member) = &mut *member else {
                    return Err(QuorumError::Fault("the member has stopped"));
                };
                let slot = Arc::clone(&answer);
                let reply = move |response| *lock(&slot) = Some(response);
                member.request(self.shared.now(), request(body(), true), Box::new(reply));
                self.turn(member)?;
                *lock(&self.deadline) = member.next_deadline();
            }
            if let Some(accepted) = lock(&answer).take().and_then(&accept) {
                return Ok(accepted);
            }
            if self.shared.now().monotonic > deadline {
                return Err(QuorumError::Fault(
                    "the controller does not do what is asked",
                ));
            }
            pause(INTERVAL);
        }
    }

    /// Leaves in order. Blocks.
    ///
    /// # Errors
    /// When its disk fails.
    pub fn stop(&self) -> Result<(), QuorumError> {
        let Some(mut member) = lock(&self.member).take() else {
            return Ok(());
        };
        let outcome = leave(&mut member, &self.shared);
        member.close(outcome);
        Ok(())
    }

    /// Lets go of the member.
    pub fn take_apart(&self) {
        lock(&self.member).take();
    }
}

fn leave(member: &mut Member, shared: &Shared) -> Result<(), QuorumError> {
    member.shut_down(shared.now(), STOP_PATIENCE)?;
    while !member.is_shut_down() {
        member.turn(shared.now())?;
        pause(INTERVAL);
    }
    Ok(())
}

/// `is_own`: asked by the broker for itself, not for a client.
fn request(body: RequestBody, is_own: bool) -> ControllerRequest {
    ControllerRequest {
        api_version: newest_version(&body),
        forwarded: true,
        holds_own_directories: is_own,
        body,
    }
}

fn newest_version(body: &RequestBody) -> i16 {
    match body {
        RequestBody::CreateTopics(_) => 7,
        RequestBody::DeleteTopics(_) => 6,
        RequestBody::CreatePartitions(_) => 3,
        RequestBody::BrokerRegistration(_) => 4,
        RequestBody::BrokerHeartbeat(_) => 2,
        RequestBody::IncrementalAlterConfigs(_) => 1,
        _ => 0,
    }
}

/// What a member that cannot be opened or does not go on means for the node.
pub fn failure(error: &QuorumError) -> String {
    match error {
        QuorumError::Log(LogError::Storage { .. }) => format!("the disk fails: {error}"),
        error => error.to_string(),
    }
}
