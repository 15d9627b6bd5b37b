//! Command lines of kafka-topics.

use super::{Action, Filter, parse};
use crate::failure::Failure;

fn line(text: &str) -> Result<super::Line, Failure> {
    let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
    parse(&words)
}

fn refusal(text: &str) -> String {
    line(text).unwrap_err().message()
}

#[test]
fn a_line_for_every_action_is_read() {
    let create = line(
        "--bootstrap-server b:1 --create --topic t --partitions 3 --replication-factor 2 \
         --config a=b --config c=d=e --if-not-exists",
    )
    .unwrap();
    assert_eq!(create.action, Action::Create);
    assert_eq!(
        (create.partitions, create.replication_factor),
        (Some(3), Some(2))
    );
    let configs = [
        ("a".to_owned(), "b".to_owned()),
        ("c".to_owned(), "d=e".to_owned()),
    ];
    assert_eq!(create.configs, configs);
    let describe = line("--bootstrap-server b:1 --describe --unavailable-partitions").unwrap();
    assert_eq!(describe.filters, [Filter::Unavailable]);
    let assigned = line("--bootstrap-server b:1 --create --topic t --replica-assignment 1:2,2:1");
    assert_eq!(
        assigned.unwrap().replica_assignment,
        Some(vec![vec![1, 2], vec![2, 1]])
    );
}

#[test]
fn flags_that_contradict_each_other_are_refused() {
    let missing = "Missing required argument \"[topic]\"";
    assert_eq!(refusal("--create --bootstrap-server b:1"), missing);
    let missing = "Missing required argument \"[partitions]\"";
    assert_eq!(refusal("--alter --topic t --bootstrap-server b:1"), missing);
    assert_eq!(refusal("--list"), "--bootstrap-server must be specified");
    assert!(refusal("--list --create").starts_with("Command must include exactly one action"));
    for (text, flag, action) in [
        ("--list --partitions 1", "partitions", "list"),
        ("--describe --config a=b", "config", "describe"),
        (
            "--delete --topic t --if-not-exists",
            "if-not-exists",
            "delete",
        ),
        ("--create --topic t --if-exists", "if-exists", "create"),
    ] {
        let expected = format!("Option \"[{flag}]\" can't be used with option \"[{action}]\"");
        assert_eq!(refusal(&format!("--bootstrap-server b:1 {text}")), expected);
    }
}

#[test]
fn numbers_and_assignments_are_checked() {
    let refused =
        |text: &str| refusal(&format!("--bootstrap-server b:1 --create --topic t {text}"));
    assert_eq!(
        refused("--partitions x"),
        "Cannot parse argument 'x' of option partitions"
    );
    assert_eq!(
        refused("--partitions 0"),
        "The partitions must be greater than 0"
    );
    let range = "The replication factor must be between 1 and 32767 inclusive";
    assert_eq!(refused("--replication-factor 40000"), range);
    assert!(refused("--replica-assignment 1:1").contains("duplicate entries: 1"));
    assert!(refused("--replica-assignment 1:2,1").contains("different replication factor"));
}
