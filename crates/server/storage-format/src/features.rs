//! The levels of features a cluster starts with.

use std::collections::BTreeMap;

use ottla_messages::KafkaString;
use ottla_messages::feature_level_record::FeatureLevelRecord;
use ottla_metadata::{Feature, METADATA_VERSION, MetadataVersion};

use crate::FormatterError;

/// The levels of a new cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeatureLevels {
    /// `metadata.version`.
    pub metadata_version: MetadataVersion,
    /// All others, zero included.
    pub levels: BTreeMap<&'static str, i16>,
}

impl FeatureLevels {
    /// The levels that result from what was asked for: a release (of those up to `latest`), single
    /// levels, and whether the quorum can change its voters.
    ///
    /// # Errors
    /// In Kafka's words, what cannot be.
    pub fn new(
        release: Option<&str>,
        wanted: &BTreeMap<String, i16>,
        dynamic_quorum: bool,
        latest: MetadataVersion,
    ) -> Result<FeatureLevels, FormatterError> {
        let metadata_version = metadata_version(release, wanted, latest)?;
        for name in wanted.keys().filter(|name| *name != METADATA_VERSION) {
            if Feature::from_name(name).is_none() {
                let mut supported = Feature::ALL.map(Feature::name);
                supported.sort_unstable();
                return Err(FormatterError::new(format!(
                    "Unsupported feature: {name}. Supported features are: {}",
                    supported.join(", ")
                )));
            }
        }
        let mut levels = BTreeMap::new();
        for feature in Feature::ALL {
            let wanted = wanted.get(feature.name()).copied();
            let level = match feature {
                Feature::Kraft => kraft_level(wanted, dynamic_quorum)?,
                _ => wanted.unwrap_or_else(|| feature.default_level(metadata_version)),
            };
            check_level(feature, level, metadata_version)?;
            levels.insert(feature.name(), level);
        }
        Ok(FeatureLevels {
            metadata_version,
            levels,
        })
    }

    /// The level of a feature.
    #[must_use]
    pub fn level(&self, feature: Feature) -> i16 {
        self.levels.get(feature.name()).copied().unwrap_or(0)
    }
}

/// The records the first leader writes: the metadata version, then whatever is above 0. The level
/// of `kraft.version` is none of them; it stands in control records.
#[must_use]
pub fn bootstrap_records(levels: &FeatureLevels) -> Vec<FeatureLevelRecord> {
    let metadata_version = (METADATA_VERSION, levels.metadata_version.level());
    let others = levels.levels.iter().map(|(name, level)| (*name, *level));
    let others = others.filter(|(name, level)| *level > 0 && *name != Feature::Kraft.name());
    let all = std::iter::once(metadata_version).chain(others);
    all.map(|(name, feature_level)| FeatureLevelRecord {
        name: KafkaString::from(name),
        feature_level,
    })
    .collect()
}

/// The version of a text, as `--release-version` takes it, of those up to `latest`.
///
/// # Errors
/// In Kafka's words.
pub(crate) fn parse_release(
    text: &str,
    latest: MetadataVersion,
) -> Result<MetadataVersion, FormatterError> {
    MetadataVersion::from_text(text, latest).ok_or_else(|| {
        let known = MetadataVersion::all_to(latest);
        let names: Vec<&str> = known.map(MetadataVersion::name).collect();
        FormatterError::new(format!(
            "Unknown metadata.version '{text}'. Supported metadata.version are: {}",
            names.join(", ")
        ))
    })
}

fn metadata_version(
    release: Option<&str>,
    wanted: &BTreeMap<String, i16>,
    latest: MetadataVersion,
) -> Result<MetadataVersion, FormatterError> {
    let release = release
        .map(|text| parse_release(text, latest))
        .transpose()?;
    match (wanted.get(METADATA_VERSION), release) {
        (Some(_), Some(_)) => Err(FormatterError::new(
            "Use --release-version instead of --feature metadata.version=X to avoid ambiguity.",
        )),
        (Some(&level), None) => {
            let version = MetadataVersion::from_level(level).ok_or_else(|| {
                FormatterError::new(format!("No MetadataVersion with feature level {level}"))
            })?;
            if version > latest {
                return Err(FormatterError::new(format!(
                    "metadata.version {} is not yet stable.",
                    version.name()
                )));
            }
            Ok(version)
        }
        (None, release) => Ok(release.unwrap_or(MetadataVersion::LATEST_PRODUCTION)),
    }
}

fn kraft_level(wanted: Option<i16>, dynamic_quorum: bool) -> Result<i16, FormatterError> {
    match (wanted, dynamic_quorum) {
        (Some(0), true) => Err(FormatterError::new(
            "Cannot set kraft.version to 0 if controller.quorum.voters is empty and one of the \
             flags --standalone, --initial-controllers, or --no-initial-controllers is used. For \
             dynamic controllers support, try removing the --feature flag for kraft.version.",
        )),
        (Some(level), false) if level != 0 => Err(FormatterError::new(format!(
            "Cannot set kraft.version to {level} unless controller.quorum.voters is empty and one \
             of the flags --standalone, --initial-controllers, or --no-initial-controllers is \
             used. For dynamic controllers support, try using one of --standalone, \
             --initial-controllers, or --no-initial-controllers and removing \
             controller.quorum.voters."
        ))),
        (Some(level), _) => Ok(level),
        (None, dynamic_quorum) => Ok(i16::from(dynamic_quorum)),
    }
}

fn check_level(
    feature: Feature,
    level: i16,
    metadata_version: MetadataVersion,
) -> Result<(), FormatterError> {
    let name = feature.name();
    if !(0..=feature.latest()).contains(&level) {
        return Err(FormatterError::new(format!(
            "No feature:{name} with feature level {level}"
        )));
    }
    match feature.dependency(level) {
        Some(needed) if metadata_version < needed => Err(FormatterError::new(format!(
            "{name} could not be set to {level} because it depends on metadata.version level {}",
            needed.level()
        ))),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
