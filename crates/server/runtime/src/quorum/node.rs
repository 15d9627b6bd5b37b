//! The node's part in the metadata quorum, without the thread: replica, committed image, active
//! controller, snapshots. Time and messages come in by method calls.

use std::collections::BTreeMap;

use bytes::Bytes;
use ottla_coordinator::{
    Answer, Appender, Coordinator, Entry, Event, Input as ShardInput, Loading, Output, Rejection,
};
use ottla_log::{LogError, Storage};
use ottla_machine::Machine;
use ottla_messages::ErrorCode;
use ottla_messages::begin_transaction_record::BeginTransactionRecord;
use ottla_messages::metadata_record::MetadataRecord;
use ottla_metadata::{MetadataLoader, MetadataVersion, Provenance};
use ottla_raft::{Input, PeerRequest, SnapshotId};
use ottla_types::{Duration, Instant, LeaderEpoch, NodeId, Now, Offset, RequestId};

use super::QuorumError;
use super::network::{PeerCall, PeerReply, QuorumNetwork};
use super::peers::{PeerAddresses, PeerCalls, QuorumCall, Sender, read_answer};
use super::records::{decode_batch, encode_values};
use super::replica::{Replica, ReplicaEvent};
use super::shard::{MetadataPublisher, MetadataShard, QuorumFacts};
use super::snapshot::Snapshot;
use super::snapshots::{SnapshotJob, SnapshotPolicy};
use crate::node_connection::NodeAddress;

/// Takes the answer of a request.
pub type Reply<Response> = Box<dyn FnOnce(Response) + Send>;

/// Where the quorum stands, as this node knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuorumStatus {
    /// The epoch.
    pub epoch: LeaderEpoch,
    /// Its leader, the active controller, if it is known.
    pub leader: Option<NodeId>,
    /// Where the leader's controller listens, if that is known.
    pub leader_address: Option<NodeAddress>,
    /// The name of this node's state, as in Kafka's metric `current-state`.
    pub state: &'static str,
    /// Everything below is committed; -1 before that is known.
    pub high_watermark: Offset,
    /// The end of this node's log.
    pub log_end_offset: Offset,
    /// The level of the feature `kraft.version`.
    pub kraft_version: i16,
}

impl Default for QuorumStatus {
    fn default() -> Self {
        QuorumStatus {
            epoch: LeaderEpoch(0),
            leader: None,
            leader_address: None,
            state: "unattached",
            high_watermark: Offset::NONE,
            log_end_offset: Offset::NONE,
            kraft_version: 0,
        }
    }
}

/// The node's part in the metadata quorum. Whoever has it calls [`Self::start`], hands messages in,
/// and lets it have a [`Self::turn`] after them and when [`Self::next_deadline`] has come.
pub struct QuorumNode<S: Storage, C: MetadataShard, P: MetadataPublisher<C::Effect>> {
    replica: Replica<S>,
    peers: PeerCalls,
    sender: Sender,
    addresses: PeerAddresses,
    network: Box<dyn QuorumNetwork>,
    snapshots: SnapshotPolicy,
    loader: MetadataLoader,
    /// The first offset that the loader has not seen.
    next_offset: Offset,
    provenance: Provenance,
    /// The newest snapshot, until it is loaded.
    snapshot: Option<Snapshot>,
    coordinator: Option<Coordinator<C>>,
    context: C::Context,
    bootstrap: Vec<MetadataRecord>,
    replies: BTreeMap<RequestId, Reply<C::Response>>,
    last_request: u64,
    publisher: P,
    seed: u64,
    is_shut_down: bool,
}

/// Everything a node is made of.
pub(super) struct NodeParts<S: Storage, C: MetadataShard, P> {
    pub(super) replica: Replica<S>,
    pub(super) snapshot: Option<Snapshot>,
    pub(super) peers: PeerCalls,
    pub(super) sender: Sender,
    pub(super) addresses: PeerAddresses,
    pub(super) network: Box<dyn QuorumNetwork>,
    pub(super) snapshots: SnapshotPolicy,
    pub(super) context: C::Context,
    pub(super) bootstrap: Vec<MetadataRecord>,
    pub(super) publisher: P,
    pub(super) seed: u64,
}

/// Appends what the shard decides.
struct LeaderAppender<'a, S: Storage> {
    replica: &'a mut Replica<S>,
    version: MetadataVersion,
    now: Now,
}

impl<S: Storage> Appender<MetadataRecord> for LeaderAppender<'_, S> {
    fn append(&mut self, records: &[MetadataRecord]) -> Result<Offset, Rejection> {
        let values: Vec<Bytes> =
            encode_values(records, self.version).map_err(|error| Rejection {
                code: ErrorCode::UNKNOWN_SERVER_ERROR,
                message: Some(error.to_string().into()),
            })?;
        self.replica.append(self.now, values)
    }
}

