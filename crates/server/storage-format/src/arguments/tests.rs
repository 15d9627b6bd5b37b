//! Command lines.

use super::*;

fn parsed(line: &str) -> Result<Arguments, String> {
    let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    parse(&words).map_err(|error| error.message)
}

#[test]
fn both_spellings_of_options_are_taken() {
    let long = "format --config=c --cluster-id t --standalone --feature a=1 --feature=b=2";
    let Ok(Arguments::Format(format)) = parsed(long) else {
        panic!("not a format");
    };
    assert_eq!(format.config, "c");
    assert_eq!(format.cluster_id, "t");
    assert_eq!(format.features, ["a=1", "b=2"]);
    assert_eq!(format.quorum, Quorum::Standalone);
    let Ok(Arguments::Format(format)) = parsed("format -c c -t t -g -r 4.0 -f a=1 -I x") else {
        panic!("not a format");
    };
    assert!(format.ignore_formatted);
    assert_eq!(format.release_version.as_deref(), Some("4.0"));
    assert_eq!(format.quorum, Quorum::InitialControllers("x".to_owned()));
}

#[test]
fn wrong_lines_are_refused_in_the_words_of_kafkas_tool() {
    for (line, why) in [
        ("", "too few arguments"),
        (
            "bogus",
            "invalid choice: 'bogus' (choose from 'info', 'format', 'version-mapping', \
             'feature-dependencies', 'random-uuid')",
        ),
        ("format", "argument --cluster-id/-t is required"),
        ("format -t t", "argument --config/-c is required"),
        (
            "info --config",
            "argument --config/-c: expected one argument",
        ),
        ("feature-dependencies", "argument --feature/-f is required"),
        ("random-uuid x", "unrecognized arguments: 'x'"),
        (
            "format --standalone -N -c x -t y",
            "argument --no-initial-controllers/-N: not allowed with argument --standalone/-s",
        ),
    ] {
        assert_eq!(parsed(line).unwrap_err(), why, "{line}");
    }
}

#[test]
fn help_is_given_wherever_it_is_asked_for() {
    assert_eq!(parsed("--help"), Ok(Arguments::Help(&usage::MAIN)));
    assert!(
        matches!(parsed("format -c x -h"), Ok(Arguments::Help(usage)) if usage.command == "format")
    );
}
