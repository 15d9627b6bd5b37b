//! This node's replica of the metadata log: the raft machine with its log and its `quorum-state`.
//!
//! *Invariants*: effects are performed in order, each completely before the next; after an effect
//! that failed nothing is performed any more.
//!
//! *Not here*: connections to other members (`network`), and snapshots fetched from a leader: a
//! member whose leader has cut its log behind a snapshot waits.

use std::collections::VecDeque;

use bytes::Bytes;
use ottla_coordinator::Rejection;
use ottla_log::{LogError, Remedy, Storage};
use ottla_machine::Machine;
use ottla_messages::ErrorCode;
use ottla_raft::{
    Configuration, Effect, FetchOutcome, FetchedBatch, Input, PeerRequest, PeerResponse,
    QuorumState, QuorumTimeouts, Raft, ReplicaKey, Response, SnapshotId,
};
use ottla_records::{
    BATCH_HEADER_SIZE, Batch, BatchHeader, Batches, InflateLimits, build_control_batch,
};
use ottla_types::{LeaderEpoch, NodeId, Now, Offset, ProducerEpoch, ProducerId, RequestId};

use super::QuorumError;
use super::control_records::{ControlState, QuorumEndpoint, Voter, leader_change, voter_set};
use super::files::{read_file, replace_file};
use super::metadata_log::MetadataLog;
use super::peers::{PeerAnswer, PeerOutcome};
use super::records::{BATCH_BYTES_MAX, build_batch};
use super::snapshot::Snapshot;
use super::state_file::{QUORUM_STATE_FILE, decode_quorum_state, encode_quorum_state};

/// The bytes around a value in a batch are at most this many: lengths, deltas, no key, no headers.
const RECORD_OVERHEAD_MAX: usize = 24;

/// How much is read from the log at once.
const READ_BYTES: usize = 1 << 20;

/// What the replica tells the rest of the node, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ReplicaEvent {
    /// Everything below is committed.
    HighWatermark(Offset),
    /// This node leads and may decide.
    BecameLeader(LeaderEpoch),
    /// It does no more.
    ResignedLeader(LeaderEpoch),
    /// The answer to a peer's request.
    Reply {
        request: RequestId,
        epoch: LeaderEpoch,
        leader: Option<NodeId>,
        response: Response,
    },
    /// A request to a peer.
    Send {
        to: NodeId,
        correlation: u64,
        request: PeerRequest,
    },
    /// The shutdown asked for is complete.
    ShutDown,
}

/// This node's replica of the metadata log.
#[derive(Debug)]
pub(super) struct Replica<S: Storage> {
    raft: Raft,
    log: MetadataLog<S>,
    /// What control records say at the end of the log.
    control: ControlState,
    events: VecDeque<ReplicaEvent>,
    /// `controller.quorum.voters`: in force while no record says otherwise.
    static_voters: Vec<Voter>,
    /// The batch that `Input::Append` announces.
    appending: Vec<Bytes>,
    /// Whether the last decision found no space.
    is_full: bool,
    /// The batches that `Input::Answered` brings.
    fetched: Vec<Batch>,
    fetched_bytes: Bytes,
    failure: Option<QuorumError>,
}

/// Who this node is in the quorum.
#[derive(Clone, Debug)]
pub(super) struct Membership {
    pub(super) local: ReplicaKey,
    /// Where it listens for the quorum; empty: as its Voters record says.
    pub(super) endpoints: Vec<QuorumEndpoint>,
    /// `controller.quorum.voters`: in force while no record says otherwise.
    pub(super) static_voters: Vec<Voter>,
    /// Whom an observer asks for the leader; empty: the voters.
    pub(super) bootstrap: Vec<NodeId>,
    pub(super) timeouts: QuorumTimeouts,
    pub(super) seed: u64,
}

