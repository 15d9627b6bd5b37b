//! Placement under many seeds.

use std::collections::BTreeSet;

use super::*;

fn brokers(racks: &[(i32, Option<&str>, bool)]) -> Vec<UsableBroker> {
    let broker = |&(id, rack, fenced): &(i32, Option<&str>, bool)| UsableBroker {
        id: NodeId(id),
        rack: rack.map(Into::into),
        fenced,
    };
    racks.iter().map(broker).collect()
}

fn placed(brokers: &[UsableBroker], partitions: i32, factor: i16) -> Vec<Vec<NodeId>> {
    (0..50)
        .flat_map(|seed| place(brokers, partitions, factor, &mut Random::from_seed(seed)).unwrap())
        .collect()
}

#[test]
fn no_broker_holds_a_partition_twice() {
    let brokers = brokers(&[
        (1, Some("a"), false),
        (2, Some("a"), true),
        (3, Some("b"), false),
        (4, None, false),
        (5, None, true),
    ]);
    for replicas in placed(&brokers, 20, 5) {
        assert_eq!(replicas.iter().collect::<BTreeSet<_>>().len(), 5);
    }
}

#[test]
fn a_fenced_broker_never_leads_and_comes_after_the_others_of_its_rack() {
    let brokers = brokers(&[(1, None, true), (2, None, false), (3, None, false)]);
    for replicas in placed(&brokers, 20, 2) {
        assert!(!replicas.contains(&NodeId(1)));
    }
    for replicas in placed(&brokers, 20, 3) {
        assert_eq!(replicas[2], NodeId(1));
    }
}

#[test]
fn replicas_lie_in_as_many_racks_as_there_are() {
    let brokers = brokers(&[
        (1, Some("a"), false),
        (2, Some("a"), false),
        (3, Some("b"), false),
        (4, Some("c"), false),
    ]);
    let rack = |id: &NodeId| {
        brokers
            .iter()
            .find(|broker| broker.id == *id)
            .unwrap()
            .rack
            .clone()
    };
    for replicas in placed(&brokers, 20, 3) {
        assert_eq!(replicas.iter().map(rack).collect::<BTreeSet<_>>().len(), 3);
    }
}

#[test]
fn each_broker_leads_once_before_any_leads_twice() {
    let brokers = brokers(&[(1, None, false), (2, None, false), (3, None, false)]);
    for seed in 0..50 {
        let placed = place(&brokers, 3, 1, &mut Random::from_seed(seed)).unwrap();
        let leaders: BTreeSet<_> = placed.iter().map(|replicas| replicas[0]).collect();
        assert_eq!(leaders.len(), 3);
    }
}

#[test]
fn impossible_factors_are_refused_in_kafkas_words() {
    let mut random = Random::from_seed(1);
    let brokers_of = |fenced| brokers(&[(1, None, fenced)]);
    let refused = |fenced, factor, random: &mut Random| {
        place(&brokers_of(fenced), 1, factor, random).unwrap_err()
    };
    assert_eq!(
        refused(false, 2, &mut random),
        "The target replication factor of 2 cannot be reached because only 1 broker(s) are \
         registered or some brokers have all their log directories cordoned."
    );
    assert_eq!(
        refused(true, 1, &mut random),
        "All brokers are currently fenced, or have all their log directories cordoned."
    );
    assert_eq!(
        refused(false, 0, &mut random),
        "Invalid replication factor 0: the replication factor must be positive."
    );
}
