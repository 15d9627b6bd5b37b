//! Compares the schema files with the definitions inside Kafka's jars.

use std::path::PathBuf;

use anyhow::bail;
use ottla_schema::{print, read_directory};

use super::import::read_jar;

/// Fails when a message of the jars is missing from the schema files or differs from them.
pub fn check(jars: &[PathBuf]) -> anyhow::Result<()> {
    let areas = read_directory(&super::directory())?;
    let mut differences = 0;
    for path in jars {
        let definitions = read_jar(path)?;
        let ours = areas.iter().find(|area| area.name == definitions.area);
        for (name, theirs) in &definitions.messages {
            let found = ours.and_then(|area| area.messages.iter().find(|ours| ours.name == *name));
            match found {
                None => println!("{name}: missing"),
                Some(ours) if ours == theirs => continue,
                Some(ours) => println!("{name}:{}", difference(&print(ours), &print(theirs))),
            }
            differences += 1;
        }
    }
    if differences > 0 {
        bail!("{differences} messages differ from the definitions in the jars");
    }
    Ok(())
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
