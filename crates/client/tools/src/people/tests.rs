//! What people are told.

use super::{counted, no_topic};

#[test]
fn a_missing_topic_is_told_with_what_to_do() {
    let expected =
        "no topic \"ordrs\". Did you mean \"orders\"? (create it: ottla topic create ordrs)";
    assert_eq!(no_topic("ordrs", Some("orders")).message(), expected);
    let expected = "no topic \"x\". (create it: ottla topic create x)";
    assert_eq!(no_topic("x", None).message(), expected);
}

#[test]
fn nouns_follow_their_numbers() {
    assert_eq!(counted(1, "partition"), "1 partition");
    assert_eq!(counted(16, "partition"), "16 partitions");
}
