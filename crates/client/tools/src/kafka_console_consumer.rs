//! kafka-console-consumer: records of topics, on the output.
//!
//! It reads the partitions themselves, without a group: nothing is committed, and a partition added
//! to a topic is found when the metadata are asked for anew.
//!
//! *Kafka*: running into `--timeout-ms` is logged as an error and ends with 0; how many records
//! came is told on the error stream at the end.

mod formatter;
mod line;

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use ottla_client::{Consumer, ConsumerConfig, ConsumerRecord, OffsetResetPolicy, Start};
use ottla_messages::ErrorCode;
use tokio::time::Instant;

use crate::failure::Failure;
use crate::flags::{Flags, usage};
use crate::log_line::{exception, log_line};
use crate::output::say;
use crate::pattern::Pattern;
use crate::settings::{KAFKA_VERSION, apply, block_on};
use formatter::{Formatter, NotShown};
use line::{FLAGS, Line, Topics};

const CLASS: &str = "org.apache.kafka.tools.consumer.ConsoleConsumer";
const UNKNOWN: &str = "Unknown error when running consumer: ";
const SERIALIZATION: &str = "org.apache.kafka.common.errors.SerializationException";
/// How often topics that are not there yet are looked for.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// What a program ends with that SIGINT ended.
const INTERRUPTED: u8 = 130;

/// Runs the command.
pub(crate) fn run(words: Vec<String>) -> ExitCode {
    let line = match parse(&words) {
        Ok(Ok(line)) => line,
        Ok(Err(code)) => return code,
        Err(failure @ (Failure::Line(_) | Failure::Use(_))) => return failure.refuse(FLAGS),
        Err(failure) => {
            let (exception, message) = (failure.exception(), failure.message());
            eprintln!("Exception in thread \"main\" {exception}: {message}");
            return ExitCode::FAILURE;
        }
    };
    execute(&line).unwrap_or_else(|failure| {
        log_line("ERROR", UNKNOWN, CLASS);
        eprintln!("{}: {}", failure.exception(), failure.message());
        ExitCode::FAILURE
    })
}

/// The command line, or how the command ends without one.
fn parse(words: &[String]) -> Result<Result<Line, ExitCode>, Failure> {
    let flags = Flags::parse(FLAGS, words)?;
    if flags.has("help") || words.is_empty() {
        eprintln!("Reads records of topics and prints them.");
        eprint!("{}", usage(FLAGS));
        return Ok(Err(ExitCode::FAILURE));
    }
    if flags.has("version") {
        say!("{KAFKA_VERSION}");
        return Ok(Err(ExitCode::SUCCESS));
    }
    line::parse(&flags).map(Ok)
}

fn execute(line: &Line) -> Result<ExitCode, Failure> {
    let mut config = ConsumerConfig::default();
    config.client.client_id = "console-consumer".to_owned();
    apply(
        &mut config,
        &line.settings,
        "org.apache.kafka.clients.consumer.ConsumerConfig",
    )?;
    config.auto_offset_reset = if line.from_beginning {
        OffsetResetPolicy::Earliest
    } else {
        config.auto_offset_reset
    };
    block_on(read(config, line))
}

/// How reading ended.
enum End {
    /// All records asked for came.
    Complete,
    /// None came for `--timeout-ms`.
    Timeout,
    /// SIGINT.
    Interrupted,
    /// Nobody reads the output any more.
    OutputClosed,
    /// A record cannot be shown.
    NotShown(NotShown),
    /// The client failed.
    Failed(ottla_client::Error),
}

async fn read(config: ConsumerConfig, line: &Line) -> Result<ExitCode, Failure> {
    let metadata_age = config.client.metadata_max_age_ms;
    let consumer = Consumer::new(config)?;
    let mut reading = Reading {
        consumer,
        line,
        count: 0,
        look_at: Instant::now(),
        metadata_age,
        warned: false,
    };
    let end = tokio::select! {
        end = reading.run() => end,
        _ = tokio::signal::ctrl_c() => End::Interrupted,
    };
    let code = match &end {
        End::Complete => ExitCode::SUCCESS,
        End::NotShown(_) => ExitCode::FAILURE,
        End::Interrupted => ExitCode::from(INTERRUPTED),
        End::OutputClosed => {
            eprintln!("Unable to write to standard out, closing consumer.");
            ExitCode::SUCCESS
        }
        End::Timeout => {
            log_error("org.apache.kafka.common.errors.TimeoutException");
            ExitCode::SUCCESS
        }
        End::Failed(error) => {
            log_error(&format!("{}: {error}", exception(error)));
            ExitCode::SUCCESS
        }
    };
    eprintln!("Processed a total of {} messages", reading.count);
    if line.systest_events {
        say!("shutdown_complete");
    }
    if let End::NotShown(NotShown(reason)) = end {
        log_line("ERROR", UNKNOWN, CLASS);
        eprintln!("{SERIALIZATION}: {reason}");
    }
    Ok(code)
}

fn log_error(text: &str) {
    log_line(
        "ERROR",
        "Error processing message, terminating consumer process: ",
        CLASS,
    );
    eprintln!("{text}");
}

