//! What people are told.

use ottla_client::{Error, Refusal};
use ottla_messages::ErrorCode;

use super::{Place, counted, no_topic};
use crate::failure::Failure;

fn explained(code: ErrorCode, message: Option<&str>) -> String {
    let place = Place { bootstrap: None };
    let message = message.map(str::to_owned);
    place.explain(&Failure::Client(Error::Refused(Refusal { code, message })))
}

#[test]
fn no_error_is_told_by_its_name_alone() {
    let text = explained(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, None);
    assert!(text.contains("no such topic or partition"), "{text}");
    let text = explained(ErrorCode::INVALID_REPLICATION_FACTOR, Some("too many"));
    assert_eq!(
        text,
        "too many\nLeave --copies out, and the cluster takes what it can."
    );
}

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
