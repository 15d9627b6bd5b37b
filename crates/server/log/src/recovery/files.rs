//! The first pass over a partition's directory: what a crash left half done is finished or undone.

use std::collections::BTreeSet;
use std::path::Path;

use ottla_types::Offset;

use crate::LogError;
use crate::files::{FileKind, FileName, FileState};
use crate::storage::{Entry, EntryKind, OpenHow, Storage, remove_file};

/// What is in the directory.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Ascending.
    pub segments: Vec<SegmentFile>,
    /// Offsets of producer snapshots.
    pub snapshots: BTreeSet<Offset>,
    pub has_transaction_index: bool,
}

/// One `.log` file.
#[derive(Clone, Copy, Debug)]
pub(super) struct SegmentFile {
    pub base_offset: Offset,
    pub size: u64,
    pub has_offset_index: bool,
    /// Whether its offset or time index has bytes.
    pub has_filled_index: bool,
    pub has_transaction_index: bool,
}

impl Found {
    /// Removes snapshots that the log start has passed.
    pub fn keep_snapshots_above<S: Storage>(
        &mut self,
        storage: &S,
        directory: &Path,
        log_start_offset: Offset,
    ) -> Result<(), LogError> {
        self.retain_snapshots(storage, directory, |offset| offset > log_start_offset)
    }

    /// Removes snapshots above `offset`.
    pub fn remove_snapshots_above<S: Storage>(
        &mut self,
        storage: &S,
        directory: &Path,
        offset: Offset,
    ) -> Result<(), LogError> {
        self.retain_snapshots(storage, directory, |other| other <= offset)
    }

    pub fn remove_all_snapshots<S: Storage>(
        &mut self,
        storage: &S,
        directory: &Path,
    ) -> Result<(), LogError> {
        self.retain_snapshots(storage, directory, |_| false)
    }

    pub fn retain_snapshots<S: Storage>(
        &mut self,
        storage: &S,
        directory: &Path,
        keep: impl Fn(Offset) -> bool,
    ) -> Result<(), LogError> {
        let stray: Vec<Offset> = self
            .snapshots
            .iter()
            .copied()
            .filter(|offset| !keep(*offset))
            .collect();
        for offset in stray {
            remove_file(storage, &FileKind::ProducerSnapshot.path(directory, offset))?;
            self.snapshots.remove(&offset);
        }
        Ok(())
    }
}

/// Unlinks what was deleted or never finished, completes a finished compaction, removes indexes
/// without their segment, and lists the rest.
pub(super) fn finish_swaps<S: Storage>(storage: &S, directory: &Path) -> Result<Found, LogError> {
    let names = |entries: &[Entry]| -> Vec<FileName> {
        entries
            .iter()
            .filter(|entry| entry.kind == EntryKind::File)
            .filter_map(|entry| FileName::parse(&entry.name))
            .collect()
    };
    let list = || {
        storage
            .list(directory)
            .map_err(LogError::storage("list", directory))
    };
    let path = |name: &FileName| directory.join(name.to_string());
    let mut swaps = Vec::new();
    let mut lowest_cleaned = Offset(i64::MAX);
    let entries = list()?;
    let all = names(&entries);
    if all.iter().all(|name| name.state == FileState::Live) {
        return collect(storage, directory, &entries);
    }
    for name in &all {
        match name.state {
            FileState::Live => {}
            FileState::Deleted => remove_file(storage, &path(name))?,
            FileState::Cleaned => {
                lowest_cleaned = lowest_cleaned.min(name.offset);
                remove_file(storage, &path(name))?;
            }
            FileState::Swap => swaps.push(*name),
        }
    }
    let (unfinished, finished): (Vec<FileName>, Vec<FileName>) = swaps
        .into_iter()
        .partition(|name| name.offset >= lowest_cleaned);
    for name in &unfinished {
        remove_file(storage, &path(name))?;
    }
    let covered = covered_by(storage, directory, &finished)?;
    for name in all.iter().filter(|name| name.state == FileState::Live) {
        if covered.contains(&name.offset) {
            remove_file(storage, &path(name))?;
        }
    }
    for name in &finished {
        let to = name.kind.path(directory, name.offset);
        storage
            .rename(&path(name), &to)
            .map_err(LogError::storage("rename", &path(name)))?;
    }
    collect(storage, directory, &list()?)
}

