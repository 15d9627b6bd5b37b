//! `kafka-storage info`: what is in the log directories.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::PathBuf;

use ottla_log::{LogDirectory, MetaProperties, RealStorage};

/// Tells about the directories; true if there is no problem.
pub(crate) fn info(directories: &BTreeSet<PathBuf>, out: &mut dyn Write) -> io::Result<bool> {
    if directories.is_empty() {
        writeln!(out, "No directories specified.")?;
        return Ok(true);
    }
    let mut problems = Vec::new();
    let mut found = Vec::new();
    let mut first: Option<MetaProperties> = None;
    for path in directories {
        let shown = path.display();
        if !path.exists() {
            problems.push(format!("{shown} does not exist"));
            continue;
        }
        if !path.is_dir() {
            problems.push(format!("{shown} is not a directory"));
            continue;
        }
        found.push(shown.to_string());
        match LogDirectory::new(RealStorage, path).load_meta_properties() {
            Ok(None) => problems.push(format!("{shown} is not formatted.")),
            Ok(Some(properties)) => match &first {
                None => first = Some(properties),
                Some(first) => problems.extend(mismatch(first, &properties)),
            },
            Err(error) => problems.push(format!(
                "Error loading {}: {error}",
                path.join("meta.properties").display()
            )),
        }
    }
    if first
        .as_ref()
        .is_some_and(|properties| properties.version == 0)
    {
        let problem = "The kafka configuration file appears to be for a cluster in KRaft mode, \
                       but the directories are formatted for legacy mode.";
        problems.push(problem.to_owned());
    }
    list(
        out,
        ["Found log directory:", "Found log directories:"],
        &found,
    )?;
    if let Some(properties) = first {
        writeln!(out, "Found metadata: {{{}}}", shown(&properties))?;
        writeln!(out)?;
    }
    list(out, ["Found problem:", "Found problems:"], &problems)?;
    Ok(problems.is_empty())
}

fn mismatch(first: &MetaProperties, other: &MetaProperties) -> Option<String> {
    let what = if first.cluster_id != other.cluster_id {
        "cluster"
    } else if first.node_id != other.node_id {
        "node"
    } else {
        return None;
    };
    Some(format!(
        "Mismatched {what} IDs between storage directories."
    ))
}

fn shown(properties: &MetaProperties) -> String {
    let node_key = if properties.version == 0 {
        "broker.id"
    } else {
        "node.id"
    };
    let mut pairs = vec![format!("version={}", properties.version)];
    pairs.extend(
        properties
            .cluster_id
            .iter()
            .map(|id| format!("cluster.id={id}")),
    );
    pairs.extend(
        properties
            .directory_id
            .iter()
            .map(|id| format!("directory.id={id}")),
    );
    pairs.extend(
        properties
            .node_id
            .iter()
            .map(|id| format!("{node_key}={id}")),
    );
    pairs.sort();
    pairs.join(", ")
}

fn list(out: &mut dyn Write, titles: [&str; 2], lines: &[String]) -> io::Result<()> {
    let [one, many] = titles;
    match lines.len() {
        0 => return Ok(()),
        1 => writeln!(out, "{one}")?,
        _ => writeln!(out, "{many}")?,
    }
    for line in lines {
        writeln!(out, "  {line}")?;
    }
    writeln!(out)
}
