//! Checkpoints, compared with Kafka's and through crashes.

use super::*;
use crate::storage::write_file;
use crate::testing::{directory, storage};

fn path() -> std::path::PathBuf {
    directory().join("recovery-point-offset-checkpoint")
}

fn load(text: &str) -> Result<BTreeMap<TopicPartition, Offset>, LogError> {
    let storage = storage();
    storage.create_directory(&directory()).unwrap();
    write_file(&storage, &path(), text.as_bytes()).unwrap();
    load_offsets(&storage, &path())
}

#[test]
fn kafkas_checkpoint_reads_and_is_written_alike() {
    let offsets = load("0\n3\n__consumer_offsets 0 16\ntxn 0 9\nplain 0 2\n").unwrap();
    assert_eq!(offsets.len(), 3);
    let storage = storage();
    storage.create_directory(&directory()).unwrap();
    store_offsets(&storage, &path(), &offsets).unwrap();
    let bytes = read_file(&storage, &path()).unwrap().unwrap();
    assert_eq!(
        bytes,
        b"0\n3\n__consumer_offsets 0 16\nplain 0 2\ntxn 0 9\n"
    );
    store_offsets(&storage, &path(), &BTreeMap::new()).unwrap();
    assert_eq!(read_file(&storage, &path()).unwrap().unwrap(), b"0\n0\n");
}

#[test]
fn absent_and_empty_files_have_no_entries() {
    assert!(load_offsets(&storage(), &path()).unwrap().is_empty());
    assert!(load("").unwrap().is_empty());
    assert!(load("0\n").unwrap().is_empty());
    assert!(load("0\n0\n").unwrap().is_empty());
}

#[test]
fn other_versions_counts_and_lines_are_corrupt() {
    for text in [
        "1\n0\n",
        "0\n2\na 0 1\n",
        "0\n1\na 0 1\nb 0 1\n",
        "0\n1\na 0\n",
        "0\n1\na 0 1 2\n",
        "0\n1\na x 1\n",
        "0\nx\n",
    ] {
        assert!(
            matches!(load(text), Err(LogError::Corrupt { .. })),
            "{text:?}"
        );
    }
}

#[test]
fn leader_epochs_read_as_kafka_wrote_them() {
    let storage = storage();
    storage.create_directory(&directory()).unwrap();
    let path = directory().join(LEADER_EPOCH_CHECKPOINT);
    write_file(&storage, &path, b"0\n2\n1 0\n2 71\n").unwrap();
    let epochs = load_leader_epochs(&storage, &directory()).unwrap();
    assert_eq!(epochs.entries().len(), 2);
    assert_eq!(epochs.latest().unwrap().start_offset, Offset(71));
    store_leader_epochs(&storage, &directory(), &epochs).unwrap();
    assert_eq!(
        read_file(&storage, &path).unwrap().unwrap(),
        b"0\n2\n1 0\n2 71\n"
    );
}

#[test]
fn a_crash_while_a_checkpoint_is_replaced_leaves_the_old_or_the_new_one() {
    let one = BTreeMap::from([(
        TopicPartition {
            topic: "a".into(),
            partition: PartitionIndex(0),
        },
        Offset(1),
    )]);
    for failing in 0..8 {
        let storage = storage();
        storage.create_directory(&directory()).unwrap();
        storage
            .sync_directory(std::path::Path::new("/data"))
            .unwrap();
        store_offsets(&storage, &path(), &BTreeMap::new()).unwrap();
        storage.fail_from(storage.changes() + failing);
        let stored = store_offsets(&storage, &path(), &one);
        for after in [storage.kill(), storage.power_cut()] {
            let found = load_offsets(&after, &path()).unwrap();
            assert!(found.is_empty() || found == one);
            assert!(
                stored.is_err() || found == one,
                "what was acknowledged stays"
            );
        }
    }
}
