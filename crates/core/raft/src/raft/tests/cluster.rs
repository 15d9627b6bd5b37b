//! The second shell of the machine: a few members with simulated disks, and the messages between
//! them.

use std::collections::BTreeMap;

use ottla_machine::Machine;
use ottla_types::{Duration, Instant, LeaderEpoch, NodeId, Now, Offset, RequestId, TimestampMs};

use crate::{
    BeginQuorumEpochRequest, Configuration, Effect, EndQuorumEpochRequest, EpochStart, FetchAnswer,
    FetchOutcome, FetchRequest, FetchedBatch, Input, LogState, PeerRequest, PeerResponse,
    QuorumState, QuorumTimeouts, Raft, ReplicaKey, Response, VoteRequest, VoterSet,
};

/// One batch on a simulated disk; `tag` stands for its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batch {
    pub header: FetchedBatch,
    pub tag: u64,
}

/// What survives a crash, apart from the batches from `durable` on.
#[derive(Clone, Debug, Default)]
pub struct Disk {
    pub state: QuorumState,
    pub log: Vec<Batch>,
    pub durable: usize,
}

#[derive(Debug, Default)]
pub struct Node {
    pub raft: Option<Raft>,
    pub disk: Disk,
    /// What was committed here in this life, as far as told.
    pub high_watermark: Option<Offset>,
    pub may_decide: bool,
    pub fault: Option<&'static str>,
    pub is_shut_down: bool,
}

#[derive(Clone, Debug)]
pub struct Message {
    pub from: NodeId,
    pub to: NodeId,
    pub correlation: u64,
    pub content: Content,
}

#[derive(Clone, Debug)]
pub enum Content {
    Request(PeerRequest),
    Answer {
        epoch: LeaderEpoch,
        leader: Option<NodeId>,
        response: Response,
        batches: Vec<Batch>,
    },
}

pub struct Cluster {
    pub nodes: BTreeMap<NodeId, Node>,
    pub voters: VoterSet,
    pub kraft_version: i16,
    pub voters_changed: bool,
    /// Whom members ask that start outside of the voters, and so know none.
    pub bootstrap: Vec<NodeId>,
    pub now_ms: u64,
    pub wire: BTreeMap<u64, Message>,
    /// Every effect, as it happened.
    pub trace: Vec<(NodeId, Effect)>,
    awaited: BTreeMap<RequestId, (NodeId, NodeId, u64)>,
    next_message: u64,
    next_request: u64,
    next_tag: u64,
    appending: u32,
}

impl Cluster {
    pub fn new(voters: VoterSet, kraft_version: i16) -> Cluster {
        Cluster {
            nodes: BTreeMap::new(),
            voters,
            kraft_version,
            voters_changed: false,
            bootstrap: Vec::new(),
            now_ms: 0,
            wire: BTreeMap::new(),
            trace: Vec::new(),
            awaited: BTreeMap::new(),
            next_message: 1,
            next_request: 1,
            next_tag: 1,
            appending: 0,
        }
    }

    pub fn now(&self) -> Now {
        Now {
            monotonic: Instant::ZERO.after(Duration::from_millis(self.now_ms)),
            wall: TimestampMs(i64::try_from(self.now_ms).unwrap()),
        }
    }

    /// Starts a member on its disk, a new one on an empty disk.
    pub fn start(&mut self, id: NodeId, seed: u64) {
        let disk = self
            .nodes
            .remove(&id)
            .map(|node| node.disk)
            .unwrap_or_default();
        let local = self
            .voters
            .keys()
            .find(|key| key.id == id)
            .unwrap_or(ReplicaKey::without_directory(id));
        let knows_voters = self.voters.contains_node(id) || self.bootstrap.is_empty();
        let configuration = Configuration {
            local,
            voters: if knows_voters {
                self.voters.clone()
            } else {
                VoterSet::default()
            },
            bootstrap: self.bootstrap.clone(),
            kraft_version: self.kraft_version,
            voters_changed: self.voters_changed,
            timeouts: QuorumTimeouts::default(),
            seed,
        };
        let raft = Raft::new(configuration, disk.state, log_state(&disk.log));
        let node = Node {
            raft: Some(raft),
            disk,
            ..Node::default()
        };
        self.nodes.insert(id, node);
        self.step(id, Input::Start);
    }

