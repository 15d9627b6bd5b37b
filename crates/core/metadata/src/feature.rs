//! The features a cluster finalizes levels of, beside `metadata.version`: their ranges, their
//! default levels in a new cluster, and what they depend on.
//!
//! *Kafka*: `Feature`, KIP-1022.

use crate::MetadataVersion;

/// A feature with levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Feature {
    /// `kraft.version`: 1 for a dynamic quorum. Written as a control record, never as a feature
    /// level.
    Kraft,
    /// `transaction.version`.
    Transaction,
    /// `group.version`: 1 for the consumer group protocol of KIP-848.
    Group,
    /// `eligible.leader.replicas.version`: 1 for KIP-966.
    EligibleLeaderReplicas,
    /// `share.version`: 1 for share groups, KIP-932.
    Share,
    /// `streams.version`: 1 for streams groups, KIP-1071.
    Streams,
}

impl Feature {
    /// Every feature, in Kafka's order.
    pub const ALL: [Feature; 6] = [
        Feature::Kraft,
        Feature::Transaction,
        Feature::Group,
        Feature::EligibleLeaderReplicas,
        Feature::Share,
        Feature::Streams,
    ];

    /// The feature of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Feature> {
        Feature::ALL
            .into_iter()
            .find(|feature| feature.name() == name)
    }

    /// Its name in records and requests.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Feature::Kraft => "kraft.version",
            Feature::Transaction => "transaction.version",
            Feature::Group => "group.version",
            Feature::EligibleLeaderReplicas => "eligible.leader.replicas.version",
            Feature::Share => "share.version",
            Feature::Streams => "streams.version",
        }
    }

    /// The highest level; the lowest is always 0.
    #[must_use]
    pub fn latest(self) -> i16 {
        match self {
            Feature::Transaction => 2,
            _ => 1,
        }
    }

    /// The level a new cluster starts with at a metadata version.
    #[must_use]
    pub fn default_level(self, metadata: MetadataVersion) -> i16 {
        let (from, level) = match self {
            Feature::Kraft => (21, 1),
            Feature::Transaction => (24, 2),
            Feature::Group => (22, 1),
            Feature::EligibleLeaderReplicas => (26, 1),
            Feature::Share => (28, 1),
            Feature::Streams => (29, 1),
        };
        if metadata.level() >= from { level } else { 0 }
    }

    /// The metadata version a level needs, if it needs one.
    #[must_use]
    pub fn dependency(self, level: i16) -> Option<MetadataVersion> {
        (self == Feature::EligibleLeaderReplicas && level >= 1)
            .then_some(MetadataVersion::IBP_4_0_IV1)
    }
}
