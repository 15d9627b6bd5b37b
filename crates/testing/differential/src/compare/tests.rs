//! Tests of the comparison.

use serde_json::json;

use super::*;

fn paths(kafka: Value, ottla: Value) -> Vec<String> {
    let found = differences(&Outcome::Answer(kafka), &Outcome::Answer(ottla));
    found.into_iter().map(|found| found.path).collect()
}

#[test]
fn each_field_that_differs_is_named() {
    let kafka = json!({"topics": [{"name": "a", "errorCode": 0}], "throttleTimeMs": 0});
    let ottla = json!({"topics": [{"name": "a", "errorCode": 3}], "throttleTimeMs": 1});
    assert_eq!(
        paths(kafka, ottla),
        ["topics/0/errorCode", "throttleTimeMs"]
    );
}

#[test]
fn lists_of_other_lengths_differ_as_a_whole() {
    assert_eq!(paths(json!({"a": [1]}), json!({"a": [1, 2]})), ["a"]);
    assert_eq!(paths(json!({"a": 1}), json!({"a": 1, "b": 2})), ["b"]);
}

#[test]
fn a_closed_connection_is_an_answer() {
    let closed = Outcome::Otherwise("closed".to_owned());
    assert_eq!(differences(&closed, &closed), []);
    let found = differences(&closed, &Outcome::Answer(json!({})));
    assert_eq!(found.len(), 1);
    assert_eq!(
        general("topics/3/partitions/0/errorCode"),
        "topics/*/partitions/*/errorCode"
    );
}
