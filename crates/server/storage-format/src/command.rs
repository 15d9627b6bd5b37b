//! The commands of `kafka-storage`, with Kafka's outputs and exit codes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use ottla_config::{BrokerConfig, Properties};
use ottla_metadata::{Feature, METADATA_VERSION, MetadataVersion};

use crate::arguments::{self, Arguments, FormatArguments, Quorum};
use crate::features::parse_release;
use crate::info::info;
use crate::{
    FeatureLevels, Formatter, FormatterError, InitialVoter, parse_initial_controllers, random_uuid,
};

/// Runs `kafka-storage` with these arguments (without the program's name) and returns the exit
/// code.
pub fn run(arguments: &[String], out: &mut dyn Write, err: &mut dyn Write) -> u8 {
    let parsed = match arguments::parse(arguments) {
        Ok(parsed) => parsed,
        Err(error) => {
            let usage = error.usage.synopsis;
            let shown = writeln!(err, "{usage}\nkafka-storage: error: {}", error.message);
            return exit_code(shown.map(|()| false));
        }
    };
    match execute(parsed, out) {
        Ok(succeeded) => exit_code(Ok(succeeded)),
        Err(Failure::Refused(why)) => exit_code(writeln!(err, "{why}").map(|()| false)),
        Err(Failure::Io(error)) => exit_code(Err(error)),
    }
}

enum Failure {
    Refused(String),
    /// The output is gone.
    Io(io::Error),
}

impl From<FormatterError> for Failure {
    fn from(error: FormatterError) -> Failure {
        Failure::Refused(error.to_string())
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        Failure::Io(error)
    }
}

fn refused<T>(why: impl fmt::Display) -> Result<T, Failure> {
    Err(Failure::Refused(why.to_string()))
}

fn exit_code(outcome: io::Result<bool>) -> u8 {
    u8::from(!outcome.unwrap_or(false))
}

fn execute(arguments: Arguments, out: &mut dyn Write) -> Result<bool, Failure> {
    match arguments {
        Arguments::Help(usage) => out.write_all(usage.help().as_bytes())?,
        Arguments::Info { config } => {
            return Ok(info(&directories(&load_config(&config)?), out)?);
        }
        Arguments::Format(arguments) => format(&arguments, out)?,
        Arguments::VersionMapping { release_version } => {
            version_mapping(release_version.as_deref(), out)?;
        }
        Arguments::FeatureDependencies { features } => {
            for feature in features {
                feature_dependencies(&feature, out)?;
            }
        }
        Arguments::RandomUuid => writeln!(out, "{}", random_uuid()?)?,
    }
    Ok(true)
}

fn load_config(path: &str) -> Result<BrokerConfig, Failure> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => return refused(format!("Cannot read {path}: {error}")),
    };
    let file = match Properties::parse(&bytes) {
        Ok(file) => file,
        Err(error) => return refused(format!("{path}: {error}")),
    };
    BrokerConfig::from_properties(&file)
        .or_else(|error| refused(format!("{path}: {}", error.message())))
}

fn directories(config: &BrokerConfig) -> BTreeSet<PathBuf> {
    let mut directories: BTreeSet<PathBuf> = config.log_dirs.log_dirs.iter().cloned().collect();
    directories.insert(config.log_dirs.metadata_log_dir.clone());
    directories
}

fn format(arguments: &FormatArguments, out: &mut dyn Write) -> Result<(), Failure> {
    let config = load_config(&arguments.config)?;
    let wanted = wanted_levels(&arguments.features)?;
    let dynamic_quorum = config.quorum.voters.is_empty();
    let latest = MetadataVersion::latest(config.unstable_feature_versions_enable);
    let release = arguments.release_version.as_deref();
    if let Some(release) = release {
        parse_release(release, latest)?;
    }
    let initial_controllers = initial_controllers(arguments, &config)?;
    if !arguments.add_scram.is_empty() {
        return refused(
            "--add-scram is not supported yet: ottla does not authenticate users, so a credential \
             would protect nothing.",
        );
    }
    let features = FeatureLevels::new(release, &wanted, dynamic_quorum, latest)?;
    let Some(controller_listener_name) = config.listeners.controller_listener_names.first() else {
        return refused("You must specify the name of the initial controller listener.");
    };
    let formatter = Formatter {
        node_id: config.node.node_id,
        cluster_id: arguments.cluster_id.clone(),
        directories: directories(&config),
        metadata_log_directory: config.log_dirs.metadata_log_dir.clone(),
        features,
        initial_controllers,
        controller_listener_name: controller_listener_name.clone(),
        ignore_formatted: arguments.ignore_formatted,
    };
    Ok(formatter.format(out)?)
}

