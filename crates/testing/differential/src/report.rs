//! A difference in words.

use std::fmt::Write;

use serde_json::Value;

use crate::play::Found;

/// Differences that are shown of one answer.
const SHOWN: usize = 12;
/// Characters that are shown of a value.
const LETTERS: usize = 600;

/// What differed, on a few lines.
pub fn told(found: &Found) -> String {
    let step = &found.step;
    let mut text = format!("{} {} differs:", step.api, step.version);
    for difference in found.differences.iter().take(SHOWN) {
        let _ = write!(
            text,
            "\n  {}\n    Kafka {}\n    ottla {}",
            if difference.path.is_empty() {
                "(all)"
            } else {
                &difference.path
            },
            short(&difference.kafka),
            short(&difference.ottla)
        );
    }
    let more = found.differences.len().saturating_sub(SHOWN);
    if more > 0 {
        let _ = write!(text, "\n  and {more} more");
    }
    text
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(LETTERS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}
