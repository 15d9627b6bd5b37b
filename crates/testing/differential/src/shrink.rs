//! Makes a script that differs smaller while it differs in the same way.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::generate::UNTOUCHED;
use crate::play::{Found, Pair};
use crate::script::Step;

/// Plays that one script may cost.
const TRIALS: usize = 150;
/// And the time.
const TIME: Duration = Duration::from_secs(15);

/// The smallest script that was found, and how it differs.
///
/// # Errors
/// When a broker is gone.
pub fn shrink(
    pair: &mut Pair,
    mut steps: Vec<Step>,
    mut found: Found,
) -> anyhow::Result<(Vec<Step>, Found)> {
    let signature = found.signature();
    let mut trials = TRIALS;
    let deadline = Instant::now() + TIME;
    steps.truncate(found.position + 1);
    loop {
        let before = steps.clone();
        for candidate in candidates(&steps) {
            if trials == 0 || Instant::now() > deadline {
                return Ok((steps, found));
            }
            trials -= 1;
            // A candidate that is malformed is no smaller script.
            if let Ok(Some(again)) = pair.play(&candidate)
                && again.signature() == signature
            {
                found = again;
                steps = candidate;
                break;
            }
        }
        if steps == before {
            return Ok((steps, found));
        }
    }
}

/// Scripts with a little less: a step, an element of a list, a field.
fn candidates(steps: &[Step]) -> Vec<Vec<Step>> {
    let mut candidates = Vec::new();
    for position in (0..steps.len()).rev() {
        let mut fewer = steps.to_vec();
        fewer.remove(position);
        candidates.push(fewer);
    }
    for (position, step) in steps.iter().enumerate().rev() {
        for body in smaller(&step.body) {
            let mut changed = steps.to_vec();
            if let Some(step) = changed.get_mut(position) {
                step.body = body;
            }
            candidates.push(changed);
        }
    }
    candidates
}

/// The values that are this one without one of its parts.
fn smaller(value: &Value) -> Vec<Value> {
    let mut all = Vec::new();
    match value {
        Value::Array(elements) => {
            for (position, element) in elements.iter().enumerate() {
                let mut fewer = elements.clone();
                fewer.remove(position);
                all.push(Value::Array(fewer));
                for part in smaller(element) {
                    let mut changed = elements.clone();
                    if let Some(place) = changed.get_mut(position) {
                        *place = part;
                    }
                    all.push(Value::Array(changed));
                }
            }
        }
        Value::Object(object) if !object.keys().any(|name| is_mark(name)) => {
            for (name, part) in object
                .iter()
                .filter(|(name, _)| !UNTOUCHED.contains(&&***name))
            {
                let mut fewer = object.clone();
                fewer.shift_remove(name);
                all.push(Value::Object(fewer));
                for part in smaller(part) {
                    let mut changed = object.clone();
                    changed.insert(name.clone(), part);
                    all.push(Value::Object(changed));
                }
            }
        }
        Value::Object(object) => {
            if let Some(batches) = object.get("$batches") {
                for part in smaller(batches) {
                    all.push(serde_json::json!({ "$batches": part }));
                }
            }
        }
        _ => {}
    }
    all
}

fn is_mark(name: &str) -> bool {
    name.starts_with('$')
}