/// The offsets that finished compactions replace.
fn covered_by<S: Storage>(
    storage: &S,
    directory: &Path,
    swaps: &[FileName],
) -> Result<std::ops::Range<Offset>, LogError> {
    let mut covered = Offset(i64::MAX)..Offset(i64::MIN);
    for name in swaps.iter().filter(|name| name.kind == FileKind::Log) {
        covered.start = covered.start.min(name.offset);
        covered.end = covered.end.max(next_offset_of(storage, directory, name)?);
    }
    Ok(covered)
}

/// The offset behind the last batch of a `.log.swap` file.
fn next_offset_of<S: Storage>(
    storage: &S,
    directory: &Path,
    name: &FileName,
) -> Result<Offset, LogError> {
    let path = directory.join(name.to_string());
    let failed = |error| LogError::storage("read", &path)(error);
    let file = storage.open(&path, OpenHow::Existing).map_err(failed)?;
    let mut position = 0;
    let mut next_offset = name.offset;
    loop {
        let mut front = [0; ottla_records::BATCH_HEADER_SIZE];
        let count = storage
            .read_at(&file, position, &mut front)
            .map_err(LogError::storage("read", &path))?;
        let front = front.get(..count).unwrap_or_default();
        let Ok(header) = ottla_records::BatchHeader::parse(front) else {
            return Ok(next_offset);
        };
        next_offset = header.next_offset();
        position += u64::from(header.size_in_bytes);
    }
}

fn collect<S: Storage>(
    storage: &S,
    directory: &Path,
    entries: &[Entry],
) -> Result<Found, LogError> {
    let mut found = Found {
        segments: segments_of(entries),
        ..Found::default()
    };
    let has_log = |offset: Offset| found.segments.iter().any(|file| file.base_offset == offset);
    let mut snapshots = BTreeSet::new();
    let mut has_transaction_index = false;
    for entry in entries.iter().filter(|entry| entry.kind == EntryKind::File) {
        let Some(name) = FileName::parse(&entry.name) else {
            continue;
        };
        match (name.state, name.kind) {
            (FileState::Live, FileKind::ProducerSnapshot) => {
                snapshots.insert(name.offset);
            }
            (FileState::Live, FileKind::Log) => {}
            (FileState::Live, _) if !has_log(name.offset) => {
                remove_file(storage, &directory.join(&entry.name))?;
            }
            (FileState::Live, FileKind::TransactionIndex) => {
                has_transaction_index |= entry.size > 0;
            }
            _ => {}
        }
    }
    found.snapshots = snapshots;
    found.has_transaction_index = has_transaction_index;
    Ok(found)
}

/// The segments of a directory, ascending.
pub(super) fn list_segments<S: Storage>(
    storage: &S,
    directory: &Path,
) -> Result<Vec<SegmentFile>, LogError> {
    let entries = storage
        .list(directory)
        .map_err(LogError::storage("list", directory))?;
    Ok(segments_of(&entries))
}

fn segments_of(entries: &[Entry]) -> Vec<SegmentFile> {
    let live = |entry: &Entry| {
        let name = FileName::parse(&entry.name)?;
        let is_live = entry.kind == EntryKind::File && name.state == FileState::Live;
        is_live.then_some(name)
    };
    let with = |kind: FileKind| -> BTreeSet<Offset> {
        let names = entries.iter().filter_map(live);
        let of_kind = names.filter(|name| name.kind == kind);
        of_kind.map(|name| name.offset).collect()
    };
    let filled_indexes: BTreeSet<Offset> = entries
        .iter()
        .filter(|entry| entry.size > 0)
        .filter_map(live)
        .filter(|name| matches!(name.kind, FileKind::OffsetIndex | FileKind::TimeIndex))
        .map(|name| name.offset)
        .collect();
    let offset_indexes = with(FileKind::OffsetIndex);
    let transaction_indexes = with(FileKind::TransactionIndex);
    entries
        .iter()
        .filter_map(|entry| Some((live(entry)?, entry.size)))
        .filter(|(name, _)| name.kind == FileKind::Log)
        .map(|(name, size)| SegmentFile {
            base_offset: name.offset,
            size,
            has_offset_index: offset_indexes.contains(&name.offset),
            has_filled_index: filled_indexes.contains(&name.offset),
            has_transaction_index: transaction_indexes.contains(&name.offset),
        })
        .collect()
}
