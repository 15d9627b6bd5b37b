//! The directory of schema files: one folder per part of Kafka, one file per message.

use std::fs;
use std::path::Path;

use anyhow::{Context, bail};

use crate::{MessageSchema, parse};

/// The messages of one part of Kafka: a folder under the schema directory.
#[derive(Clone, Debug)]
pub struct Area {
    /// The folder's name, for example `clients` or `group_coordinator`.
    pub name: String,
    /// Its messages, by name.
    pub messages: Vec<MessageSchema>,
}

/// Reads every `*.schema` file below `directory`, in the order of their names.
///
/// # Errors
/// When a file cannot be read or parsed, or its name is not its message's.
pub fn read_directory(directory: &Path) -> anyhow::Result<Vec<Area>> {
    let mut areas = Vec::new();
    for folder in sorted_names(directory)? {
        let path = directory.join(&folder);
        if !path.is_dir() {
            continue;
        }
        let mut messages = Vec::new();
        for file in sorted_names(&path)? {
            let Some(stem) = file.strip_suffix(".schema") else {
                continue;
            };
            let text = fs::read_to_string(path.join(&file))?;
            let schema = parse(&text).with_context(|| format!("{folder}/{file}"))?;
            if schema.name != stem {
                bail!("{folder}/{file} holds {}", schema.name);
            }
            messages.push(schema);
        }
        areas.push(Area {
            name: folder,
            messages,
        });
    }
    Ok(areas)
}

fn sorted_names(directory: &Path) -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(directory).with_context(|| directory.display().to_string())? {
        let name = entry?.file_name();
        names.push(name.to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}
