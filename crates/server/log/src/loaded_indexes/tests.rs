//! Which indexes stay in memory.

use std::sync::Arc;

use ottla_types::{Offset, TimestampMs};

use crate::testing::*;
use crate::{MemoryStorage, OpenFiles, Opened, open_log};

fn reopened(index_bytes: usize) -> (Arc<OpenFiles<MemoryStorage>>, Opened<MemoryStorage>) {
    let (storage, opened) = filled(300);
    close(opened).unwrap();
    let mut clean = options();
    clean.was_clean = true;
    let open_files = OpenFiles::with_index_bytes(100, index_bytes);
    let opened = open_log(&storage, &directory(), &open_files, &clean).unwrap();
    assert!(opened.log.segments_count() > 20);
    (open_files, opened)
}

#[test]
fn few_indexes_stay_although_many_segments_are_read() {
    let (all, opened) = reopened(usize::MAX);
    assert_eq!(read_all(&opened, Offset(0)).len(), 300);
    let of_all = all.indexes().bytes();
    let limit = of_all / 4;
    let (open_files, opened) = reopened(limit);
    for _ in 0..3 {
        assert_eq!(read_all(&opened, Offset(0)).len(), 300);
        let bytes = open_files.indexes().bytes();
        assert!(bytes > 0 && bytes <= limit, "{bytes} of {limit}");
        let view = opened.log.timestamp_view(Offset(300), None);
        let found = view.first_at_or_after(TimestampMs(1100)).unwrap().unwrap();
        assert_eq!(found.offset, Offset(100));
    }
}

#[test]
fn what_is_used_again_and_again_stays() {
    let (_open_files, opened) = reopened(300);
    let locate = |offset| opened.log.locate(Offset(offset), Offset(300));
    locate(5).unwrap().unwrap().read(100, true).unwrap();
    let is_in_memory = || {
        let often = locate(5).unwrap().unwrap();
        often.read_cached(100, true).unwrap().is_some()
    };
    for from in (0..300).step_by(10) {
        locate(from).unwrap().unwrap().read(100, true).unwrap();
        assert!(is_in_memory(), "at {from}");
    }
}

#[test]
fn indexes_of_a_segment_that_was_rolled_go_only_when_they_are_in_their_files() {
    let storage = storage();
    let open_files = OpenFiles::with_index_bytes(100, 0);
    let mut opened = open_log(&storage, &directory(), &open_files, &options()).unwrap();
    for offset in 0..10 {
        append(&mut opened, &batch(Offset(offset), 1, 1000, 0)).unwrap();
    }
    let old = opened.log.segments_to_sync().pop().unwrap();
    let plan = opened
        .log
        .begin_roll(Offset(10), Vec::new(), TimestampMs(0))
        .unwrap();
    plan.create_segment().unwrap();
    plan.open_segment();
    let before = old.indexes_in_memory().unwrap();
    let rolled = plan.finish().unwrap();
    opened.log.on_rolled(&rolled);
    for offset in 10..40 {
        append(&mut opened, &batch(Offset(offset), 1, 1000, 0)).unwrap();
    }
    assert!(old.indexes_in_memory().is_none(), "there is no room");
    assert_eq!(old.indexes().unwrap(), before);
}