    /// Stops a member; what it had not flushed is gone.
    pub fn crash(&mut self, id: NodeId) {
        let node = self.nodes.get_mut(&id).expect("a node of the cluster");
        node.raft = None;
        node.disk.log.truncate(node.disk.durable);
    }

    pub fn step(&mut self, id: NodeId, input: Input<'_>) {
        self.step_with(id, input, &[]);
    }

    fn step_with(&mut self, id: NodeId, input: Input<'_>, fetched: &[Batch]) {
        let now = self.now();
        let Some(raft) = self.nodes.get_mut(&id).and_then(|n| n.raft.as_mut()) else {
            return;
        };
        let mut effects = Vec::new();
        raft.step(now, input, &mut effects);
        raft.check_invariants();
        for effect in effects {
            self.trace.push((id, effect.clone()));
            self.perform(id, effect, fetched);
        }
    }

    fn perform(&mut self, id: NodeId, effect: Effect, fetched: &[Batch]) {
        let tag = self.next_tag;
        let node = self.nodes.get_mut(&id).expect("a node of the cluster");
        match effect {
            Effect::PersistQuorumState(state) => node.disk.state = *state,
            Effect::Send {
                to,
                correlation,
                request,
            } => self.put_on_wire(id, to, correlation, Content::Request(request)),
            Effect::Reply {
                request,
                epoch,
                leader,
                response,
            } => {
                let batches = match response {
                    Response::Fetch(FetchAnswer::Records { from, .. }) => node.batches_from(from),
                    _ => Vec::new(),
                };
                if let Some((from, to, correlation)) = self.awaited.remove(&request) {
                    let content = Content::Answer {
                        epoch,
                        leader,
                        response,
                        batches,
                    };
                    self.put_on_wire(to, from, correlation, content);
                }
            }
            Effect::AppendLeaderChange {
                base_offset,
                epoch,
                with_voters,
                ..
            } => {
                let count = if with_voters { 3 } else { 1 };
                node.append(base_offset, count, epoch, with_voters, tag);
                self.next_tag += 1;
            }
            Effect::AppendRecords { base_offset, epoch } => {
                let count = i64::from(self.appending);
                node.append(base_offset, count, epoch, false, tag);
                self.next_tag += 1;
            }
            Effect::RefuseAppend => {}
            Effect::AppendFetched { upto } => {
                let end = node.end();
                let news = fetched
                    .iter()
                    .filter(|b| b.header.base_offset >= end && b.header.next_offset <= upto);
                node.disk.log.extend(news);
                assert_eq!(node.end(), upto);
            }
            Effect::Truncate { to } => {
                node.disk.log.retain(|b| b.header.next_offset <= to);
                node.disk.durable = node.disk.durable.min(node.disk.log.len());
            }
            Effect::HighWatermark(offset) => {
                assert!(
                    node.high_watermark < Some(offset),
                    "the high watermark falls"
                );
                node.high_watermark = Some(offset);
            }
            Effect::BecameLeader(_) => node.may_decide = true,
            Effect::ResignedLeader(_) => node.may_decide = false,
            Effect::ShutDown => node.is_shut_down = true,
            Effect::Fault(fault) => node.fault = Some(fault),
        }
    }

    /// The leader's state machine appends one batch; false if it was refused.
    pub fn append(&mut self, id: NodeId, record_count: u32) -> bool {
        let before = self.nodes[&id].end();
        self.appending = record_count;
        self.step(id, Input::Append { record_count });
        self.nodes[&id].end() > before
    }

    pub fn flush(&mut self, id: NodeId) {
        let node = self.nodes.get_mut(&id).expect("a node of the cluster");
        node.disk.durable = node.disk.log.len();
        let end = node.end();
        self.step(id, Input::Durable(end));
    }

    /// A request from outside the script's members.
    pub fn next_request(&mut self) -> RequestId {
        self.next_request += 1;
        RequestId(self.next_request - 1)
    }

    pub fn deliver(&mut self, message: Message) {
        match message.content {
            Content::Request(request) => {
                self.deliver_request(message.from, message.to, message.correlation, request)
            }
            Content::Answer {
                epoch,
                leader,
                response,
                batches,
            } => {
                let headers: Vec<_> = batches.iter().map(|batch| batch.header).collect();
                let input = Input::Answered {
                    from: message.from,
                    correlation: message.correlation,
                    epoch,
                    leader,
                    response: peer_response(response, &headers),
                };
                self.step_with(message.to, input, &batches);
            }
        }
    }

