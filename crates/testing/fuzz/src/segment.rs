//! Segments of a log.

use std::path::Path;

use bytes::Bytes;
use ottla_log::{
    MemoryStorage, OpenFiles, OpenHow, OpenOptions, Opened, RollLimits, Storage, open_log,
};
use ottla_records::{BatchBuilder, BatchHeader, BatchOptions, Batches};
use ottla_types::{LeaderEpoch, Offset, TimestampMs};

/// The bytes of a segment as a crash or a bad disk left it; whether nothing had to be cut.
///
/// # Panics
/// When the log cannot be opened, holds other than intact batches in order, or cannot be appended
/// to.
#[must_use]
pub fn segment(data: &[u8]) -> bool {
    let storage = MemoryStorage::new();
    let directory = Path::new("/topic-0");
    write_segment(&storage, directory, data);
    let open = || {
        open_log(
            &storage,
            directory,
            &OpenFiles::new(4),
            &OpenOptions::default(),
        )
    };
    let Ok(mut opened) = open() else {
        // Old formats are refused, and left as they are.
        return false;
    };
    let cut = opened.report.truncated_bytes;
    check_batches(&opened);
    let end = opened.log.log_end_offset();
    let bytes = one_batch(end);
    let header = BatchHeader::parse(&bytes).expect("just built");
    let limits = RollLimits {
        segment_bytes: i32::MAX as u64,
        segment_ms: i64::MAX,
        segment_index_bytes: u64::MAX,
    };
    // Where a batch has no place in the segment any more, a roll comes first.
    let must_roll = opened.log.must_roll(&limits, &header, TimestampMs(1));
    if !must_roll && let Ok(reservation) = opened.log.reserve(&header) {
        reservation
            .segment
            .write_at(reservation.position, &[std::io::IoSlice::new(&bytes)])
            .expect("memory takes writes");
        check_batches(&opened);
        let again = open().expect("a log that was opened can be opened again");
        assert_eq!(again.log.log_end_offset(), end.plus(1));
        assert_eq!(again.report.truncated_bytes, 0);
    }
    cut == 0
}

fn write_segment(storage: &MemoryStorage, directory: &Path, data: &[u8]) {
    storage
        .create_directory(directory)
        .expect("memory takes directories");
    let path = directory.join("00000000000000000000.log");
    let file = storage
        .open(&path, OpenHow::Create)
        .expect("memory takes files");
    storage
        .write_at(&file, 0, &[std::io::IoSlice::new(data)])
        .expect("memory takes writes");
}

fn one_batch(base_offset: Offset) -> Bytes {
    let mut builder = BatchBuilder::new(BatchOptions {
        base_offset,
        partition_leader_epoch: LeaderEpoch(i32::MAX),
        ..BatchOptions::default()
    });
    builder.append(TimestampMs(1), None, Some(b"value"), &[]);
    builder.build()
}

fn check_batches(opened: &Opened<MemoryStorage>) {
    let mut offset = opened.log.log_start_offset();
    let end = opened.log.log_end_offset();
    while let Some(located) = opened.log.locate(offset, end).expect("in the log") {
        let read = located.read(100, true).expect("recovered bytes are good");
        for batch in Batches::new(&read.bytes) {
            let (header, bytes) = batch.expect("whole batches");
            header.verify_checksum(bytes).expect("intact batches");
        }
        assert!(read.next_offset > offset, "reading gets on");
        offset = read.next_offset;
    }
}

#[cfg(test)]
mod tests;
