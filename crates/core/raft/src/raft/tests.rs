//! The machine under golden scripts and under a seeded simulation of a whole quorum.

mod any_input;
mod cluster;
mod scripts;
mod simulation;
mod words;

use crate::Effect;

#[test]
fn an_effect_is_at_most_64_bytes() {
    assert!(size_of::<Effect>() <= 64, "{} bytes", size_of::<Effect>());
}
