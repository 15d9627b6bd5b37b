//! The metadata of a cluster: records of the metadata log applied to an image, strictly; what
//! changed between two images; an image written back as records.
//!
//! *Not here*: deciding anything (`core/controller`), the log itself (`core/raft`).

mod configs;
mod delta;
mod feature;
mod image;
mod level;
mod loader;
mod node;
mod partition;
mod persistent_map;
mod quotas;
mod record;
mod replay;
mod security;
mod snapshot;
mod topics;

pub use configs::{ConfigResource, ConfigValues, Configs, ResourceType};
pub use delta::{Changes, MetadataDelta, PartitionStep};
pub use feature::Feature;
pub use image::{FinalizedFeatures, MetadataImage, Provenance};
pub use level::{METADATA_VERSION, MetadataVersion};
pub use loader::MetadataLoader;
pub use node::{Broker, Controller, Endpoint, VersionRange};
pub use partition::{
    LeaderRecoveryState, NO_LEADER_CHANGE, NO_RECOVERY_STATE_CHANGE, Partition, nodes, numbers,
};
pub use persistent_map::PersistentMap;
pub use quotas::{QuotaEntity, QuotaValues};
pub use record::record_version;
pub use replay::ReplayError;
pub use security::{AccessControlEntry, DelegationToken, ScramCredential};
pub use topics::{Topic, Topics};
