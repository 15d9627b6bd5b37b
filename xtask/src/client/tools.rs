//! The same command lines through Kafka's tools and through ours, against one broker: exit code,
//! output and messages must be the same, up to names, ids, times and Java's stack frames.

use std::path::Path;
use std::process::Command;

use crate::apache_kafka::ApacheKafka;
use crate::ci::Tally;
use crate::conformance::run_to_end;

/// A tool, its command line (`NAME` stands for names of its own), and its input. The order matters:
/// later lines see what earlier ones made.
const LINES: &[(&str, &str, &str)] = &[
    (
        "topics",
        "--create --topic NAME-1 --partitions 2 --config retention.ms=3600000",
        "",
    ),
    ("topics", "--create --topic NAME-1", ""),
    ("topics", "--create --topic NAME-1 --if-not-exists", ""),
    ("topics", "--create --topic NAME.b_c", ""),
    (
        "topics",
        "--create --topic NAME-2 --replication-factor 3",
        "",
    ),
    ("topics", "--create --topic NAME-3 --config foo=bar", ""),
    ("topics", "--create --topic NAME-3 --partitions 0", ""),
    ("topics", "--list --topic NAME.*", ""),
    ("topics", "--describe --topic NAME-1", ""),
    (
        "topics",
        "--describe --topic NAME-1 --under-replicated-partitions",
        "",
    ),
    ("topics", "--describe --topic nope", ""),
    ("topics", "--alter --topic NAME-1 --partitions 3", ""),
    ("topics", "--alter --topic NAME-1 --partitions 1", ""),
    ("topics", "--list --create", ""),
    ("topics", "--delete --topic nope", ""),
    ("topics", "--delete --topic NAME.b_c", ""),
    ("topics", "--create --topic NAME-p --partitions 1", ""),
    ("console-producer", "--topic NAME-p", "a\nb\n"),
    (
        "console-producer",
        "--topic NAME-p --reader-property parse.key=true --reader-property parse.headers=true",
        "h1:v1,h2:v2\tk1\tval\n",
    ),
    (
        "console-producer",
        "--topic NAME-p --reader-property parse.key=true",
        "nosep\n",
    ),
    (
        "console-producer",
        "--topic NAME-p --property parse.key=false --sync",
        "c\n",
    ),
    (
        "console-producer",
        "--topic NAME-p --compression-codec",
        "zipped\n",
    ),
    (
        "console-producer",
        "--topic NAME-p --compression-codec bogus",
        "a\n",
    ),
    ("get-offsets", "--topic NAME-p", ""),
    ("get-offsets", "--topic-partitions NAME-1:0-2,NAME-p", ""),
    ("get-offsets", "--topic NAME-1 --time -3", ""),
    ("get-offsets", "--topic nope", ""),
    (
        "console-consumer",
        "--topic NAME-p --partition 0 --offset earliest --max-messages 5 --formatter-property \
         print.key=true --formatter-property print.headers=true --formatter-property \
         print.offset=true",
        "",
    ),
    (
        "console-consumer",
        "--topic NAME-p --partition 0 --timeout-ms 1500",
        "",
    ),
    ("console-consumer", "--topic NAME-p --include NAME", ""),
    ("console-consumer", "--topic NAME-p --offset 5", ""),
];

/// Compares all lines and prints what differs.
///
/// # Errors
/// When a tool cannot be run.
pub fn compare(kafka: &ApacheKafka, ottla: &Path, bootstrap: &str) -> anyhow::Result<Tally> {
    let mut tally = Tally::default();
    for (tool, line, input) in LINES {
        let theirs = run(kafka.tool(tool)?, (line, "theirs"), input, bootstrap)?;
        let mut command = Command::new(ottla);
        command.arg(format!("kafka-{tool}"));
        let ours = run(command, (line, "ours"), input, bootstrap)?;
        if theirs == ours {
            tally.passed += 1;
        } else {
            tally.failed += 1;
            println!("kafka-{tool} {line}\n  Apache Kafka: {theirs:?}\n  ottla: {ours:?}");
        }
    }
    println!("client: tools beside Kafka's: {tally}");
    Ok(tally)
}

fn run(
    mut command: Command,
    (line, name): (&str, &str),
    input: &str,
    bootstrap: &str,
) -> anyhow::Result<(i32, String, String)> {
    let line = line.replace("NAME", name);
    command.args(["--bootstrap-server", bootstrap]);
    command.args(line.split_whitespace());
    let (code, output, errors) = run_to_end(&mut command, input)?;
    Ok((code, comparable(&output, name), comparable(&errors, name)))
}

/// The text without what differs from run to run, and without what only Java prints.
fn comparable(text: &str, name: &str) -> String {
    const JAVA: [&str; 5] = ["\tat ", "\t... ", "Caused by", "joptsimple.", "java.lang."];
    let lines = text
        .lines()
        .take_while(|line| !line.starts_with("Option   "))
        .filter(|line| !line.trim().is_empty())
        .filter(|line| !JAVA.iter().any(|start| line.starts_with(start)));
    let lines: Vec<String> = lines
        .map(|line| plain(&line.replace(name, "NAME")))
        .collect();
    lines.join("\n")
}

/// Without the time of a log line and the id of a topic.
fn plain(line: &str) -> String {
    let line = match line
        .strip_prefix('[')
        .and_then(|rest| rest.split_once("] "))
    {
        Some((time, rest)) if time.starts_with("20") => format!("[TIME] {rest}"),
        _ => line.to_owned(),
    };
    match line.split_once("TopicId: ") {
        Some((before, after)) => {
            let rest = after.find('\t').and_then(|end| after.get(end..));
            format!("{before}TopicId: ID{}", rest.unwrap_or_default())
        }
        None => line,
    }
}
