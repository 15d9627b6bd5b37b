//! Formats the directories of a node.
//!
//! *Invariants*: `meta.properties` is written last, so that a directory that was not formatted to
//! the end does not count as formatted.

use std::collections::BTreeSet;
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use ottla_log::{CLUSTER_METADATA_DIRECTORY, LogDirectory, MetaProperties, RealStorage};
use ottla_types::{NodeId, TimestampMs, Uuid};

use crate::{
    FeatureLevels, InitialVoter, bootstrap_checkpoint, bootstrap_records, bootstrap_snapshot,
    random_uuid,
};

const BOOTSTRAP_CHECKPOINT: &str = "bootstrap.checkpoint";
const BOOTSTRAP_SNAPSHOT: &str = "00000000000000000000-0000000000.checkpoint";

/// Why directories are not formatted, in Kafka's words where it has some.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormatterError(String);

impl FormatterError {
    pub(crate) fn new(message: impl Into<String>) -> FormatterError {
        FormatterError(message.into())
    }
}

impl fmt::Display for FormatterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for FormatterError {}

/// What to format, and how.
#[derive(Clone, Debug)]
pub struct Formatter {
    /// `node.id`.
    pub node_id: NodeId,
    /// The cluster's id.
    pub cluster_id: String,
    /// All log directories, the one of the metadata log included.
    pub directories: BTreeSet<PathBuf>,
    /// The one of the metadata log.
    pub metadata_log_directory: PathBuf,
    /// What the cluster starts with.
    pub features: FeatureLevels,
    /// The voters of a dynamic quorum; none if they are found otherwise.
    pub initial_controllers: Option<Vec<InitialVoter>>,
    /// The listener of controllers.
    pub controller_listener_name: String,
    /// Whether directories that are formatted already are left as they are.
    pub ignore_formatted: bool,
}

impl Formatter {
    /// Formats every directory that is not formatted, and says so.
    ///
    /// # Errors
    /// If a directory is formatted already, is another node's or cluster's, or cannot be written.
    pub fn format(&self, out: &mut dyn Write) -> Result<(), FormatterError> {
        let mut empty = Vec::new();
        let mut formatted = Vec::new();
        let mut unreadable = Vec::new();
        for path in &self.directories {
            let directory = LogDirectory::new(RealStorage, path);
            match directory.load_meta_properties() {
                Ok(None) if path.exists() && !path.is_dir() => unreadable.push(path),
                Ok(None) => empty.push(path),
                Ok(Some(properties)) => formatted.push((path, properties)),
                Err(_) => unreadable.push(path),
            }
        }
        self.check_formatted(&formatted)?;
        if let (Some((path, _)), false) = (formatted.first(), self.ignore_formatted) {
            return Err(FormatterError::new(format!(
                "Log directory {} is already formatted. Use --ignore-formatted to ignore this \
                 directory and format the others.",
                path.display()
            )));
        }
        for path in &unreadable {
            let path = path.display();
            say(
                out,
                format_args!("I/O error trying to read log directory {path}. Ignoring..."),
            )?;
        }
        if !unreadable.is_empty() && empty.is_empty() && formatted.is_empty() {
            return Err(FormatterError::new(
                "No available log directories to format.",
            ));
        }
        if empty.is_empty() {
            return say(
                out,
                format_args!("All of the log directories are already formatted."),
            );
        }
        say(
            out,
            format_args!("Bootstrap metadata: {}", self.shown_bootstrap()),
        )?;
        for path in empty {
            self.format_directory(path, out)?;
        }
        Ok(())
    }

    fn check_formatted(
        &self,
        formatted: &[(&PathBuf, MetaProperties)],
    ) -> Result<(), FormatterError> {
        for (path, properties) in formatted {
            let file = path.join("meta.properties");
            let file = file.display();
            if let Some(found) = properties
                .cluster_id
                .as_ref()
                .filter(|id| **id != self.cluster_id)
            {
                return Err(FormatterError::new(format!(
                    "Invalid cluster.id in: {file}. Expected {}, but read {found}",
                    self.cluster_id
                )));
            }
            if let Some(found) = properties.node_id.filter(|id| *id != self.node_id) {
                return Err(FormatterError::new(format!(
                    "Stored node id {found} doesn't match previous node id {} in {file}. If you \
                     moved your data, make sure your configured node id matches. If you intend to \
                     create a new node, you should remove all data in your data directories.",
                    self.node_id
                )));
            }
        }
        Ok(())
    }