impl<S: Storage> Replica<S> {
    /// Takes up what the disk holds. The newest snapshot comes with it.
    pub(super) fn open(
        membership: Membership,
        log: MetadataLog<S>,
    ) -> Result<(Replica<S>, Option<Snapshot>), QuorumError> {
        let snapshot = match log.snapshots().last() {
            Some(&id) => Some(Snapshot::decode(&log.read_snapshot(id)?)?),
            None => None,
        };
        let mut control = control_of(&log, snapshot.as_ref(), &membership.static_voters)?;
        let voters = voter_set(control.voters.as_deref().unwrap_or_default());
        let is_voter = voters.contains_node(membership.local.id);
        if voters.is_empty() && membership.bootstrap.is_empty() {
            return Err(QuorumError::Refused(
                "nobody votes in the metadata quorum: neither the log nor \
                 controller.quorum.voters names a voter, and no \
                 controller.quorum.bootstrap.servers are set"
                    .to_owned(),
            ));
        }
        let voters_changed = control.move_voter(membership.local.id, &membership.endpoints);
        let path = log.directory().join(QUORUM_STATE_FILE);
        let state = match read_file(log.storage(), &path)? {
            Some(bytes) => decode_quorum_state(&String::from_utf8_lossy(&bytes))
                .map_err(QuorumError::QuorumState)?,
            None => QuorumState::default(),
        };
        let mut log_state = log.log_state();
        log_state.voters_record = control.voters_record;
        let configuration = Configuration {
            local: membership.local,
            voters,
            bootstrap: if is_voter {
                Vec::new()
            } else {
                membership.bootstrap
            },
            kraft_version: control.kraft_version.unwrap_or(0),
            voters_changed,
            timeouts: membership.timeouts,
            seed: membership.seed,
        };
        let replica = Replica {
            raft: Raft::new(configuration, state, log_state),
            log,
            control,
            events: VecDeque::new(),
            static_voters: membership.static_voters,
            appending: Vec::new(),
            is_full: false,
            fetched: Vec::new(),
            fetched_bytes: Bytes::new(),
            failure: None,
        };
        Ok((replica, snapshot))
    }

    pub(super) fn raft(&self) -> &Raft {
        &self.raft
    }

    pub(super) fn log(&self) -> &MetadataLog<S> {
        &self.log
    }

    pub(super) fn log_mut(&mut self) -> &mut MetadataLog<S> {
        &mut self.log
    }

    pub(super) fn control(&self) -> &ControlState {
        &self.control
    }

    /// The voters at the end of the log.
    pub(super) fn voters(&self) -> &[Voter] {
        self.control.voters.as_deref().unwrap_or_default()
    }

    pub(super) fn next_event(&mut self) -> Option<ReplicaEvent> {
        self.events.pop_front()
    }

    /// Steps the machine and does what it asks for.
    ///
    /// # Errors
    /// What failed: the replica must not be stepped again.
    pub(super) fn step(&mut self, now: Now, input: Input<'_>) -> Result<(), QuorumError> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        let mut effects = Vec::new();
        self.raft.step(now, input, &mut effects);
        let mut voters_moved = false;
        for effect in effects {
            voters_moved |= self.perform(now, effect)?;
        }
        if voters_moved {
            let input = Input::Voters {
                voters: voter_set(self.voters()),
                kraft_version: self.control.kraft_version.unwrap_or(0),
            };
            return self.step(now, input);
        }
        Ok(())
    }

