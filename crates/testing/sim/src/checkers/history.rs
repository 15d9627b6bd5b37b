//! What clients have been told of a log, compared with what there is.

use std::collections::{BTreeMap, BTreeSet};

use super::scan::ScannedLog;
use super::{Rule, Violation};
use crate::plan::TopicPlan;

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
    /// What is committed on a topic survives.
    #[must_use]
    pub fn of_committed(topic: &TopicPlan) -> Survives {
        if topic.fsync {
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
struct Sending {
    origin: Origin,
    times: u32,
}

/// What was sent to a partition by its name, whichever topic had the name.
#[derive(Clone, Debug, Default)]
pub struct Sent(BTreeMap<RecordId, Sending>);

impl Sent {
    /// Records leave their producer, perhaps again.
    pub fn on_sent(&mut self, origin: Origin, ids: &[RecordId]) {
        for id in ids {
            let first = Sending { origin, times: 0 };
            self.0.entry(*id).or_insert(first).times += 1;
        }
    }

    fn was_sent_once(&self, id: RecordId) -> bool {
        self.0.get(&id).is_some_and(|sending| sending.times == 1)
    }
}

/// What is known of one offset.
#[derive(Clone, Copy, Debug)]
struct Known {
    id: RecordId,
    survives: Survives,
    /// Not only seen.
    is_acknowledged: bool,
}

/// The history of one log.
#[derive(Clone, Debug, Default)]
pub struct History {
    known: BTreeMap<i64, Known>,
    /// Acknowledged, but the broker no longer knew where.
    unplaced: BTreeMap<RecordId, Survives>,
    /// Records below it may have been removed.
    removed_to: i64,
    /// It starts there at least, whatever happens.
    start_to_last: i64,
    /// Whether another log had the same name before. Then batches of one producer may
    /// have reached the two in any order, and the second log knows of none that the first had.
    is_successor: bool,
}

impl History {
    /// The history of a new log; `is_successor`: its name belonged to another one before.
    #[must_use]
    pub fn new(is_successor: bool) -> History {
        History {
            is_successor,
            ..History::default()
        }
    }

    /// The log was seen to start at an offset, as everything below is let go.
    pub fn on_start_moved(&mut self, start: i64) {
        self.removed_to = self.removed_to.max(start);
    }

    /// That the log starts at an offset is on the disk.
    pub fn on_start_stored(&mut self, start: i64) {
        self.on_start_moved(start);
        self.start_to_last = self.start_to_last.max(start);
    }

    /// The records that are known to lie here alone.
    pub fn only_here(&self, sent: &Sent) -> impl Iterator<Item = RecordId> {
        let placed = self.known.values().filter(|known| known.is_acknowledged);
        let unplaced = self.unplaced.keys().copied();
        let all: Vec<_> = placed.map(|known| known.id).chain(unplaced).collect();
        let once: Vec<_> = all
            .into_iter()
            .filter(|id| sent.was_sent_once(*id))
            .collect();
        once.into_iter()
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
            self.note(offset, *id, survives, true)?;
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
        sent: &Sent,
    ) -> Result<(), Violation> {
        if !sent.0.contains_key(&id) {
            let detail = format!("{id:?} at {offset} was never sent here");
            return Err(Violation::new(Rule::SameBytesForEver, detail));
        }
        self.note(offset, id, survives, false)
    }

    fn note(
        &mut self,
        offset: i64,
        id: RecordId,
        survives: Survives,
        is_acknowledged: bool,
    ) -> Result<(), Violation> {
        if offset < self.removed_to {
            return Ok(());
        }
        let known = self.known.entry(offset).or_insert(Known {
            id,
            survives,
            is_acknowledged,
        });
        if known.id != id {
            let detail = format!("offset {offset} held {:?} and now {id:?}", known.id);
            return Err(Violation::new(Rule::SameBytesForEver, detail));
        }
        known.survives = known.survives.max(survives);
        known.is_acknowledged |= is_acknowledged;
        Ok(())
    }

    /// The end of what clients know.
    #[must_use]
    pub fn known_end(&self) -> i64 {
        let last = self.known.last_key_value();
        last.map_or(self.removed_to, |(offset, _)| offset + 1)
    }

    /// Compares with a whole log that has been through `survived`; what could not be expected to be
    /// there and is not is forgotten.
    ///
    /// # Errors
    /// The first promise that is broken.
    pub fn compare(
        &mut self,
        log: &ScannedLog,
        survived: Survives,
        sent: &Sent,
    ) -> Result<(), Violation> {
        if log.start > self.removed_to {
            let detail = format!(
                "the log starts at {}, and nobody removed what is at {}",
                log.start, self.removed_to
            );
            return Err(Violation::new(Rule::AcknowledgedRecordsSurvive, detail));
        }
        self.known.retain(|offset, _| *offset >= log.start);
        self.compare_known(log, survived)?;
        self.compare_unplaced(log, survived)?;
        self.check_order_and_duplicates(log, sent)
    }

    /// Compares with where an opened log says that it starts.
    ///
    /// # Errors
    /// When it starts before what was deleted for good.
    pub fn compare_start(&self, start: i64) -> Result<(), Violation> {
        if start >= self.start_to_last {
            return Ok(());
        }
        let detail = format!(
            "the log starts at {start}, and did at {}",
            self.start_to_last
        );
        Err(Violation::new(Rule::LogStartNeverGoesBack, detail))
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
        if self.removed_to > 0 {
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

    fn check_order_and_duplicates(&self, log: &ScannedLog, sent: &Sent) -> Result<(), Violation> {
        let mut last: BTreeMap<usize, RecordId> = BTreeMap::new();
        let mut times: BTreeMap<RecordId, u32> = BTreeMap::new();
        for (offset, id) in &log.records {
            let Some(sending) = sent.0.get(id) else {
                let detail = format!("{id:?} at {offset} was never sent here");
                return Err(Violation::new(Rule::SameBytesForEver, detail));
            };
            let seen = times.entry(*id).or_default();
            *seen += 1;
            let allowed = if sending.origin.is_idempotent && !self.is_successor {
                1
            } else {
                sending.times
            };
            if *seen > allowed {
                let detail = format!("{id:?} at {offset} is there for the {seen}th time");
                return Err(Violation::new(Rule::NoDuplicates, detail));
            }
            if !sending.origin.is_idempotent || self.is_successor {
                continue;
            }
            let before = last.insert(sending.origin.producer, *id);
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
