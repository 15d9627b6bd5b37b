//! Golden scripts of the replica.

use ottla_machine::Machine;
use ottla_messages::ErrorCode;
use ottla_records::BatchHeader;
use ottla_script::{Command, run_directory};
use ottla_types::{Instant, LeaderEpoch, Now, Offset, ProducerEpoch, ProducerId, TimestampMs};

use super::Partition;
use crate::{
    Acks, AppendOrigin, Effect, Input, Marker, ProducerEntry, Producers, Settings, WaiterId,
};

#[test]
fn a_replica_follows_its_scripts() {
    run_directory("scripts", start, run);
}

fn settings(fsync: bool, min_insync_replicas: i32) -> Settings {
    Settings {
        fsync,
        min_insync_replicas,
        producer_id_expiration_ms: 86_400_000,
    }
}

fn start() -> Partition {
    let producers = Producers::default();
    Partition::new(
        settings(false, 1),
        Offset(0),
        Offset(0),
        Offset(0),
        producers,
    )
}

fn header(command: &Command) -> BatchHeader {
    let count = command.number("count", 1) as i32;
    BatchHeader {
        base_offset: Offset(0),
        base_timestamp: TimestampMs(0),
        max_timestamp: TimestampMs(command.number("at", 0)),
        producer_id: ProducerId(command.number("producer", -1)),
        size_in_bytes: 100,
        partition_leader_epoch: LeaderEpoch(-1),
        crc: 0,
        last_offset_delta: count - 1,
        base_sequence: command.number("sequence", -1) as i32,
        record_count: count,
        attributes: if command.arguments.iter().any(|a| a == "transactional") {
            0x10
        } else {
            0
        },
        producer_epoch: ProducerEpoch(command.number("epoch", -1) as i16),
    }
}

fn run(partition: &mut Partition, command: &Command) -> String {
    let wall = TimestampMs(command.number("now", 0));
    let now = Now {
        monotonic: Instant::ZERO,
        wall,
    };
    let header = header(command);
    let upto = Offset(command.number("upto", 0));
    let input = match command.name.as_str() {
        "lead" => Input::Lead {
            leader_epoch: LeaderEpoch(command.number("epoch", 0) as i32),
            in_sync_count: command.number("in-sync", 1) as i32,
            replica_count: command.number("replicas", 1) as i32,
        },
        "stop" => Input::StopLeading {
            error: ErrorCode::NOT_LEADER_OR_FOLLOWER,
        },
        "fail" => Input::StorageFailed,
        "produce" => Input::Append {
            header: &header,
            origin: AppendOrigin::Client,
            waiter: waiter(command),
        },
        "coordinate" => Input::Append {
            header: &header,
            origin: AppendOrigin::Coordinator,
            waiter: None,
        },
        "written" => Input::Written(upto),
        "durable" => Input::Durable(upto),
        "configure" => Input::Configure(settings(
            command.option("durability") == Some("fsync"),
            command.number("min-insync", 1) as i32,
        )),
        "log-start" => Input::LogStart(upto),
        other => panic!("no command {other}"),
    };
    let mut effects = Vec::new();
    partition.step(now, input, &mut effects);
    partition.check_invariants();
    let mut lines: Vec<String> = effects.iter().map(show).collect();
    let marks = partition.marks();
    lines.push(format!(
        "start {} committed {} durable {} written {} reserved {}",
        partition.log_start_offset(),
        partition.high_watermark(),
        marks.durable(),
        marks.written(),
        marks.reserved(),
    ));
    lines.join("\n")
}

fn waiter(command: &Command) -> Option<(WaiterId, Acks)> {
    let id = WaiterId(command.number("waiter", 0) as u64);
    match command.option("acks") {
        Some("all") => Some((id, Acks::All)),
        Some("1") => Some((id, Acks::Leader)),
        Some("0") => Some((id, Acks::None)),
        _ => None,
    }
}

fn show(effect: &Effect) -> String {
    match effect {
        Effect::Append {
            base_offset,
            next_offset,
            leader_epoch,
        } => {
            format!("append {base_offset}..{next_offset} in epoch {leader_epoch}")
        }
        Effect::AssignEpoch {
            leader_epoch,
            start_offset,
        } => {
            format!("epoch {leader_epoch} starts at {start_offset}")
        }
        Effect::Sync => "sync".to_owned(),
        Effect::Committed { high_watermark } => format!("committed {high_watermark}"),
        Effect::Answer { waiter, produced } => {
            format!(
                "answer {} {} at {}",
                waiter.0, produced.error, produced.base_offset
            )
        }
    }
}

#[test]
fn a_transaction_that_had_ended_below_the_checkpoint_does_not_hold_readers_back() {
    let mut producers = Producers::from_entries([ProducerEntry {
        producer_id: ProducerId(1),
        producer_epoch: ProducerEpoch(0),
        last_sequence: 9,
        last_offset: 9,
        offset_delta: 9,
        timestamp: 1_000,
        coordinator_epoch: -1,
        current_transaction_first_offset: 0,
    }]);
    // As recovery does after a kill: it reads the log again, without a high watermark.
    producers.on_marker(&Marker {
        producer_id: ProducerId(1),
        producer_epoch: ProducerEpoch(0),
        coordinator_epoch: 0,
        commit: true,
        offset: Offset(10),
        timestamp: TimestampMs(1_000),
    });
    let opened = |high_watermark| {
        let settings = settings(false, 1);
        Partition::new(
            settings,
            Offset(0),
            Offset(11),
            high_watermark,
            producers.clone(),
        )
    };
    assert_eq!(opened(Offset(11)).last_stable_offset(), Offset(11));
    assert_eq!(opened(Offset(10)).last_stable_offset(), Offset(0));
}
