//! Several members over simulated disks and a simulated network: messages of the wire, no sockets.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex};

use ottla_log::MemoryStorage;
use ottla_messages::ErrorCode;
use ottla_raft::{QuorumTimeouts, ReplicaKey};
use ottla_types::{Duration, NodeId, Now, Offset, Uuid};

use super::{Answers, DIRECTORY, Node, NodeParts, QuorumNode, append, formatted, limits, now};
use crate::node_connection::NodeAddress;
use crate::quorum::bootstrap::load_bootstrap;
use crate::quorum::control_records::{QuorumEndpoint, Voter};
use crate::quorum::ledger::{Published, topic};
use crate::quorum::metadata_log::MetadataLog;
use crate::quorum::network::{PeerCall, PeerReply, QuorumNetwork};
use crate::quorum::peers::{PeerAddresses, PeerCalls, QuorumCall, Sender, bootstrap_ids};
use crate::quorum::replica::{Membership, Replica};
use crate::quorum::snapshots::{SnapshotLimits, SnapshotPolicy};

/// Everything is asked in this version: only Fetch differs between versions that members speak.
const API_VERSION: i16 = 18;

/// What a member has sent.
#[derive(Clone, Debug, Default)]
pub(super) struct Wire(Arc<Mutex<VecDeque<PeerCall>>>);

impl QuorumNetwork for Wire {
    fn send(&mut self, call: PeerCall) {
        self.0.lock().unwrap().push_back(call);
    }
}

pub(super) fn sender(local: ReplicaKey) -> Sender {
    Sender {
        cluster_id: "cluster".to_owned(),
        local,
        endpoints: vec![endpoint(local.id)],
        fetch_bytes_max: 1 << 20,
    }
}

fn endpoint(id: NodeId) -> QuorumEndpoint {
    let address = address(id);
    QuorumEndpoint {
        listener: "CONTROLLER".to_owned(),
        host: address.host,
        port: address.port,
    }
}

/// Nodes listen where their ids say.
fn address(id: NodeId) -> NodeAddress {
    NodeAddress {
        host: "127.0.0.1".to_owned(),
        port: 9092 + u16::try_from(id.0).unwrap(),
    }
}

fn key(id: i32) -> ReplicaKey {
    ReplicaKey {
        id: NodeId(id),
        directory_id: Uuid((u128::from(id.unsigned_abs()) + 6) << 64),
    }
}

fn static_voter(id: i32) -> Voter {
    Voter {
        key: ReplicaKey::without_directory(NodeId(id)),
        endpoints: vec![endpoint(NodeId(id))],
        kraft_versions: (0, 1),
    }
}

struct Member {
    node: Node,
    published: Published,
    wire: Wire,
}

struct Members {
    now: Now,
    members: BTreeMap<NodeId, Member>,
    replies: Arc<Mutex<VecDeque<(NodeId, PeerReply)>>>,
}

impl Members {
    fn new() -> Members {
        Members {
            now: now(),
            members: BTreeMap::new(),
            replies: Arc::default(),
        }
    }

    fn start(&mut self, id: i32, storage: MemoryStorage, static_voters: &[Voter], servers: &[i32]) {
        let directory = Path::new(DIRECTORY);
        let bootstrap = load_bootstrap(&storage, directory).unwrap();
        let log = MetadataLog::open(storage, directory, limits(1 << 20), self.now.wall).unwrap();
        let membership = Membership {
            local: key(id),
            endpoints: Vec::new(),
            static_voters: static_voters.to_vec(),
            bootstrap: bootstrap_ids(servers.len()).collect(),
            timeouts: QuorumTimeouts::default(),
            seed: u64::try_from(id).unwrap(),
        };
        let (replica, snapshot) = Replica::open(membership, log).unwrap();
        let (published, wire) = (Published::default(), Wire::default());
        let servers = servers.iter().map(|&id| address(NodeId(id)));
        let mut node = QuorumNode::new(NodeParts {
            replica,
            snapshot,
            peers: PeerCalls::new("cluster".to_owned(), 1 << 20),
            sender: sender(key(id)),
            addresses: PeerAddresses::new("CONTROLLER".to_owned(), servers.collect()),
            network: Box::new(wire.clone()),
            snapshots: SnapshotPolicy::new(SnapshotLimits::default()),
            context: Offset::ZERO,
            bootstrap,
            publisher: published.clone(),
            seed: u64::try_from(id).unwrap(),
        });
        node.start(self.now).unwrap();
        let member = Member {
            node,
            published,
            wire,
        };
        self.members.insert(NodeId(id), member);
    }

    fn stop(&mut self, id: NodeId) {
        self.members.remove(&id);
    }

