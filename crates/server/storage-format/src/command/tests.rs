//! What Kafka 4.3.1 answers to the same command lines.

use std::path::Path;

use tempfile::TempDir;

use super::*;

fn kafka_storage(arguments: &[&str]) -> (u8, String, String) {
    let arguments: Vec<String> = arguments.iter().map(|word| (*word).to_owned()).collect();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let code = run(&arguments, &mut out, &mut err);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (code, text(out), text(err))
}

fn node(directory: &Path, more: &str) -> String {
    let shown = directory.display();
    let path = directory.join("server.properties");
    let file = format!(
        "process.roles=broker,controller\nnode.id=1\n\
         listeners=PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093\n\
         controller.listener.names=CONTROLLER\nlog.dirs={shown}/a,{shown}/b\n{more}\n"
    );
    fs::write(&path, file).unwrap();
    path.to_str().unwrap().to_owned()
}

const DYNAMIC: &str = "controller.quorum.bootstrap.servers=127.0.0.1:9093";

#[test]
fn the_features_of_a_release_are_told() {
    let (code, out, _) = kafka_storage(&["version-mapping", "--release-version", "4.0"]);
    assert_eq!(code, 0);
    assert_eq!(
        out,
        "metadata.version=25 (4.0)\nkraft.version=1\ntransaction.version=2\ngroup.version=1\n\
         eligible.leader.replicas.version=0\nshare.version=0\nstreams.version=0\n"
    );
    let (code, out, _) = kafka_storage(&["version-mapping"]);
    assert_eq!(code, 0);
    assert!(out.starts_with("metadata.version=30 (4.3-IV0)\n"));
    let (code, out, err) = kafka_storage(&["version-mapping", "-r", "9.9"]);
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(
        err.starts_with("Unknown metadata.version '9.9'. Supported metadata.version are: 3.3-")
    );
}

#[test]
fn dependencies_of_features_are_told() {
    let told = |feature| {
        let (code, out, err) = kafka_storage(&["feature-dependencies", "--feature", feature]);
        format!("{code} {out}{err}")
    };
    assert_eq!(
        told("eligible.leader.replicas.version=1"),
        "0 eligible.leader.replicas.version=1 requires:\n    metadata.version=23 (4.0-IV1)\n"
    );
    assert_eq!(
        told("metadata.version=30"),
        "0 metadata.version=30 (4.3-IV0) has no dependencies.\n"
    );
    assert_eq!(told("metadata.version=6"), "1 Unknown metadata.version 6\n");
    assert_eq!(told("x=1"), "1 Unknown feature: x\n");
    assert_eq!(
        told("x"),
        "1 Invalid feature format: x. Expected format: 'feature=version' (e.g. \
         'group.version=1')\n"
    );
    assert_eq!(
        told("group.version=9"),
        "1 Feature level 9 is not supported for feature group.version\n"
    );
}

#[test]
fn a_node_is_formatted_once() {
    let directory = TempDir::new().unwrap();
    let config = node(directory.path(), DYNAMIC);
    let shown = directory.path().display();
    let format = [
        "format",
        "--cluster-id",
        "abc",
        "--config",
        &config,
        "--standalone",
    ];

    let (code, out, _) = kafka_storage(&["info", "--config", &config]);
    assert_eq!(code, 1);
    assert_eq!(
        out,
        format!("Found problems:\n  {shown}/a does not exist\n  {shown}/b does not exist\n\n")
    );

    let (code, out, err) = kafka_storage(&format);
    assert_eq!((code, err.as_str()), (0, ""));
    let lines: Vec<&str> = out.lines().collect();
    assert!(lines[0].starts_with(
        "Bootstrap metadata: BootstrapMetadata(records=[ApiMessageAndVersion(FeatureLevelRecord(\
         name='metadata.version', featureLevel=30) at version 0), "
    ));
    assert!(lines[0].ends_with("], metadataVersionLevel=30, source=format command)"));
    assert_eq!(
        lines[1..],
        [
            format!(
                "Formatting dynamic metadata voter directory {shown}/a with metadata.version \
                 4.3-IV0."
            ),
            format!("Formatting data directory {shown}/b with metadata.version 4.3-IV0."),
        ]
    );

    let (code, out, err) = kafka_storage(&format);
    assert_eq!((code, out.as_str()), (1, ""));
    assert_eq!(
        err,
        format!(
            "Log directory {shown}/a is already formatted. Use --ignore-formatted to ignore this \
             directory and format the others.\n"
        )
    );
    let again = [&format[..], &["--ignore-formatted"]].concat();
    let (code, out, _) = kafka_storage(&again);
    assert_eq!(
        (code, out.as_str()),
        (0, "All of the log directories are already formatted.\n")
    );

    let (code, out, _) = kafka_storage(&["info", "--config", &config]);
    assert_eq!(code, 0);
    assert!(out.starts_with(&format!(
        "Found log directories:\n  {shown}/a\n  {shown}/b\n\nFound metadata: {{cluster.id=abc, \
         directory.id="
    )));
    assert!(out.ends_with(", node.id=1, version=1}\n\n"));
}