impl<S: Storage, C: MetadataShard, P: MetadataPublisher<C::Effect>> QuorumNode<S, C, P> {
    pub(super) fn new(parts: NodeParts<S, C, P>) -> Self {
        QuorumNode {
            next_offset: parts.replica.log().start_offset(),
            replica: parts.replica,
            peers: parts.peers,
            sender: parts.sender,
            addresses: parts.addresses,
            network: parts.network,
            snapshots: parts.snapshots,
            loader: MetadataLoader::default(),
            provenance: Provenance::default(),
            coordinator: None,
            context: parts.context,
            bootstrap: parts.bootstrap,
            replies: BTreeMap::new(),
            last_request: 0,
            publisher: parts.publisher,
            seed: parts.seed,
            snapshot: parts.snapshot,
            is_shut_down: false,
        }
    }

    fn load_snapshot(&mut self, snapshot: &Snapshot) -> Result<(), QuorumError> {
        let Some(&id) = self.replica.log().snapshots().last() else {
            return Ok(());
        };
        self.loader.start_snapshot();
        for record in &snapshot.records {
            self.loader
                .replay(record)
                .map_err(|source| QuorumError::Replay {
                    offset: id.end_offset,
                    source,
                })?;
        }
        self.next_offset = id.end_offset;
        self.provenance = Provenance {
            last_contained_offset: Offset(id.end_offset.0 - 1),
            last_contained_epoch: id.epoch,
            last_contained_timestamp: snapshot.last_contained_timestamp.into(),
        };
        Ok(())
    }

    /// Loads the newest snapshot and takes up its role; a sole voter leads when this returns.
    ///
    /// # Errors
    /// If the snapshot contradicts itself, or the disk fails.
    pub fn start(&mut self, now: Now) -> Result<(), QuorumError> {
        if let Some(snapshot) = self.snapshot.take() {
            self.load_snapshot(&snapshot)?;
        }
        self.snapshots.start(now);
        self.replica.step(now, Input::Start)?;
        self.settle(now)
    }

    /// Asks the active controller. What it appends is committed by the next turn at the earliest.
    pub fn request(&mut self, now: Now, request: C::Request, reply: Reply<C::Response>) {
        if self.coordinator.is_none() {
            let refusal = Rejection {
                code: ErrorCode::NOT_CONTROLLER,
                message: None,
            };
            return reply(C::refuse(&request, &refusal));
        }
        self.last_request += 1;
        let id = RequestId(self.last_request);
        self.replies.insert(id, reply);
        self.decide(now, Event::Request(id, request));
    }

    /// Begins to leave; see [`Self::is_shut_down`].
    ///
    /// # Errors
    /// If the disk fails.
    pub fn shut_down(&mut self, now: Now, patience: Duration) -> Result<(), QuorumError> {
        self.replica.step(now, Input::Shutdown(patience))
    }

    /// Where the quorum stands.
    #[must_use]
    pub fn status(&self) -> QuorumStatus {
        let raft = self.replica.raft();
        QuorumStatus {
            epoch: raft.epoch(),
            leader: raft.leader(),
            leader_address: raft
                .leader()
                .and_then(|id| self.addresses.of(id, self.replica.voters())),
            state: raft.state_name(),
            high_watermark: raft.high_watermark().unwrap_or(Offset::NONE),
            log_end_offset: raft.log_end_offset(),
            kraft_version: self.replica.control().kraft_version.unwrap_or(0),
        }
    }

    /// Whether it has left.
    #[must_use]
    pub fn is_shut_down(&self) -> bool {
        self.is_shut_down
    }

    /// A request about the metadata log itself.
    ///
    /// # Errors
    /// If the disk fails.
    pub fn call(&mut self, now: Now, call: QuorumCall) -> Result<(), QuorumError> {
        self.peers.call(now, &mut self.replica, call)
    }

    /// Does what time demands and acts on all that was handed in since the last turn; the snapshot
    /// that is to be written now, if one is due.
    ///
    /// # Errors
    /// After one nothing may go on: [`Self::close`] with it.
    pub fn turn(&mut self, now: Now) -> Result<Option<SnapshotJob<S>>, QuorumError> {
        self.on_time(now)?;
        self.settle(now)?;
        Ok(self.take_snapshot_job(now))
    }

    /// A snapshot to be written now, if one is due.
    pub(super) fn take_snapshot_job(&mut self, now: Now) -> Option<SnapshotJob<S>> {
        if self.loader.in_transaction() {
            return None;
        }
        self.snapshots.take_job(
            now,
            self.replica.log(),
            self.loader.image(),
            self.replica.control(),
            self.provenance,
        )
    }

