//! Tests of comparisons.

use serde_json::json;

use super::{Spread, compare};

#[test]
fn a_ratio_is_the_median_of_the_pairs_not_the_ratio_of_medians() {
    let pairs = [
        [json!({ "a": 10 }), json!({ "a": 5 })],
        [json!({ "a": 30 }), json!({ "a": 10 })],
        [json!({ "a": 4 }), json!({ "a": 4 })],
    ];
    let comparison = compare(&pairs, "/a").unwrap();
    assert_eq!((comparison.subject, comparison.against), (10.0, 5.0));
    let expected = Spread {
        median: 2.0,
        least: 1.0,
        most: 3.0,
    };
    assert_eq!(comparison.ratio, expected);
}

#[test]
fn an_even_number_of_pairs_has_its_median_in_between() {
    assert_eq!(Spread::of(vec![4.0, 1.0, 2.0, 3.0]).unwrap().median, 2.5);
    assert_eq!(Spread::of(vec![]), None);
}

#[test]
fn a_figure_that_is_missing_is_not_compared() {
    assert!(compare(&[[json!({}), json!({ "a": 1 })]], "/a").is_none());
}
