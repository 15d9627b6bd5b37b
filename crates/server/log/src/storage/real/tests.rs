//! Real files: many buffers, writes cut short, reads up to the end.

use super::*;

fn file() -> (tempfile::TempDir, File) {
    let directory = tempfile::tempdir().unwrap();
    let file = RealStorage
        .open(&directory.path().join("file"), OpenHow::Create)
        .unwrap();
    (directory, file)
}

fn read(file: &File, length: usize) -> Vec<u8> {
    let mut bytes = vec![1; length];
    let count = RealStorage.read_at(file, 0, &mut bytes).unwrap();
    let mut cached = vec![1; length];
    let again = RealStorage.read_cached_at(file, 0, &mut cached).unwrap();
    assert_eq!((again, &cached), (count, &bytes));
    bytes.truncate(count);
    bytes
}

#[test]
fn more_buffers_than_a_system_call_takes_are_written_in_order() {
    let (_directory, file) = file();
    let parts: Vec<Vec<u8>> = (0..3000_u32)
        .map(|n| vec![n as u8; (n % 3) as usize])
        .collect();
    let buffers: Vec<IoSlice<'_>> = parts.iter().map(|part| IoSlice::new(part)).collect();
    RealStorage.write_at(&file, 5, &buffers).unwrap();
    let expected = [vec![0; 5], parts.concat()].concat();
    assert_eq!(read(&file, 1 << 20), expected);
    RealStorage.write_at(&file, 0, &[]).unwrap();
}

#[test]
fn a_write_cut_short_anywhere_is_completed() {
    let parts: [&[u8]; 4] = [b"ab", b"", b"cde", b"f"];
    let buffers = parts.map(IoSlice::new);
    for written in 0..=6 {
        let (_directory, file) = file();
        file.write_all_at(&b"abcdef"[..written], 10).unwrap();
        write_rest(&file, 10, written, &buffers).unwrap();
        assert_eq!(read(&file, 100)[10..], *b"abcdef", "{written}");
    }
}

#[test]
fn reads_stop_at_their_length_and_at_the_end() {
    let (_directory, file) = file();
    RealStorage
        .write_at(&file, 0, &[IoSlice::new(b"0123456789")])
        .unwrap();
    assert_eq!(read(&file, 4), b"0123");
    assert_eq!(read(&file, 400), b"0123456789");
    let mut place = [0; 1];
    assert_eq!(RealStorage.read_at(&file, 8, &mut place).unwrap(), 1);
    assert_eq!(place, *b"8");
    assert_eq!(RealStorage.read_at(&file, 50, &mut place).unwrap(), 0);
    assert_eq!(RealStorage.read_at(&file, 0, &mut []).unwrap(), 0);
}

#[test]
fn reserved_space_does_not_change_the_size() {
    let (directory, file) = file();
    RealStorage.reserve(&file, 1 << 20).unwrap();
    let path = directory.path().join("file");
    assert_eq!(RealStorage.metadata(&path).unwrap().size, 0);
    RealStorage.truncate(&file, 0).unwrap();
}

#[test]
fn space_behind_the_end_is_given_back_by_a_cut_to_the_same_size() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("segment");
    let file = RealStorage.open(&path, OpenHow::Create).unwrap();
    RealStorage
        .write_at(&file, 0, &[IoSlice::new(b"records")])
        .unwrap();
    let blocks = || fs::metadata(&path).unwrap().blocks();
    RealStorage.reserve(&file, 1 << 20).unwrap();
    let reserved = blocks();
    assert_eq!(fs::metadata(&path).unwrap().len(), 7);
    RealStorage.truncate(&file, 7).unwrap();
    // A file system that cannot reserve has nothing to give back.
    assert!(reserved < (1 << 20) / 512 || blocks() <= 16);
    assert_eq!(fs::read(&path).unwrap(), b"records");
}

#[test]
fn write_back_begins_anywhere_in_a_file_and_changes_nothing() {
    let (_directory, file) = file();
    RealStorage
        .write_at(&file, 0, &[IoSlice::new(b"records")])
        .unwrap();
    for (position, length) in [(0, 7), (0, 1 << 20), (4096, 4096)] {
        RealStorage
            .start_write_back(&file, position, length)
            .unwrap();
    }
    assert_eq!(read(&file, 100), b"records");
    let error = RealStorage.start_write_back(&file, u64::MAX, 1);
    error.expect_err("no file is that large");
}
