//! The same command lines through Kafka's tools and through ours, on both brokers: exit code,
//! output and messages must be those of Kafka's tools on Apache Kafka, up to names, ids, times and
//! what only Java prints.
//!
//! The lines are files of `conformance/tools`: a tool, its words, and behind ` < ` its input. `AT`
//! stands for the broker, `NAME` for names of its own, `DIRECTORY` for the folder of the files;
//! after `~` only exit code and output must be the same. Later lines of a file see what earlier
//! ones made.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use anyhow::Context;

use crate::apache_kafka::ApacheKafka;
use crate::ci::Tally;
use crate::conformance::run_to_end;
use crate::workspace;

/// Whose tools.
#[derive(Clone, Debug)]
pub enum Tools {
    /// Apache Kafka's.
    ApacheKafka(ApacheKafka),
    /// Those of the binary of ottla.
    Ottla(PathBuf),
}

impl Tools {
    fn name(&self) -> &'static str {
        match self {
            Tools::ApacheKafka(_) => "lines-kafka",
            Tools::Ottla(_) => "lines-ottla",
        }
    }

    /// A command that runs a tool, such as `topics`.
    fn command(&self, tool: &str) -> anyhow::Result<Command> {
        match self {
            Tools::ApacheKafka(kafka) => kafka.tool(tool),
            Tools::Ottla(binary) => {
                let mut command = Command::new(binary);
                command.arg(format!("kafka-{tool}"));
                Ok(command)
            }
        }
    }
}

/// What a line ends with: exit code, output, messages.
type Outcome = (i32, String, String);

/// What all lines end with.
type Outcomes = BTreeMap<String, Outcome>;

/// Tools and brokers one after the other; the first pair is what the others must be like.
#[derive(Default)]
pub struct Comparison {
    reference: Outcomes,
}

/// Files of lines that run at the same time: mostly they wait.
const LANES: usize = 4;

impl Comparison {
    /// Runs the lines that contain `wanted` and compares them, but for the first run.
    ///
    /// # Errors
    /// When a tool cannot be run.
    pub fn run(
        &mut self,
        tools: &Tools,
        (broker, bootstrap): (&str, &str),
        wanted: Option<&str>,
    ) -> anyhow::Result<Tally> {
        let wanted = |line: &str| {
            wanted.is_none_or(|wanted| line.contains(wanted) || is_preparation(line))
                && !(matches!(tools, Tools::ApacheKafka(_)) && self.is_decided(line))
        };
        let outcomes = run_files(tools, bootstrap, &wanted)?;
        let mut tally = Tally::default();
        if self.reference.is_empty() {
            self.reference = outcomes;
            return Ok(tally);
        }
        let who = tools.name();
        for (line, outcome) in outcomes {
            match self.reference.get(&line) {
                Some(reference) if *reference == outcome => tally.passed += 1,
                reference => {
                    tally.failed += 1;
                    println!(
                        "{line}\n  reference: {reference:?}\n  {who} on {broker}: {outcome:?}"
                    );
                }
            }
        }
        println!("client: tools, {who} on {broker}: {tally}");
        Ok(tally)
    }

    /// Whether Kafka's tool has refused the line before it asked a broker: another broker changes
    /// nothing then.
    fn is_decided(&self, line: &str) -> bool {
        let refused = self
            .reference
            .get(line)
            .is_some_and(|(code, output, errors)| {
                *code != 0 && output.is_empty() && !errors.contains("Error occurred")
            });
        refused || !self.reference.is_empty() && !line.contains(" AT")
    }
}

fn run_files(
    tools: &Tools,
    bootstrap: &str,
    wanted: &(impl Fn(&str) -> bool + Sync),
) -> anyhow::Result<Outcomes> {
    let directory = workspace::root().join("conformance/tools");
    let mut files = Vec::new();
    for entry in fs::read_dir(&directory)? {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "lines")
        {
            files.push(path);
        }
    }
    let waiting = Mutex::new(files);
    let next = || waiting.lock().ok().and_then(|mut waiting| waiting.pop());
    let lane = || -> anyhow::Result<Outcomes> {
        let mut outcomes = Outcomes::new();
        while let Some(file) = next() {
            for line in lines(&file)? {
                if wanted(&line) {
                    let outcome = run_line(tools, &line, bootstrap, &directory);
                    let outcome = outcome.with_context(|| line.clone())?;
                    outcomes.insert(line, outcome);
                }
            }
        }
        Ok(outcomes)
    };
    let mut all = Outcomes::new();
    std::thread::scope(|scope| {
        let lanes: Vec<_> = (0..LANES).map(|_| scope.spawn(lane)).collect();
        for lane in lanes {
            let outcomes = lane
                .join()
                .map_err(|_| anyhow::anyhow!("a lane panicked"))?;
            all.extend(outcomes?);
        }
        anyhow::Ok(())
    })?;
    Ok(all)
}

/// Whether later lines need what this one makes.
fn is_preparation(line: &str) -> bool {
    line.starts_with("topics AT --create") || line.contains("< ")
}

fn lines(file: &Path) -> anyhow::Result<Vec<String>> {
    let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let lines = text.lines().map(str::trim_end);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    Ok(lines.map(str::to_owned).collect())
}

fn run_line(
    tools: &Tools,
    line: &str,
    bootstrap: &str,
    directory: &Path,
) -> anyhow::Result<Outcome> {
    let name = tools.name();
    let (words, input) = line.split_once(" < ").unwrap_or((line, ""));
    let (words, own_words) = match words.strip_prefix('~') {
        Some(words) => (words, true),
        None => (words, false),
    };
    let input = input.replace("\\n", "\n").replace("\\t", "\t");
    let mut words = words.split_whitespace();
    let mut command = tools.command(words.next().context("a tool")?)?;
    for word in words {
        match word {
            "AT" => command.args(["--bootstrap-server", bootstrap]),
            word => {
                let word = word.replace("DIRECTORY", &directory.to_string_lossy());
                command.arg(word.replace("NAME", name))
            }
        };
    }
    let (code, output, errors) = run_to_end(&mut command, &input)?;
    let errors = if own_words {
        String::new()
    } else {
        comparable(&errors, name)
    };
    Ok((code, comparable(&output, name), errors))
}

/// The text without what differs from run to run, and without what only Java prints.
fn comparable(text: &str, name: &str) -> String {
    const JAVA: [&str; 6] = [
        "\tat ",
        "\t... ",
        "Caused by",
        "joptsimple.",
        "java.",
        "\tSuppressed",
    ];
    let lines = text
        .lines()
        .take_while(|line| !line.starts_with("Option   "))
        .filter(|line| !line.trim().is_empty())
        .filter(|line| !JAVA.iter().any(|start| line.starts_with(start)))
        .filter(|line| !is_of_the_client(line));
    let lines: Vec<String> = lines
        .map(|line| plain(&line.replace(name, "NAME")))
        .collect();
    lines.join("\n")
}

/// What the client library tells about its own work, and its advice.
fn is_of_the_client(line: &str) -> bool {
    line.contains(" WARN [") && line.contains("(org.apache.kafka.clients.")
        || line.starts_with("The consumer rebalance protocol (KIP-848)")
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