fn wanted_levels(features: &[String]) -> Result<BTreeMap<String, i16>, Failure> {
    let mut wanted = BTreeMap::new();
    for text in features {
        let Some((name, level)) = text.split_once('=') else {
            return refused(format!(
                "Can't parse feature=level string {text}: equals sign not found."
            ));
        };
        let Ok(number) = level.trim().parse::<i16>() else {
            return refused(format!(
                "Can't parse feature=level string {text}: unable to parse {} as a short.",
                level.trim()
            ));
        };
        wanted.insert(name.trim().to_owned(), number);
    }
    Ok(wanted)
}

fn initial_controllers(
    arguments: &FormatArguments,
    config: &BrokerConfig,
) -> Result<Option<Vec<InitialVoter>>, Failure> {
    let static_voters = !config.quorum.voters.is_empty();
    match &arguments.quorum {
        Quorum::Standalone | Quorum::InitialControllers(_) if static_voters => refused(
            "You cannot specify controller.quorum.voters and format the node with \
             --initial-controllers or --standalone. If you want to use dynamic quorum, please \
             remove controller.quorum.voters and specify controller.quorum.bootstrap.servers \
             instead.",
        ),
        Quorum::InitialControllers(text) => {
            parse_initial_controllers(text).map(Some).or_else(refused)
        }
        Quorum::Standalone => standalone(config).map(Some),
        Quorum::Unsaid if config.node.roles.controller && !static_voters => refused(
            "Because controller.quorum.voters is not set on this controller, you must specify one \
             of the following: --standalone, --initial-controllers, or --no-initial-controllers.",
        ),
        Quorum::Unsaid | Quorum::NoInitialControllers => Ok(None),
    }
}

/// This node as the only voter, with a new directory id.
fn standalone(config: &BrokerConfig) -> Result<Vec<InitialVoter>, Failure> {
    if !config.node.roles.controller {
        return refused("You can only use --standalone on a controller.");
    }
    let Some(listener) = config.listeners.advertised_controller.first() else {
        return refused("No controller listeners found.");
    };
    Ok(vec![InitialVoter {
        node_id: config.node.node_id,
        host: listener
            .host
            .clone()
            .unwrap_or_else(|| "localhost".to_owned()),
        port: listener.port,
        directory_id: random_uuid()?,
    }])
}

fn version_mapping(release: Option<&str>, out: &mut dyn Write) -> Result<(), Failure> {
    let release = release.unwrap_or(MetadataVersion::LATEST_PRODUCTION.name());
    let version = parse_release(release, MetadataVersion::LATEST)?;
    writeln!(out, "metadata.version={} ({release})", version.level())?;
    for feature in Feature::ALL {
        writeln!(out, "{}={}", feature.name(), feature.default_level(version))?;
    }
    Ok(())
}

fn feature_dependencies(text: &str, out: &mut dyn Write) -> Result<(), Failure> {
    let Some((name, level)) = text.split_once('=') else {
        return refused(format!(
            "Invalid feature format: {text}. Expected format: 'feature=version' (e.g. \
             'group.version=1')"
        ));
    };
    let (name, level) = (name.trim(), level.trim());
    let Ok(number) = level.parse::<i16>() else {
        return refused(format!(
            "Invalid version format: {level} for feature {name}"
        ));
    };
    if name == METADATA_VERSION {
        let Some(version) = MetadataVersion::from_level(number) else {
            return refused(format!("Unknown metadata.version {number}"));
        };
        writeln!(out, "{name}={number} ({version}) has no dependencies.")?;
        return Ok(());
    }
    let Some(feature) = Feature::from_name(name) else {
        return refused(format!("Unknown feature: {name}"));
    };
    if !(0..=feature.latest()).contains(&number) {
        return refused(format!(
            "Feature level {number} is not supported for feature {name}"
        ));
    }
    match feature.dependency(number) {
        None => writeln!(out, "{name}={number} has no dependencies.")?,
        Some(needed) => {
            writeln!(out, "{name}={number} requires:")?;
            writeln!(out, "    metadata.version={} ({needed})", needed.level())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
