//! Patterns of topic names.

use super::Pattern;

fn matches(pattern: &str, name: &str) -> bool {
    Pattern::parse_list(pattern).unwrap().matches(name)
}

#[test]
fn whole_names_are_matched() {
    assert!(matches("orders", "orders"));
    assert!(!matches("orders", "orders2"));
    assert!(!matches("rder", "orders"));
    assert!(matches("^orders$", "orders"));
    assert!(matches(".*", ""));
}

#[test]
fn a_comma_separates_alternatives_and_quotes_are_dropped() {
    assert!(matches("a, b", "b"));
    assert!(matches("'a|b'", "a"));
    assert!(!matches("a,b", "a,b"));
}

#[test]
fn repetition_classes_and_groups_work() {
    assert!(matches("t[0-9]+", "t42"));
    assert!(!matches("t[^0-9]+", "t42"));
    assert!(matches("(ab)*c", "ababc"));
    // The comma of a repetition would separate alternatives in a list, as it does with Kafka.
    let repeated = Pattern::parse("(?:ab|cd){2,3}").unwrap();
    assert!(repeated.matches("abcdab"));
    assert!(!repeated.matches("ab"));
    assert!(matches("a?b", "b"));
    assert!(matches(r"a\.b", "a.b"));
    assert!(!matches(r"a\.b", "axb"));
    assert!(matches(r"\w+-\d", "topic-7"));
    assert!(matches("[a-c.-]+", "a-b.c"));
}

#[test]
fn patterns_that_blow_up_elsewhere_are_quick() {
    assert!(!matches("(a*)*b", &"a".repeat(249)));
    assert!(!matches("(a|a|aa)+b", &"a".repeat(249)));
}

#[test]
fn what_is_no_pattern_is_refused() {
    for wrong in [
        "(", ")", "[a", "*a", "a{2", "a{3,2}", "a{1000}", "\\", "[b-a]",
    ] {
        assert!(Pattern::parse(wrong).is_err(), "{wrong}");
    }
    assert!(Pattern::parse(&"(".repeat(100_000)).is_err());
}
