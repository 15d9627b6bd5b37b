//! The simulator itself: it repeats, and it finds what is planted.

use super::{Options, Outcome, simulate};
use crate::bugs::Bug;

/// Seeds within which a planted bug must show: as many as CI runs.
const SEEDS: u64 = 200;

fn plain(seed: u64) -> Outcome {
    simulate(seed, Options::default())
}

fn planted(bug: Bug) -> Options {
    Options {
        bug: Some(bug),
        ..Options::default()
    }
}

#[test]
fn the_same_seed_twice_is_the_same_history() {
    for seed in 0..8 {
        let (first, second) = (plain(seed), plain(seed));
        assert_eq!(first.trace_hash, second.trace_hash, "seed {seed}");
        assert_eq!(first.violation, second.violation, "seed {seed}");
    }
}

#[test]
fn different_seeds_are_different_histories() {
    assert_ne!(plain(1).trace_hash, plain(2).trace_hash);
}

#[test]
fn every_planted_bug_is_found_by_a_rule_that_is_about_it() {
    for (bug, rules) in Bug::ALL {
        let found = (0..SEEDS).find_map(|seed| simulate(seed, planted(*bug)).violation);
        let violation = found.unwrap_or_else(|| panic!("{bug} was not found"));
        assert!(
            rules.contains(&violation.rule),
            "{bug} was found as {violation}"
        );
    }
}
