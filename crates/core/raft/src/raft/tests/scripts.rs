//! Golden scripts. Commands name a member first; messages are named by the number they got.
//!
//! `voters 1,2,3 [kraft=1]` · `bootstrap 1,2` (whom members ask that know no voters) ·
//! `disk 1 [epoch=] [leader=] [voted=] [log=EPOCH:COUNT,…]` · `start 1` · `deadline 1` (moves the
//! clock there) · `clock MS` · `deliver [N]` · `drop [N]` (without a number: all that is on the
//! wire now) · `settle` (delivers and flushes until nothing moves) ·
//! `vote|begin|end|fetch 1 …` (a request from outside) · `append 1 COUNT` · `flush 1` · `crash 1` ·
//! `shutdown 1` · `voters-changed` (who starts from now on listens elsewhere) · `show`

use ottla_machine::Machine;
use ottla_script::{Command, run_directory};
use ottla_types::{Duration, LeaderEpoch, NodeId, Offset, Uuid};

use super::cluster::{Cluster, Node};
use super::words;
use crate::{
    BeginQuorumEpochRequest, EndQuorumEpochRequest, FetchRequest, Input, ReplicaKey, VoteRequest,
    VoterSet,
};

#[test]
fn scripts_run_as_written() {
    run_directory(
        concat!(env!("CARGO_MANIFEST_DIR"), "/scripts"),
        || Cluster::new(VoterSet::default(), 0),
        run,
    );
}

fn run(cluster: &mut Cluster, command: &Command) -> String {
    let (effects_before, wire_before) = (cluster.trace.len(), last_message(cluster));
    let mut out = String::new();
    perform(cluster, command, &mut out);
    for (id, effect) in &cluster.trace[effects_before..] {
        out.push_str(&format!("{id}: {}\n", words::effect(effect)));
    }
    for (&number, message) in cluster.wire.range(wire_before + 1..) {
        out.push_str(&format!("wire {}\n", words::message(number, message)));
    }
    out
}

fn last_message(cluster: &Cluster) -> u64 {
    cluster
        .wire
        .last_key_value()
        .map_or(0, |(&number, _)| number)
}

fn perform(cluster: &mut Cluster, command: &Command, out: &mut String) {
    let first = command.arguments.first().map_or("", String::as_str);
    let node = NodeId(first.parse().unwrap_or(-1));
    match command.name.as_str() {
        "voters" => {
            let voters = first.split(',').map(|id| replica(id, command)).collect();
            let kraft_version = i16::try_from(command.number("kraft", 0)).unwrap();
            *cluster = Cluster::new(voters, kraft_version);
        }
        "disk" => disk(cluster, node, command),
        "start" => cluster.start(node, u64::try_from(node.0).unwrap()),
        "deadline" => {
            let raft = cluster.nodes[&node].raft.as_ref().expect("it runs");
            let deadline = raft.next_deadline().expect("it has a deadline");
            let at_ms = deadline.0.div_ceil(1_000_000);
            cluster.now_ms = cluster.now_ms.max(at_ms);
            out.push_str(&format!("at {} ms\n", cluster.now_ms));
            cluster.step(node, Input::Deadline);
        }
        "bootstrap" => {
            let ids = first.split(',');
            cluster.bootstrap = ids.map(|id| NodeId(id.parse().expect("an id"))).collect();
        }
        "voters-changed" => cluster.voters_changed = true,
        "clock" => cluster.now_ms = first.parse().expect("a number of milliseconds"),
        "deliver" | "drop" => {
            let named: Option<u64> = first.parse().ok();
            let numbers: Vec<_> = match named {
                Some(number) => vec![number],
                None => cluster.wire.keys().copied().collect(),
            };
            for number in numbers {
                let message = cluster.wire.remove(&number).expect("it is on the wire");
                if command.name == "deliver" {
                    cluster.deliver(message);
                }
            }
        }
        "settle" => settle(cluster),
        "append" => {
            let count = command.arguments[1].parse().expect("a number of records");
            cluster.append(node, count);
        }
        "flush" => cluster.flush(node),
        "crash" => cluster.crash(node),
        "shutdown" => cluster.step(node, Input::Shutdown(Duration::from_secs(5))),
        "show" => show(cluster, out),
        _ => request(cluster, node, command),
    }
}

/// Members of a quorum with `kraft=1` have directory ids made from their number.
fn replica(id: &str, command: &Command) -> ReplicaKey {
    let number: i32 = id.parse().expect("a node id");
    ReplicaKey {
        id: NodeId(number),
        directory_id: match command.number("kraft", 0) {
            0 => Uuid::ZERO,
            _ => Uuid(u128::try_from(number).unwrap() << 64),
        },
    }
}