struct Reading<'a> {
    consumer: Consumer,
    line: &'a Line,
    count: u64,
    /// When the topics' partitions are looked up.
    look_at: Instant,
    metadata_age: Duration,
    warned: bool,
}

impl Reading<'_> {
    async fn run(&mut self) -> End {
        let mut last_record = Instant::now();
        loop {
            if self
                .line
                .max_messages
                .is_some_and(|most| self.count >= most)
            {
                return End::Complete;
            }
            if Instant::now() >= self.look_at
                && let Err(error) = self.assign().await
            {
                return End::Failed(error);
            }
            let mut wait = self.look_at.saturating_duration_since(Instant::now());
            if let Some(timeout) = self.line.timeout {
                let left = (last_record + timeout).saturating_duration_since(Instant::now());
                if left.is_zero() {
                    return End::Timeout;
                }
                wait = wait.min(left);
            }
            match self.consumer.poll(wait).await {
                Ok(records) => {
                    if records.is_empty() {
                        continue;
                    }
                    if let Some(end) = self.show(&records) {
                        return end;
                    }
                    last_record = Instant::now();
                }
                Err(error) => return End::Failed(error),
            }
        }
    }

    /// Prints records, as many as are still asked for.
    fn show(&mut self, records: &[ConsumerRecord]) -> Option<End> {
        let left = self.line.max_messages.map(|most| most - self.count);
        let left = left.map_or(usize::MAX, |left| {
            usize::try_from(left).unwrap_or(usize::MAX)
        });
        let mut out = Vec::new();
        let mut end = None;
        for record in records.iter().take(left) {
            self.count += 1;
            if let Err(NotShown(reason)) = self.line.formatter.write(record, &mut out) {
                if !self.line.skip_on_error {
                    end = Some(End::NotShown(NotShown(reason)));
                    break;
                }
                log_line(
                    "ERROR",
                    "Error processing message, skipping this message: ",
                    CLASS,
                );
                eprintln!("{SERIALIZATION}: {reason}");
            }
        }
        let mut stdout = std::io::stdout().lock();
        if stdout
            .write_all(&out)
            .and_then(|()| stdout.flush())
            .is_err()
        {
            return Some(End::OutputClosed);
        }
        end
    }

    /// Assigns the partitions of the topics asked for, as far as they are there.
    async fn assign(&mut self) -> Result<(), ottla_client::Error> {
        let places = match &self.line.topics {
            Topics::Partition(topic, partition) => vec![(topic.clone(), *partition)],
            Topics::Named(topic) => self.partitions(topic).await?,
            Topics::Like(pattern) => self.matching(pattern).await?,
        };
        let pause = if places.is_empty() {
            LOOK_AGAIN
        } else {
            self.metadata_age
        };
        self.look_at = Instant::now() + pause;
        let known = self.consumer.assignment();
        let borrowed: Vec<(&str, i32)> = places
            .iter()
            .map(|(topic, partition)| (topic.as_str(), *partition))
            .collect();
        self.consumer.assign(&borrowed);
        for (topic, partition) in &borrowed {
            let is_new = !known
                .iter()
                .any(|place| (place.0.as_str(), place.1) == (*topic, *partition));
            if !is_new {
                continue;
            }
            match self.line.start {
                Some(start) => self.consumer.seek(topic, *partition, start)?,
                // A partition that comes later is read from its beginning: nothing of it was seen.
                None if !known.is_empty() => {
                    self.consumer.seek(topic, *partition, Start::Beginning)?;
                }
                None => {}
            }
        }
        Ok(())
    }

    async fn partitions(&mut self, topic: &str) -> Result<Vec<(String, i32)>, ottla_client::Error> {
        let looked = tokio::time::timeout(LOOK_AGAIN, self.consumer.partitions_for(topic)).await;
        match looked {
            Ok(Ok(partitions)) => Ok(partitions
                .into_iter()
                .map(|partition| (topic.to_owned(), partition))
                .collect()),
            Ok(Err(error)) if !error.is_retriable() => Err(error),
            _ => {
                self.warn(topic);
                Ok(Vec::new())
            }
        }
    }

    async fn matching(
        &mut self,
        pattern: &Pattern,
    ) -> Result<Vec<(String, i32)>, ottla_client::Error> {
        let mut places = Vec::new();
        for topic in self.consumer.topics().await? {
            // Kafka's own topics are left out of patterns (exclude.internal.topics).
            if !topic.starts_with("__") && pattern.matches(&topic) {
                let partitions = self.consumer.partitions_for(&topic).await?;
                places.extend(
                    partitions
                        .into_iter()
                        .map(|partition| (topic.clone(), partition)),
                );
            }
        }
        Ok(places)
    }

    fn warn(&mut self, topic: &str) {
        if !self.warned {
            self.warned = true;
            let code = ErrorCode::UNKNOWN_TOPIC_OR_PARTITION;
            let text = format!(
                "[Consumer clientId=console-consumer] The metadata response from the cluster \
                 reported a recoverable issue: {{{topic}={code}}}"
            );
            log_line("WARN", text, "org.apache.kafka.clients.NetworkClient");
        }
    }
}