    fn node(&mut self, id: NodeId) -> &mut Node {
        &mut self.members.get_mut(&id).unwrap().node
    }

    /// Delivers what is on the wire; whether there was anything.
    fn deliver(&mut self) -> bool {
        let mut moved = false;
        let ids: Vec<_> = self.members.keys().copied().collect();
        for id in ids {
            let calls: Vec<_> = self.members[&id].wire.0.lock().unwrap().drain(..).collect();
            for call in calls {
                moved = true;
                self.deliver_call(id, call);
            }
        }
        let replies: Vec<_> = self.replies.lock().unwrap().drain(..).collect();
        for (to, reply) in replies {
            moved = true;
            if let Some(member) = self.members.get_mut(&to) {
                member.node.peer_replied(self.now, reply).unwrap();
                member.node.settle(self.now).unwrap();
            }
        }
        moved
    }

    fn deliver_call(&mut self, from: NodeId, call: PeerCall) {
        let mut members = self.members.iter_mut();
        let target = members.find(|(id, _)| address(**id) == call.address);
        // Nobody listens there: the request is lost, as with a host that is down.
        let Some((_, target)) = target else { return };
        let (replies, to, correlation) = (Arc::clone(&self.replies), call.to, call.correlation);
        let reply = move |response| {
            let reply = PeerReply {
                from: to,
                correlation,
                outcome: Ok(response),
            };
            replies.lock().unwrap().push_back((from, reply));
        };
        let call = QuorumCall {
            request: call.request,
            api_version: API_VERSION,
            listener: "CONTROLLER".to_owned(),
            reply: Box::new(reply),
        };
        target.node.call(self.now, call).unwrap();
        target.node.settle(self.now).unwrap();
    }

    /// Lets time pass until something holds.
    fn until(&mut self, what: &str, holds: impl Fn(&Members) -> bool) {
        for _ in 0..1_000 {
            while !holds(self) && self.deliver() {}
            if holds(self) {
                return;
            }
            self.now.monotonic = self.now.monotonic.after(Duration::from_millis(20));
            for member in self.members.values_mut() {
                member.node.on_time(self.now).unwrap();
                member.node.settle(self.now).unwrap();
            }
        }
        panic!("never: {what}");
    }

    fn leader(&self) -> Option<NodeId> {
        let mut members = self.members.iter();
        let found = members.find(|(_, member)| member.node.coordinator.is_some());
        found.map(|(&id, _)| id)
    }

    fn create_topics(&mut self, leader: NodeId, numbers: Range<u32>) {
        let now = self.now;
        let node = self.node(leader);
        for number in numbers {
            append(node, &Answers::default(), vec![topic(number)]);
        }
        node.settle(now).unwrap();
    }

    fn all_have(&self, topics: usize) -> bool {
        let mut members = self.members.values();
        members.all(|member| member.published.topics().len() == topics)
    }
}

#[test]
fn an_observer_finds_the_leader_by_an_address_and_has_what_it_commits() {
    let mut members = Members::new();
    members.start(1, formatted(), &[], &[]);
    members.create_topics(NodeId(1), 0..5);
    members.start(9, MemoryStorage::new(), &[], &[1]);
    members.until("the observer has the topics", |members| members.all_have(5));
    let status = members.node(NodeId(9)).status();
    assert_eq!((status.state, status.leader), ("observer", Some(NodeId(1))));
    assert_eq!(status.leader_address, Some(address(NodeId(1))));
    assert_eq!(status.kraft_version, 1, "it has read the control records");
    members.create_topics(NodeId(1), 5..7);
    members.until("it has those too", |members| members.all_have(7));
}

#[test]
fn an_observer_refuses_what_only_the_controller_decides() {
    let mut members = Members::new();
    members.start(1, formatted(), &[], &[]);
    members.start(9, MemoryStorage::new(), &[], &[1]);
    let answers = Answers::default();
    append(members.node(NodeId(9)), &answers, vec![topic(1)]);
    let answers = answers.lock().unwrap();
    assert_eq!(*answers, [Err(ErrorCode::NOT_CONTROLLER)]);
}

#[test]
fn three_voters_elect_replicate_and_go_on_without_their_leader() {
    let voters: Vec<_> = (1..=3).map(static_voter).collect();
    let mut members = Members::new();
    for id in 1..=3 {
        members.start(id, MemoryStorage::new(), &voters, &[]);
    }
    members.until("one leads", |members| members.leader().is_some());
    let first = members.leader().unwrap();
    members.create_topics(first, 0..3);
    members.until("all have the topics", |members| members.all_have(3));
    members.stop(first);
    members.until("another leads", |members| members.leader().is_some());
    let second = members.leader().unwrap();
    members.create_topics(second, 3..5);
    members.until("both have all topics", |members| members.all_have(5));
}
