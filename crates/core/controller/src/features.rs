//! UpdateFeatures: which levels the cluster works at (KIP-584, KIP-1022).
//!
//! *Kafka*: `FeatureControlManager`. A change of `kraft.version` is not supported.

use std::collections::BTreeMap;

use ottla_coordinator::Rejection;
use ottla_messages::config_record::ConfigRecord;
use ottla_messages::feature_level_record::FeatureLevelRecord;
use ottla_messages::metadata_record::MetadataRecord;
use ottla_messages::update_features_request::{FeatureUpdateKey, UpdateFeaturesRequest};
use ottla_messages::update_features_response::{UpdatableFeatureResult, UpdateFeaturesResponse};
use ottla_messages::{ErrorCode, KafkaString};
use ottla_metadata::{
    ConfigResource, Feature, METADATA_VERSION, MetadataVersion, ResourceType, VersionRange,
};

use crate::ControllerRequest;
use crate::deciding::{Decided, Deciding, refuse};

/// From this version on an answer is about all features together.
const FIRST_VERSION_WITHOUT_RESULTS: i16 = 2;
const MIN_INSYNC_REPLICAS: &str = "min.insync.replicas";

/// What a client allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum UpgradeType {
    Upgrade,
    SafeDowngrade,
    UnsafeDowngrade,
}

impl UpgradeType {
    fn from_code(code: i8) -> Option<UpgradeType> {
        match code {
            1 => Some(UpgradeType::Upgrade),
            2 => Some(UpgradeType::SafeDowngrade),
            3 => Some(UpgradeType::UnsafeDowngrade),
            _ => None,
        }
    }
}

