//! Log directories that cannot be used, from the start or from some point on.

use std::fs;
use std::path::{Path, PathBuf};

use ottla_messages::ErrorCode;
use ottla_messages::create_topics_request::{CreatableTopic, CreateTopicsRequest};
use ottla_test_node::{
    Client, PRODUCE_BY_NAME, TestNode, batch, fail_syncs, mend_syncs, only_produced,
    produce_request,
};
use tempfile::TempDir;

/// Two directories of one node, that with the metadata first.
struct Pair {
    first: TestNode,
    _second: TempDir,
    path: PathBuf,
}

impl Pair {
    fn new() -> Pair {
        let mut first = TestNode::start();
        first.stop();
        let second = tempfile::tempdir().unwrap();
        let path = second.path().join("second");
        fs::create_dir(&path).unwrap();
        let properties = fs::read_to_string(first.directory().join("meta.properties")).unwrap();
        // The node makes an id up for a directory without one.
        let lines = properties
            .lines()
            .filter(|line| !line.starts_with("directory.id"));
        let text: String = lines.map(|line| format!("{line}\n")).collect();
        fs::write(path.join("meta.properties"), text).unwrap();
        Pair {
            first,
            _second: second,
            path,
        }
    }

    fn start(&self) -> TestNode {
        self.start_with("os")
    }

    fn start_with(&self, durability: &str) -> TestNode {
        let first = self.first.directory().display().to_string();
        let both = format!("{first},{}", self.path.display());
        TestNode::with(&[
            ("log.dirs", &both),
            ("metadata.log.dir", &first),
            ("ottla.durability", durability),
        ])
    }

    /// Puts a file where the second directory was; where it is now.
    fn break_second(&self) -> PathBuf {
        let aside = self.path.with_extension("aside");
        fs::rename(&self.path, &aside).unwrap();
        fs::write(&self.path, "in the way").unwrap();
        aside
    }

    fn mend_second(&self, aside: &Path) {
        fs::remove_file(&self.path).unwrap();
        fs::rename(aside, &self.path).unwrap();
    }
}

fn produce(client: &mut Client, partition: i32, value: &str) -> ErrorCode {
    let request = produce_request("t", partition, -1, batch(&[value]));
    ErrorCode(only_produced(client.call(9, &request)).error_code)
}

#[test]
fn a_directory_that_cannot_be_used_is_left_out_and_nothing_in_it_is_made_anew() {
    let pair = Pair::new();
    let mut node = pair.start();
    let mut client = node.client();
    client.create_topic("t", 4, &[]);
    for partition in 0..4 {
        client.produce_values("t", partition, &["before"]);
    }
    node.stop();

    let aside = pair.break_second();
    let mut node = pair.start();
    let mut client = node.client();
    let answers: Vec<ErrorCode> = (0..4)
        .map(|partition| produce(&mut client, partition, "while broken"))
        .collect();
    for (partition, answer) in (0..).zip(&answers) {
        let is_aside = aside.join(format!("t-{partition}")).exists();
        let expected = if is_aside {
            ErrorCode::KAFKA_STORAGE_ERROR
        } else {
            ErrorCode::NONE
        };
        assert_eq!(*answer, expected, "partition {partition}");
    }
    assert!(
        answers.contains(&ErrorCode::NONE) && answers.contains(&ErrorCode::KAFKA_STORAGE_ERROR)
    );
    client.create_topic("new", 3, &[]);
    client.produce_values("new", 2, &["taken"]);
    node.stop();

    pair.mend_second(&aside);
    let node = pair.start();
    let mut client = node.client();
    for partition in 0..4 {
        let values = client.fetch_values("t", partition, 0);
        assert_eq!(values[0], "before");
    }
    assert_eq!(client.fetch_values("new", 2, 0), ["taken"]);
}

#[test]
fn a_broken_checkpoint_takes_its_directory_offline_only() {
    let pair = Pair::new();
    let mut node = pair.start();
    let mut client = node.client();
    client.create_topic("t", 2, &[]);
    node.stop();
    let checkpoint = pair.path.join("recovery-point-offset-checkpoint");
    fs::write(checkpoint, "garbage").unwrap();
    let node = pair.start();
    let mut client = node.client();
    let answers = [0, 1].map(|partition| produce(&mut client, partition, "value"));
    assert!(
        answers.contains(&ErrorCode::NONE) && answers.contains(&ErrorCode::KAFKA_STORAGE_ERROR)
    );
    assert!(node.metrics().contains("logdirectoryoffline"));
}