    /// Steps the machine with what a peer has answered.
    ///
    /// # Errors
    /// As [`Replica::step`]'s; a batch that is broken counts as no answer.
    pub(super) fn answered(
        &mut self,
        now: Now,
        from: NodeId,
        correlation: u64,
        answer: &PeerAnswer,
    ) -> Result<(), QuorumError> {
        let batches;
        let response = match &answer.outcome {
            PeerOutcome::Vote { error, granted } => PeerResponse::Vote {
                error: *error,
                granted: *granted,
            },
            PeerOutcome::BeginQuorumEpoch { error } => {
                PeerResponse::BeginQuorumEpoch { error: *error }
            }
            PeerOutcome::EndQuorumEpoch { error } => PeerResponse::EndQuorumEpoch { error: *error },
            PeerOutcome::Diverging(end) => PeerResponse::Fetch(FetchOutcome::Diverging(*end)),
            PeerOutcome::Snapshot(id) => PeerResponse::Fetch(FetchOutcome::Snapshot(*id)),
            PeerOutcome::FetchRefused(error) => PeerResponse::Fetch(FetchOutcome::Refused(*error)),
            PeerOutcome::Records {
                bytes,
                high_watermark,
            } => {
                match self.take_fetched(bytes) {
                    Ok(fetched) => batches = fetched,
                    Err(error) => {
                        tracing::warn!(%from, %error, "a fetch brought a broken batch");
                        let to = from;
                        return self.step(now, Input::Failed { to, correlation });
                    }
                }
                PeerResponse::Fetch(FetchOutcome::Records {
                    batches: &batches,
                    high_watermark: *high_watermark,
                })
            }
        };
        let input = Input::Answered {
            from,
            correlation,
            epoch: answer.epoch,
            leader: answer.leader,
            response,
        };
        let outcome = self.step(now, input);
        self.fetched.clear();
        self.fetched_bytes = Bytes::new();
        outcome
    }

    /// Keeps the batches of a fetch, checked, for the effect that appends them.
    fn take_fetched(&mut self, bytes: &Bytes) -> Result<Vec<FetchedBatch>, QuorumError> {
        self.fetched = open_batches(bytes)?;
        self.fetched_bytes = bytes.clone();
        let described = self.fetched.iter().map(|batch| {
            Ok(FetchedBatch {
                base_offset: batch.header.base_offset,
                next_offset: batch.header.next_offset(),
                epoch: batch.header.partition_leader_epoch,
                has_voters_record: noted(batch)?.voters_record.is_some(),
            })
        });
        described.collect()
    }

    /// Appends what was fetched, up to an offset; whether the voters have changed.
    fn append_fetched(&mut self, now: Now, upto: Offset) -> Result<bool, QuorumError> {
        let before = self.control.voters_record;
        let mut position = 0;
        for batch in &self.fetched {
            let end = position + batch.header.size_in_bytes as usize;
            if batch.header.next_offset() > upto {
                break;
            }
            let bytes = self.fetched_bytes.slice(position..end);
            self.log.append(&bytes, now.wall)?;
            if batch.header.is_control() {
                self.control.note(batch)?;
            }
            position = end;
        }
        Ok(self.control.voters_record != before)
    }

    /// Puts on the device what was appended, and lets the machine count it.
    pub(super) fn flush(&mut self, now: Now) -> Result<(), QuorumError> {
        if self.log.has_unflushed() {
            let end = self.log.sync()?;
            self.step(now, Input::Durable(end))?;
        }
        match self.failure.take() {
            Some(failure) => Err(failure),
            None => Ok(()),
        }
    }