impl Deciding<'_> {
    /// All updates or none.
    pub(crate) fn update_features(
        &self,
        asked: &ControllerRequest,
        request: &UpdateFeaturesRequest,
    ) -> Decided<UpdateFeaturesResponse> {
        let mut proposed = self.finalized_levels();
        let updates = request.feature_updates.iter();
        proposed.extend(updates.map(|update| (&*update.feature, update.max_version_level)));
        let mut records = Vec::new();
        for update in &request.feature_updates {
            let updated = self.update_feature(update, &proposed);
            records.extend(updated.map_err(|rejection| {
                let reason = rejection.message.unwrap_or_default();
                refuse(
                    rejection.code,
                    format!(
                        "The update failed for all features since the following feature had an \
                         error: {reason}"
                    ),
                )
            })?);
        }
        let mut updates = request.feature_updates.iter();
        let keeps_eligible = |update: &FeatureUpdateKey| {
            &*update.feature == Feature::EligibleLeaderReplicas.name()
                && update.max_version_level > 0
        };
        if updates.any(keeps_eligible) {
            records.splice(0..0, self.records_of_one_minimum());
        }
        let results = request.feature_updates.iter();
        let results = results
            .filter(|_| asked.api_version < FIRST_VERSION_WITHOUT_RESULTS)
            .map(|update| UpdatableFeatureResult {
                feature: update.feature.clone(),
                ..UpdatableFeatureResult::default()
            });
        let response = UpdateFeaturesResponse {
            results: results.collect(),
            ..UpdateFeaturesResponse::default()
        };
        if request.validate_only {
            records.clear();
        }
        Ok((records, response))
    }

    fn finalized_levels(&self) -> BTreeMap<&str, i16> {
        let levels = self.image().features.levels.iter();
        let mut finalized: BTreeMap<&str, i16> =
            levels.map(|(name, level)| (&**name, *level)).collect();
        finalized.insert(METADATA_VERSION, self.metadata_version().level());
        finalized.insert(Feature::Kraft.name(), self.context.kraft_version);
        finalized
    }

    fn update_feature(
        &self,
        update: &FeatureUpdateKey,
        proposed: &BTreeMap<&str, i16>,
    ) -> Result<Option<MetadataRecord>, Rejection> {
        let (name, level) = (&*update.feature, update.max_version_level);
        let invalid = |reason: &str| {
            refuse(
                ErrorCode::INVALID_UPDATE_VERSION,
                format!("Invalid update version {level} for feature {name}. {reason}"),
            )
        };
        let upgrade_type = UpgradeType::from_code(update.upgrade_type)
            .ok_or_else(|| invalid("The controller does not support the given upgrade type."))?;
        if level < 0 {
            return Err(invalid("A feature version cannot be less than 0."));
        }
        if let Some(reason) = self.reason_not_supported(name, level) {
            return Err(invalid(&reason));
        }
        let finalized = self.finalized_levels();
        let current = finalized.get(name).copied().unwrap_or(0);
        if level < current && upgrade_type == UpgradeType::Upgrade {
            return Err(invalid(
                "Can't downgrade the version of this feature without setting the upgrade type to \
                 either safe or unsafe downgrade.",
            ));
        }
        if level > current && upgrade_type != UpgradeType::Upgrade {
            return Err(invalid("Can't downgrade to a newer version."));
        }
        if name == METADATA_VERSION {
            self.check_metadata_version(level, upgrade_type)?;
        } else if name == Feature::Kraft.name() {
            return if level == current {
                Ok(None)
            } else if level < current {
                Err(invalid("Can't downgrade the version of this feature."))
            } else {
                Err(invalid("The voters of a static quorum stay as configured."))
            };
        } else if let Some(reason) = missing_dependency(name, level, proposed) {
            return Err(invalid(&reason));
        }
        let record = FeatureLevelRecord {
            name: update.feature.clone(),
            feature_level: level,
        };
        Ok(Some(record.into()))
    }

    /// Who in the cluster cannot work at a level.
    fn reason_not_supported(&self, name: &str, level: i16) -> Option<String> {
        let mut own = self.context.supported_features.iter();
        let own = own
            .find(|(known, _)| *known == name)
            .map(|(_, range)| *range);
        let local = format!("Local controller {}", self.context.node_id);
        let image = self.image();
        let brokers = image.brokers.values().map(|broker| {
            let range = broker.features.get(name).copied();
            (format!("Broker {}", broker.id), range)
        });
        let controllers = image
            .controllers
            .values()
            .filter(|controller| controller.id != self.context.node_id)
            .map(|controller| {
                let range = controller.features.get(name).copied();
                (format!("Controller {}", controller.id), range)
            });
        std::iter::once((local, own))
            .chain(brokers)
            .chain(controllers)
            .find_map(|(who, range)| unsupported(&who, range, level))
            .or_else(|| self.unregistered_controller())
    }

    /// A voter of which nobody knows what it supports.
    fn unregistered_controller(&self) -> Option<String> {
        let is_known = self.metadata_version().supports_controller_registration();
        let mut voters = self.context.voters.iter().filter(|_| is_known);
        let missing = voters.find(|id| {
            **id != self.context.node_id && !self.image().controllers.contains_key(*id)
        })?;
        Some(format!(
            "controller {missing} has not registered, and may not support this feature"
        ))
    }

    fn check_metadata_version(
        &self,
        level: i16,
        upgrade_type: UpgradeType,
    ) -> Result<(), Rejection> {
        let current = self.metadata_version();
        let Some(wanted) = MetadataVersion::from_level(level) else {
            return Err(refuse(
                ErrorCode::INVALID_UPDATE_VERSION,
                format!(
                    "Invalid metadata.version {level}. Valid versions are from {} to {}.",
                    MetadataVersion::MINIMUM.level(),
                    MetadataVersion::LATEST.level()
                ),
            ));
        };
        if wanted >= current || !current.metadata_changes_between(wanted) {
            return Ok(());
        }
        let reason = if upgrade_type == UpgradeType::UnsafeDowngrade {
            "Unsafe metadata downgrade is not supported in this version."
        } else {
            "Refusing to perform the requested downgrade because it might delete metadata \
             information."
        };
        Err(refuse(
            ErrorCode::INVALID_UPDATE_VERSION,
            format!(
                "Unsupported metadata.version downgrade from {} to {}. {reason}",
                current.level(),
                wanted.level()
            ),
        ))
    }

    /// With eligible leader replicas one minimum of in-sync replicas holds for the cluster: brokers
    /// lose theirs, and the one of this controller's file becomes the default.
    fn records_of_one_minimum(&self) -> Vec<MetadataRecord> {
        let record = |name: &str, value: Option<String>| {
            MetadataRecord::from(ConfigRecord {
                resource_type: ResourceType::Broker as i8,
                resource_name: KafkaString::copy_from(name),
                name: MIN_INSYNC_REPLICAS.into(),
                value: value.map(Into::into),
            })
        };
        let is_set = |resource: &ConfigResource| {
            let value = self.image().configs.value(resource, MIN_INSYNC_REPLICAS);
            value.is_some()
        };
        let mut records = Vec::new();
        if !is_set(&ConfigResource::cluster_default()) {
            let minimum = self.context.settings.min_insync_replicas;
            records.push(record("", Some(minimum.to_string())));
        }
        let of_brokers = self.image().configs.iter().map(|(resource, _)| resource);
        let of_brokers = of_brokers.filter(|resource| {
            resource.resource_type == ResourceType::Broker
                && !resource.name.is_empty()
                && is_set(resource)
        });
        records.extend(of_brokers.map(|resource| record(&resource.name, None)));
        records
    }
}

fn unsupported(who: &str, range: Option<VersionRange>, level: i16) -> Option<String> {
    let disabled = VersionRange {
        minimum: 0,
        maximum: 0,
    };
    let range = range.unwrap_or(disabled);
    if range.contains(level) {
        return None;
    }
    Some(if range.maximum == 0 {
        format!("{who} does not support this feature.")
    } else if range.minimum == range.maximum {
        format!("{who} only supports versions {}", range.minimum)
    } else {
        format!(
            "{who} only supports versions {}-{}",
            range.minimum, range.maximum
        )
    })
}

fn missing_dependency(name: &str, level: i16, proposed: &BTreeMap<&str, i16>) -> Option<String> {
    let needed = Feature::from_name(name)?.dependency(level)?;
    let metadata_version = proposed.get(METADATA_VERSION).copied().unwrap_or(0);
    (metadata_version < needed.level()).then(|| {
        format!(
            "{name} could not be set to {level} because it depends on {METADATA_VERSION} level {}",
            needed.level()
        )
    })
}
