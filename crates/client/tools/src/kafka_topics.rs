//! kafka-topics: create, list, describe, alter and delete topics.
//!
//! *Kafka*: what goes wrong is told on the output (`Error while executing topic command : …`) and
//! logged on the error stream; the exit code is 1.

mod describe;
mod line;

use std::process::ExitCode;

use ottla_client::{Admin, AdminConfig, NewPartitions, NewTopic};
use ottla_messages::ErrorCode;

use crate::failure::Failure;
use crate::flags::usage;
use crate::log_line::log_line;
use crate::output::say;
use crate::pattern::Pattern;
use crate::settings::{KAFKA_VERSION, apply, block_on, read_file};
use line::{Action, FLAGS, Line};

const CLASS: &str = "org.apache.kafka.tools.TopicCommand";

/// Runs the command.
pub(crate) fn run(words: Vec<String>) -> ExitCode {
    let done = line::parse(&words).and_then(|line| match line.action {
        Action::Help => {
            eprintln!("Creates, deletes, describes and changes topics.");
            eprint!("{}", usage(FLAGS));
            Ok(ExitCode::FAILURE)
        }
        Action::Version => {
            say!("{KAFKA_VERSION}");
            Ok(ExitCode::SUCCESS)
        }
        _ => block_on(execute(&line)).map(|()| ExitCode::SUCCESS),
    });
    match done {
        Ok(code) => code,
        Err(failure @ (Failure::Line(_) | Failure::Use(_))) => failure.refuse(FLAGS),
        Err(failure) => {
            say!(
                "Error while executing topic command : {}",
                failure.message()
            );
            let text = format!("{}: {}\n", failure.exception(), failure.message());
            log_line("ERROR", text, CLASS);
            ExitCode::FAILURE
        }
    }
}

async fn execute(line: &Line) -> Result<(), Failure> {
    let mut config = AdminConfig::default();
    if let Some(path) = &line.command_config {
        let entries = read_file(path).map_err(|failure| Failure::Line(failure.message()))?;
        apply(
            &mut config,
            &entries,
            "org.apache.kafka.clients.admin.AdminClientConfig",
        )?;
    }
    config.set("bootstrap.servers", &line.bootstrap_server)?;
    let admin = Admin::new(config)?;
    match line.action {
        Action::Create => create(&admin, line).await,
        Action::List => list(&admin, line).await,
        Action::Describe => describe::describe(&admin, line).await,
        Action::Alter => alter(&admin, line).await,
        Action::Delete => delete(&admin, line).await,
        Action::Help | Action::Version => Ok(()),
    }
}

async fn create(admin: &Admin, line: &Line) -> Result<(), Failure> {
    let name = line.topic.clone().unwrap_or_default();
    if name.contains(['.', '_']) {
        say!(
            "WARNING: Due to limitations in metric names, topics with a period ('.') or underscore \
             ('_') could collide. To avoid issues it is best to use either, but not both."
        );
    }
    let topic = NewTopic {
        name: name.clone(),
        partitions: line.partitions,
        replication_factor: line.replication_factor,
        assignments: line.replica_assignment.clone().unwrap_or_default(),
        configs: line.configs.clone(),
    };
    for (_, outcome) in admin.create_topics(&[topic], false).await? {
        match outcome {
            Ok(_) => say!("Created topic {name}."),
            Err(error) => {
                let exists = error.code() == ErrorCode::TOPIC_ALREADY_EXISTS;
                if !(exists && line.if_not_exists) {
                    return Err(error.into());
                }
            }
        }
    }
    Ok(())
}

async fn list(admin: &Admin, line: &Line) -> Result<(), Failure> {
    say!("{}", matching(admin, line).await?.join("\n"));
    Ok(())
}

async fn alter(admin: &Admin, line: &Line) -> Result<(), Failure> {
    let names = expected(matching(admin, line).await?, line)?;
    let total = line.partitions.unwrap_or_default();
    let described = if line.replica_assignment.is_some() {
        admin.describe_topics(&names, line.page_size).await?
    } else {
        Vec::new()
    };
    let mut additions = Vec::new();
    for name in names {
        let existing = described.iter().find(|(other, _)| *other == name);
        let existing = match existing {
            Some((_, Ok(description))) => description.partitions.len(),
            Some((_, Err(error))) => return Err(error.clone().into()),
            None => 0,
        };
        // The assignment names all partitions, those that are there included.
        let assignments = line.replica_assignment.as_ref().map(|assignments| {
            let added = assignments.iter().skip(existing);
            added.cloned().collect()
        });
        additions.push(NewPartitions {
            topic: name,
            total,
            assignments,
        });
    }
    for (_, outcome) in admin.create_partitions(&additions).await? {
        outcome?;
    }
    Ok(())
}

async fn delete(admin: &Admin, line: &Line) -> Result<(), Failure> {
    let names = expected(matching(admin, line).await?, line)?;
    for (_, outcome) in admin.delete_topics(&names).await? {
        outcome?;
    }
    Ok(())
}

/// The topics that `--topic` means; all of them without it.
async fn matching(admin: &Admin, line: &Line) -> Result<Vec<String>, Failure> {
    let pattern = line.topic.as_deref().map(Pattern::parse_list).transpose();
    let pattern =
        pattern.map_err(|message| Failure::Thrown("java.lang.RuntimeException", message))?;
    let listed = admin.list_topics().await?.into_iter();
    let wanted = listed.filter(|topic| {
        let fits = pattern
            .as_ref()
            .is_none_or(|pattern| pattern.matches(&topic.name));
        fits && !(line.exclude_internal && topic.is_internal)
    });
    Ok(wanted.map(|topic| topic.name).collect())
}

/// Fails when a topic was named and there is none such.
fn expected(names: Vec<String>, line: &Line) -> Result<Vec<String>, Failure> {
    match &line.topic {
        Some(topic) if names.is_empty() && !line.if_exists => Err(Failure::illegal(format!(
            "Topic '{topic}' does not exist as expected"
        ))),
        _ => Ok(names),
    }
}
