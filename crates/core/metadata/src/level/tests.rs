//! Levels, their names and what they switch.

use super::*;

#[test]
fn a_release_stands_for_its_highest_level() {
    let level = |text| {
        MetadataVersion::from_text(text, MetadataVersion::LATEST_PRODUCTION)
            .map(MetadataVersion::level)
    };
    assert_eq!(level("4.3"), Some(30));
    assert_eq!(level("4.3.1"), Some(30));
    assert_eq!(level("3.7"), Some(19));
    assert_eq!(level("4.0-IV0"), Some(22));
    for text in ["4.4", "4.3-IV1", "4", "", "4.3.x", "3.2", "4.3."] {
        assert_eq!(level(text), None, "{text}");
    }
}

#[test]
fn an_unstable_level_is_known_only_where_it_may_be_used() {
    let level = |text, unstable| {
        MetadataVersion::from_text(text, MetadataVersion::latest(unstable))
            .map(MetadataVersion::level)
    };
    assert_eq!(level("4.4-IV0", false), None);
    assert_eq!(level("4.4-IV0", true), Some(31));
    assert_eq!(level("4.4", true), Some(31));
    assert_eq!(level("4.3", true), Some(30));
}

#[test]
fn a_change_of_format_between_two_levels_is_found_in_both_directions() {
    let version = |level| MetadataVersion::from_level(level).unwrap();
    assert!(version(25).metadata_changes_between(version(30)));
    assert!(version(30).metadata_changes_between(version(29)));
    assert!(!version(25).metadata_changes_between(version(29)));
    assert!(!version(30).metadata_changes_between(version(30)));
}

#[test]
fn levels_outside_the_table_are_refused() {
    assert_eq!(MetadataVersion::from_level(6), None);
    assert_eq!(MetadataVersion::from_level(32), None);
    assert_eq!(MetadataVersion::all_to(MetadataVersion::LATEST).count(), 25);
    assert_eq!(MetadataVersion::LATEST_PRODUCTION.name(), "4.3-IV0");
}

#[test]
fn record_versions_follow_the_level() {
    let versions = |level| {
        let version = MetadataVersion::from_level(level).unwrap();
        (
            version.partition_record_version(),
            version.register_broker_record_version(),
        )
    };
    assert_eq!(versions(7), (0, 1));
    assert_eq!(versions(8), (0, 2));
    assert_eq!(versions(17), (1, 3));
    assert_eq!(versions(23), (2, 3));
    assert_eq!(versions(30), (2, 4));
    assert_eq!(versions(31), (2, 4));
}
