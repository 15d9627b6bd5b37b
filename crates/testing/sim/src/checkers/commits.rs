//! What a group has committed never goes back, whatever happens to its members and the node.

use std::collections::BTreeMap;

use super::{Rule, Survives, Violation};

/// What is known of one partition's committed offset.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    acknowledged: i64,
    sent: i64,
}

/// The committed offsets of a group whose members commit rising offsets alone.
#[derive(Clone, Debug, Default)]
pub struct Commits {
    known: BTreeMap<i32, Known>,
    /// What each member knew when it asked.
    floors: BTreeMap<(usize, i32), i64>,
}

impl Commits {
    /// A member sends a commit.
    pub fn on_sent(&mut self, partition: i32, offset: i64) {
        let known = self.known.entry(partition).or_default();
        known.sent = known.sent.max(offset);
    }

    /// A commit was acknowledged.
    pub fn on_acknowledged(&mut self, partition: i32, offset: i64) {
        let known = self.known.entry(partition).or_default();
        known.acknowledged = known.acknowledged.max(offset);
    }

    /// A member asks what is committed.
    pub fn on_asked(&mut self, member: usize, partitions: i32) {
        for partition in 0..partitions {
            let known = self.known.get(&partition).copied().unwrap_or_default();
            self.floors.insert((member, partition), known.acknowledged);
        }
    }

    /// A member was told what is committed.
    ///
    /// # Errors
    /// When less is than was acknowledged before it asked, or more than anybody sent.
    pub fn on_fetched(
        &mut self,
        member: usize,
        partition: i32,
        offset: i64,
    ) -> Result<(), Violation> {
        let floor = self.floors.get(&(member, partition)).copied().unwrap_or(0);
        let known = self.known.get(&partition).copied().unwrap_or_default();
        if (floor..=known.sent).contains(&offset) {
            return Ok(());
        }
        let detail = format!(
            "partition {partition} is committed up to {offset}: {floor} was acknowledged, {} sent",
            known.sent
        );
        Err(Violation::new(Rule::CommitsNeverGoBack, detail))
    }

    /// The node is up again. `survives` is what a commit survives, `survived` what it went through.
    pub fn on_restarted(&mut self, survives: Survives, survived: Survives) {
        if survives < survived {
            for known in self.known.values_mut() {
                known.acknowledged = 0;
            }
            self.floors.clear();
        }
    }
}

#[cfg(test)]
mod tests;
