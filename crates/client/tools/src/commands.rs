//! The table of commands, and how a command is found: by the name the program was started under,
//! or by its first word.

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use crate::output::say;
use crate::{
    kafka_console_consumer, kafka_console_producer, kafka_get_offsets, kafka_topics, people,
};

/// One command.
#[derive(Clone, Copy)]
pub struct Tool {
    /// Its name: Kafka's, without `.sh`, or ottla's own.
    pub name: &'static str,
    /// What it is for, in a few words.
    pub summary: &'static str,
    /// Runs it with the words behind its name.
    pub run: fn(Vec<OsString>) -> ExitCode,
}

/// The commands of this crate.
pub const TOOLS: &[Tool] = &[
    Tool {
        name: "topic",
        summary: "create, list, describe and delete topics",
        run: people::topic,
    },
    Tool {
        name: "produce",
        summary: "write lines of the input to a topic",
        run: people::produce,
    },
    Tool {
        name: "consume",
        summary: "print the records of a topic, then wait for more",
        run: people::consume,
    },
    Tool {
        name: "kafka-topics",
        summary: "create, list, describe, alter and delete topics",
        run: |words| with_text(words, kafka_topics::run),
    },
    Tool {
        name: "kafka-console-producer",
        summary: "write lines of the input to a topic",
        run: |words| with_text(words, kafka_console_producer::run),
    },
    Tool {
        name: "kafka-console-consumer",
        summary: "print the records of topics",
        run: |words| with_text(words, kafka_console_consumer::run),
    },
    Tool {
        name: "kafka-get-offsets",
        summary: "print the offsets of partitions",
        run: |words| with_text(words, kafka_get_offsets::run),
    },
];

/// What wrong usage of `ottla` itself ends with.
const USAGE: u8 = 2;

/// Runs a command of this crate by name.
#[must_use]
pub fn run(tool: &str, words: Vec<OsString>) -> ExitCode {
    match TOOLS.iter().find(|known| known.name == tool) {
        Some(known) => (known.run)(words),
        None => unknown(tool, TOOLS.iter().map(|known| known.name)),
    }
}

/// Runs the command that a whole command line asks for; `own` are the commands of the caller.
#[must_use]
pub fn dispatch(own: &[Tool], line: impl IntoIterator<Item = OsString>) -> ExitCode {
    let mut line = line.into_iter();
    let program = line.next().unwrap_or_default();
    let find = |name: &str| own.iter().chain(TOOLS).find(|tool| tool.name == name);
    let link = Path::new(&program)
        .file_name()
        .and_then(|name| name.to_str());
    let link = link.map(|name| name.strip_suffix(".sh").unwrap_or(name));
    if let Some(tool) = link
        .filter(|name| name.starts_with("kafka-"))
        .and_then(find)
    {
        return (tool.run)(line.collect());
    }
    let Some(word) = line.next() else {
        eprint!("{}", overview(own));
        return ExitCode::from(USAGE);
    };
    let word = word.to_string_lossy().into_owned();
    let name = word.strip_suffix(".sh").unwrap_or(&word);
    match name {
        "help" | "--help" | "-h" => {
            print!("{}", overview(own));
            ExitCode::SUCCESS
        }
        "version" | "--version" | "-V" => {
            say!("ottla {}", env!("CARGO_PKG_VERSION"));
            ExitCode::SUCCESS
        }
        "links" => make_links(own, line.next()),
        _ => match find(name) {
            Some(tool) => (tool.run)(line.collect()),
            None => unknown(&word, own.iter().chain(TOOLS).map(|tool| tool.name)),
        },
    }
}

fn overview(own: &[Tool]) -> String {
    let mut text = String::from("Apache Kafka as one native program.\n\nUsage: ottla COMMAND …\n");
    let tools: Vec<&Tool> = own.iter().chain(TOOLS).collect();
    let (kafka, people): (Vec<&Tool>, Vec<&Tool>) = tools
        .into_iter()
        .partition(|tool| tool.name.starts_with("kafka-"));
    let rest = [
        (
            "links DIR",
            "make links so that Kafka's commands are callable by name",
        ),
        (
            "help",
            "this overview; \"ottla COMMAND --help\" tells about one command",
        ),
        ("version", "the version of ottla"),
    ];
    for (title, tools) in [
        ("Commands", people),
        (
            "Kafka's commands (ottla links DIR makes them callable by name)",
            kafka,
        ),
    ] {
        text.push_str(&format!("\n{title}:\n"));
        for tool in tools {
            text.push_str(&format!("  {:<24} {}\n", tool.name, tool.summary));
        }
        if title == "Commands" {
            for (name, summary) in rest {
                text.push_str(&format!("  {name:<24} {summary}\n"));
            }
        }
    }
    text
}

fn unknown<'a>(word: &str, names: impl Iterator<Item = &'a str>) -> ExitCode {
    eprintln!("ottla: there is no command {word:?}.");
    if let Some(meant) = nearest(word, names) {
        eprintln!("Did you mean \"ottla {meant}\"?");
    }
    eprintln!("\"ottla help\" lists all commands.");
    ExitCode::from(USAGE)
}

/// Links all Kafka's commands to this program.
fn make_links(own: &[Tool], directory: Option<OsString>) -> ExitCode {
    let Some(directory) = directory else {
        eprintln!("Usage: ottla links DIR");
        return ExitCode::from(USAGE);
    };
    let directory = Path::new(&directory);
    let names = own.iter().chain(TOOLS).map(|tool| tool.name);
    match link_all(directory, names.filter(|name| name.starts_with("kafka-"))) {
        Ok(count) => {
            say!("{count} links in {}", directory.display());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("ottla links: {}: {error}", directory.display());
            ExitCode::FAILURE
        }
    }
}

fn link_all<'a>(directory: &Path, names: impl Iterator<Item = &'a str>) -> io::Result<usize> {
    let program = std::env::current_exe()?;
    std::fs::create_dir_all(directory)?;
    let mut count = 0;
    for name in names {
        for link in [name.to_owned(), format!("{name}.sh")] {
            let link = directory.join(link);
            // A link of an earlier version is replaced, a file of somebody else's is not.
            if link
                .symlink_metadata()
                .is_ok_and(|found| found.is_symlink())
            {
                std::fs::remove_file(&link)?;
            }
            std::os::unix::fs::symlink(&program, &link)?;
            count += 1;
        }
    }
    Ok(count)
}

/// Gives a command its words as text.
fn with_text(words: Vec<OsString>, run: impl FnOnce(Vec<String>) -> ExitCode) -> ExitCode {
    match words.into_iter().map(OsString::into_string).collect() {
        Ok(words) => run(words),
        Err(word) => {
            eprintln!("{word:?} is not UTF-8");
            ExitCode::FAILURE
        }
    }
}

/// The name that was probably meant, if one is near enough.
pub(crate) fn nearest<'a>(word: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let bound = (word.len() / 4).clamp(1, 4);
    names
        .map(|name| (distance(word, name), name))
        .filter(|(distance, _)| *distance <= bound)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// How many letters must be put in, left out or changed to make one word the other.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut previous: Vec<usize> = (0..=to.len()).collect();
    for (row, letter) in from.chars().enumerate() {
        let mut current = vec![row + 1];
        for (pair, other) in previous.windows(2).zip(&to) {
            let &[diagonal, above] = pair else {
                continue;
            };
            let left = current.last().copied().unwrap_or(0);
            let changed = diagonal + usize::from(letter != *other);
            current.push(changed.min(above + 1).min(left + 1));
        }
        previous = current;
    }
    previous.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests;
