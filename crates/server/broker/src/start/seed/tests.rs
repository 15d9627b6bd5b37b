//! Tests of seeds.

use super::seed;

#[test]
fn starts_in_the_same_millisecond_have_different_seeds() {
    assert_ne!(seed().unwrap(), seed().unwrap());
}
