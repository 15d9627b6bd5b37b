//! The command line of kafka-console-consumer.

use std::time::Duration;

use ottla_client::Start;
use ottla_types::Offset;

use super::Formatter;
use crate::failure::Failure;
use crate::flags::{Flag, Flags, switch, value};
use crate::output::say;
use crate::pattern::Pattern;
use crate::settings::{read_file, read_words};

const DEFAULT_FORMATTER: &str = "org.apache.kafka.tools.consumer.DefaultMessageFormatter";
const LOGGING_FORMATTER: &str = "org.apache.kafka.tools.consumer.LoggingMessageFormatter";
const NO_OP_FORMATTER: &str = "org.apache.kafka.tools.consumer.NoOpMessageFormatter";

/// The flags, as Kafka's tool has them.
pub(super) const FLAGS: &[Flag] = &[
    value(
        "bootstrap-server",
        "String: server to connect to",
        "REQUIRED: host:port of some brokers, separated by commas.",
    ),
    value(
        "command-config",
        "String: config file",
        "A properties file with settings of the consumer; --command-property goes before it.",
    ),
    value(
        "command-property",
        "String: consumer_prop",
        "A setting of the consumer: key=value.",
    ),
    value(
        "consumer-property",
        "String: consumer_prop",
        "(DEPRECATED) As --command-property.",
    ),
    value(
        "consumer.config",
        "String: config file",
        "(DEPRECATED) As --command-config.",
    ),
    switch(
        "enable-systest-events",
        "Print when the consumer has ended; for system tests.",
    ),
    value(
        "formatter",
        "String: class",
        "How records are shown: org.apache.kafka.tools.consumer.DefaultMessageFormatter \
         (default), LoggingMessageFormatter or NoOpMessageFormatter of the same package.",
    ),
    value(
        "formatter-config",
        "String: config file",
        "A properties file for the formatter; --formatter-property goes before it.",
    ),
    value(
        "formatter-property",
        "String: prop",
        "What is shown and how, as key=value: print.timestamp, print.key, print.offset, \
         print.epoch, print.partition, print.headers, print.delivery, print.value, key.separator, \
         line.separator, headers.separator, null.literal, key.deserializer, value.deserializer, \
         headers.deserializer.",
    ),
    switch(
        "from-beginning",
        "Start with the earliest record instead of behind the latest one.",
    ),
    value(
        "group",
        "String: consumer group id",
        "Read as a member of this group. Not there yet: the command says so and ends.",
    ),
    switch("help", "Print usage information."),
    value(
        "include",
        "String: Java regex (String)",
        "Read all topics whose name is like this pattern.",
    ),
    value(
        "isolation-level",
        "String",
        "read_committed hides records of transactions that are open or were aborted. \
         (default: read_uncommitted)",
    ),
    value(
        "key-deserializer",
        "String: deserializer for keys",
        "How keys are read: a deserializer of Kafka's, by class name.",
    ),
    value(
        "max-messages",
        "Integer: num_messages",
        "End after so many records.",
    ),
    value(
        "offset",
        "String: consume offset",
        "With --partition: start here; a number, earliest or latest. (default: latest)",
    ),
    value(
        "partition",
        "Integer: partition",
        "Read this partition only.",
    ),
    value(
        "property",
        "String: prop",
        "(DEPRECATED) As --formatter-property.",
    ),
    switch(
        "skip-message-on-error",
        "Skip records that cannot be shown.",
    ),
    value(
        "timeout-ms",
        "Long: timeout_ms",
        "End when no record has come for so long.",
    ),
    value("topic", "String: topic", "Read this topic."),
    value(
        "value-deserializer",
        "String: deserializer for values",
        "How values are read: a deserializer of Kafka's, by class name.",
    ),
    switch("version", "Print the version of Kafka."),
];

/// What is read.
#[derive(Clone, Debug)]
pub(super) enum Topics {
    Named(String),
    Like(Pattern),
    Partition(String, i32),
}

/// A command line that makes sense.
#[derive(Debug)]
pub(super) struct Line {
    pub topics: Topics,
    /// Where new partitions start; `None`: as `auto.offset.reset` says.
    pub start: Option<Start>,
    pub from_beginning: bool,
    pub max_messages: Option<u64>,
    pub timeout: Option<Duration>,
    pub formatter: Formatter,
    pub settings: Vec<(String, String)>,
    pub systest_events: bool,
    pub skip_on_error: bool,
}

/// Old spellings and what replaces them.
const RENAMED: [(&str, &str); 3] = [
    ("property", "formatter-property"),
    ("consumer-property", "command-property"),
    ("consumer.config", "command-config"),
];

pub(super) fn parse(flags: &Flags) -> Result<Line, Failure> {
    check(flags)?;
    let topics = topics(flags)?;
    let start = start(flags)?;
    let settings = settings(flags)?;
    let group_place = if flags.has("group") {
        Some("--group")
    } else {
        let mut keys = settings.iter().map(|(key, _)| key.as_str());
        keys.find(|key| *key == "group.id")
    };
    if let Some(place) = group_place {
        return Err(Failure::Line(format!(
            "{place} is not there yet: this consumer reads partitions without a group and commits \
             nothing. Leave {place} out to read the same records."
        )));
    }
    let resets = settings
        .iter()
        .rev()
        .find(|(key, _)| key == "auto.offset.reset");
    let from_beginning = flags.has("from-beginning");
    if from_beginning && let Some((_, reset)) = resets.filter(|(_, reset)| reset != "earliest") {
        return Err(Failure::Line(format!(
            "Can't simultaneously specify --from-beginning and 'auto.offset.reset={reset}', please \
             remove one option"
        )));
    }
    let timeout: Option<i64> = flags.number("timeout-ms")?;
    let most: Option<i32> = flags.number("max-messages")?;
    Ok(Line {
        topics,
        start,
        from_beginning,
        max_messages: most.and_then(|most| u64::try_from(most).ok()),
        timeout: timeout
            .and_then(|ms| u64::try_from(ms).ok())
            .map(Duration::from_millis),
        formatter: formatter(flags)?,
        settings,
        systest_events: flags.has("enable-systest-events"),
        skip_on_error: flags.has("skip-message-on-error"),
    })
}

