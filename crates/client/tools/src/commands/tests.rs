//! Suggestions for misspelled commands.

use super::nearest;

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
