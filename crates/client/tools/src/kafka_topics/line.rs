//! The command line of kafka-topics.

use crate::failure::Failure;
use crate::flags::{Flag, Flags, switch, value};

/// The flags, as Kafka's tool has them.
pub(super) const FLAGS: &[Flag] = &[
    switch(
        "alter",
        "Add partitions to topics. (Configurations: kafka-configs.)",
    ),
    switch(
        "at-min-isr-partitions",
        "With --describe: only partitions with exactly min.insync.replicas in-sync replicas.",
    ),
    value(
        "bootstrap-server",
        "String: server to connect to",
        "REQUIRED: host:port of a broker.",
    ),
    value(
        "command-config",
        "String: command config property file",
        "A properties file with settings of the admin client.",
    ),
    value(
        "config",
        "String: name=value",
        "With --create: a configuration of the topic. May be given many times.",
    ),
    switch("create", "Create a topic."),
    switch("delete", "Delete topics."),
    value(
        "delete-config",
        "String: name",
        "No longer has an effect, since Kafka 4.0.",
    ),
    switch("describe", "Show topics and their partitions."),
    switch("exclude-internal", "Leave out Kafka's own topics."),
    switch("help", "Print usage information."),
    switch("if-exists", "Do not fail when there is no such topic."),
    switch(
        "if-not-exists",
        "With --create: do not fail when the topic is there.",
    ),
    switch("list", "Print the names of topics."),
    value(
        "partition-size-limit-per-response",
        "Integer: maximum number of partitions per response",
        "How many partitions one answer of a broker may describe.",
    ),
    value(
        "partitions",
        "Integer: # of partitions",
        "How many partitions the topic shall have; the broker's default if left out.",
    ),
    value(
        "replica-assignment",
        "String: broker_id_for_part1_replica1 : broker_id_for_part1_replica2 , \
         broker_id_for_part2_replica1 : broker_id_for_part2_replica2 , ...",
        "Which brokers get the copies, partition by partition.",
    ),
    value(
        "replication-factor",
        "Integer: replication factor",
        "How many copies of each partition; the broker's default if left out.",
    ),
    value(
        "topic",
        "String: topic",
        "The topic. With other actions than --create it is a pattern.",
    ),
    value(
        "topic-id",
        "String: topic-id",
        "With --describe: the topic, by its id.",
    ),
    switch(
        "topics-with-overrides",
        "With --describe: only topics with configurations of their own.",
    ),
    switch(
        "unavailable-partitions",
        "With --describe: only partitions without leader.",
    ),
    switch(
        "under-min-isr-partitions",
        "With --describe: only partitions with fewer in-sync replicas than min.insync.replicas.",
    ),
    switch(
        "under-replicated-partitions",
        "With --describe: only partitions with replicas that are not in sync.",
    ),
    switch("version", "Print the version of Kafka."),
];

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Create,
    List,
    Describe,
    Alter,
    Delete,
    Help,
    Version,
}

/// Which topics or partitions `--describe` shows; without a filter all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Filter {
    WithOverrides,
    UnderReplicated,
    Unavailable,
    UnderMinIsr,
    AtMinIsr,
}

/// A command line that makes sense.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub action: Action,
    pub bootstrap_server: String,
    pub command_config: Option<String>,
    pub topic: Option<String>,
    pub topic_id: Option<String>,
    pub partitions: Option<i32>,
    pub replication_factor: Option<i16>,
    pub replica_assignment: Option<Vec<Vec<i32>>>,
    pub configs: Vec<(String, String)>,
    pub if_exists: bool,
    pub if_not_exists: bool,
    pub exclude_internal: bool,
    pub page_size: i32,
    pub filters: Vec<Filter>,
}

const FILTERS: [(&str, Filter); 5] = [
    ("under-replicated-partitions", Filter::UnderReplicated),
    ("under-min-isr-partitions", Filter::UnderMinIsr),
    ("at-min-isr-partitions", Filter::AtMinIsr),
    ("unavailable-partitions", Filter::Unavailable),
    ("topics-with-overrides", Filter::WithOverrides),
];

/// How many partitions an answer describes if the line does not say.
const PAGE_SIZE: i32 = 2_000;

pub(super) fn parse(words: &[String]) -> Result<Line, Failure> {
    let flags = Flags::parse(FLAGS, words)?;
    let action = action(&flags, words.is_empty())?;
    if !matches!(action, Action::Help | Action::Version) {
        check(&flags, action)?;
    }
    let text = |name| flags.value(name).map(|value| value.map(str::to_owned));
    let filters = FILTERS.iter().filter(|(name, _)| flags.has(name));
    let replica_assignment = flags.value("replica-assignment")?;
    Ok(Line {
        action,
        bootstrap_server: text("bootstrap-server")?.unwrap_or_default(),
        command_config: text("command-config")?,
        topic: text("topic")?,
        topic_id: text("topic-id")?,
        partitions: partitions(&flags)?,
        replication_factor: replication_factor(&flags)?,
        replica_assignment: replica_assignment.map(assignment).transpose()?,
        configs: configs(&flags)?,
        if_exists: flags.has("if-exists"),
        if_not_exists: flags.has("if-not-exists"),
        exclude_internal: flags.has("exclude-internal"),
        page_size: flags
            .number("partition-size-limit-per-response")?
            .unwrap_or(PAGE_SIZE),
        filters: filters.map(|(_, filter)| *filter).collect(),
    })
}

