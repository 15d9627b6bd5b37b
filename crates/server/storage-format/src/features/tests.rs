//! Levels of new clusters.

use super::*;

fn levels(
    release: Option<&str>,
    wanted: &[(&str, i16)],
    dynamic: bool,
) -> Result<FeatureLevels, String> {
    let wanted = wanted
        .iter()
        .map(|(name, level)| ((*name).to_owned(), *level))
        .collect();
    let latest = MetadataVersion::LATEST_PRODUCTION;
    FeatureLevels::new(release, &wanted, dynamic, latest).map_err(|error| error.to_string())
}

#[test]
fn a_release_implies_the_defaults_of_its_time() {
    let names = |levels: FeatureLevels| {
        let records = bootstrap_records(&levels);
        let shown = records
            .iter()
            .map(|r| format!("{}={}", r.name, r.feature_level));
        shown.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(
        names(levels(None, &[], true).unwrap()),
        "metadata.version=30 eligible.leader.replicas.version=1 group.version=1 share.version=1 \
         streams.version=1 transaction.version=2"
    );
    assert_eq!(
        names(levels(Some("4.0"), &[("share.version", 0)], true).unwrap()),
        "metadata.version=25 group.version=1 transaction.version=2"
    );
    assert_eq!(
        names(levels(Some("3.7"), &[], false).unwrap()),
        "metadata.version=19"
    );
}

#[test]
fn what_cannot_be_is_refused() {
    let refused = |release, wanted: &[(&str, i16)], dynamic, start: &str| {
        let why = levels(release, wanted, dynamic).unwrap_err();
        assert!(why.starts_with(start), "{why}");
    };
    refused(
        Some("9"),
        &[],
        true,
        "Unknown metadata.version '9'. Supported",
    );
    refused(
        Some("4.3"),
        &[("metadata.version", 30)],
        true,
        "Use --release-version instead of",
    );
    refused(
        None,
        &[("metadata.version", 31)],
        true,
        "metadata.version 4.4-IV0 is not yet stable.",
    );
    refused(
        None,
        &[("metadata.version", 32)],
        true,
        "No MetadataVersion with feature level 32",
    );
    refused(
        None,
        &[("kraft.version", 0)],
        true,
        "Cannot set kraft.version to 0",
    );
    refused(
        None,
        &[("kraft.version", 1)],
        false,
        "Cannot set kraft.version to 1 unless",
    );
    refused(
        None,
        &[("foo", 1)],
        true,
        "Unsupported feature: foo. Supported features are: elig",
    );
    refused(
        None,
        &[("group.version", 9)],
        true,
        "No feature:group.version with feature level 9",
    );
    let needs = [("eligible.leader.replicas.version", 1)];
    refused(
        Some("3.9"),
        &needs,
        true,
        "eligible.leader.replicas.version could not be set to 1",
    );
}
