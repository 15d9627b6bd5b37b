//! The feature levels this node can work at: whose records it replays and preserves.

use ottla_metadata::{Feature, METADATA_VERSION, MetadataVersion, VersionRange};

/// Every feature with its range, as registered and as told to clients. What is not stable belongs
/// to it only with `unstable.feature.versions.enable`.
#[must_use]
pub fn supported_features(
    unstable_feature_versions_enable: bool,
) -> Vec<(&'static str, VersionRange)> {
    let metadata = VersionRange {
        minimum: MetadataVersion::MINIMUM.level(),
        maximum: MetadataVersion::latest(unstable_feature_versions_enable).level(),
    };
    let others = Feature::ALL.into_iter().map(|feature| {
        (
            feature.name(),
            VersionRange {
                minimum: 0,
                maximum: feature.latest(),
            },
        )
    });
    std::iter::once((METADATA_VERSION, metadata))
        .chain(others)
        .collect()
}
