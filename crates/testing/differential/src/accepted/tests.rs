//! Tests of the list of accepted differences.

use serde_json::json;

use super::*;

fn difference(path: &str, kafka: Value, ottla: Value) -> Difference {
    Difference {
        path: path.to_owned(),
        kafka,
        ottla,
    }
}

#[test]
fn the_list_in_the_tree_can_be_read() {
    Accepted::read(LIST).unwrap();
}

#[test]
fn a_difference_is_accepted_at_its_place_with_its_values_only() {
    let accepted = Accepted::read("Fetch | a/*/b | 1 | * | because").unwrap();
    assert!(accepted.has("Fetch", &difference("a/7/b", json!(1), json!(2))));
    assert!(!accepted.has("Fetch", &difference("a/7/b", json!(3), json!(2))));
    assert!(!accepted.has("Fetch", &difference("a/7/c", json!(1), json!(2))));
    assert!(!accepted.has("Produce", &difference("a/7/b", json!(1), json!(2))));
}

#[test]
fn lists_without_order_are_sorted_wherever_they_are() {
    let accepted = Accepted::read("* | a/*/b | unordered | because").unwrap();
    let mut answer = json!({"a": [{"b": [2, 1]}, {"b": [4, 3]}]});
    accepted.prepare("Fetch", &mut answer);
    assert_eq!(answer, json!({"a": [{"b": [1, 2]}, {"b": [3, 4]}]}));
}

#[test]
fn a_line_without_a_reason_is_refused() {
    assert!(Accepted::read("Fetch | a | 1 | 2").is_err());
    assert!(Accepted::read("Fetch | a | one | 2 | because").is_err());
}