    fn deliver_request(&mut self, from: NodeId, to: NodeId, correlation: u64, asked: PeerRequest) {
        let request = self.next_request();
        self.awaited.insert(request, (from, to, correlation));
        let keys: BTreeMap<_, _> = self.voters.keys().map(|key| (key.id, key)).collect();
        let key = |id: NodeId| {
            let without = ReplicaKey::without_directory(id);
            keys.get(&id).copied().unwrap_or(without)
        };
        let voter = Some(key(to));
        match asked {
            PeerRequest::Vote {
                epoch,
                last_epoch,
                last_offset,
            } => {
                let vote = VoteRequest {
                    epoch,
                    candidate: key(from),
                    voter,
                    last_epoch,
                    last_offset,
                };
                self.step(to, Input::VoteRequest(request, vote));
            }
            PeerRequest::BeginQuorumEpoch { epoch } => {
                let begin = BeginQuorumEpochRequest {
                    epoch,
                    leader: from,
                    voter,
                };
                self.step(to, Input::BeginQuorumEpochRequest(request, begin));
            }
            PeerRequest::EndQuorumEpoch { epoch, successors } => {
                let end = EndQuorumEpochRequest {
                    epoch,
                    leader: from,
                    successors: &successors,
                };
                self.step(to, Input::EndQuorumEpochRequest(request, end));
            }
            PeerRequest::Fetch {
                epoch,
                fetch_offset,
                last_fetched_epoch,
                high_watermark,
            } => {
                let fetch = FetchRequest {
                    replica: Some(key(from)),
                    epoch,
                    fetch_offset,
                    last_fetched_epoch,
                    max_wait_ms: 500,
                    known_high_watermark: high_watermark,
                };
                self.step(to, Input::FetchRequest(request, fetch));
            }
        }
    }

    fn put_on_wire(&mut self, from: NodeId, to: NodeId, correlation: u64, content: Content) {
        let message = Message {
            from,
            to,
            correlation,
            content,
        };
        self.wire.insert(self.next_message, message);
        self.next_message += 1;
    }
}

impl Node {
    pub fn end(&self) -> Offset {
        self.disk
            .log
            .last()
            .map_or(Offset::ZERO, |batch| batch.header.next_offset)
    }

    fn batches_from(&self, from: Offset) -> Vec<Batch> {
        self.disk
            .log
            .iter()
            .filter(|batch| batch.header.next_offset > from)
            .copied()
            .collect()
    }

    pub fn append(
        &mut self,
        base_offset: Offset,
        count: i64,
        epoch: LeaderEpoch,
        has_voters_record: bool,
        tag: u64,
    ) {
        assert_eq!(base_offset, self.end(), "appends are contiguous");
        self.disk.log.push(Batch {
            header: FetchedBatch {
                base_offset,
                next_offset: base_offset.plus(count),
                epoch,
                has_voters_record,
            },
            tag,
        });
    }
}

fn log_state(log: &[Batch]) -> LogState {
    let mut state = LogState::default();
    for Batch { header, .. } in log {
        if state.epochs.last().is_none_or(|e| e.epoch < header.epoch) {
            state.epochs.push(EpochStart {
                epoch: header.epoch,
                start_offset: header.base_offset,
            });
        }
        if header.has_voters_record {
            state.voters_record = Some(header.base_offset);
        }
        state.end_offset = header.next_offset;
    }
    state
}

fn peer_response(response: Response, headers: &[FetchedBatch]) -> PeerResponse<'_> {
    match response {
        Response::Vote { error, granted } => PeerResponse::Vote { error, granted },
        Response::BeginQuorumEpoch { error } => PeerResponse::BeginQuorumEpoch { error },
        Response::EndQuorumEpoch { error } => PeerResponse::EndQuorumEpoch { error },
        Response::Fetch(answer) => PeerResponse::Fetch(match answer {
            FetchAnswer::Records { high_watermark, .. } => FetchOutcome::Records {
                batches: headers,
                high_watermark,
            },
            FetchAnswer::Diverging(end) => FetchOutcome::Diverging(end),
            FetchAnswer::Snapshot(id) => FetchOutcome::Snapshot(id),
            FetchAnswer::Refused(error) => FetchOutcome::Refused(error),
        }),
    }
}
