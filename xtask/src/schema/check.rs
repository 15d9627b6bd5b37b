//! Compares the schema files with the definitions inside Kafka's jars.

use std::path::PathBuf;

use anyhow::bail;
use ottla_schema::{Kind, MessageSchema, print, read_directory};

use super::import::read_jar;

/// Messages of 4.4 whose jar is not in Maven's registry yet.
const BEYOND_THE_JARS: [&str; 1] = ["UnregisterControllerRecord"];

/// Fails when a message of the jars is missing from the schema files or differs from them, or when
/// we have one that the jars lack.
pub fn check(jars: &[PathBuf]) -> anyhow::Result<()> {
    let comparison = compare(jars, |_, definition| definition)?;
    if !comparison.differences.is_empty() {
        bail!(
            "the schema files differ from the definitions in the jars:\n{}",
            comparison.differences.join("\n")
        );
    }
    println!("{} messages are as the jars define them", comparison.equal);
    Ok(())
}

/// Lists what the jars of another release have otherwise.
pub fn list(jars: &[PathBuf]) -> anyhow::Result<()> {
    // Coordinators' records had no kind and no type number before 4.1.
    let comparison = compare(jars, |ours, definition| {
        if definition.kind == Kind::Data {
            MessageSchema {
                kind: ours.kind,
                key: ours.key,
                ..definition
            }
        } else {
            definition
        }
    })?;
    for difference in &comparison.differences {
        println!("{difference}");
    }
    println!(
        "{} messages are the same, {} are not (ours after -, theirs after +)",
        comparison.equal,
        comparison.differences.len()
    );
    Ok(())
}

struct Comparison {
    equal: usize,
    differences: Vec<String>,
}

/// Compares what we have with what `read` makes of our message and the jars' definition of it.
fn compare(
    jars: &[PathBuf],
    read: impl Fn(&MessageSchema, MessageSchema) -> MessageSchema,
) -> anyhow::Result<Comparison> {
    let areas = read_directory(&super::directory())?;
    let mut comparison = Comparison {
        equal: 0,
        differences: Vec::new(),
    };
    for path in jars {
        let theirs = read_jar(path)?;
        let ours = areas.iter().find(|area| area.name == theirs.area);
        let ours = ours.map_or(&[][..], |area| area.messages.as_slice());
        for (name, definition) in &theirs.messages {
            let Some(schema) = ours.iter().find(|schema| schema.name == *name) else {
                comparison.differences.push(format!("{name}: we lack it"));
                continue;
            };
            let definition = read(schema, definition.clone());
            if *schema == definition {
                comparison.equal += 1;
            } else {
                let difference = difference(&print(schema), &print(&definition));
                comparison.differences.push(format!("{name}:{difference}"));
            }
        }
        for schema in ours {
            let known = BEYOND_THE_JARS.contains(&schema.name.as_str());
            if !theirs.messages.contains_key(&schema.name) && !known {
                comparison
                    .differences
                    .push(format!("{}: they lack it", schema.name));
            }
        }
    }
    Ok(comparison)
}

/// The lines that only one of two texts has: ours after `-`, theirs after `+`.
fn difference(ours: &str, theirs: &str) -> String {
    let only = |these: &str, those: &str, sign: char| -> String {
        let those: Vec<&str> = those.lines().collect();
        these
            .lines()
            .filter(|line| !those.contains(line))
            .map(|line| format!("\n  {sign} {}", line.trim_start()))
            .collect()
    };
    only(ours, theirs, '-') + &only(theirs, ours, '+')
}
