//! Writes schema files from the message definitions inside Kafka's jars.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use ottla_schema::{MessageSchema, print};

use super::{definition, jar};

/// Parts of Kafka whose messages ottla speaks: our folder, and the jar that defines them.
const AREAS: [(&str, &str); 7] = [
    ("clients", "kafka-clients"),
    ("group_coordinator", "kafka-group-coordinator"),
    ("metadata", "kafka-metadata"),
    ("raft", "kafka-raft"),
    ("share_coordinator", "kafka-share-coordinator"),
    ("storage", "kafka-storage"),
    ("transaction_coordinator", "kafka-transaction-coordinator"),
];

/// The messages that a jar defines, and our folder for them.
pub struct Definitions {
    /// Our folder.
    pub area: &'static str,
    /// Messages by name.
    pub messages: BTreeMap<String, MessageSchema>,
}

/// Writes the schema files of every message that the jars define. Files of other messages stay.
pub fn import(jars: &[PathBuf]) -> anyhow::Result<()> {
    for path in jars {
        let definitions = read_jar(path)?;
        let folder = super::directory().join(definitions.area);
        fs::create_dir_all(&folder)?;
        for (name, schema) in &definitions.messages {
            fs::write(folder.join(format!("{name}.schema")), print(schema))?;
        }
        println!(
            "{}: {} messages",
            definitions.area,
            definitions.messages.len()
        );
    }
    Ok(())
}

/// Our folder for the messages of a jar; `None` for a jar whose messages ottla does not speak.
pub fn area(jar: &Path) -> Option<&'static str> {
    let file = jar.file_name()?.to_string_lossy();
    // `kafka-storage-api-4.3.1.jar` is not the jar of `kafka-storage`: a digit must follow.
    let (area, _) = AREAS.iter().find(|(_, artifact)| {
        file.strip_prefix(artifact)
            .and_then(|rest| rest.strip_prefix('-'))
            .is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
    })?;
    Some(area)
}

/// Every message definition of one of Kafka's jars.
pub fn read_jar(path: &Path) -> anyhow::Result<Definitions> {
    let file = path.display();
    let Some(area) = area(path) else {
        bail!("{file} is not a jar whose messages ottla speaks");
    };
    let mut messages = BTreeMap::new();
    for (member, content) in jar::read_members(path, is_definition)? {
        let schema = definition::parse(&String::from_utf8_lossy(&content))
            .with_context(|| format!("{file}: {member}"))?;
        if let Some(schema) = schema {
            messages.insert(schema.name.clone(), schema);
        }
    }
    Ok(Definitions { area, messages })
}

fn is_definition(path: &str) -> bool {
    path.ends_with(".json") && (path.contains("message/") || path.contains("common/metadata/"))
}