    fn format_directory(&self, path: &Path, out: &mut dyn Write) -> Result<(), FormatterError> {
        let is_metadata = path == self.metadata_log_directory;
        let voters = self.initial_controllers.as_deref().filter(|_| is_metadata);
        let own = voters.and_then(|voters| voters.iter().find(|v| v.node_id == self.node_id));
        let kind = match (is_metadata, voters, own) {
            (false, ..) => "data directory",
            (true, None, _) => "metadata directory",
            (true, Some(_), None) => "dynamic metadata directory",
            (true, Some(_), Some(_)) => "dynamic metadata voter directory",
        };
        let version = self.features.metadata_version;
        let shown = path.display();
        say(
            out,
            format_args!("Formatting {kind} {shown} with metadata.version {version}."),
        )?;
        let directory_id = match own {
            Some(voter) => voter.directory_id,
            None => random_uuid().map_err(|error| unwritable(path, &error))?,
        };
        self.write(path, voters, directory_id)
            .map_err(|error| unwritable(path, &error))
    }

    fn write(
        &self,
        path: &Path,
        voters: Option<&[InitialVoter]>,
        directory_id: Uuid,
    ) -> io::Result<()> {
        let now = now();
        fs::create_dir_all(path)?;
        let bootstrap = bootstrap_checkpoint(&bootstrap_records(&self.features), now);
        write_file(path, BOOTSTRAP_CHECKPOINT, 0o644, &bootstrap)?;
        if let Some(voters) = voters {
            let metadata_log = path.join(CLUSTER_METADATA_DIRECTORY);
            fs::create_dir_all(&metadata_log)?;
            let snapshot = bootstrap_snapshot(voters, &self.controller_listener_name, now);
            write_file(&metadata_log, BOOTSTRAP_SNAPSHOT, 0o400, &snapshot)?;
        }
        let properties = MetaProperties {
            version: 1,
            cluster_id: Some(self.cluster_id.clone()),
            node_id: Some(self.node_id),
            directory_id: Some(directory_id),
            written_at: now,
        };
        let directory = LogDirectory::new(RealStorage, path);
        directory
            .store_meta_properties(&properties)
            .map_err(io::Error::other)
    }

    /// As Kafka shows it, which scripts may look for.
    fn shown_bootstrap(&self) -> String {
        let records = bootstrap_records(&self.features);
        let shown = records.iter().map(|record| {
            format!(
                "ApiMessageAndVersion(FeatureLevelRecord(name='{}', featureLevel={}) at version 0)",
                record.name, record.feature_level
            )
        });
        format!(
            "BootstrapMetadata(records=[{}], metadataVersionLevel={}, source=format command)",
            shown.collect::<Vec<_>>().join(", "),
            self.features.metadata_version.level()
        )
    }
}

/// Through a temporary file, so that no half of it is ever found under its name.
fn write_file(directory: &Path, name: &str, mode: u32, bytes: &[u8]) -> io::Result<()> {
    let temporary = directory.join(format!("{name}.tmp"));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(mode);
    match fs::remove_file(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = options.open(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&temporary, directory.join(name))?;
    File::open(directory)?.sync_all()
}

fn unwritable(path: &Path, error: &io::Error) -> FormatterError {
    let path = path.display();
    FormatterError::new(format!(
        "Error while writing meta.properties file {path}: {error}"
    ))
}

fn say(out: &mut dyn Write, line: fmt::Arguments<'_>) -> Result<(), FormatterError> {
    writeln!(out, "{line}")
        .map_err(|error| FormatterError::new(format!("Cannot write to the terminal: {error}")))
}

fn now() -> TimestampMs {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    TimestampMs(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