    /// Appends records as one batch, if this node leads.
    ///
    /// # Errors
    /// Nothing was appended: the batch is too large, or this node does not lead. When the disk has
    /// failed, [`Replica::flush`] says so before anything more happens.
    pub(super) fn append(&mut self, now: Now, values: Vec<Bytes>) -> Result<Offset, Rejection> {
        let reject = |code: ErrorCode, message: &'static str| Rejection {
            code,
            message: Some(message.into()),
        };
        let sizes = values.iter().map(|value| value.len() + RECORD_OVERHEAD_MAX);
        let size: usize = sizes.sum();
        let record_count = u32::try_from(values.len()).unwrap_or(u32::MAX);
        if size > BATCH_BYTES_MAX || record_count == u32::MAX {
            return Err(reject(
                ErrorCode::RECORD_LIST_TOO_LARGE,
                "The change does not fit into one batch of the metadata log.",
            ));
        }
        let base_offset = self.log.end_offset();
        let expected = self.expected(size, record_count, now);
        if let Err(error) = self.log.make_room(&expected, now.wall) {
            return Err(self.refuse_for(error));
        }
        self.is_full = false;
        self.appending = values;
        if let Err(failure) = self.step(now, Input::Append { record_count }) {
            self.failure = Some(failure);
            return Err(reject(
                ErrorCode::KAFKA_STORAGE_ERROR,
                "The metadata log cannot be written.",
            ));
        }
        if self.log.end_offset() == base_offset {
            return Err(Rejection {
                code: ErrorCode::NOT_CONTROLLER,
                message: None,
            });
        }
        Ok(base_offset)
    }

    /// The header of a batch of so many records, at most so large.
    fn expected(&self, values_size: usize, record_count: u32, now: Now) -> BatchHeader {
        let record_count = i32::try_from(record_count).unwrap_or(i32::MAX);
        BatchHeader {
            base_offset: self.log.end_offset(),
            base_timestamp: now.wall,
            max_timestamp: now.wall,
            producer_id: ProducerId::NONE,
            size_in_bytes: u32::try_from(BATCH_HEADER_SIZE + values_size).unwrap_or(u32::MAX),
            partition_leader_epoch: self.raft.epoch(),
            crc: 0,
            last_offset_delta: record_count - 1,
            base_sequence: -1,
            record_count,
            attributes: 0,
            producer_epoch: ProducerEpoch::NONE,
        }
    }

    /// The answer to a decision that found no room in the log.
    fn refuse_for(&mut self, error: LogError) -> Rejection {
        let is_full = error.remedy() == Remedy::Retry;
        if is_full && !std::mem::replace(&mut self.is_full, true) {
            tracing::error!(%error, "the metadata cannot be changed until there is space");
        }
        if !is_full {
            self.failure = Some(error.into());
        }
        let message = if is_full {
            "There is no space left for the metadata log."
        } else {
            "The metadata log cannot be written."
        };
        Rejection {
            code: ErrorCode::KAFKA_STORAGE_ERROR,
            message: Some(message.into()),
        }
    }

    /// Whether it has changed the voters.
    fn perform(&mut self, now: Now, effect: Effect) -> Result<bool, QuorumError> {
        match effect {
            Effect::PersistQuorumState(state) => self.persist(&state)?,
            Effect::Reply {
                request,
                epoch,
                leader,
                response,
            } => self.events.push_back(ReplicaEvent::Reply {
                request,
                epoch,
                leader,
                response,
            }),
            Effect::AppendLeaderChange {
                base_offset,
                epoch,
                granting,
                with_voters,
            } => {
                let leader = self.raft.leader().unwrap_or(NodeId::NONE);
                let mut records = vec![leader_change(leader, self.raft.voters(), &granting)?];
                if with_voters {
                    records.extend(self.control.records()?);
                    self.control.voters_record = Some(base_offset);
                }
                let batch = build_control_batch(base_offset, epoch, now.wall, &records);
                self.log.append(&batch, now.wall)?;
            }
            Effect::AppendRecords { base_offset, epoch } => {
                let values = std::mem::take(&mut self.appending);
                let batch = build_batch(base_offset, epoch, now.wall, &values);
                self.log.append(&batch, now.wall)?;
            }
            Effect::RefuseAppend => self.appending.clear(),
            Effect::Truncate { to } => {
                self.log.truncate_to(to, now.wall)?;
                return self.forget_control();
            }
            Effect::HighWatermark(offset) => {
                self.events.push_back(ReplicaEvent::HighWatermark(offset));
            }
            Effect::BecameLeader(epoch) => {
                self.events.push_back(ReplicaEvent::BecameLeader(epoch));
            }
            Effect::ResignedLeader(epoch) => {
                self.events.push_back(ReplicaEvent::ResignedLeader(epoch));
            }
            Effect::ShutDown => self.events.push_back(ReplicaEvent::ShutDown),
            Effect::Fault(fault) => return Err(QuorumError::Fault(fault)),
            Effect::Send {
                to,
                correlation,
                request,
            } => self.events.push_back(ReplicaEvent::Send {
                to,
                correlation,
                request,
            }),
            Effect::AppendFetched { upto } => return self.append_fetched(now, upto),
        }
        Ok(false)
    }

    /// Reads anew what control records say, after some were cut off; whether the voters changed.
    fn forget_control(&mut self) -> Result<bool, QuorumError> {
        let snapshot = match self.log.snapshots().last() {
            Some(&id) => Some(Snapshot::decode(&self.log.read_snapshot(id)?)?),
            None => None,
        };
        let control = control_of(&self.log, snapshot.as_ref(), &self.static_voters)?;
        let changed = control.voters != self.control.voters;
        self.control = control;
        Ok(changed)
    }

    fn persist(&self, state: &QuorumState) -> Result<(), QuorumError> {
        let kraft_version = self.control.kraft_version.unwrap_or(0);
        let text = encode_quorum_state(state, kraft_version, self.raft.voters());
        let path = self.log.directory().join(QUORUM_STATE_FILE);
        let temporary = path.with_extension("tmp");
        replace_file(self.log.storage(), &temporary, &path, text.as_bytes())?;
        Ok(())
    }

    /// Whole batches from `offset` on that lie below `limit`, opened.
    pub(super) fn read_batches(
        &self,
        offset: Offset,
        limit: Offset,
    ) -> Result<Vec<Batch>, QuorumError> {
        open_batches(&self.log.read(offset, limit, READ_BYTES)?)
    }

    /// Takes note of a snapshot that was written, and of what was removed for it.
    pub(super) fn on_snapshots(&mut self, now: Now) -> Result<(), QuorumError> {
        let snapshots: &[SnapshotId] = self.log.snapshots();
        let (Some(&earliest), Some(&latest)) = (snapshots.first(), snapshots.last()) else {
            return Ok(());
        };
        let log_start = self.log.start_offset();
        let input = Input::Snapshots {
            log_start,
            earliest,
            latest,
        };
        self.step(now, input)
    }

    pub(super) fn close(self) -> Result<(), QuorumError> {
        self.log.close()
    }
}

