//! The metadata of a cluster at one offset of the metadata log. A clone costs a few reference
//! counts; two images share whatever did not change between them.
//!
//! *Kafka*: `MetadataImage`.

use std::sync::Arc;

use crate::persistent_map::PersistentMap;
use ottla_types::{LeaderEpoch, NodeId, Offset, TimestampMs, Uuid};

use crate::quotas::{QuotaEntity, QuotaValues};
use crate::{
    AccessControlEntry, Broker, Configs, Controller, DelegationToken, Feature, MetadataVersion,
    ScramCredential, Topics,
};

/// Up to where in the metadata log an image has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Provenance {
    /// Offset of the last record that is contained; none for an empty image.
    pub last_contained_offset: Offset,
    /// Its epoch.
    pub last_contained_epoch: LeaderEpoch,
    /// When its batch was appended.
    pub last_contained_timestamp: TimestampMs,
}

impl Default for Provenance {
    fn default() -> Self {
        Provenance {
            last_contained_offset: Offset::NONE,
            last_contained_epoch: LeaderEpoch::NONE,
            last_contained_timestamp: TimestampMs::NONE,
        }
    }
}

/// The metadata of a cluster. Equality is that of content; how the image came about (and up to
/// which offset) is kept beside it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MetadataImage {
    /// Finalized features.
    pub features: FinalizedFeatures,
    /// Registered brokers.
    pub brokers: PersistentMap<NodeId, Arc<Broker>>,
    /// Registered controllers.
    pub controllers: PersistentMap<NodeId, Arc<Controller>>,
    /// Topics and partitions.
    pub topics: Topics,
    /// Configurations.
    pub configs: Configs,
    /// Client quotas.
    pub client_quotas: PersistentMap<QuotaEntity, QuotaValues>,
    /// The first producer id no block has been handed out of.
    pub next_producer_id: i64,
    /// Access control entries by id.
    pub acls: PersistentMap<Uuid, Arc<AccessControlEntry>>,
    /// SCRAM credentials by mechanism and user.
    pub scram: PersistentMap<(i8, Arc<str>), Arc<ScramCredential>>,
    /// Delegation tokens by id.
    pub delegation_tokens: PersistentMap<Arc<str>, Arc<DelegationToken>>,
}

/// The finalized levels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FinalizedFeatures {
    /// The metadata version, once the log has one.
    pub metadata_version: Option<MetadataVersion>,
    /// Levels above 0 of the other features, by name.
    pub levels: PersistentMap<Arc<str>, i16>,
}

impl FinalizedFeatures {
    /// The metadata version; the lowest while the log has none.
    #[must_use]
    pub fn metadata_version_or_minimum(&self) -> MetadataVersion {
        self.metadata_version.unwrap_or(MetadataVersion::MINIMUM)
    }

    /// The level of a feature; 0 if it is not finalized.
    #[must_use]
    pub fn level(&self, feature: Feature) -> i16 {
        self.levels.get(feature.name()).copied().unwrap_or(0)
    }

    /// Whether eligible leader replicas are kept (KIP-966).
    #[must_use]
    pub fn eligible_leader_replicas_enabled(&self) -> bool {
        self.level(Feature::EligibleLeaderReplicas) > 0
    }
}
