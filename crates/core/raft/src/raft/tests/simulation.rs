//! A whole quorum under a seeded scheduler that drops, duplicates and reorders messages, lets time
//! jump, and crashes members, which then lose what they had not flushed.

use std::collections::BTreeMap;

use ottla_machine::{Machine, Random};
use ottla_types::{LeaderEpoch, NodeId, Offset};

use super::cluster::{Batch, Cluster};
use crate::{Effect, Input, ReplicaKey, VoterSet};

const STEPS: usize = 1_500;

/// What must hold over the whole run, whatever each member believes.
#[derive(Default)]
struct Checker {
    leaders: BTreeMap<LeaderEpoch, NodeId>,
    committed: Vec<Batch>,
    seen: usize,
}

impl Checker {
    fn check(&mut self, cluster: &Cluster) {
        for (id, effect) in &cluster.trace[self.seen..] {
            match effect {
                Effect::AppendLeaderChange { epoch, .. } => {
                    let leader = *self.leaders.entry(*epoch).or_insert(*id);
                    assert_eq!(leader, *id, "two leaders in epoch {epoch}");
                }
                Effect::Fault(fault) => panic!("{id}: {fault}"),
                _ => {}
            }
        }
        self.seen = cluster.trace.len();
        for node in cluster.nodes.values() {
            if let (Some(upto), true) = (node.high_watermark, node.raft.is_some()) {
                self.check_committed(&node.disk.log, upto);
            }
        }
    }

    fn check_committed(&mut self, log: &[Batch], upto: Offset) {
        let below = log
            .iter()
            .take_while(|batch| batch.header.next_offset <= upto);
        for (position, batch) in below.enumerate() {
            match self.committed.get(position) {
                Some(known) => assert_eq!(known, batch, "the committed prefix has changed"),
                None => self.committed.push(*batch),
            }
        }
    }
}

fn nodes(count: i32) -> VoterSet {
    (1..=count)
        .map(|id| ReplicaKey::without_directory(NodeId(id)))
        .collect()
}

fn run(seed: u64) -> (Cluster, Checker) {
    let mut random = Random::from_seed(seed);
    let voters = if random.below(4) == 0 { 5 } else { 3 };
    let kraft_version = i16::from(random.below(2) == 0);
    let mut cluster = Cluster::new(nodes(voters), kraft_version);
    let mut checker = Checker::default();
    // One more member than there are voters: an observer.
    let ids: Vec<_> = (1..=voters + 1).map(NodeId).collect();
    for &id in &ids {
        cluster.start(id, random.next_u64());
    }
    for _ in 0..STEPS {
        let id = ids[usize::try_from(random.below(ids.len() as u64)).unwrap()];
        match random.below(100) {
            0..45 => deliver_any(&mut cluster, &mut random),
            45..50 => {
                let lost = any_message(&cluster, &mut random);
                lost.and_then(|number| cluster.wire.remove(&number));
            }
            50..70 => flush(&mut cluster, id),
            70..80 => {
                let leader = ids.iter().copied().find(|id| cluster.nodes[id].may_decide);
                let count = u32::try_from(random.below(3)).unwrap() + 1;
                cluster.append(leader.unwrap_or(id), count);
            }
            80..97 => pass_time(&mut cluster, &mut random, &ids),
            97 => cluster.crash(id),
            98 => {
                let resigning = random.below(8) == 0;
                if resigning {
                    cluster.step(id, Input::Shutdown(ottla_types::Duration::from_millis(500)));
                }
            }
            _ => {
                for &id in &ids {
                    if cluster.nodes[&id].raft.is_none() {
                        cluster.start(id, random.next_u64());
                    }
                }
            }
        }
        restart_the_shut_down(&mut cluster, &ids, &mut random);
        checker.check(&cluster);
    }
    (cluster, checker)
}