fn open_batches(bytes: &Bytes) -> Result<Vec<Batch>, QuorumError> {
    Batches::new(bytes)
        .map(|batch| {
            let (_, slice) = batch?;
            Ok(Batch::open(
                &bytes.slice_ref(slice),
                &InflateLimits::default(),
            )?)
        })
        .collect()
}

/// What one control batch says; nothing for any other.
fn noted(batch: &Batch) -> Result<ControlState, QuorumError> {
    let mut control = ControlState::default();
    if batch.header.is_control() {
        control.note(batch)?;
    }
    Ok(control)
}

/// What control records say at the end of a log, with the voters of the configuration where none
/// does.
fn control_of<S: Storage>(
    log: &MetadataLog<S>,
    snapshot: Option<&Snapshot>,
    static_voters: &[Voter],
) -> Result<ControlState, QuorumError> {
    let mut control = snapshot
        .map(|snapshot| snapshot.control.clone())
        .unwrap_or_default();
    scan_control(log, &mut control)?;
    control.voters.get_or_insert_with(|| static_voters.to_vec());
    Ok(control)
}

/// Reads what the control records of the whole log say.
fn scan_control<S: Storage>(
    log: &MetadataLog<S>,
    control: &mut ControlState,
) -> Result<(), QuorumError> {
    let end = log.end_offset();
    let mut next = log.start_offset();
    while next < end {
        let bytes = log.read(next, end, READ_BYTES)?;
        let before = next;
        for batch in Batches::new(&bytes) {
            let (header, slice) = batch?;
            if header.is_control() {
                let bytes = bytes.slice_ref(slice);
                control.note(&Batch::open(&bytes, &InflateLimits::default())?)?;
            }
            next = header.next_offset();
        }
        if next == before {
            return Err(QuorumError::Fault("the metadata log has a gap"));
        }
    }
    Ok(())
}
