//! Runs the golden scripts of the consumer.

use std::fmt::Write as _;
use std::path::Path;

use ottla_machine::Machine;
use ottla_messages::ErrorCode;
use ottla_script::{Command, run_directory};
use ottla_types::{Duration, Instant, LeaderEpoch, NodeId, Now, Offset, RequestId, TimestampMs};

use crate::{Config, Consumer, Effect, Input, OffsetReset, PartitionHandle, Start};

struct Scripted {
    consumer: Consumer,
    now: Instant,
}

fn start(command: &Command) -> Start {
    match command.option("at") {
        Some("beginning") => Start::Beginning,
        Some("end") => Start::End,
        None => Start::Reset,
        Some(text) => match text.strip_prefix("time:") {
            Some(time) => Start::Time(TimestampMs(time.parse().unwrap())),
            None => Start::At(Offset(text.parse().unwrap())),
        },
    }
}

fn input(command: &Command) -> Input {
    let partition = PartitionHandle(u32::try_from(command.number("partition", 0)).unwrap());
    let request = RequestId(u64::try_from(command.number("request", 0)).unwrap());
    let error = ErrorCode(i16::try_from(command.number("error", 0)).unwrap());
    let epoch = LeaderEpoch(i32::try_from(command.number("epoch", -1)).unwrap());
    match command.name.as_str() {
        "assign" => Input::Assign {
            partition,
            start: start(command),
        },
        "seek" => Input::Seek {
            partition,
            start: start(command),
        },
        "revoke" => Input::Revoke { partition },
        "pause" => Input::Pause { partition },
        "resume" => Input::Resume { partition },
        "leader" => Input::Leader {
            partition,
            node: NodeId(i32::try_from(command.number("node", -1)).unwrap()),
            epoch,
        },
        "listed" => Input::Listed {
            request,
            partition,
            error,
            offset: Offset(command.number("offset", -1)),
        },
        "fetched" => Input::Fetched {
            request,
            partition,
            error,
            records: command.number("records", 0) == 1,
        },
        "done" => Input::Done { request, error },
        "consumed" => Input::Consumed {
            partition,
            next: Offset(command.number("next", 0)),
            epoch,
        },
        "wait" => Input::Deadline,
        other => panic!("no command {other}"),
    }
}

fn run(scripted: &mut Scripted, command: &Command) -> String {
    match command.name.as_str() {
        "config" => {
            let offset_reset = match command.option("reset") {
                Some("earliest") => OffsetReset::Earliest,
                Some("none") => OffsetReset::None,
                Some("day") => OffsetReset::ByDuration(Duration::from_secs(86_400)),
                _ => OffsetReset::Latest,
            };
            let config = Config {
                offset_reset,
                ..Config::default()
            };
            scripted.consumer = Consumer::new(config, 7);
            return String::new();
        }
        "wait" => {
            let ms = command.arguments[0].parse().unwrap();
            scripted.now = scripted.now.after_ms(ms);
        }
        "position" => {
            let handle = u32::try_from(command.number("partition", 0)).unwrap();
            return format!("{:?}", scripted.consumer.position(PartitionHandle(handle)));
        }
        "deadline" => {
            return match scripted.consumer.next_deadline() {
                Some(instant) => format!("in {} ms", instant.since(scripted.now).as_millis()),
                None => "none".to_owned(),
            };
        }
        _ => {}
    }
    let now = Now {
        monotonic: scripted.now,
        wall: TimestampMs(1_000_000_000),
    };
    let mut effects = Vec::new();
    scripted.consumer.step(now, input(command), &mut effects);
    scripted.consumer.check_invariants();
    let mut text = String::new();
    for effect in &effects {
        writeln!(text, "{effect:?}").unwrap();
    }
    text
}

#[test]
fn the_machine_does_what_its_scripts_say() {
    run_directory(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts"),
        || Scripted {
            consumer: Consumer::new(Config::default(), 7),
            now: Instant::ZERO,
        },
        run,
    );
}

#[test]
fn an_effect_fits_in_64_bytes() {
    assert!(size_of::<Effect>() <= 64);
}