fn action(flags: &Flags, empty: bool) -> Result<Action, Failure> {
    if flags.has("help") || empty {
        return Ok(Action::Help);
    }
    if flags.has("version") {
        return Ok(Action::Version);
    }
    let actions = [
        ("create", Action::Create),
        ("list", Action::List),
        ("alter", Action::Alter),
        ("describe", Action::Describe),
        ("delete", Action::Delete),
    ];
    let given: Vec<Action> = actions
        .into_iter()
        .filter(|(name, _)| flags.has(name))
        .map(|(_, action)| action)
        .collect();
    match given.as_slice() {
        [action] => Ok(*action),
        _ => Err(Failure::Use(
            "Command must include exactly one action: --list, --describe, --create, --alter or \
             --delete"
                .to_owned(),
        )),
    }
}

/// Refuses flags that have no meaning with the action.
fn check(flags: &Flags, action: Action) -> Result<(), Failure> {
    if !flags.has("bootstrap-server") {
        return Err(Failure::Line(
            "--bootstrap-server must be specified".to_owned(),
        ));
    }
    if flags.has("delete-config") {
        eprintln!(
            "delete-config option is no longer supported and deprecated since version 4.0. The \
             config will be fully removed in future releases."
        );
    }
    if !matches!(action, Action::List | Action::Describe) {
        flags.require(&["topic"])?;
    }
    if action == Action::Alter {
        if flags.has("config") {
            let message = "Option combination \"[[config], [bootstrap-server]]\" can't be used \
                           with option \"[alter]\" (To alter topic configurations, the \
                           kafka-configs tool can be used.)";
            return Err(Failure::Use(message.to_owned()));
        }
        flags.require(&["partitions"])?;
    }
    let only = |flag: &str, actions: &[Action]| {
        let name = match action {
            Action::Create => "create",
            Action::List => "list",
            Action::Alter => "alter",
            Action::Describe => "describe",
            _ => "delete",
        };
        if flags.has(flag) && !actions.contains(&action) {
            let message = format!("Option \"[{flag}]\" can't be used with option \"[{name}]\"");
            return Err(Failure::Use(message));
        }
        Ok(())
    };
    only("config", &[Action::Create])?;
    only("partitions", &[Action::Alter, Action::Create])?;
    only("replication-factor", &[Action::Create])?;
    only("replica-assignment", &[Action::Create, Action::Alter])?;
    if action == Action::Create {
        flags.forbid("replica-assignment", &["partitions", "replication-factor"])?;
    }
    for (filter, _) in FILTERS {
        only(filter, &[Action::Describe])?;
    }
    for (filter, _) in FILTERS {
        if filter != "topics-with-overrides" {
            flags.forbid(filter, &["topics-with-overrides"])?;
        }
    }
    only(
        "if-exists",
        &[Action::Alter, Action::Delete, Action::Describe],
    )?;
    only("if-not-exists", &[Action::Create])?;
    only("exclude-internal", &[Action::List, Action::Describe])?;
    Ok(())
}

fn partitions(flags: &Flags) -> Result<Option<i32>, Failure> {
    match flags.number::<i32>("partitions")? {
        Some(count) if count <= 0 => {
            let message = "The partitions must be greater than 0";
            Err(Failure::illegal(message))
        }
        count => Ok(count),
    }
}

fn replication_factor(flags: &Flags) -> Result<Option<i16>, Failure> {
    flags
        .number::<i32>("replication-factor")?
        .map(|count| {
            let count = i16::try_from(count).ok().filter(|count| *count > 0);
            count.ok_or_else(|| {
                let message = "The replication factor must be between 1 and 32767 inclusive";
                Failure::illegal(message)
            })
        })
        .transpose()
}

fn configs(flags: &Flags) -> Result<Vec<(String, String)>, Failure> {
    let mut configs = Vec::new();
    for word in flags.values("config") {
        let Some((name, value)) = word.split_once('=') else {
            let message = "requirement failed: Invalid topic config: all configs to be added must \
                           be in the format \"key=val\".";
            return Err(Failure::illegal(message));
        };
        configs.push((name.trim().to_owned(), value.trim().to_owned()));
    }
    Ok(configs)
}

/// `1:2,2:3`: the brokers of partition 0 and of partition 1.
fn assignment(text: &str) -> Result<Vec<Vec<i32>>, Failure> {
    let mut partitions: Vec<Vec<i32>> = Vec::new();
    for part in text.split(',') {
        let mut brokers = Vec::new();
        for id in part.split(':') {
            let id: i32 = id.trim().parse().map_err(|_| {
                let message = format!("For input string: \"{id}\"");
                Failure::Thrown("java.lang.NumberFormatException", message)
            })?;
            if brokers.contains(&id) {
                let message = "Partition replica lists may not contain duplicate entries";
                return Err(Failure::Thrown(
                    "org.apache.kafka.tools.AdminCommandFailedException",
                    format!("{message}: {id}"),
                ));
            }
            brokers.push(id);
        }
        let expected = partitions.first().map_or(brokers.len(), Vec::len);
        if brokers.len() != expected {
            let message = format!(
                "Partition {} has different replication factor: {brokers:?}",
                partitions.len()
            );
            return Err(Failure::Thrown(
                "org.apache.kafka.tools.AdminOperationException",
                message,
            ));
        }
        partitions.push(brokers);
    }
    Ok(partitions)
}

#[cfg(test)]
mod tests;
