//! What the tests of this crate share.

use std::io::IoSlice;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use ottla_partition::Producers;
use ottla_records::{BATCH_HEADER_SIZE, BatchBuilder, BatchHeader, BatchOptions};
use ottla_types::{LeaderEpoch, Offset, ProducerEpoch, ProducerId, TimestampMs};

use crate::{
    LogError, MemoryStorage, OpenFiles, OpenOptions, Opened, RollLimits, Storage, open_log,
};

/// Ten batches of [`filled`] fit one segment.
pub(crate) const SMALL_SEGMENTS: RollLimits = RollLimits {
    segment_bytes: 870,
    segment_ms: i64::MAX,
    segment_index_bytes: 10 << 20,
};

pub(crate) fn directory() -> PathBuf {
    PathBuf::from("/data/topic-0")
}

pub(crate) fn storage() -> MemoryStorage {
    let storage = MemoryStorage::new();
    storage.create_directory(Path::new("/data")).unwrap();
    storage.sync_directory(Path::new("/")).unwrap();
    storage
}

pub(crate) fn open<S: Storage>(storage: &S, options: &OpenOptions) -> Result<Opened<S>, LogError> {
    open_log(storage, &directory(), &OpenFiles::new(4), options)
}

pub(crate) fn options() -> OpenOptions {
    OpenOptions {
        index_interval_bytes: 100,
        now: TimestampMs(1_000_000),
        ..OpenOptions::default()
    }
}

/// A batch of `count` records with `timestamp`, as a leader of `epoch` appends it.
pub(crate) fn batch(base_offset: Offset, count: usize, timestamp: i64, epoch: i32) -> Bytes {
    produced(
        BatchOptions {
            base_offset,
            partition_leader_epoch: LeaderEpoch(epoch),
            ..BatchOptions::default()
        },
        count,
        timestamp,
    )
}

pub(crate) fn produced(options: BatchOptions, count: usize, timestamp: i64) -> Bytes {
    let mut builder = BatchBuilder::new(options);
    for number in 0..count {
        let value = format!("value {number} of {timestamp}");
        builder.append(TimestampMs(timestamp), None, Some(value.as_bytes()), &[]);
    }
    builder.build()
}

pub(crate) fn idempotent(base_offset: Offset, producer_id: i64, sequence: i32) -> BatchOptions {
    BatchOptions {
        base_offset,
        partition_leader_epoch: LeaderEpoch(0),
        producer_id: ProducerId(producer_id),
        producer_epoch: ProducerEpoch(0),
        base_sequence: sequence,
        ..BatchOptions::default()
    }
}

/// Appends a batch as a runtime would: rolls when asked to, writes, takes the producer in.
pub(crate) fn append<S: Storage>(opened: &mut Opened<S>, bytes: &Bytes) -> Result<(), LogError> {
    append_with(opened, bytes, &SMALL_SEGMENTS)
}

pub(crate) fn append_with<S: Storage>(
    opened: &mut Opened<S>,
    bytes: &Bytes,
    limits: &RollLimits,
) -> Result<(), LogError> {
    let header = BatchHeader::parse(bytes).unwrap();
    let Opened { log, producers, .. } = opened;
    if log.must_roll(limits, &header, TimestampMs(1_000_000)) {
        let entries = producers.entries().collect();
        if let Some(plan) = log.begin_roll(header.base_offset, entries, TimestampMs(1_000_000)) {
            let rolled = plan.perform()?;
            log.on_rolled(&rolled);
        }
    }
    let reservation = log.reserve(&header)?;
    let (front, area) = bytes.split_at(BATCH_HEADER_SIZE);
    let buffers = [IoSlice::new(front), IoSlice::new(area)];
    reservation
        .segment
        .write_at(reservation.position, &buffers)?;
    producers.on_batch(&header, header.base_offset);
    Ok(())
}

/// Syncs everything that was appended.
pub(crate) fn flush<S: Storage>(opened: &mut Opened<S>) -> Result<(), LogError> {
    let end = opened.log.log_end_offset();
    for segment in opened.log.segments_to_sync() {
        segment.sync()?;
    }
    opened.log.on_flushed(end);
    Ok(())
}

/// A log with `count` batches of one record each, in small segments, all written, none synced.
pub(crate) fn filled(count: i64) -> (MemoryStorage, Opened<MemoryStorage>) {
    let storage = storage();
    let mut opened = open(&storage, &options()).unwrap();
    for offset in 0..count {
        append(&mut opened, &batch(Offset(offset), 1, 1000 + offset, 0)).unwrap();
    }
    (storage, opened)
}

/// Base offsets of all batches that can be read from `offset` on.
pub(crate) fn read_all<S: Storage>(opened: &Opened<S>, from: Offset) -> Vec<i64> {
    let mut offset = from;
    let mut found = Vec::new();
    while let Some(located) = opened
        .log
        .locate(offset, opened.log.log_end_offset())
        .unwrap()
    {
        let read = located.read(300, true).unwrap();
        for batch in ottla_records::Batches::new(&read.bytes) {
            let (header, bytes) = batch.unwrap();
            header.verify_checksum(bytes).unwrap();
            found.push(header.base_offset.0);
        }
        assert!(read.next_offset > offset, "a read makes progress");
        offset = read.next_offset;
    }
    found
}

pub(crate) fn close<S: Storage>(mut opened: Opened<S>) -> Result<Offset, LogError> {
    let entries = opened.producers.entries().collect();
    opened.log.begin_close(entries).perform()
}

pub(crate) fn names<S: Storage>(storage: &S) -> Vec<String> {
    let entries = storage.list(&directory()).unwrap();
    entries.into_iter().map(|entry| entry.name).collect()
}

pub(crate) fn file<S: Storage>(storage: &S, name: &str) -> Vec<u8> {
    crate::storage::read_file(storage, &directory().join(name))
        .unwrap()
        .unwrap()
}

pub(crate) fn bytes_of(hex: &str) -> Vec<u8> {
    let digits: Vec<u32> = hex.chars().filter_map(|c| c.to_digit(16)).collect();
    digits
        .chunks(2)
        .map(|pair| (pair[0] * 16 + pair[1]) as u8)
        .collect()
}

pub(crate) fn shared<S: Storage>() -> Arc<OpenFiles<S>> {
    OpenFiles::new(100)
}

pub(crate) fn state_of(producers: &Producers) -> Vec<(i64, i32)> {
    producers
        .entries()
        .map(|entry| (entry.producer_id.0, entry.last_sequence))
        .collect()
}
