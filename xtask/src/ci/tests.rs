//! Tests of the counts.

use super::*;

#[test]
fn the_count_of_cargo_test_is_read() {
    let line = "test result: FAILED. 12 passed; 3 failed; 0 ignored; 0 measured; 1 filtered out";
    assert_eq!(
        Tally::of_line(line),
        Some(Tally {
            passed: 12,
            failed: 3
        })
    );
    assert_eq!(Tally::of_line("test a_thing_happens ... ok"), None);
    assert_eq!(Tally::of_line("test result: ok."), None);
}

#[test]
fn every_stage_has_a_name_of_its_own() {
    let mut names: Vec<&str> = STAGES.iter().map(|stage| stage.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), STAGES.len());
}
