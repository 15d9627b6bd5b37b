//! The feature levels this node can work at: whose records it replays and preserves.

use ottla_metadata::{Feature, METADATA_VERSION, MetadataVersion, VersionRange};

/// Every feature with its range, as registered and as told to clients.
#[must_use]
pub fn supported_features() -> Vec<(&'static str, VersionRange)> {
    let metadata = VersionRange {
        minimum: MetadataVersion::MINIMUM.level(),
        maximum: MetadataVersion::LATEST.level(),
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
