//! What clients have been told of a partition, compared with what there is.

use std::collections::{BTreeMap, BTreeSet};

use super::scan::ScannedLog;
use super::{Rule, Violation};
use crate::plan::PartitionPlan;

/// A record that a client sends: unlike every other one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RecordId(pub u64);

/// What something survives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Survives {
    /// The end of the process.
    Kill,
    /// The end of the power too.
    PowerCut,
}

impl Survives {
    /// What is committed on a partition survives.
    #[must_use]
    pub fn of_committed(partition: &PartitionPlan) -> Survives {
        if partition.fsync {
            Survives::PowerCut
        } else {
            Survives::Kill
        }
    }
}

/// Who sends a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The producer's number.
    pub producer: usize,
    /// Whether it numbers its batches.
    pub is_idempotent: bool,
}

#[derive(Clone, Copy, Debug)]
struct Sent {
    origin: Origin,
    times: u32,
}

/// What is known of one offset.
#[derive(Clone, Copy, Debug)]
struct Known {
    id: RecordId,
    survives: Survives,
}

/// The history of one partition.
#[derive(Clone, Debug, Default)]
pub struct History {
    sent: BTreeMap<RecordId, Sent>,
    known: BTreeMap<i64, Known>,
    /// Acknowledged, but the broker no longer knew where.
    unplaced: BTreeMap<RecordId, Survives>,
    log_start: i64,
}

impl History {
    /// Records leave their producer, perhaps again.
    pub fn on_sent(&mut self, origin: Origin, ids: &[RecordId]) {
        for id in ids {
            let first = Sent { origin, times: 0 };
            self.sent.entry(*id).or_insert(first).times += 1;
        }
    }

    /// A batch was acknowledged; its first offset, if the broker knows it.
    ///
    /// # Errors
    /// When another record is known to lie there.
    pub fn on_acknowledged(
        &mut self,
        base_offset: Option<i64>,
        ids: &[RecordId],
        survives: Survives,
    ) -> Result<(), Violation> {
        let Some(base_offset) = base_offset else {
            self.unplaced.extend(ids.iter().map(|id| (*id, survives)));
            return Ok(());
        };
        for (offset, id) in (base_offset..).zip(ids) {
            self.note(offset, *id, survives)?;
        }
        Ok(())
    }

    /// A consumer saw a record.
    ///
    /// # Errors
    /// When another record is known to lie there, or nobody sent this one.
    pub fn on_seen(
        &mut self,
        offset: i64,
        id: RecordId,
        survives: Survives,
    ) -> Result<(), Violation> {
        if !self.sent.contains_key(&id) {
            let detail = format!("{id:?} at {offset} was never sent here");
            return Err(Violation::new(Rule::SameBytesForEver, detail));
        }
        self.note(offset, id, survives)
    }

    fn note(&mut self, offset: i64, id: RecordId, survives: Survives) -> Result<(), Violation> {
        if offset < self.log_start {
            return Ok(());
        }
        let known = self.known.entry(offset).or_insert(Known { id, survives });
        if known.id != id {
            let detail = format!("offset {offset} held {:?} and now {id:?}", known.id);
            return Err(Violation::new(Rule::SameBytesForEver, detail));
        }
        known.survives = known.survives.max(survives);
        Ok(())
    }

    /// The end of what clients know.
    #[must_use]
    pub fn known_end(&self) -> i64 {
        let last = self.known.last_key_value();
        last.map_or(self.log_start, |(offset, _)| offset + 1)
    }

    /// Compares with a whole log that has been through `survived`; what could not be expected to be
    /// there and is not is forgotten.
    ///
    /// # Errors
    /// The first promise that is broken.
    pub fn compare(&mut self, log: &ScannedLog, survived: Survives) -> Result<(), Violation> {
        self.compare_known(log, survived)?;
        self.compare_unplaced(log, survived)?;
        self.check_order_and_duplicates(log)
    }

    fn compare_known(&mut self, log: &ScannedLog, survived: Survives) -> Result<(), Violation> {
        let mut gone = Vec::new();
        for (offset, known) in &self.known {
            match log.records.get(offset) {
                Some(id) if *id == known.id => {}
                Some(id) => {
                    let detail = format!("offset {offset} held {:?} and now {id:?}", known.id);
                    return Err(Violation::new(Rule::SameBytesForEver, detail));
                }
                None if known.survives >= survived => {
                    let detail = format!(
                        "offset {offset} with {:?} is gone: the log ends at {}",
                        known.id, log.end
                    );
                    return Err(Violation::new(Rule::AcknowledgedRecordsSurvive, detail));
                }
                None => gone.push(*offset),
            }
        }
        for offset in gone {
            self.known.remove(&offset);
        }
        Ok(())
    }

    fn compare_unplaced(&mut self, log: &ScannedLog, survived: Survives) -> Result<(), Violation> {
        if self.log_start > 0 {
            // They may be among what was removed.
            self.unplaced.clear();
            return Ok(());
        }
        let there: BTreeSet<RecordId> = log.records.values().copied().collect();
        for (id, survives) in &self.unplaced {
            if *survives >= survived && !there.contains(id) {
                let detail = format!("{id:?} is gone");
                return Err(Violation::new(Rule::AcknowledgedRecordsSurvive, detail));
            }
        }
        self.unplaced.retain(|id, _| there.contains(id));
        Ok(())
    }

    fn check_order_and_duplicates(&self, log: &ScannedLog) -> Result<(), Violation> {
        let mut last: BTreeMap<usize, RecordId> = BTreeMap::new();
        let mut times: BTreeMap<RecordId, u32> = BTreeMap::new();
        for (offset, id) in &log.records {
            let Some(sent) = self.sent.get(id) else {
                let detail = format!("{id:?} at {offset} was never sent here");
                return Err(Violation::new(Rule::SameBytesForEver, detail));
            };
            let seen = times.entry(*id).or_default();
            *seen += 1;
            let allowed = if sent.origin.is_idempotent {
                1
            } else {
                sent.times
            };
            if *seen > allowed {
                let detail = format!("{id:?} at {offset} is there for the {seen}th time");
                return Err(Violation::new(Rule::NoDuplicates, detail));
            }
            if !sent.origin.is_idempotent {
                continue;
            }
            let before = last.insert(sent.origin.producer, *id);
            if let Some(before) = before.filter(|before| before >= id) {
                let detail = format!("{id:?} at {offset} lies behind {before:?}");
                return Err(Violation::new(Rule::OrderOfProducers, detail));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
