//! Tests of validators.

use crate::validator::Validator;
use crate::value::Value;

fn complaint(validator: Validator, value: Value) -> Option<String> {
    validator
        .check("the.key", &value)
        .err()
        .map(|error| error.message().to_owned())
}

fn list(items: &[&str]) -> Value {
    Value::List(items.iter().map(|item| (*item).to_owned()).collect())
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

#[test]
fn a_number_out_of_range_is_told_the_bound_it_missed() {
    assert_eq!(
        complaint(Validator::AtLeast(-1), Value::Number(-2)).as_deref(),
        Some("Invalid value -2 for configuration the.key: Value must be at least -1")
    );
    assert_eq!(
        complaint(Validator::Between(1, 17), Value::Number(18)).as_deref(),
        Some("Invalid value 18 for configuration the.key: Value must be no more than 17")
    );
    assert_eq!(
        complaint(Validator::Fraction(1.0), Value::Double(1.5)).as_deref(),
        Some("Invalid value 1.5 for configuration the.key: Value must be no more than 1")
    );
    assert_eq!(
        complaint(Validator::Between(1, 17), Value::Number(17)),
        None
    );
}

#[test]
fn the_level_of_gzip_has_a_hole() {
    assert_eq!(complaint(Validator::GzipLevel, Value::Number(-1)), None);
    assert_eq!(
        complaint(Validator::GzipLevel, Value::Number(0)).as_deref(),
        Some(
            "Invalid value 0 for configuration the.key: Value must be between 1 and 9 or equal \
             to -1"
        )
    );
}

#[test]
fn an_item_that_is_not_allowed_is_named() {
    let policies = Validator::ListOf(&["compact", "delete"]);
    assert_eq!(
        complaint(policies, list(&["delete", "burn"])).as_deref(),
        Some(
            "Invalid value burn for configuration the.key: String must be one of: compact, delete"
        )
    );
    assert_eq!(complaint(policies, list(&[])), None);
    assert_eq!(
        complaint(Validator::NonEmptyListOf(&["broker"]), list(&[])).as_deref(),
        Some("Configuration 'the.key' must not be empty. Valid values include: [broker]")
    );
}

#[test]
fn throttled_replicas_are_pairs_or_a_star() {
    for items in [&["*"][..], &["0:1", "12:3"], &[], &[""]] {
        assert_eq!(complaint(Validator::ThrottledReplicas, list(items)), None);
    }
    for items in [&["0"][..], &["0:1:2"], &["a:1"], &["*", "0:1"]] {
        assert!(complaint(Validator::ThrottledReplicas, list(items)).is_some());
    }
}

#[test]
fn a_share_groups_reset_may_be_a_duration() {
    for good in [
        "earliest",
        "latest",
        "by_duration:PT1H30M",
        "by_duration:P3DT0.5S",
    ] {
        assert_eq!(
            complaint(Validator::ShareOffsetReset, text(good)),
            None,
            "{good}"
        );
    }
    for bad in [
        "none",
        "by_duration",
        "by_duration:P",
        "by_duration:PT",
        "by_duration:PT-1H",
        "by_duration:1H",
    ] {
        assert!(
            complaint(Validator::ShareOffsetReset, text(bad)).is_some(),
            "{bad}"
        );
    }
}
