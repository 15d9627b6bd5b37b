//! Single changes of a partition.

use ottla_types::LeaderEpoch;

use super::*;

const TOPIC: Uuid = Uuid(5 << 70);

fn nodes(ids: &[i32]) -> Vec<NodeId> {
    ids.iter().copied().map(NodeId).collect()
}

fn partition(replicas: &[i32], isr: &[i32], leader: i32) -> Partition {
    Partition {
        replicas: nodes(replicas),
        directories: vec![Uuid(9 << 70); replicas.len()],
        isr: nodes(isr),
        removing_replicas: vec![],
        adding_replicas: vec![],
        elr: vec![],
        last_known_elr: vec![],
        leader: NodeId(leader),
        leader_recovery_state: LeaderRecoveryState::Recovered,
        leader_epoch: LeaderEpoch(4),
        partition_epoch: 7,
    }
}

fn rules(keeps_elr: bool, election: Election) -> Rules {
    Rules {
        metadata_version: MetadataVersion::LATEST,
        min_insync_replicas: 2,
        keeps_elr,
        election,
    }
}

fn record(change: PartitionChange<'_>, alive: &[i32]) -> Option<PartitionChangeRecord> {
    change.record(TOPIC, 0, &|id| alive.contains(&id.0))
}

fn unchanged() -> PartitionChangeRecord {
    PartitionChangeRecord {
        partition_id: 0,
        topic_id: TOPIC,
        ..PartitionChangeRecord::default()
    }
}

#[test]
fn a_leader_that_goes_is_followed_by_the_next_replica_in_sync() {
    let partition = partition(&[1, 2, 3], &[1, 3], 1);
    let change = PartitionChange::new(&partition, rules(false, Election::Online));
    let expected = PartitionChangeRecord {
        leader: 3,
        isr: Some(vec![3]),
        ..unchanged()
    };
    assert_eq!(
        record(change.with_isr(nodes(&[3])), &[2, 3]),
        Some(expected)
    );
}

#[test]
fn without_elr_the_last_in_sync_replica_stays_listed() {
    let partition = partition(&[1, 2], &[1], 1);
    let change = PartitionChange::new(&partition, rules(false, Election::Online));
    let expected = PartitionChangeRecord {
        leader: -1,
        ..unchanged()
    };
    assert_eq!(record(change.with_isr(vec![]), &[2]), Some(expected));
}

#[test]
fn with_elr_the_last_leader_becomes_eligible_and_is_remembered() {
    let partition = partition(&[1], &[1], 1);
    let mut rules = rules(true, Election::Online);
    rules.min_insync_replicas = 1;
    let change = PartitionChange::new(&partition, rules);
    let expected = PartitionChangeRecord {
        leader: -1,
        isr: Some(vec![]),
        eligible_leader_replicas: Some(vec![1]),
        last_known_elr: Some(vec![1]),
        ..unchanged()
    };
    assert_eq!(record(change.with_isr(vec![]), &[]), Some(expected));
}

#[test]
fn an_eligible_replica_that_returns_leads_and_is_the_only_one_in_sync() {
    let mut partition = partition(&[1, 2], &[], -1);
    partition.elr = nodes(&[1, 2]);
    partition.last_known_elr = nodes(&[1]);
    let change = PartitionChange::new(&partition, rules(true, Election::Online));
    let expected = PartitionChangeRecord {
        leader: 2,
        isr: Some(vec![2]),
        eligible_leader_replicas: Some(vec![1]),
        last_known_elr: Some(vec![]),
        ..unchanged()
    };
    assert_eq!(record(change, &[2]), Some(expected));
}

#[test]
fn an_unclean_election_happens_only_where_it_is_allowed() {
    let partition = partition(&[1, 2], &[1], 1);
    let online = PartitionChange::new(&partition, rules(false, Election::Online));
    assert_eq!(record(online, &[2]).unwrap().leader, -1);
    let unclean = PartitionChange::new(&partition, rules(false, Election::Unclean));
    let expected = PartitionChangeRecord {
        leader: 2,
        isr: Some(vec![2]),
        leader_recovery_state: 1,
        ..unchanged()
    };
    assert_eq!(record(unclean, &[2]), Some(expected));
}

#[test]
fn a_preferred_election_returns_to_the_first_replica() {
    let partition = partition(&[1, 2], &[2, 1], 2);
    let online = PartitionChange::new(&partition, rules(false, Election::Online));
    assert_eq!(record(online, &[1, 2]), None);
    let preferred = PartitionChange::new(&partition, rules(false, Election::Preferred));
    assert_eq!(record(preferred, &[1, 2]).unwrap().leader, 1);
    let not_there = PartitionChange::new(&partition, rules(false, Election::Preferred));
    assert_eq!(record(not_there, &[2]), None);
}

#[test]
fn a_replica_that_stopped_uncleanly_is_not_eligible() {
    let partition = partition(&[1, 2], &[1], 1);
    let change = PartitionChange::new(&partition, rules(true, Election::Online))
        .with_isr(vec![])
        .with_unclean_shutdown(NodeId(1));
    let expected = PartitionChangeRecord {
        leader: -1,
        isr: Some(vec![]),
        last_known_elr: Some(vec![1]),
        ..unchanged()
    };
    assert_eq!(record(change, &[2]), Some(expected));
}

#[test]
fn a_reassignment_ends_once_the_added_replicas_are_in_sync() {
    let mut partition = partition(&[3, 1, 2], &[1, 2], 1);
    partition.adding_replicas = nodes(&[3]);
    partition.removing_replicas = nodes(&[1]);
    let not_yet = PartitionChange::new(&partition, rules(false, Election::Online));
    assert_eq!(record(not_yet, &[1, 2, 3]), None);
    let ends = PartitionChange::new(&partition, rules(false, Election::Online));
    let expected = PartitionChangeRecord {
        leader: 3,
        isr: Some(vec![2, 3]),
        replicas: Some(vec![3, 2]),
        directories: Some(vec![Uuid(9 << 70); 2]),
        removing_replicas: Some(vec![]),
        adding_replicas: Some(vec![]),
        ..unchanged()
    };
    let ends = ends.with_isr(nodes(&[1, 2, 3]));
    assert_eq!(record(ends, &[1, 2, 3]), Some(expected));
}

#[test]
fn shrinking_costs_a_leader_epoch_only_at_old_levels() {
    let partition = partition(&[1, 2], &[1, 2], 1);
    let mut rules = rules(false, Election::Online);
    let shrunk = |rules| {
        let change = PartitionChange::new(&partition, rules).with_isr(nodes(&[1]));
        record(change, &[1, 2]).unwrap().leader
    };
    assert_eq!(shrunk(rules), NO_LEADER_CHANGE);
    rules.metadata_version = MetadataVersion::MINIMUM;
    assert_eq!(shrunk(rules), 1);
}
