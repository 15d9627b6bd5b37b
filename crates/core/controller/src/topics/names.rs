//! Which names a topic may have.

use std::collections::BTreeSet;

use ottla_metadata::Topics;

/// The longest name of a topic, in bytes.
const MAX_NAME_LENGTH: usize = 249;

/// Whether a name may be that of a topic.
///
/// # Errors
/// Kafka's text, for INVALID_TOPIC_EXCEPTION.
pub fn validate_topic_name(name: &str) -> Result<(), String> {
    let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    let reason = if name.is_empty() {
        "the empty string is not allowed".to_owned()
    } else if name == "." {
        "'.' is not allowed".to_owned()
    } else if name == ".." {
        "'..' is not allowed".to_owned()
    } else if name.len() > MAX_NAME_LENGTH {
        format!("the length of '{name}' is longer than the max allowed length {MAX_NAME_LENGTH}")
    } else if !name.bytes().all(legal) {
        format!(
            "'{name}' contains one or more characters other than ASCII alphanumerics, '.', '_' \
             and '-'"
        )
    } else {
        return Ok(());
    };
    Err(format!("Topic name is invalid: {reason}"))
}

/// A topic that exists and whose name a new one could not be told from in metric names, where dots
/// become underscores.
pub(super) fn colliding_topic(topics: &Topics, name: &str) -> Option<String> {
    if !name.contains(['.', '_']) {
        return None;
    }
    let unified = name.replace('.', "_");
    // Names that collide share what stands before the first dot or underscore.
    let prefix = name.split(['.', '_']).next().unwrap_or_default();
    let candidates = topics.from_name(prefix).map(|topic| topic.name.as_str());
    let colliding: BTreeSet<&str> = candidates
        .take_while(|existing| existing.starts_with(prefix))
        .filter(|existing| existing.replace('.', "_") == unified)
        .collect();
    colliding.first().map(|name| (*name).to_owned())
}

#[cfg(test)]
mod tests;