fn check(flags: &Flags) -> Result<(), Failure> {
    flags.require(&["bootstrap-server"])?;
    if flags.has("topic") == flags.has("include") {
        let message = "Exactly one of the following arguments is required: [topic], [include]";
        return Err(Failure::Use(message.to_owned()));
    }
    for (old, new) in RENAMED {
        if flags.has(old) && flags.has(new) {
            let message = format!("Options --{old} and --{new} cannot be specified together.");
            return Err(Failure::Use(message));
        }
        if flags.has(old) {
            say!(
                "Option --{old} is deprecated and will be removed in a future version. Use \
                 --{new} instead."
            );
        }
    }
    let contradictions = [("group", "partition"), ("from-beginning", "offset")];
    for (one, other) in contradictions {
        if flags.has(one) && flags.has(other) {
            let message = format!("Options {one} and {other} cannot be specified together.");
            return Err(Failure::Use(message));
        }
    }
    if flags.has("partition") && !flags.has("topic") {
        let message = "The topic is required when partition is specified.";
        return Err(Failure::Use(message.to_owned()));
    }
    if flags.has("offset") && !flags.has("partition") {
        let message = "The partition is required when offset is specified.";
        return Err(Failure::Use(message.to_owned()));
    }
    Ok(())
}

fn topics(flags: &Flags) -> Result<Topics, Failure> {
    let partition: Option<i32> = flags.number("partition")?;
    Ok(match (flags.value("topic")?, partition) {
        (Some(topic), Some(partition)) => Topics::Partition(topic.to_owned(), partition),
        (Some(topic), None) => Topics::Named(topic.to_owned()),
        (None, _) => {
            let include = flags.value("include")?.unwrap_or_default();
            let pattern = Pattern::parse(include);
            Topics::Like(pattern.map_err(Failure::illegal)?)
        }
    })
}

fn start(flags: &Flags) -> Result<Option<Start>, Failure> {
    let Some(offset) = flags.value("offset")? else {
        return Ok(match flags.has("partition") {
            true if flags.has("from-beginning") => Some(Start::Beginning),
            true => Some(Start::End),
            false => None,
        });
    };
    let start = match offset.to_ascii_lowercase().as_str() {
        "earliest" => Some(Start::Beginning),
        "latest" => Some(Start::End),
        number => number
            .parse()
            .ok()
            .filter(|offset| *offset >= 0)
            .map(|at| Start::At(Offset(at))),
    };
    if start.is_none() {
        return Err(Failure::Use(format!(
            "The provided offset value '{offset}' is incorrect. Valid values are 'earliest', \
             'latest', or a non-negative long."
        )));
    }
    Ok(start)
}

/// The consumer's settings: file, then words, then flags.
fn settings(flags: &Flags) -> Result<Vec<(String, String)>, Failure> {
    let mut entries = Vec::new();
    for name in ["command-config", "consumer.config"] {
        if let Some(path) = flags.value(name)? {
            entries.extend(read_file(path)?);
        }
    }
    let words = flags
        .values("command-property")
        .chain(flags.values("consumer-property"));
    entries.extend(read_words(words));
    let isolation = flags.value("isolation-level")?;
    if let Some(isolation) = isolation {
        entries.push(("isolation.level".to_owned(), isolation.to_owned()));
    }
    let servers = flags.value("bootstrap-server")?.unwrap_or_default();
    entries.push(("bootstrap.servers".to_owned(), servers.to_owned()));
    Ok(entries)
}

/// Whether the class is one of Kafka's for its own logs: offsets, groups, transactions.
fn is_of_a_log(class: &str) -> bool {
    let name = class.strip_prefix("org.apache.kafka.tools.consumer.");
    name.is_some_and(|name| name.ends_with("MessageFormatter"))
}

fn formatter(flags: &Flags) -> Result<Formatter, Failure> {
    let mut entries = match flags.value("formatter-config")? {
        Some(path) => read_file(path)?,
        None => Vec::new(),
    };
    let words = flags
        .values("formatter-property")
        .chain(flags.values("property"));
    entries.extend(read_words(words));
    for (flag, key) in [
        ("key-deserializer", "key.deserializer"),
        ("value-deserializer", "value.deserializer"),
    ] {
        if let Some(class) = flags.value(flag)? {
            entries.push((key.to_owned(), class.to_owned()));
        }
    }
    match flags.value("formatter")?.unwrap_or(DEFAULT_FORMATTER) {
        // The one that logs logs at INFO, which Kafka's tools do not show.
        DEFAULT_FORMATTER | LOGGING_FORMATTER => Ok(Formatter::new(&entries)),
        NO_OP_FORMATTER => Ok(Formatter::Silent),
        class if is_of_a_log(class) => Err(Failure::Line(format!(
            "{class} is not there yet: this consumer shows records by \
             {DEFAULT_FORMATTER}, {LOGGING_FORMATTER} or {NO_OP_FORMATTER}."
        ))),
        class => Err(Failure::Use(class.to_owned())),
    }
}
