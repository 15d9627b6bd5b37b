//! Which files stay open.

use ottla_types::Offset;

use crate::testing::*;
use crate::{OpenFiles, open_log};

#[test]
fn few_files_are_open_although_many_are_read() {
    let (storage, opened) = filled(200);
    close(opened).unwrap();
    let mut clean = options();
    clean.was_clean = true;
    let open_files = OpenFiles::new(3);
    let opened = open_log(&storage, &directory(), &open_files, &clean).unwrap();
    assert!(opened.log.segments_count() > 10);
    for _ in 0..3 {
        assert_eq!(read_all(&opened, Offset(0)).len(), 200);
        assert!(open_files.count() <= 4, "{}", open_files.count());
    }
}

#[test]
fn a_file_with_unsynced_bytes_stays_open() {
    let storage = storage();
    let open_files = OpenFiles::new(1);
    let mut opened = open_log(&storage, &directory(), &open_files, &options()).unwrap();
    for offset in 0..20 {
        append(&mut opened, &batch(Offset(offset), 1, 0, 0)).unwrap();
    }
    let active = opened.log.segments_to_sync().pop().unwrap();
    assert!(!active.close_if_unused());
    assert!(!active.close_if_unused());
    active.sync().unwrap();
    active.close_if_unused();
    assert!(active.close_if_unused());
}