    /// A snapshot was written, or could not be.
    ///
    /// # Errors
    /// If it could not be, but for want of space, or one that it supersedes cannot be removed.
    pub fn on_snapshot_written(
        &mut self,
        now: Now,
        outcome: Result<SnapshotId, QuorumError>,
    ) -> Result<(), QuorumError> {
        let id = match outcome {
            Ok(id) => id,
            Err(QuorumError::Log(error @ LogError::NoSpace { .. })) => {
                tracing::warn!(%error, "no snapshot of the metadata is written");
                self.snapshots.on_no_space(now);
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        self.snapshots.on_written(now, id, self.replica.log_mut())?;
        self.replica.on_snapshots(now)
    }

    /// Does what time demands.
    pub(super) fn on_time(&mut self, now: Now) -> Result<(), QuorumError> {
        let is_due = |deadline: Option<Instant>| deadline.is_some_and(|at| at <= now.monotonic);
        if is_due(self.replica.raft().next_deadline()) {
            self.replica.step(now, Input::Deadline)?;
        }
        if is_due(
            self.coordinator
                .as_ref()
                .and_then(Coordinator::next_deadline),
        ) {
            self.decide(now, Event::Deadline);
        }
        Ok(())
    }

    /// When a turn is due, if nothing happens before.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        let of_shard = self
            .coordinator
            .as_ref()
            .and_then(Coordinator::next_deadline);
        [
            self.replica.raft().next_deadline(),
            of_shard,
            self.snapshots.next_deadline(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Flushes what was appended and acts on what follows, until nothing does. One flush serves all
    /// that was decided since the last.
    pub(super) fn settle(&mut self, now: Now) -> Result<(), QuorumError> {
        loop {
            self.replica.flush(now)?;
            let Some(event) = self.replica.next_event() else {
                return Ok(());
            };
            match event {
                ReplicaEvent::HighWatermark(offset) => self.on_high_watermark(now, offset)?,
                ReplicaEvent::BecameLeader(epoch) => self.activate(now, epoch),
                ReplicaEvent::ResignedLeader(_) => self.resign(),
                ReplicaEvent::Reply {
                    request,
                    epoch,
                    leader,
                    response,
                } => self
                    .peers
                    .reply(&self.replica, request, (epoch, leader), response),
                ReplicaEvent::Send {
                    to,
                    correlation,
                    request,
                } => self.send(now, to, correlation, &request)?,
                ReplicaEvent::ShutDown => self.is_shut_down = true,
            }
        }
    }

    /// Sends a request to a peer; one that nobody knows the address of has failed at once.
    fn send(
        &mut self,
        now: Now,
        to: NodeId,
        correlation: u64,
        request: &PeerRequest,
    ) -> Result<(), QuorumError> {
        let voters = self.replica.voters();
        let Some(address) = self.addresses.of(to, voters) else {
            return self.replica.step(now, Input::Failed { to, correlation });
        };
        let request = self.sender.message(to, request, voters);
        self.network.send(PeerCall {
            to,
            correlation,
            address,
            request,
        });
        Ok(())
    }

    /// A peer has answered, or could not be reached.
    ///
    /// # Errors
    /// If the disk fails.
    pub fn peer_replied(&mut self, now: Now, reply: PeerReply) -> Result<(), QuorumError> {
        let (from, correlation) = (reply.from, reply.correlation);
        let answer = reply.outcome.ok().and_then(|response| {
            let read = read_answer(response);
            read.inspect_err(|error| tracing::warn!(%from, %error, "a quorum member refuses"))
                .ok()
        });
        let Some(mut answer) = answer else {
            let to = from;
            return self.replica.step(now, Input::Failed { to, correlation });
        };
        self.addresses.learn(std::mem::take(&mut answer.addresses));
        self.replica.answered(now, from, correlation, &answer)
    }

    /// Applies what is committed, lets it be acted on, and only then releases answers.
    fn on_high_watermark(&mut self, now: Now, offset: Offset) -> Result<(), QuorumError> {
        while self.next_offset < offset {
            let batches = self.replica.read_batches(self.next_offset, offset)?;
            if batches.is_empty() {
                return Err(QuorumError::Fault(
                    "the metadata log ends below its high watermark",
                ));
            }
            for batch in batches
                .iter()
                .filter(|b| b.header.base_offset >= self.next_offset)
            {
                if !batch.header.is_control() {
                    for (offset, record) in decode_batch(batch)? {
                        self.loader
                            .replay(&record)
                            .map_err(|source| QuorumError::Replay { offset, source })?;
                    }
                }
                self.snapshots.on_committed(batch.header.size_in_bytes);
                self.provenance = Provenance {
                    last_contained_offset: batch.header.last_offset(),
                    last_contained_epoch: batch.header.partition_leader_epoch,
                    last_contained_timestamp: batch.header.max_timestamp,
                };
            }
            if let Some(last) = batches.last() {
                self.next_offset = last.header.next_offset();
            }
        }
        if let Some(delta) = self.loader.publish(self.provenance) {
            self.publisher.publish(delta);
        }
        self.step_coordinator(now, ShardInput::HighWatermark(offset));
        Ok(())
    }

    /// Loads the controller from the committed image and lets it write what a new leader must.
    fn activate(&mut self, now: Now, epoch: LeaderEpoch) {
        let mut loading = Loading::<C>::new(C::Hard::default());
        let mut records = self.loader.published().to_records();
        if self.loader.in_transaction() {
            // Its records are not part of the image, and its end has yet to be written.
            records.push(BeginTransactionRecord::default().into());
        }
        // Each record of an image stands for at least one record of the log before.
        let count = i64::try_from(records.len()).expect("an image has fewer records than i64::MAX");
        let first = (self.next_offset.0 - count).max(0);
        for (offset, record) in (first..).zip(records) {
            loading.replay(Offset(offset), Entry::Record(record));
        }
        self.update_context();
        let mut outputs = Vec::new();
        let ends = (self.replica.log().end_offset(), self.next_offset);
        let seed = self.seed ^ u64::from(epoch.0.unsigned_abs());
        let coordinator = loading.activate(&self.context, now, seed, ends, &mut outputs);
        self.coordinator = Some(coordinator);
        self.deliver(outputs);
        self.append_activation_records(now);
    }

    fn append_activation_records(&mut self, now: Now) {
        let Some(coordinator) = &self.coordinator else {
            return;
        };
        let hard = coordinator.hard();
        let records = C::activation_records(hard, &self.context, &self.bootstrap);
        if records.is_empty() {
            return;
        }
        let version = metadata_version_in(&records)
            .unwrap_or_else(|| C::image(hard).features.metadata_version_or_minimum());
        let mut appender = LeaderAppender {
            replica: &mut self.replica,
            version,
            now,
        };
        match appender.append(&records) {
            Ok(base_offset) => {
                for (offset, record) in (base_offset.0..).zip(records) {
                    let entry = Entry::Record(record);
                    self.step_coordinator(now, ShardInput::Appended(Offset(offset), entry));
                }
            }
            Err(rejection) => {
                tracing::error!(?rejection, "the metadata log refuses its first records");
                self.resign();
            }
        }
    }

    fn resign(&mut self) {
        if let Some(coordinator) = self.coordinator.take() {
            let refusal = Rejection {
                code: ErrorCode::NOT_CONTROLLER,
                message: None,
            };
            let mut outputs = Vec::new();
            coordinator.resign(&refusal, &mut outputs);
            self.deliver(outputs);
        }
    }

    fn decide(&mut self, now: Now, event: Event<C::Request>) {
        self.update_context();
        self.step_coordinator(now, ShardInput::Event(event));
    }

    fn update_context(&mut self) {
        let voters: Vec<NodeId> = self.replica.raft().voters().ids().collect();
        let facts = QuorumFacts {
            log_end_offset: self.replica.log().end_offset(),
            voters: &voters,
            kraft_version: self.replica.control().kraft_version.unwrap_or(0),
        };
        C::update_context(&mut self.context, facts);
    }

    fn step_coordinator(&mut self, now: Now, input: ShardInput<C::Request, MetadataRecord>) {
        let Some(coordinator) = &mut self.coordinator else {
            return;
        };
        let features = &C::image(coordinator.hard()).features;
        let mut appender = LeaderAppender {
            version: features.metadata_version_or_minimum(),
            replica: &mut self.replica,
            now,
        };
        let mut outputs = Vec::new();
        coordinator.step(now, &self.context, input, &mut appender, &mut outputs);
        self.deliver(outputs);
    }

    fn deliver(&mut self, outputs: Vec<Output<C::Response, C::Effect>>) {
        for output in outputs {
            match output {
                Output::Answer(Answer { to, response }) => {
                    if let Some(reply) = self.replies.remove(&to) {
                        reply(response);
                    }
                }
                Output::Effect(effect) => self.publisher.perform(effect),
            }
        }
    }

    /// Ends in order: the log is closed, the publisher told.
    pub fn close(mut self, outcome: Result<(), QuorumError>) {
        self.resign();
        let outcome = match outcome {
            Ok(()) => self.replica.close(),
            Err(error) => Err(error),
        };
        self.publisher.stopped(outcome);
    }
}

/// The metadata version that records finalize, if they do.
fn metadata_version_in(records: &[MetadataRecord]) -> Option<MetadataVersion> {
    records.iter().rev().find_map(|record| match record {
        MetadataRecord::FeatureLevel(level) if &*level.name == "metadata.version" => {
            MetadataVersion::from_level(level.feature_level)
        }
        _ => None,
    })
}

#[cfg(test)]
pub(in crate::quorum) mod tests;