fn restart_the_shut_down(cluster: &mut Cluster, ids: &[NodeId], random: &mut Random) {
    for &id in ids {
        if cluster.nodes[&id].is_shut_down {
            cluster.crash(id);
            cluster.start(id, random.next_u64());
        }
    }
}

fn any_message(cluster: &Cluster, random: &mut Random) -> Option<u64> {
    let count = cluster.wire.len() as u64;
    let pick = usize::try_from(random.below(count)).unwrap();
    cluster.wire.keys().nth(pick).copied()
}

fn deliver_any(cluster: &mut Cluster, random: &mut Random) {
    let Some(number) = any_message(cluster, random) else {
        return;
    };
    let message = cluster.wire[&number].clone();
    let is_duplicated = random.below(10) == 0;
    if !is_duplicated {
        cluster.wire.remove(&number);
    }
    cluster.deliver(message);
}

fn flush(cluster: &mut Cluster, id: NodeId) {
    if cluster.nodes[&id].raft.is_some() {
        cluster.flush(id);
    }
}

fn pass_time(cluster: &mut Cluster, random: &mut Random, ids: &[NodeId]) {
    cluster.now_ms += match random.below(10) {
        0 => random.below(1_500),
        _ => random.below(30),
    };
    fire_deadlines(cluster, ids);
}

fn fire_deadlines(cluster: &mut Cluster, ids: &[NodeId]) {
    for &id in ids {
        let now = cluster.now().monotonic;
        let raft = cluster.nodes[&id].raft.as_ref();
        let deadline = raft.and_then(Machine::next_deadline);
        if deadline.is_some_and(|deadline| deadline <= now) {
            cluster.step(id, Input::Deadline);
        }
    }
}

/// Faults end; within a minute all members must agree and commit what is appended then.
fn heal(cluster: &mut Cluster, checker: &mut Checker) {
    let ids: Vec<_> = cluster.nodes.keys().copied().collect();
    for &id in &ids {
        if cluster.nodes[&id].raft.is_none() {
            cluster.start(id, u64::try_from(id.0).unwrap());
        }
    }
    let mut appended = None;
    for _ in 0..6_000 {
        cluster.now_ms += 10;
        fire_deadlines(cluster, &ids);
        for (_, message) in std::mem::take(&mut cluster.wire) {
            cluster.deliver(message);
        }
        ids.iter().for_each(|&id| flush(cluster, id));
        checker.check(cluster);
        let leader = ids.iter().copied().find(|id| cluster.nodes[id].may_decide);
        let Some(leader) = leader else { continue };
        let epoch = cluster.nodes[&leader].disk.state.epoch;
        // What a leader appends just before it is deposed may be lost: its successor tries again.
        let end = match appended {
            Some((in_epoch, end)) if in_epoch == epoch => end,
            _ => {
                cluster.append(leader, 1);
                cluster.nodes[&leader].end()
            }
        };
        appended = Some((epoch, end));
        if cluster
            .nodes
            .values()
            .all(|node| node.high_watermark >= Some(end))
        {
            return;
        }
    }
    panic!("the quorum does not recover");
}

#[test]
fn a_quorum_keeps_its_promises_under_faults_and_recovers_after_them() {
    let mut elections = 0;
    let mut committed = 0;
    for seed in 0..300 {
        let outcome = std::panic::catch_unwind(|| {
            let (mut cluster, mut checker) = run(seed);
            heal(&mut cluster, &mut checker);
            (checker.leaders.len(), checker.committed.len())
        });
        let (leaders, batches) =
            outcome.unwrap_or_else(|_| panic!("seed {seed} fails: its panic stands above"));
        elections += leaders;
        committed += batches;
    }
    // A run in which nothing happens would prove nothing.
    assert!(elections > 800, "{elections} elections");
    assert!(committed > 8_000, "{committed} batches committed");
}

#[test]
fn the_same_seed_gives_the_same_run() {
    assert_eq!(run(7).0.trace, run(7).0.trace);
}
