//! kafka-get-offsets: offsets of partitions, as `topic:partition:offset`.
//!
//! *Kafka*: partitions without an answer are left out; no partition at all is a failure.

mod filter;

use std::process::ExitCode;

use ottla_client::{Admin, AdminConfig, IsolationLevel, OffsetSpec};
use ottla_types::TimestampMs;

use crate::failure::Failure;
use crate::flags::{Flag, Flags, switch, usage, value};
use crate::output::say;
use crate::settings::{KAFKA_VERSION, apply, block_on, read_file};
use filter::Filter;

const FLAGS: &[Flag] = &[
    value(
        "bootstrap-server",
        "String: HOST1:PORT1,...,HOST3:PORT3",
        "REQUIRED: host:port of some brokers.",
    ),
    value(
        "command-config",
        "String: config file",
        "A properties file with settings of the admin client.",
    ),
    switch("exclude-internal-topics", "Leave out Kafka's own topics."),
    switch("help", "Print usage information."),
    value(
        "partitions",
        "String: partition ids",
        "Only these partitions, by number, separated by commas. Not with --topic-partitions.",
    ),
    value(
        "time",
        "String: <timestamp> / -1 or latest / -2 or earliest / -3 or max-timestamp / -4 or \
         earliest-local / -5 or latest-tiered / -6 or earliest-pending-upload",
        "Which offset: one of these, or that of the first record of this time or later. \
         (default: latest)",
    ),
    value(
        "topic",
        "String: topic",
        "Only topics whose name is like this pattern. Not with --topic-partitions.",
    ),
    value(
        "topic-partitions",
        "String: topic1:1,topic2:0-3,topic3,topic4:5-,topic5:-3",
        "Topics by pattern, each with a partition, a range whose end is left out, or all.",
    ),
    switch("version", "Print the version of Kafka."),
];

/// Runs the command.
pub(crate) fn run(words: Vec<String>) -> ExitCode {
    match execute(&words) {
        Ok(code) => code,
        Err(failure @ Failure::Use(_)) => failure.refuse(FLAGS),
        Err(failure) => {
            eprintln!("Error occurred: {}", failure.message());
            ExitCode::FAILURE
        }
    }
}

fn execute(words: &[String]) -> Result<ExitCode, Failure> {
    let flags = Flags::parse(FLAGS, words)?;
    if flags.has("help") || words.is_empty() {
        eprintln!("Prints the offsets of partitions.");
        eprint!("{}", usage(FLAGS));
        return Ok(ExitCode::FAILURE);
    }
    if flags.has("version") {
        say!("{KAFKA_VERSION}");
        return Ok(ExitCode::SUCCESS);
    }
    flags.require(&["bootstrap-server"])?;
    let filter = filter(&flags)?;
    let spec = spec(flags.value("time")?.unwrap_or("latest"))?;
    let mut config = AdminConfig::default();
    if let Some(path) = flags.value("command-config")? {
        apply(
            &mut config,
            &read_file(path)?,
            "org.apache.kafka.clients.admin.AdminClientConfig",
        )?;
    }
    config.set(
        "bootstrap.servers",
        flags.value("bootstrap-server")?.unwrap_or_default(),
    )?;
    config.client.client_id = "GetOffsetShell".to_owned();
    let exclude_internal = flags.has("exclude-internal-topics");
    block_on(print(config, filter, spec, exclude_internal))?;
    Ok(ExitCode::SUCCESS)
}

fn filter(flags: &Flags) -> Result<Filter, Failure> {
    let both = flags.has("topic") || flags.has("partitions");
    match flags.value("topic-partitions")? {
        Some(_) if both => Err(Failure::illegal(
            "--topic-partitions cannot be used with --topic or --partitions",
        )),
        Some(rules) => Filter::from_rules(rules),
        None => Filter::from_topic_and_partitions(
            flags.value("topic")?,
            flags.value("partitions")?.unwrap_or_default(),
        ),
    }
}

fn spec(time: &str) -> Result<OffsetSpec, Failure> {
    Ok(match time {
        "latest" | "-1" => OffsetSpec::Latest,
        "earliest" | "-2" => OffsetSpec::Earliest,
        "max-timestamp" | "-3" => OffsetSpec::MaxTimestamp,
        "earliest-local" | "-4" => OffsetSpec::EarliestLocal,
        "latest-tiered" | "-5" => OffsetSpec::LatestTiered,
        "earliest-pending-upload" | "-6" => OffsetSpec::EarliestPendingUpload,
        time => match time.parse() {
            Ok(time) => OffsetSpec::Timestamp(TimestampMs(time)),
            Err(_) => {
                return Err(Failure::illegal(format!(
                    "Malformed time argument {time}. Please use -1 or latest / -2 or earliest / -3 \
                     or max-timestamp / -4 or earliest-local / -5 or latest-tiered / -6 or \
                     earliest-pending-upload, or a specified long format timestamp"
                )));
            }
        },
    })
}

async fn print(
    config: AdminConfig,
    filter: Filter,
    spec: OffsetSpec,
    exclude_internal: bool,
) -> Result<(), Failure> {
    let admin = Admin::new(config)?;
    let metadata = admin.metadata().await?;
    let mut asked = Vec::new();
    for (name, topic) in &metadata.topics {
        if topic.is_internal && exclude_internal {
            continue;
        }
        let partitions = topic.partitions.keys().copied();
        let wanted = partitions.filter(|partition| filter.admits(name, *partition));
        asked.extend(wanted.map(|partition| ((name.clone(), partition), spec)));
    }
    if asked.is_empty() {
        return Err(Failure::illegal(
            "Could not match any topic-partitions with the specified filters",
        ));
    }
    let found = admin
        .list_offsets(&asked, IsolationLevel::ReadUncommitted)
        .await?;
    for ((topic, partition), listed) in found {
        match listed {
            Ok(listed) => {
                if let Some(offset) = listed.offset {
                    say!("{topic}:{partition}:{offset}");
                }
            }
            Err(error) => eprintln!(
                "Skip getting offsets for topic-partition {topic}-{partition} due to error: {error}"
            ),
        }
    }
    Ok(())
}
