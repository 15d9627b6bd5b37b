//! Snapshots read what they write, and nothing that is cut or continued.

use bytes::Bytes;
use ottla_messages::feature_level_record::FeatureLevelRecord;
use ottla_messages::metadata_record::MetadataRecord;
use ottla_messages::no_op_record::NoOpRecord;
use ottla_metadata::MetadataVersion;
use ottla_types::{LeaderEpoch, TimestampMs};

use super::{Snapshot, batches_of};

fn level_25() -> MetadataRecord {
    FeatureLevelRecord {
        name: "metadata.version".into(),
        feature_level: 25,
    }
    .into()
}

fn version() -> MetadataVersion {
    MetadataVersion::from_level(25).unwrap()
}

fn encoded(snapshot: &Snapshot) -> Bytes {
    let bytes = snapshot.encode(LeaderEpoch(3), version(), TimestampMs(1_700_000_000_000));
    bytes.unwrap().into()
}

#[test]
fn a_snapshot_is_read_back() {
    let snapshot = Snapshot {
        last_contained_timestamp: 12,
        records: vec![level_25(), NoOpRecord::default().into()],
        ..Snapshot::default()
    };
    let bytes = encoded(&snapshot);
    assert_eq!(Snapshot::decode(&bytes).unwrap(), snapshot);
}

#[test]
fn an_empty_snapshot_has_header_and_footer() {
    let snapshot = Snapshot::default();
    // The sizes of Kafka's two batches: 83 and 75 bytes.
    assert_eq!(encoded(&snapshot).len(), 83 + 75);
    assert_eq!(Snapshot::decode(&encoded(&snapshot)).unwrap(), snapshot);
}

#[test]
fn whatever_is_cut_or_continued_is_refused() {
    let snapshot = Snapshot {
        records: vec![level_25()],
        ..Snapshot::default()
    };
    let bytes = encoded(&snapshot);
    for length in 0..bytes.len() {
        assert!(
            Snapshot::decode(&bytes.slice(..length)).is_err(),
            "{length}"
        );
    }
    assert!(Snapshot::decode(&bytes.slice(83..)).is_err(), "no header");
    let twice: Bytes = [&bytes[..], &bytes[..]].concat().into();
    assert!(Snapshot::decode(&twice).is_err(), "two footers");
}

#[test]
fn a_flipped_bit_is_refused() {
    let mut bytes = encoded(&Snapshot::default()).to_vec();
    bytes[70] ^= 1;
    assert!(Snapshot::decode(&bytes.into()).is_err());
}

#[test]
fn large_contents_are_cut_into_batches_in_order() {
    let values: Vec<Bytes> = (0..5).map(|n| vec![n; 400_000].into()).collect();
    let batches = batches_of(&values);
    assert_eq!(
        batches.iter().map(|b| b.len()).collect::<Vec<_>>(),
        [2, 2, 1]
    );
    assert_eq!(batches.concat(), values);
}
