//! Suggestions for misspelled commands, and the overview.

use super::{nearest, overview};

#[test]
fn the_overview_names_every_command() {
    let text = overview(&[]);
    for name in ["topic", "links DIR", "help", "version", "kafka-get-offsets"] {
        assert!(text.contains(&format!("\n  {name} ")), "{name}");
    }
}

#[test]
fn a_slip_of_the_finger_is_recognised() {
    let names = ["orders", "payments", "kafka-topics"];
    assert_eq!(nearest("ordrs", names.into_iter()), Some("orders"));
    assert_eq!(
        nearest("kafka-topic", names.into_iter()),
        Some("kafka-topics")
    );
    assert_eq!(nearest("shipping", names.into_iter()), None);
}