fn epoch_option(command: &Command, key: &str) -> LeaderEpoch {
    LeaderEpoch(i32::try_from(command.number(key, 0)).unwrap())
}

fn node_option(command: &Command, key: &str) -> Option<NodeId> {
    command
        .option(key)
        .map(|text| NodeId(text.parse().expect("a node id")))
}

fn disk(cluster: &mut Cluster, node: NodeId, command: &Command) {
    let mut held = Node::default();
    held.disk.state.epoch = epoch_option(command, "epoch");
    held.disk.state.leader = node_option(command, "leader");
    held.disk.state.voted = node_option(command, "voted").map(|id| {
        let known = cluster.voters.keys().find(|key| key.id == id);
        known.unwrap_or(ReplicaKey::without_directory(id))
    });
    for batch in command.option("log").into_iter().flat_map(|l| l.split(',')) {
        let (epoch, count) = batch.split_once(':').expect("EPOCH:COUNT");
        let epoch = LeaderEpoch(epoch.parse().expect("an epoch"));
        held.append(held.end(), count.parse().expect("a count"), epoch, false, 0);
    }
    held.disk.durable = held.disk.log.len();
    cluster.nodes.insert(node, held);
}

fn settle(cluster: &mut Cluster) {
    let running: Vec<_> = cluster.nodes.keys().copied().collect();
    for _ in 0..100 {
        for &id in &running {
            let node = &cluster.nodes[&id];
            if node.raft.is_some() && node.disk.durable < node.disk.log.len() {
                cluster.flush(id);
            }
        }
        let Some((_, message)) = cluster.wire.pop_first() else {
            return;
        };
        cluster.deliver(message);
    }
    let last = cluster.trace.len().saturating_sub(20);
    for (id, effect) in &cluster.trace[last..] {
        eprintln!("{id}: {}", words::effect(effect));
    }
    panic!("the cluster does not settle");
}

fn show(cluster: &Cluster, out: &mut String) {
    for (id, node) in &cluster.nodes {
        let Some(raft) = &node.raft else {
            out.push_str(&format!("{id}: down {}\n", words::state(&node.disk.state)));
            continue;
        };
        raft.check_invariants();
        out.push_str(&format!(
            "{id}: {} {} end={} high_watermark={}\n",
            raft.state_name(),
            words::state(&node.disk.state),
            raft.log_end_offset(),
            raft.high_watermark().unwrap_or(Offset::NONE)
        ));
    }
}

fn request(cluster: &mut Cluster, node: NodeId, command: &Command) {
    let request = cluster.next_request();
    let epoch = epoch_option(command, "epoch");
    let from = node_option(command, "from").unwrap_or(NodeId::NONE);
    let voter = node_option(command, "voter").map(ReplicaKey::without_directory);
    let (last_epoch, last_offset) = command
        .option("last")
        .and_then(|text| text.split_once(':'))
        .unwrap_or(("0", "0"));
    let last_epoch = LeaderEpoch(last_epoch.parse().expect("an epoch"));
    let last_offset = Offset(last_offset.parse().expect("an offset"));
    match command.name.as_str() {
        "vote" => {
            let vote = VoteRequest {
                epoch,
                candidate: ReplicaKey::without_directory(from),
                voter,
                last_epoch,
                last_offset,
            };
            cluster.step(node, Input::VoteRequest(request, vote));
        }
        "begin" => {
            let begin = BeginQuorumEpochRequest {
                epoch,
                leader: from,
                voter,
            };
            cluster.step(node, Input::BeginQuorumEpochRequest(request, begin));
        }
        "end" => {
            let list = command.option("successors").unwrap_or_default();
            let successors: Vec<_> = list
                .split(',')
                .filter(|id| !id.is_empty())
                .map(|id| NodeId(id.parse().expect("a node id")))
                .collect();
            let end = EndQuorumEpochRequest {
                epoch,
                leader: from,
                successors: &successors,
            };
            cluster.step(node, Input::EndQuorumEpochRequest(request, end));
        }
        "fetch" => {
            let fetch = FetchRequest {
                replica: (from.0 >= 0).then_some(ReplicaKey::without_directory(from)),
                epoch,
                fetch_offset: last_offset,
                last_fetched_epoch: last_epoch,
                max_wait_ms: i32::try_from(command.number("wait", 0)).unwrap(),
                known_high_watermark: Offset(command.number("known", i64::MAX)),
            };
            cluster.step(node, Input::FetchRequest(request, fetch));
        }
        other => panic!("no command {other}"),
    }
}
