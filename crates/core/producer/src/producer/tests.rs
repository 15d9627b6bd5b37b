//! Runs the golden scripts of the producer.

use std::fmt::Write as _;
use std::path::Path;

use ottla_machine::Machine;
use ottla_messages::ErrorCode;
use ottla_script::{Command, run_directory};
use ottla_types::{
    Duration, Instant, NodeId, Now, Offset, ProducerEpoch, ProducerId, RequestId, TimestampMs,
};

use crate::{BatchId, Config, Effect, Input, PartitionHandle, Producer};

struct Scripted {
    producer: Producer,
    now: Instant,
}

fn first(command: &Command) -> u64 {
    command.arguments[0].parse().unwrap()
}

fn error(command: &Command) -> ErrorCode {
    ErrorCode(i16::try_from(command.number("error", 0)).unwrap())
}

fn configured(command: &Command) -> Producer {
    let ms =
        |key, default| Duration::from_millis(u64::try_from(command.number(key, default)).unwrap());
    let count = |key, default| usize::try_from(command.number(key, default)).unwrap();
    let config = Config {
        linger: ms("linger", 5),
        delivery_timeout: ms("delivery-timeout", 120_000),
        retries: u32::try_from(command.number("retries", i64::from(i32::MAX))).unwrap(),
        retry_backoff: ms("backoff", 100),
        retry_backoff_max: ms("backoff-max", 1_000),
        max_in_flight: count("in-flight", 5),
        max_request_size: count("max-request", 1_048_576),
        batch_size: count("batch-size", 16_384),
        idempotent: command.number("idempotent", 1) == 1,
    };
    Producer::new(config, 7)
}

fn input(command: &Command) -> Input {
    let batch = BatchId {
        number: u64::try_from(command.number("batch", 0)).unwrap(),
        part: u32::try_from(command.number("part", 0)).unwrap(),
    };
    let request = RequestId(u64::try_from(command.number("request", 0)).unwrap());
    match command.name.as_str() {
        "opened" => Input::Opened {
            batch: BatchId::opened(first(command)),
            partition: PartitionHandle(u32::try_from(command.number("partition", 0)).unwrap()),
        },
        "closed" => Input::Closed {
            batch: BatchId::opened(first(command)),
            records: i32::try_from(command.number("records", 1)).unwrap(),
            bytes: usize::try_from(command.number("bytes", 100)).unwrap(),
        },
        "leader" => Input::Leader {
            partition: PartitionHandle(u32::try_from(first(command)).unwrap()),
            node: NodeId(i32::try_from(command.number("node", -1)).unwrap()),
        },
        "producer-id" => Input::ProducerId {
            id: ProducerId(command.number("id", 1000)),
            epoch: ProducerEpoch(i16::try_from(command.number("epoch", 0)).unwrap()),
        },
        "no-producer-id" => Input::NoProducerId {
            error: error(command),
        },
        "answered" => Input::Answered {
            request,
            batch,
            error: error(command),
            base_offset: Offset(command.number("offset", -1)),
            append_time: TimestampMs(command.number("time", -1)),
        },
        "done" => Input::Done {
            request,
            error: error(command),
        },
        "flush" => Input::Flush,
        "abort" => Input::Abort,
        "wait" => Input::Deadline,
        other => panic!("no command {other}"),
    }
}

fn show(effect: &Effect) -> String {
    match effect {
        Effect::Take {
            request,
            batch,
            producer_id,
            producer_epoch,
            base_sequence,
        } => format!(
            "take {batch:?} into request {request} \
             id={producer_id} epoch={producer_epoch} sequence={base_sequence}"
        ),
        Effect::Send { request, node } => format!("send request {request} to {node}"),
        Effect::Complete {
            batch, base_offset, ..
        } => format!("complete {batch:?} at {base_offset}"),
        Effect::Split {
            batch,
            records,
            rest,
        } => format!("split {batch:?}: {records} records stay, the others are {rest:?}"),
        Effect::Fail { batch, failure } => format!("fail {batch:?}: {failure:?}"),
        Effect::InitProducerId => "ask for a producer id".to_owned(),
        Effect::RefreshMetadata { partition } => format!("refresh metadata of {partition:?}"),
    }
}

fn run(scripted: &mut Scripted, command: &Command) -> String {
    if command.name == "config" {
        scripted.producer = configured(command);
        return String::new();
    }
    if command.name == "wait" {
        let ms = i64::try_from(first(command)).unwrap();
        scripted.now = scripted.now.after_ms(ms);
    }
    if command.name == "deadline" {
        return match scripted.producer.next_deadline() {
            Some(instant) => {
                format!("in {} ms", instant.since(scripted.now).as_millis())
            }
            None => "none".to_owned(),
        };
    }
    let now = Now {
        monotonic: scripted.now,
        wall: TimestampMs(0),
    };
    let mut effects = Vec::new();
    scripted.producer.step(now, input(command), &mut effects);
    scripted.producer.check_invariants();
    let mut text = String::new();
    for effect in &effects {
        writeln!(text, "{}", show(effect)).unwrap();
    }
    text
}

#[test]
fn the_machine_does_what_its_scripts_say() {
    run_directory(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts"),
        || Scripted {
            producer: Producer::new(Config::default(), 7),
            now: Instant::ZERO,
        },
        run,
    );
}

#[test]
fn an_effect_fits_in_64_bytes() {
    assert!(size_of::<Effect>() <= 64);
}
