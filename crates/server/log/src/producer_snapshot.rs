//! `<offset>.snapshot`: the producers of a partition below an offset.
//!
//! *Kafka*: `ProducerStateManager`; bytes in `docs/formats/log.md`.

use std::path::Path;

use ottla_partition::ProducerEntry;
use ottla_records::crc32c;
use ottla_types::{Offset, ProducerEpoch, ProducerId};

use crate::LogError;
use crate::files::FileKind;
use crate::storage::{Storage, read_file, write_file};

const VERSION: i16 = 1;
const FRONT_SIZE: usize = 10;
const CHECKSUMMED_FROM: usize = 6;
const ENTRY_SIZE: usize = 46;

/// The bytes of a snapshot file.
#[must_use]
pub fn encode_producers(entries: impl IntoIterator<Item = ProducerEntry>) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend_from_slice(&VERSION.to_be_bytes());
    bytes.extend_from_slice(&[0; 8]);
    let mut count: i32 = 0;
    for entry in entries {
        count += 1;
        bytes.extend_from_slice(&entry.producer_id.0.to_be_bytes());
        bytes.extend_from_slice(&entry.producer_epoch.0.to_be_bytes());
        bytes.extend_from_slice(&entry.last_sequence.to_be_bytes());
        bytes.extend_from_slice(&entry.last_offset.to_be_bytes());
        bytes.extend_from_slice(&entry.offset_delta.to_be_bytes());
        bytes.extend_from_slice(&entry.timestamp.to_be_bytes());
        bytes.extend_from_slice(&entry.coordinator_epoch.to_be_bytes());
        bytes.extend_from_slice(&entry.current_transaction_first_offset.to_be_bytes());
    }
    set(&mut bytes, CHECKSUMMED_FROM, count.to_be_bytes());
    let crc = crc32c(bytes.get(CHECKSUMMED_FROM..).unwrap_or_default());
    set(&mut bytes, 2, crc.to_be_bytes());
    bytes
}

/// Reads a snapshot file; what is wrong with it as text.
///
/// # Errors
/// For another version, a wrong checksum or a wrong count: the file is to be ignored.
pub fn decode_producers(bytes: &[u8]) -> Result<Vec<ProducerEntry>, &'static str> {
    let front: &[u8; FRONT_SIZE] = bytes.first_chunk().ok_or("it is short")?;
    let &[v0, v1, c0, c1, c2, c3, n0, n1, n2, n3] = front;
    if i16::from_be_bytes([v0, v1]) != VERSION {
        return Err("its version is not 1");
    }
    let covered = bytes.get(CHECKSUMMED_FROM..).unwrap_or_default();
    if crc32c(covered) != u32::from_be_bytes([c0, c1, c2, c3]) {
        return Err("its checksum does not match");
    }
    let entries = bytes.get(FRONT_SIZE..).unwrap_or_default();
    let count = usize::try_from(i32::from_be_bytes([n0, n1, n2, n3])).ok();
    if count.and_then(|count| count.checked_mul(ENTRY_SIZE)) != Some(entries.len()) {
        return Err("its count does not match its size");
    }
    Ok(entries.as_chunks().0.iter().map(decode_entry).collect())
}

fn decode_entry(bytes: &[u8; ENTRY_SIZE]) -> ProducerEntry {
    ProducerEntry {
        producer_id: ProducerId(i64::from_be_bytes(get(bytes, 0))),
        producer_epoch: ProducerEpoch(i16::from_be_bytes(get(bytes, 8))),
        last_sequence: i32::from_be_bytes(get(bytes, 10)),
        last_offset: i64::from_be_bytes(get(bytes, 14)),
        offset_delta: i32::from_be_bytes(get(bytes, 22)),
        timestamp: i64::from_be_bytes(get(bytes, 26)),
        coordinator_epoch: i32::from_be_bytes(get(bytes, 34)),
        current_transaction_first_offset: i64::from_be_bytes(get(bytes, 38)),
    }
}

/// Writes the snapshot that covers the offsets below `offset`, in place as Kafka does: a torn one
/// fails its checksum, and the next older one is used.
pub(crate) fn store_producers<S: Storage>(
    storage: &S,
    directory: &Path,
    offset: Offset,
    entries: &[ProducerEntry],
) -> Result<(), LogError> {
    let path = FileKind::ProducerSnapshot.path(directory, offset);
    write_file(storage, &path, &encode_producers(entries.iter().copied()))
}

/// Reads a snapshot; `None` when it is not there or must be ignored.
pub(crate) fn load_producers<S: Storage>(
    storage: &S,
    directory: &Path,
    offset: Offset,
) -> Result<Option<Vec<ProducerEntry>>, LogError> {
    let path = FileKind::ProducerSnapshot.path(directory, offset);
    let bytes = read_file(storage, &path)?;
    Ok(bytes.and_then(|bytes| decode_producers(&bytes).ok()))
}

fn get<const SIZE: usize>(bytes: &[u8; ENTRY_SIZE], at: usize) -> [u8; SIZE] {
    bytes
        .get(at..)
        .and_then(<[u8]>::first_chunk)
        .copied()
        .expect("every field lies within the entry")
}

fn set<const SIZE: usize>(bytes: &mut [u8], at: usize, value: [u8; SIZE]) {
    if let Some(place) = bytes.get_mut(at..).and_then(<[u8]>::first_chunk_mut) {
        *place = value;
    }
}

#[cfg(test)]
mod tests;
