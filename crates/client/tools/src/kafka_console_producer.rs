//! kafka-console-producer: lines of the input become records.
//!
//! *Kafka*: a line that cannot be split ends the command with 1; a record that a broker refuses is
//! logged, and the exit code stays 0.

mod line;
mod reader;

use std::process::ExitCode;
use std::time::Duration;

use ottla_client::{Delivery, Header, Producer, ProducerConfig, ProducerRecord};
use tokio::task::JoinSet;

use crate::failure::Failure;
use crate::flags::{Flags, usage};
use crate::input::read_lines;
use crate::log_line::{exception, log_line};
use crate::output::say;
use crate::settings::{KAFKA_VERSION, apply, block_on};
use line::FLAGS;
use reader::{LineReader, ParsedRecord};

/// Runs the command.
pub(crate) fn run(words: Vec<String>) -> ExitCode {
    match execute(&words) {
        Ok(code) => code,
        Err(failure @ (Failure::Line(_) | Failure::Use(_))) => failure.refuse(FLAGS),
        Err(failure) => {
            eprintln!("{}: {}", failure.exception(), failure.message());
            ExitCode::FAILURE
        }
    }
}

fn execute(words: &[String]) -> Result<ExitCode, Failure> {
    let flags = Flags::parse(FLAGS, words)?;
    if flags.has("help") || words.is_empty() {
        eprintln!("Reads lines from the input and writes them to a topic.");
        eprint!("{}", usage(FLAGS));
        return Ok(ExitCode::FAILURE);
    }
    if flags.has("version") {
        say!("{KAFKA_VERSION}");
        return Ok(ExitCode::SUCCESS);
    }
    flags.require(&["topic"])?;
    if !flags.has("bootstrap-server") {
        let message = "Error while validating the bootstrap address\n";
        return Err(Failure::Use(message.to_owned()));
    }
    line::check(&flags)?;
    let reader = LineReader::new(&line::reader_properties(&flags)?)?;
    let mut config = ProducerConfig::default();
    let entries = line::producer_properties(&flags)?;
    apply(
        &mut config,
        &entries,
        "org.apache.kafka.clients.producer.ProducerConfig",
    )?;
    let topic = flags.value("topic")?.unwrap_or_default().to_owned();
    block_on(produce(config, topic, reader, flags.has("sync")))?;
    Ok(ExitCode::SUCCESS)
}

async fn produce(
    config: ProducerConfig,
    topic: String,
    mut reader: LineReader,
    sync: bool,
) -> Result<(), Failure> {
    let producer = Producer::new(config)?;
    let mut lines = read_lines(Some(">"));
    let mut deliveries = JoinSet::new();
    let mut outcome = Ok(());
    while let Some(line) = lines.recv().await {
        let record = match line.map_err(|error| Failure::Line(error.to_string())) {
            Ok(line) => reader.parse(&line),
            Err(failure) => Err(failure),
        };
        let record = match record {
            Ok(record) => record,
            Err(failure) => {
                outcome = Err(failure);
                break;
            }
        };
        let headers: Vec<Header<'_>> = record.headers();
        let sent = producer.send(ProducerRecord {
            topic: &topic,
            key: record.key.as_deref(),
            value: record.value.as_deref(),
            headers: &headers,
            ..ProducerRecord::default()
        });
        match sent.await {
            Ok(delivery) if sync => {
                delivery.await?;
            }
            Ok(delivery) => watch(&mut deliveries, delivery, &topic, &record),
            Err(error) if sync => return Err(error.into()),
            Err(error) => log_error(&topic, &sizes(&record), &error),
        }
        while deliveries.try_join_next().is_some() {}
    }
    producer.flush().await;
    while deliveries.join_next().await.is_some() {}
    producer.close(Duration::from_secs(30)).await?;
    outcome
}

/// Logs a delivery that fails, when it does.
fn watch(deliveries: &mut JoinSet<()>, delivery: Delivery, topic: &str, record: &ParsedRecord) {
    let (topic, sizes) = (topic.to_owned(), sizes(record));
    deliveries.spawn(async move {
        if let Err(error) = delivery.await {
            log_error(&topic, &sizes, &error);
        }
    });
}

fn sizes(record: &ParsedRecord) -> String {
    let size = |bytes: &Option<Vec<u8>>| {
        bytes
            .as_ref()
            .map_or("null".to_owned(), |bytes| format!("{} bytes", bytes.len()))
    };
    format!("key: {}, value: {}", size(&record.key), size(&record.value))
}

fn log_error(topic: &str, sizes: &str, error: &ottla_client::Error) {
    log_line(
        "ERROR",
        format!("Error when sending message to topic {topic} with {sizes} with error:"),
        "org.apache.kafka.clients.producer.internals.ErrorLoggingCallback",
    );
    eprintln!("{}: {error}", exception(error));
}