#[test]
fn a_new_disk_is_added_to_a_formatted_node_but_not_to_another_cluster() {
    let directory = TempDir::new().unwrap();
    let config = node(directory.path(), DYNAMIC);
    let format = |cluster: &str| {
        kafka_storage(&[
            "format",
            "-t",
            cluster,
            "-c",
            &config,
            "-N",
            "--ignore-formatted",
        ])
    };
    assert_eq!(format("abc").0, 0);
    fs::remove_dir_all(directory.path().join("b")).unwrap();
    let (code, _, err) = format("other");
    assert_eq!(code, 1);
    assert!(err.contains("Expected other, but read abc"), "{err}");
    let (code, out, _) = format("abc");
    assert_eq!(code, 0);
    assert!(out.contains("Formatting data directory"), "{out}");
    assert!(directory.path().join("b/meta.properties").exists());
}

#[test]
fn the_voters_must_be_told_in_one_way() {
    let directory = TempDir::new().unwrap();
    let config = node(directory.path(), DYNAMIC);
    let (code, _, err) = kafka_storage(&["format", "-t", "abc", "-c", &config]);
    assert_eq!(code, 1);
    assert!(err.starts_with("Because controller.quorum.voters is not set on this controller"));
    let config = node(
        directory.path(),
        "controller.quorum.voters=1@127.0.0.1:9093",
    );
    let (code, _, err) = kafka_storage(&["format", "-t", "abc", "-c", &config, "-s"]);
    assert_eq!(code, 1);
    assert!(err.starts_with("You cannot specify controller.quorum.voters and format the node"));
    let (code, out, _) = kafka_storage(&["format", "-t", "abc", "-c", &config]);
    assert_eq!(code, 0);
    assert!(out.contains("Formatting metadata directory"));
    assert!(!directory.path().join("a/__cluster_metadata-0").exists());
}

#[test]
fn what_is_not_there_yet_is_refused() {
    let directory = TempDir::new().unwrap();
    let config = node(directory.path(), DYNAMIC);
    let scram = "SCRAM-SHA-256=[name=alice,password=alice-secret]";
    let (code, _, err) = kafka_storage(&["format", "-t", "abc", "-c", &config, "-s", "-S", scram]);
    assert_eq!(code, 1);
    assert!(err.starts_with("--add-scram is not supported yet"), "{err}");
    assert!(!directory.path().join("a").exists());
    let (code, _, err) = kafka_storage(&["format", "-t", "abc", "-c", "/no/such/file", "-s"]);
    assert_eq!(code, 1);
    assert!(err.starts_with("Cannot read /no/such/file"), "{err}");
}

#[test]
fn ids_are_new_each_time() {
    let (code, first, _) = kafka_storage(&["random-uuid"]);
    let (_, second, _) = kafka_storage(&["random-uuid"]);
    assert_eq!((code, first.len()), (0, 23));
    assert_ne!(first, second);
}
