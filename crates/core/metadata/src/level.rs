//! `metadata.version`: the level of the metadata log's format, and what each level switches.
//!
//! *Kafka*: `MetadataVersion`. Levels from 32 on need records this release does not know. Level 31
//! is not stable: it is for nodes with `unstable.feature.versions.enable`.

use std::fmt;

/// The name of the feature whose level this is.
pub const METADATA_VERSION: &str = "metadata.version";

/// A level of `metadata.version` that can be replayed: 7 to 31.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MetadataVersion(i16);

/// One row per level from 7 on: name, and whether it changed the format of metadata.
const LEVELS: [(&str, bool); 25] = [
    ("3.3-IV3", true),
    ("3.4-IV0", true),
    ("3.5-IV0", false),
    ("3.5-IV1", false),
    ("3.5-IV2", true),
    ("3.6-IV0", false),
    ("3.6-IV1", true),
    ("3.6-IV2", true),
    ("3.7-IV0", true),
    ("3.7-IV1", false),
    ("3.7-IV2", true),
    ("3.7-IV3", false),
    ("3.7-IV4", false),
    ("3.8-IV0", false),
    ("3.9-IV0", false),
    ("4.0-IV0", false),
    ("4.0-IV1", true),
    ("4.0-IV2", false),
    ("4.0-IV3", false),
    ("4.1-IV0", false),
    ("4.1-IV1", false),
    ("4.2-IV0", false),
    ("4.2-IV1", false),
    ("4.3-IV0", true),
    ("4.4-IV0", false),
];

impl MetadataVersion {
    /// The lowest level that can be replayed; also what a log without a level has.
    pub const MINIMUM: MetadataVersion = MetadataVersion(7);
    /// The highest stable level, and the default of a new cluster.
    pub const LATEST_PRODUCTION: MetadataVersion = MetadataVersion(30);
    /// The highest level that can be replayed.
    pub const LATEST: MetadataVersion = MetadataVersion(31);
    /// The lowest level of a cluster we write to.
    pub const MINIMUM_WRITTEN: MetadataVersion = MetadataVersion(25);

    /// Kafka 3.6-IV0: an in-sync replica that leaves no longer costs a leader epoch.
    pub const IBP_3_6_IV0: MetadataVersion = MetadataVersion(12);
    /// Kafka 3.6-IV1: metadata transactions.
    pub const IBP_3_6_IV1: MetadataVersion = MetadataVersion(13);
    /// Kafka 3.7-IV0: controllers register.
    pub const IBP_3_7_IV0: MetadataVersion = MetadataVersion(15);
    /// Kafka 3.7-IV2: replicas are assigned to directories (KIP-858).
    pub const IBP_3_7_IV2: MetadataVersion = MetadataVersion(17);
    /// Kafka 3.9-IV0: dynamic quorums (KIP-853).
    pub const IBP_3_9_IV0: MetadataVersion = MetadataVersion(21);
    /// Kafka 4.0-IV1: eligible leader replicas (KIP-966).
    pub const IBP_4_0_IV1: MetadataVersion = MetadataVersion(23);
    /// Kafka 4.3-IV0: cordoned log directories (KIP-1066).
    pub const IBP_4_3_IV0: MetadataVersion = MetadataVersion(30);

    /// The version of a level; `None` if it cannot be replayed.
    #[must_use]
    pub fn from_level(level: i16) -> Option<MetadataVersion> {
        (Self::MINIMUM.0..=Self::LATEST.0)
            .contains(&level)
            .then_some(MetadataVersion(level))
    }

    /// The version a text names: a level's name (`4.3-IV0`), or a release (`4.3`, `4.3.1`), which
    /// stands for its highest level. Of levels above `latest` no text is known.
    #[must_use]
    pub fn from_text(text: &str, latest: MetadataVersion) -> Option<MetadataVersion> {
        let exact = Self::all_to(latest).find(|version| version.name() == text);
        exact.or_else(|| {
            let mut parts = text.split('.');
            let (major, minor) = (parts.next()?, parts.next()?);
            if parts.any(|part| part.is_empty() || !part.bytes().all(|b| b.is_ascii_digit())) {
                return None;
            }
            let release = format!("{major}.{minor}");
            Self::all_to(latest)
                .filter(|version| version.release() == release)
                .last()
        })
    }

    /// Every level up to one, lowest first.
    pub fn all_to(latest: MetadataVersion) -> impl Iterator<Item = MetadataVersion> {
        (Self::MINIMUM.0..=latest.0).map(MetadataVersion)
    }

    /// The highest level a node works at.
    #[must_use]
    pub fn latest(unstable_feature_versions_enable: bool) -> MetadataVersion {
        if unstable_feature_versions_enable {
            Self::LATEST
        } else {
            Self::LATEST_PRODUCTION
        }
    }

    /// The number in a FeatureLevelRecord.
    #[must_use]
    pub fn level(self) -> i16 {
        self.0
    }

    /// The name, as `4.3-IV0`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().0
    }

    /// The release it belongs to, as `4.3`.
    #[must_use]
    pub fn release(self) -> &'static str {
        let name = self.name();
        name.split_once('-').map_or(name, |(release, _)| release)
    }

    /// Whether reaching this level changed the format of metadata, so that a downgrade below it
    /// would lose something.
    #[must_use]
    pub fn changed_metadata(self) -> bool {
        self.row().1
    }

    /// Whether a change between two levels, in either direction, crosses a change of the format.
    #[must_use]
    pub fn metadata_changes_between(self, other: MetadataVersion) -> bool {
        let (low, high) = (self.0.min(other.0), self.0.max(other.0));
        (low + 1..=high).any(|level| MetadataVersion(level).changed_metadata())
    }

    /// Metadata transactions (KIP-868).
    #[must_use]
    pub fn supports_metadata_transactions(self) -> bool {
        self >= Self::IBP_3_6_IV1
    }

    /// Replicas assigned to directories (KIP-858).
    #[must_use]
    pub fn supports_directory_assignment(self) -> bool {
        self >= Self::IBP_3_7_IV2
    }

    /// Eligible leader replicas (KIP-966).
    #[must_use]
    pub fn supports_eligible_leader_replicas(self) -> bool {
        self >= Self::IBP_4_0_IV1
    }

    /// Cordoned log directories (KIP-1066).
    #[must_use]
    pub fn supports_cordoned_log_directories(self) -> bool {
        self >= Self::IBP_4_3_IV0
    }

    /// Registration of controllers (KIP-919).
    #[must_use]
    pub fn supports_controller_registration(self) -> bool {
        self >= Self::IBP_3_7_IV0
    }

    /// Whether the leader epoch rises when an in-sync replica leaves.
    #[must_use]
    pub fn bumps_leader_epoch_on_isr_shrink(self) -> bool {
        self < Self::IBP_3_6_IV0
    }

    /// The version of PartitionRecord and PartitionChangeRecord.
    #[must_use]
    pub fn partition_record_version(self) -> i16 {
        if self.supports_eligible_leader_replicas() {
            2
        } else {
            i16::from(self.supports_directory_assignment())
        }
    }

    /// The version of RegisterBrokerRecord.
    #[must_use]
    pub fn register_broker_record_version(self) -> i16 {
        match self.0 {
            30.. => 4,
            17.. => 3,
            8.. => 2,
            _ => 1,
        }
    }

    fn row(self) -> (&'static str, bool) {
        let index = usize::try_from(self.0 - Self::MINIMUM.0).expect("never below the minimum");
        *LEVELS
            .get(index)
            .expect("only levels of the table are made")
    }
}

impl fmt::Display for MetadataVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests;
