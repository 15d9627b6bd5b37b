//! Log directories as a node finds and leaves them.

use ottla_types::{PartitionIndex, TopicName};

use super::*;
use crate::MemoryStorage;
use crate::storage::write_file;

fn formatted() -> (MemoryStorage, LogDirectory<MemoryStorage>) {
    let storage = MemoryStorage::new();
    storage.create_directory(Path::new("/data")).unwrap();
    storage.sync_directory(Path::new("/")).unwrap();
    (storage.clone(), LogDirectory::new(storage, "/data"))
}

fn partition(number: i32) -> TopicPartition {
    TopicPartition {
        topic: TopicName::from("topic"),
        partition: PartitionIndex(number),
    }
}

#[test]
fn replicas_are_listed_and_foreign_directories_refused() {
    let (storage, directory) = formatted();
    for name in [
        "topic-0",
        "topic-1",
        "__cluster_metadata-0",
        "remote-log-index-cache",
    ] {
        storage
            .create_directory(&directory.path().join(name))
            .unwrap();
    }
    write_file(&storage, Path::new("/data/any-file"), b"").unwrap();
    let replicas = directory.replicas().unwrap();
    let names: Vec<&str> = replicas
        .iter()
        .map(|replica| replica.name.as_str())
        .collect();
    assert_eq!(names, ["topic-0", "topic-1"]);
    assert!(directory.has_cluster_metadata());
    storage
        .create_directory(Path::new("/data/private"))
        .unwrap();
    let error = directory.replicas().unwrap_err();
    assert_eq!(error.remedy(), crate::Remedy::Stop);
}

#[test]
fn the_clean_shutdown_marker_is_kafkas() {
    let (storage, directory) = formatted();
    assert_eq!(directory.clean_shutdown().unwrap(), None);
    let marker = CleanShutdown { broker_epoch: 13 };
    directory.store_clean_shutdown(&marker).unwrap();
    let bytes = read_file(&storage, Path::new("/data/.kafka_cleanshutdown")).unwrap();
    assert_eq!(bytes.unwrap(), b"{\"version\":0,\"brokerEpoch\":13}");
    assert_eq!(directory.clean_shutdown().unwrap(), Some(marker));
    directory.remove_clean_shutdown().unwrap();
    let after = LogDirectory::new(storage.power_cut(), "/data");
    assert_eq!(after.clean_shutdown().unwrap(), None);
    for text in ["", "{}", "x", "{\"version\":1,\"brokerEpoch\":13}"] {
        write_file(
            &storage,
            Path::new("/data/.kafka_cleanshutdown"),
            text.as_bytes(),
        )
        .unwrap();
        let unknown = CleanShutdown { broker_epoch: -1 };
        assert_eq!(
            directory.clean_shutdown().unwrap(),
            Some(unknown),
            "{text:?}"
        );
    }
}

#[test]
fn checkpoints_are_kept_apart() {
    let (_storage, directory) = formatted();
    for (number, checkpoint) in (0..).zip(OffsetCheckpoint::ALL) {
        let offsets = BTreeMap::from([(partition(number), Offset(number.into()))]);
        directory.store_checkpoint(checkpoint, &offsets).unwrap();
    }
    for (number, checkpoint) in (0..).zip(OffsetCheckpoint::ALL) {
        let offsets = directory.load_checkpoint(checkpoint).unwrap();
        assert_eq!(
            offsets.get(&partition(number)),
            Some(&Offset(number.into()))
        );
        assert_eq!(offsets.len(), 1);
    }
}

#[test]
fn a_replica_is_retired_at_once_and_removed_later() {
    let (storage, directory) = formatted();
    let path = directory.replica_path(&partition(3));
    storage.create_directory(&path).unwrap();
    write_file(&storage, &path.join("00000000000000000000.log"), b"x").unwrap();
    storage.sync_directory(&path).unwrap();
    storage.sync_directory(Path::new("/data")).unwrap();
    let retired = directory
        .retire_replica(&partition(3), ReplicaState::Delete, Uuid(77))
        .unwrap();
    let after = LogDirectory::new(storage.power_cut(), "/data");
    assert_eq!(after.replicas().unwrap(), std::slice::from_ref(&retired));
    directory.remove_replica(&retired).unwrap();
    directory.remove_replica(&retired).unwrap();
    assert!(directory.replicas().unwrap().is_empty());
}

#[test]
fn meta_properties_are_stored_and_found_after_a_power_cut() {
    let (storage, directory) = formatted();
    assert_eq!(directory.load_meta_properties().unwrap(), None);
    let properties = MetaProperties {
        version: 1,
        cluster_id: Some("cluster".to_owned()),
        node_id: Some(ottla_types::NodeId(1)),
        directory_id: Some(Uuid(1 << 100)),
        written_at: ottla_types::TimestampMs(0),
    };
    directory.store_meta_properties(&properties).unwrap();
    let after = LogDirectory::new(storage.power_cut(), "/data");
    assert_eq!(after.load_meta_properties().unwrap(), Some(properties));
}