#[test]
fn a_replica_that_cannot_be_opened_takes_its_directory_offline_only() {
    let pair = Pair::new();
    let mut node = pair.start();
    let mut client = node.client();
    client.create_topic("t", 2, &[]);
    node.stop();
    let broken = (0..2)
        .map(|partition| pair.path.join(format!("t-{partition}")))
        .find(|path| path.exists())
        .unwrap();
    let segment = broken.join("00000000000000000000.log");
    let epochs = broken.join("leader-epoch-checkpoint");
    let _ = fs::remove_file(&epochs);
    fs::create_dir(&epochs).unwrap();
    assert!(segment.exists());
    let node = pair.start();
    let mut client = node.client();
    let answers = [0, 1].map(|partition| produce(&mut client, partition, "value"));
    assert!(
        answers.contains(&ErrorCode::NONE) && answers.contains(&ErrorCode::KAFKA_STORAGE_ERROR)
    );
    assert!(broken.exists());
}

#[test]
fn a_directory_whose_sync_fails_goes_offline_and_the_other_goes_on() {
    let pair = Pair::new();
    let mut node = pair.start_with("fsync");
    let mut client = node.client();
    client.create_topic("t", 4, &[]);
    let is_broken: Vec<bool> = (0..4)
        .map(|partition| pair.path.join(format!("t-{partition}")).exists())
        .collect();
    assert!(is_broken.contains(&true) && is_broken.contains(&false));
    for partition in 0..4 {
        client.produce_values("t", partition, &["before"]);
    }
    let assert_answers = |client: &mut Client| {
        for (partition, is_broken) in (0..).zip(&is_broken) {
            let expected = if *is_broken {
                ErrorCode::KAFKA_STORAGE_ERROR
            } else {
                ErrorCode::NONE
            };
            let answer = produce(client, partition, "value");
            assert_eq!(answer, expected, "partition {partition}");
        }
    };
    fail_syncs(&pair.path);
    assert_answers(&mut client);
    // A device tells of what it has lost once; that the next sync succeeds means nothing.
    mend_syncs(&pair.path);
    assert_answers(&mut client);
    assert_answers(&mut node.client());
    assert!(!node.has_halted());
    node.stop();

    let node = pair.start_with("fsync");
    let mut client = node.client();
    for (partition, is_broken) in (0..).zip(is_broken) {
        let values = client.fetch_values("t", partition, 0);
        assert_eq!(values[0], "before");
        if !is_broken {
            assert_eq!(values, ["before", "value", "value", "value"]);
        }
    }
}

#[test]
fn a_node_whose_only_directory_fails_halts_and_acknowledges_nothing_more() {
    let node = TestNode::with(&[("ottla.durability", "fsync")]);
    let mut client = node.client();
    client.create_topic("t", 2, &[]);
    client.produce_values("t", 0, &["before"]);
    client.produce_values("t", 1, &["before"]);
    let log = node.directory().join("t-0");
    fail_syncs(&log);
    let waiting: Vec<_> = (0..10)
        .map(|_| {
            let request = produce_request("t", 0, -1, batch(&["lost"]));
            client.send(PRODUCE_BY_NAME, &request)
        })
        .collect();
    for waiting in waiting {
        let produced = only_produced(client.receive(waiting));
        let error = ErrorCode(produced.error_code);
        assert_eq!(error, ErrorCode::KAFKA_STORAGE_ERROR);
    }
    while !node.has_halted() {
        std::thread::yield_now();
    }
    mend_syncs(&log);
    for partition in [0, 1] {
        let error = produce(&mut client, partition, "lost");
        assert_eq!(error, ErrorCode::KAFKA_STORAGE_ERROR);
    }
    let again = node.killed_and_restarted();
    for partition in [0, 1] {
        let values = again.client().fetch_values("t", partition, 0);
        assert_eq!(values[0], "before");
    }
}

#[test]
fn a_node_whose_metadata_log_fails_halts() {
    let node = TestNode::start();
    let mut client = node.client();
    client.create_topic("before", 1, &[]);
    let log = node.directory().join("__cluster_metadata-0");
    fail_syncs(&log);
    let create = CreateTopicsRequest {
        topics: vec![CreatableTopic {
            name: "lost".into(),
            num_partitions: 1,
            replication_factor: 1,
            ..CreatableTopic::default()
        }],
        timeout_ms: 10_000,
        validate_only: false,
    };
    let created = client.call(7, &create).topics.remove(0);
    let error = ErrorCode(created.error_code);
    assert_eq!(error, ErrorCode::NOT_CONTROLLER);
    while !node.has_halted() {
        std::thread::yield_now();
    }
    mend_syncs(&log);
}
