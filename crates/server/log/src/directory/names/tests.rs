//! Names of directories, good and bad.

use super::*;

fn of(topic: &str, partition: i32) -> TopicPartition {
    TopicPartition {
        topic: topic.into(),
        partition: PartitionIndex(partition),
    }
}

#[test]
fn names_split_at_the_last_dash() {
    let parsed = |name: &str| {
        ReplicaDirectory::parse(name).map(|replica| (replica.partition, replica.state))
    };
    assert_eq!(
        parsed("a-b.c_d-12"),
        Some((of("a-b.c_d", 12), ReplicaState::Live))
    );
    let id = "0123456789abcdef0123456789abcdef";
    assert_eq!(
        parsed(&format!("a.b-3.{id}-delete")),
        Some((of("a.b", 3), ReplicaState::Delete))
    );
    assert_eq!(
        parsed(&format!("a-3.{id}-future")),
        Some((of("a", 3), ReplicaState::Future))
    );
    assert_eq!(
        parsed(&format!("a-3.{id}-stray")),
        Some((of("a", 3), ReplicaState::Stray))
    );
}

#[test]
fn other_names_are_no_replicas() {
    for name in [
        "private",
        "private-x",
        "-0",
        "a-",
        "a--",
        "a-+1",
        "a-3-delete",
        "a-99999999999",
        "",
    ] {
        assert_eq!(ReplicaDirectory::parse(name), None, "{name}");
    }
}

#[test]
fn retired_names_are_read_back_and_fit_the_file_system() {
    let long = "x".repeat(249);
    for state in [ReplicaState::Delete, ReplicaState::Stray] {
        let retired = ReplicaDirectory::retired(&of(&long, 100), state, Uuid(7));
        assert_eq!(retired.name.len(), NAME_MAX);
        let parsed = ReplicaDirectory::parse(&retired.name).unwrap();
        assert_eq!(parsed.state, state);
        assert_eq!(parsed.partition.partition, PartitionIndex(100));
    }
    let future = ReplicaDirectory::retired(&of("a", 0), ReplicaState::Future, Uuid(7));
    assert_eq!(future.name, "a-0.00000000000000000000000000000007-future");
}
