//! Look-ups of an open replica, compared with a scan of its files.

use std::collections::BTreeMap;
use std::sync::Arc;

use ottla_machine::Random;
use ottla_messages::ErrorCode;
use ottla_records::Batches;
use ottla_runtime::{OffsetQuery, ReadBound, ReadRequest};
use ottla_types::{LeaderEpoch, Offset, ProducerId, TimestampMs};

use super::scan::ScannedLog;
use super::{Rule, Violation};
use crate::broker::Replica;

/// Offsets and times that are looked up per partition.
const SAMPLES: u64 = 8;

/// Compares a replica at rest, or just opened, with its files.
///
/// # Errors
/// The first look-up that is wrong.
pub fn check_lookups(
    replica: &Arc<Replica>,
    log: &ScannedLog,
    random: &mut Random,
) -> Result<(), Violation> {
    let wrong = |detail: String| {
        let detail = format!("{}: {detail}", replica.topic_partition());
        Err(Violation::new(Rule::LookUpsAgree, detail))
    };
    let end = replica.look(|_, log| log.log_end_offset());
    if end.0 != log.end {
        return wrong(format!("the log ends at {end}, its files at {}", log.end));
    }
    // A batch of which a part may not be read any more says nothing.
    let start = replica.look(|_, log| log.log_start_offset());
    let batches = log.batches.iter();
    let readable = ScannedLog {
        batches: batches
            .filter(|batch| batch.header.base_offset >= start)
            .cloned()
            .collect(),
        ..log.clone()
    };
    let (whole, log) = (log, &readable);
    if log.batches.is_empty() {
        return Ok(());
    }
    for _ in 0..SAMPLES {
        let index = usize::try_from(random.below(log.batches.len() as u64)).unwrap_or(0);
        let Some(batch) = log.batches.get(index) else {
            continue;
        };
        let within = random.below(batch.records.len() as u64);
        let offset = batch
            .header
            .base_offset
            .plus(i64::try_from(within).unwrap_or(0));
        if let Err(detail) = find_offset(replica, offset, batch.header.base_offset) {
            return wrong(detail);
        }
        if let Err(detail) = find_time(replica, whole, start, batch.header.max_timestamp) {
            return wrong(detail);
        }
    }
    check_producers(replica, log).or_else(wrong)
}

fn find_offset(replica: &Arc<Replica>, offset: Offset, base: Offset) -> Result<(), String> {
    let outcome = replica.read(&ReadRequest {
        offset,
        max_bytes: 1,
        bound: ReadBound::LogEnd,
        leader_epoch: LeaderEpoch::NONE,
        last_fetched_epoch: LeaderEpoch::NONE,
        whole_first: true,
    });
    if outcome.error != ErrorCode::NONE {
        return Err(format!("offset {offset} cannot be read: {}", outcome.error));
    }
    let found = Batches::new(&outcome.records).next();
    match found
        .and_then(Result::ok)
        .map(|(header, _)| header.base_offset)
    {
        Some(found) if found == base => Ok(()),
        found => Err(format!("offset {offset} leads to {found:?}, not to {base}")),
    }
}

fn find_time(
    replica: &Arc<Replica>,
    log: &ScannedLog,
    start: Offset,
    target: TimestampMs,
) -> Result<(), String> {
    let query = OffsetQuery::AtOrAfter(target);
    let found = replica
        .find_offset(LeaderEpoch::NONE, query, ReadBound::LogEnd)
        .map_err(|error| format!("time {} cannot be looked up: {error}", target.0))?;
    // Every record of a batch carries the same time here.
    let mut later = log
        .batches
        .iter()
        .filter(|batch| batch.header.next_offset() > start)
        .filter(|batch| batch.header.max_timestamp >= target);
    let expected = later.next();
    let expected = expected.map(|batch| batch.header.base_offset.max(start));
    let found = found.map(|found| found.offset);
    if found == expected {
        Ok(())
    } else {
        Err(format!(
            "time {} leads to {found:?}, not to {expected:?}",
            target.0
        ))
    }
}

/// The last number of every producer must be that of its last batch.
fn check_producers(replica: &Arc<Replica>, log: &ScannedLog) -> Result<(), String> {
    let mut expected: BTreeMap<ProducerId, (i16, i32)> = BTreeMap::new();
    for batch in log
        .batches
        .iter()
        .filter(|batch| batch.header.has_producer_id())
    {
        let header = &batch.header;
        expected.insert(
            header.producer_id,
            (header.producer_epoch.0, header.last_sequence()),
        );
    }
    let entries: Vec<_> = replica.look(|machine, _| machine.producers().entries().collect());
    for entry in entries {
        let found = (entry.producer_epoch.0, entry.last_sequence);
        let known = expected.remove(&entry.producer_id);
        if known.is_some_and(|known| known != found) {
            return Err(format!(
                "producer {:?} is at {found:?}, its batches at {known:?}",
                entry.producer_id
            ));
        }
    }
    match expected.first_key_value() {
        None => Ok(()),
        Some((id, _)) => Err(format!("producer {id:?} was forgotten")),
    }
}
