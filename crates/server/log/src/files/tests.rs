//! File names there and back.

use super::*;

#[test]
fn names_read_and_write_back() {
    for name in [
        "00000000000000000042.log",
        "00000000000000000042.index",
        "00000000000000000042.timeindex.cleaned",
        "00000000000000000042.txnindex.swap",
        "00000000000000000042.snapshot.deleted",
    ] {
        let parsed = FileName::parse(name).unwrap();
        assert_eq!(parsed.offset, Offset(42));
        assert_eq!(parsed.to_string(), name);
    }
}

#[test]
fn other_files_are_nothing_of_a_segment() {
    for name in [
        "leader-epoch-checkpoint",
        "partition.metadata",
        "quorum-state",
        "00000000000000000042.checkpoint",
        "x.log",
        ".log",
        "-1.log",
        "99999999999999999999.log",
        "42",
        "",
        "é.log",
    ] {
        assert_eq!(FileName::parse(name), None, "{name}");
    }
}

#[test]
fn metadata_snapshots_have_names_of_their_own() {
    let name = snapshot_file_name(Offset(7), LeaderEpoch(3));
    assert_eq!(name, "00000000000000000007-0000000003.checkpoint");
    assert_eq!(
        parse_snapshot_file_name(&name),
        Some((Offset(7), LeaderEpoch(3)))
    );
    assert_eq!(parse_snapshot_file_name("bootstrap.checkpoint"), None);
    assert_eq!(parse_snapshot_file_name(&format!("{name}.part")), None);
}
