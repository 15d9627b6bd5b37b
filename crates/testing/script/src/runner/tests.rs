//! The runner itself.

use super::{Command, run_script};

#[test]
fn a_command_line_has_words_and_options() {
    let command = Command::parse("vote  1 epoch=3 log=2:10");
    assert_eq!(command.name, "vote");
    assert_eq!(command.arguments, ["1"]);
    assert_eq!(command.number("epoch", 0), 3);
    assert_eq!(command.option("log"), Some("2:10"));
    assert_eq!(command.number("absent", -1), -1);
}

#[test]
#[should_panic(expected = "expected")]
fn an_outcome_that_differs_fails() {
    let path = std::env::temp_dir().join(format!("ottla-script-{}", std::process::id()));
    std::fs::write(&path, "say a\n----\nb\n").expect("the temporary directory is writable");
    run_script(&path, |command| command.arguments.join(" "));
}
