//! Reads a log from its files, byte by byte, without the code that wrote them.

use std::collections::BTreeMap;
use std::path::Path;

use bytes::Bytes;
use ottla_log::{MemoryStorage, OpenHow, Storage};
use ottla_records::{Batch, BatchHeader, Batches, InflateLimits};
use ottla_types::LeaderEpoch;

use super::{RecordId, Rule, Violation};

/// A batch as it lies in the files.
#[derive(Clone, Debug)]
pub struct ScannedBatch {
    /// Its header.
    pub header: BatchHeader,
    /// Its records.
    pub records: Vec<RecordId>,
}

/// What a log holds.
#[derive(Clone, Debug, Default)]
pub struct ScannedLog {
    /// The first offset.
    pub start: i64,
    /// The offset behind the last.
    pub end: i64,
    /// Its batches in order.
    pub batches: Vec<ScannedBatch>,
    /// Every record by its offset.
    pub records: BTreeMap<i64, RecordId>,
}

/// The value of a record: its id, then bytes that follow from it.
#[must_use]
pub fn value_of(id: RecordId) -> Vec<u8> {
    let length = id.0.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 57;
    let filler = (0..length).map(|index| (id.0 ^ index) as u8);
    id.0.to_be_bytes().into_iter().chain(filler).collect()
}

/// The record that has this value.
#[must_use]
pub fn id_of(value: &[u8]) -> Option<RecordId> {
    let id = RecordId(u64::from_be_bytes(*value.first_chunk()?));
    (value_of(id) == value).then_some(id)
}

/// The records of a stretch of batches; `None` in the place of a value that no client sent.
pub fn records_of(batch: &Batch) -> Result<Vec<RecordId>, String> {
    let mut ids = Vec::new();
    for record in batch.records() {
        let record = record.map_err(|error| error.to_string())?;
        let id = record.value.and_then(id_of);
        ids.push(id.ok_or_else(|| format!("offset {} holds what nobody sent", record.offset))?);
    }
    Ok(ids)
}

/// What is looked for in batches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contents {
    /// Records of simulated clients.
    Records,
    /// Something else, which is only checked for being whole.
    Anything,
}

/// Scans the log in a directory.
///
/// # Errors
/// Whatever a whole log must not have: a gap, a broken batch, an epoch that falls.
pub fn scan_log(
    files: &MemoryStorage,
    directory: &Path,
    contents: Contents,
) -> Result<ScannedLog, Violation> {
    let broken = |detail: String| {
        let place = directory.display();
        Violation::new(Rule::RecoveredLogIsWhole, format!("{place}: {detail}"))
    };
    let mut log = ScannedLog::default();
    let mut next: Option<i64> = None;
    let mut epoch = LeaderEpoch::NONE;
    let entries = files
        .list(directory)
        .map_err(|error| broken(error.to_string()))?;
    for entry in entries.iter().filter(|entry| entry.name.ends_with(".log")) {
        let base = entry.name.trim_end_matches(".log").parse::<i64>();
        let base = base.map_err(|_| broken(format!("the name {}", entry.name)))?;
        let expected = *next.get_or_insert(base);
        if base != expected {
            let names: Vec<_> = entries.iter().map(|one| (&one.name, one.size)).collect();
            return Err(broken(format!(
                "{} follows an end at {expected} in {names:?}",
                entry.name
            )));
        }
        let bytes = read(files, &directory.join(&entry.name)).map_err(&broken)?;
        for batch in
            batches(&bytes, contents).map_err(|error| broken(format!("{}: {error}", entry.name)))?
        {
            let header = batch.header;
            if Some(header.base_offset.0) != next {
                return Err(broken(format!(
                    "a batch at {} follows {next:?}",
                    header.base_offset
                )));
            }
            if header.partition_leader_epoch < epoch {
                return Err(broken(format!("the epoch falls at {}", header.base_offset)));
            }
            epoch = header.partition_leader_epoch;
            next = Some(header.next_offset().0);
            for (offset, id) in (header.base_offset.0..).zip(&batch.records) {
                log.records.insert(offset, *id);
            }
            log.batches.push(batch);
        }
    }
    log.start = log
        .batches
        .first()
        .map_or(next.unwrap_or(0), |batch| batch.header.base_offset.0);
    log.end = next.unwrap_or(0);
    Ok(log)
}

fn batches(bytes: &Bytes, contents: Contents) -> Result<Vec<ScannedBatch>, String> {
    let mut scanned = Vec::new();
    let mut walk = Batches::new(bytes);
    for batch in walk.by_ref() {
        let (header, raw) = batch.map_err(|error| error.to_string())?;
        let at = |error: String| format!("at {}: {error}", header.base_offset);
        header
            .verify_checksum(raw)
            .map_err(|error| at(error.to_string()))?;
        let batch = Batch::open(&bytes.slice_ref(raw), &InflateLimits::default())
            .map_err(|error| at(error.to_string()))?;
        let records = match contents {
            Contents::Records => records_of(&batch).map_err(at)?,
            Contents::Anything => Vec::new(),
        };
        scanned.push(ScannedBatch { header, records });
    }
    if walk.unread().is_empty() {
        Ok(scanned)
    } else {
        Err(format!(
            "{} bytes behind the last batch",
            walk.unread().len()
        ))
    }
}

/// The bytes of a file.
pub(super) fn read(files: &MemoryStorage, path: &Path) -> Result<Bytes, String> {
    let read = || -> std::io::Result<Bytes> {
        let file = files.open(path, OpenHow::ReadOnly)?;
        let size = usize::try_from(files.metadata(path)?.size).unwrap_or(0);
        let mut bytes = vec![0; size];
        files.read_at(&file, 0, &mut bytes)?;
        Ok(bytes.into())
    };
    read().map_err(|error| error.to_string())
}
