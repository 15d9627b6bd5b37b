//! `meta.properties`, compared with Kafka's.

use super::*;

const KAFKA: &str = "#\n#Fri Nov 20 11:41:48 UTC 2026\nnode.id=1\n\
    directory.id=PEW1F6W0SV6usd8rOKpwDg\nversion=1\ncluster.id=MkU3OEVBNTcwNTJENDM2Qg\n";

#[test]
fn the_file_that_kafka_wrote_reads_and_writes_back() {
    let mut properties = MetaProperties::parse(KAFKA.as_bytes()).unwrap();
    assert_eq!(properties.node_id, Some(NodeId(1)));
    assert_eq!(
        properties.cluster_id.as_deref(),
        Some("MkU3OEVBNTcwNTJENDM2Qg")
    );
    properties.written_at = TimestampMs(1_795_174_908_000);
    assert_eq!(properties.to_string(), KAFKA);
}

#[test]
fn dates_are_right_around_leap_days() {
    let shown = |seconds: i64| JavaDate(TimestampMs(seconds * 1000)).to_string();
    assert_eq!(shown(0), "Thu Jan 01 00:00:00 UTC 1970");
    assert_eq!(shown(951_782_400), "Tue Feb 29 00:00:00 UTC 2000");
    assert_eq!(shown(951_868_800), "Wed Mar 01 00:00:00 UTC 2000");
    assert_eq!(shown(1_709_251_199), "Thu Feb 29 23:59:59 UTC 2024");
}

#[test]
fn version_0_has_a_broker_id() {
    let parsed = MetaProperties::parse(b"broker.id=3\ncluster.id=abc\n").unwrap();
    assert_eq!((parsed.version, parsed.node_id), (0, Some(NodeId(3))));
    assert_eq!(parsed.directory_id, None);
}

#[test]
fn what_a_file_cannot_say_is_refused() {
    for text in [
        "version=2\nnode.id=1\ncluster.id=a\n",
        "version=1\nnode.id=1\n",
        "node.id=1\ncluster.id=a\n",
        "garbage",
        "",
        "version=1\ncluster.id=a\n",
        "version=1\nnode.id=-1\ncluster.id=a\n",
        "version=1\nnode.id=x\ncluster.id=a\n",
        "version=1\nnode.id=1\ncluster.id=a\ndirectory.id=AAAAAAAAAAAAAAAAAAAAAQ\n",
        "version=1\nnode.id=1\ncluster.id=a\ndirectory.id=short\n",
    ] {
        assert!(MetaProperties::parse(text.as_bytes()).is_err(), "{text:?}");
    }
}

#[test]
fn directories_must_agree_with_each_other_and_the_node() {
    let of = |node_id: i32, cluster_id: &str, directory_id: u128| MetaProperties {
        version: 1,
        cluster_id: Some(cluster_id.to_owned()),
        node_id: Some(NodeId(node_id)),
        directory_id: Some(Uuid(directory_id)),
        written_at: TimestampMs(0),
    };
    let identify = |found: Vec<Option<MetaProperties>>| {
        let paths = ["/a", "/b"].map(PathBuf::from);
        let directories: Vec<_> = paths.into_iter().zip(found).collect();
        identify_directories(&directories, NodeId(1))
    };
    let good = identify(vec![Some(of(1, "c", 500)), Some(of(1, "c", 501))]).unwrap();
    assert_eq!(good.cluster_id, "c");
    assert_eq!(good.directory_ids, [Some(Uuid(500)), Some(Uuid(501))]);
    assert!(identify(vec![Some(of(1, "c", 500)), None]).is_err());
    assert!(identify(vec![Some(of(2, "c", 500))]).is_err());
    assert!(identify(vec![Some(of(1, "c", 500)), Some(of(1, "d", 501))]).is_err());
    assert!(identify(vec![Some(of(1, "c", 500)), Some(of(1, "c", 500))]).is_err());
}
