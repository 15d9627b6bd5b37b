//! Command lines as Kafka's older tools read them.

use super::{Flag, FlagError, Flags, switch, usage, value};

const KNOWN: &[Flag] = &[
    switch("list", "List them."),
    value(
        "topic",
        "String: topic",
        "The topic that is meant, with a help that needs two lines.",
    ),
    value("time", "Long: time", "A time."),
];

fn parse(line: &str) -> Result<Flags, FlagError> {
    let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    Flags::parse(KNOWN, &words)
}

fn message(line: &str) -> String {
    match parse(line).unwrap_err() {
        FlagError::Line(message) | FlagError::Use(message) | FlagError::Value(_, message) => {
            message
        }
    }
}

#[test]
fn values_follow_or_are_attached() {
    let flags = parse("--list --topic a --time=-1").unwrap();
    assert!(flags.has("list"));
    assert_eq!(flags.value("topic"), Ok(Some("a")));
    assert_eq!(flags.number::<i64>("time"), Ok(Some(-1)));
    let flags = parse("--time -1").unwrap();
    assert_eq!(flags.number::<i64>("time"), Ok(Some(-1)));
}

#[test]
fn refusals_have_the_words_of_kafkas_tools() {
    assert_eq!(message("--bogus"), "bogus is not a recognized option");
    assert_eq!(message("--to x"), "to is not a recognized option");
    assert_eq!(message("-x"), "x is not a recognized option");
    assert_eq!(
        message("--list --topic"),
        "Option topic requires an argument"
    );
    let twice = parse("--topic a --topic b").unwrap();
    let refused = twice.value("topic").unwrap_err();
    let expected = "Found multiple arguments for option topic, but you asked for only one";
    let exception = "joptsimple.MultipleArgumentsForOptionException";
    assert_eq!(refused, FlagError::Value(exception, expected.to_owned()));
    let wrong = parse("--time x")
        .unwrap()
        .number::<i64>("time")
        .unwrap_err();
    let expected = "Cannot parse argument 'x' of option time";
    let exception = "joptsimple.OptionArgumentConversionException";
    assert_eq!(wrong, FlagError::Value(exception, expected.to_owned()));
}

#[test]
fn flags_that_do_not_go_together_are_refused_with_usage() {
    let flags = parse("--list --topic a").unwrap();
    let expected = "Option \"[list]\" can't be used with option \"[topic]\"";
    assert_eq!(
        flags.forbid("list", &["topic"]),
        Err(FlagError::Use(expected.to_owned()))
    );
    let expected = "Missing required argument \"[time]\"";
    assert_eq!(
        flags.require(&["time"]),
        Err(FlagError::Use(expected.to_owned()))
    );
    assert_eq!(flags.require(&["list"]), Ok(()));
}

#[test]
fn usage_has_two_columns() {
    let text = usage(KNOWN);
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    assert_eq!(
        lines[0],
        "Option                                   Description"
    );
    assert_eq!(
        lines[2],
        "--list                                   List them."
    );
    assert!(lines[4].starts_with("--topic <String: topic>"));
    assert!(text.lines().all(|line| line.len() == 80));
}
