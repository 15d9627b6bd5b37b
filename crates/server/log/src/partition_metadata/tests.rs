//! `partition.metadata`, compared with Kafka's.

use super::*;
use crate::storage::write_file;
use crate::testing::{directory, storage};

#[test]
fn the_id_is_written_as_kafka_writes_it() {
    let storage = storage();
    storage.create_directory(&directory()).unwrap();
    assert_eq!(load_topic_id(&storage, &directory()).unwrap(), None);
    let id: Uuid = "YnTlXczeRMG7I3SSZANifw".parse().unwrap();
    store_topic_id(&storage, &directory(), id).unwrap();
    let bytes = read_file(&storage, &directory().join(PARTITION_METADATA)).unwrap();
    assert_eq!(
        bytes.unwrap(),
        b"version: 0\ntopic_id: YnTlXczeRMG7I3SSZANifw"
    );
    assert_eq!(load_topic_id(&storage, &directory()).unwrap(), Some(id));
}

#[test]
fn other_content_makes_the_directory_unusable() {
    let storage = storage();
    storage.create_directory(&directory()).unwrap();
    for text in [
        "",
        "version: 0\n",
        "version: -1\ntopic_id: YnTlXczeRMG7I3SSZANifw",
        "version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAA",
        "topic_id: YnTlXczeRMG7I3SSZANifw\nversion: 0",
    ] {
        write_file(
            &storage,
            &directory().join(PARTITION_METADATA),
            text.as_bytes(),
        )
        .unwrap();
        let error = load_topic_id(&storage, &directory()).unwrap_err();
        assert_eq!(
            error.remedy(),
            crate::Remedy::TakeDirectoryOffline,
            "{text:?}"
        );
    }
}
