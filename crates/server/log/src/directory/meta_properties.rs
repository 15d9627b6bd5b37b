//! `meta.properties`: which cluster, node and directory this is.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

use ottla_config::Properties;
use ottla_types::{NodeId, TimestampMs, Uuid};

use crate::LogError;

/// The content of `meta.properties`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetaProperties {
    /// 0 (of the time of ZooKeeper) or 1.
    pub version: i32,
    /// `cluster.id`.
    pub cluster_id: Option<String>,
    /// `node.id`, or `broker.id` in version 0.
    pub node_id: Option<NodeId>,
    /// `directory.id`.
    pub directory_id: Option<Uuid>,
    /// When it was written, for the comment that Java's writer makes.
    pub written_at: TimestampMs,
}

impl MetaProperties {
    /// Reads the file.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(bytes: &[u8]) -> Result<MetaProperties, String> {
        let properties = Properties::parse(bytes).map_err(|error| error.to_string())?;
        let version = properties.get("version").unwrap_or("0");
        let version = match version.trim() {
            "0" => 0,
            "1" => 1,
            other => return Err(format!("unknown meta.properties version number {other}")),
        };
        let node_key = if version == 0 { "broker.id" } else { "node.id" };
        let node_id = properties
            .get(node_key)
            .map(|text| match text.trim().parse() {
                Ok(id) if id >= 0 => Ok(NodeId(id)),
                _ => Err(format!("{node_key} {text:?} is not a node id")),
            })
            .transpose()?;
        let cluster_id = properties.get("cluster.id").map(str::to_owned);
        if version == 1 && cluster_id.is_none() {
            return Err("it has no cluster.id".into());
        }
        if node_id.is_none() {
            return Err(format!(
                "it has no {node_key}: this is not what kafka-storage format writes"
            ));
        }
        let directory_id = properties
            .get("directory.id")
            .map(|text| match text.trim().parse::<Uuid>() {
                Ok(id) if !id.is_reserved() => Ok(id),
                Ok(id) => Err(format!("directory.id {id} is reserved")),
                Err(error) => Err(format!("directory.id {text:?} is {error}")),
            })
            .transpose()?;
        Ok(MetaProperties {
            version,
            cluster_id,
            node_id,
            directory_id,
            written_at: TimestampMs(0),
        })
    }
}

impl fmt::Display for MetaProperties {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "#")?;
        writeln!(f, "#{}", JavaDate(self.written_at))?;
        if let Some(id) = self.node_id {
            let key = if self.version == 0 {
                "broker.id"
            } else {
                "node.id"
            };
            writeln!(f, "{key}={id}")?;
        }
        if let Some(id) = self.directory_id {
            writeln!(f, "directory.id={id}")?;
        }
        writeln!(f, "version={}", self.version)?;
        if let Some(id) = &self.cluster_id {
            writeln!(f, "cluster.id={id}")?;
        }
        Ok(())
    }
}

/// A time as Java's `Date` shows it in UTC: `Fri Nov 20 11:41:48 UTC 2026`.
struct JavaDate(TimestampMs);

impl fmt::Display for JavaDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
        const MONTHS: [&str; 12] = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ];
        let seconds = self.0.0.div_euclid(1000);
        let (days, of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        // Counts in years that begin in March, so that the leap day comes last (400 years =
        // 146,097 days).
        let shifted = days + 719_468;
        let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * of_year + 2) / 153;
        let day = of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = (month_from_march + 2) % 12;
        let year = era * 400 + year_of_era + i64::from(month < 2);
        let name = |names: &[&'static str], at: i64| {
            usize::try_from(at)
                .ok()
                .and_then(|at| names.get(at).copied())
                .unwrap_or("?")
        };
        write!(
            f,
            "{} {} {day:02} {:02}:{:02}:{:02} UTC {year}",
            name(&WEEKDAYS, days.rem_euclid(7)),
            name(&MONTHS, month),
            of_day / 3600,
            of_day / 60 % 60,
            of_day % 60,
        )
    }
}

/// What all directories of a node agree on, and the id of each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryIdentity {
    /// The cluster.
    pub cluster_id: String,
    /// The id of every directory, in the order given; `None`: to be made up and stored.
    pub directory_ids: Vec<Option<Uuid>>,
}

/// Checks the `meta.properties` of all directories of a node against each other and its `node.id`.
///
/// # Errors
/// [`LogError::Refused`] when one is missing, or two disagree, or one is another node's.
pub fn identify_directories(
    directories: &[(PathBuf, Option<MetaProperties>)],
    node_id: NodeId,
) -> Result<DirectoryIdentity, LogError> {
    let refuse = |path: &Path, detail: String| {
        Err(LogError::Refused(format!("{}: {detail}", path.display())))
    };
    let mut cluster_id: Option<&str> = None;
    let mut seen = BTreeSet::new();
    let mut directory_ids = Vec::new();
    for (path, properties) in directories {
        let Some(properties) = properties else {
            return refuse(
                path,
                "the directory is not formatted: it has no meta.properties file; \
                 run kafka-storage format, with --ignore-formatted when others are formatted"
                    .to_owned(),
            );
        };
        if let Some(found) = properties.node_id.filter(|found| *found != node_id) {
            return refuse(
                path,
                format!("stored node id {found} doesn't match node.id {node_id}"),
            );
        }
        match (cluster_id, properties.cluster_id.as_deref()) {
            (Some(one), Some(other)) if one != other => {
                return refuse(path, format!("cluster id {other} differs from {one}"));
            }
            (None, found) => cluster_id = found,
            _ => {}
        }
        if let Some(id) = properties.directory_id.filter(|id| !seen.insert(*id)) {
            return refuse(path, format!("another directory has directory.id {id} too"));
        }
        directory_ids.push(properties.directory_id);
    }
    let Some(cluster_id) = cluster_id else {
        return Err(LogError::Refused(
            "no log directory names its cluster".into(),
        ));
    };
    Ok(DirectoryIdentity {
        cluster_id: cluster_id.to_owned(),
        directory_ids,
    })
}

#[cfg(test)]
mod tests;
