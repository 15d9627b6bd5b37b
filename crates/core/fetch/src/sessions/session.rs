//! One session: its partitions in the order in which they are served, and what was last told.

use std::collections::BTreeMap;

use ottla_messages::KafkaString;
use ottla_types::{Instant, Uuid};

use super::INITIAL_EPOCH;
use super::context::{PartitionOutcome, RequestedPartition};

/// Names a partition: by the id of its topic, or by the name where clients know no ids.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) topic_id: Uuid,
    pub(super) topic: KafkaString,
    pub(super) partition: i32,
}

/// What the client knows of a partition.
#[derive(Clone, Debug)]
struct Cached {
    requested: RequestedPartition,
    /// Told last; -1 if it must be told again.
    high_watermark: i64,
    /// Told last; -1 if it must be told.
    log_start_offset: i64,
}

/// A session.
#[derive(Clone, Debug)]
pub(super) struct Session {
    id: i32,
    is_privileged: bool,
    uses_topic_ids: bool,
    created: Instant,
    epoch: i32,
    /// By place in the order; places are never used again.
    partitions: BTreeMap<u64, Cached>,
    places: BTreeMap<Key, u64>,
    next_place: u64,
    /// Under which it stands among the slots; `None` before its first use.
    pub(super) listed: Option<Listed>,
}

/// What the order of eviction was made of when the session was used last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) last_used: Instant,
    pub(super) size: usize,
}

impl Key {
    pub(super) fn of(requested: &RequestedPartition) -> Key {
        Key {
            topic_id: requested.topic_id,
            topic: requested.topic.clone(),
            partition: requested.partition.partition,
        }
    }
}

impl Session {
    pub(super) fn new(id: i32, is_privileged: bool, uses_topic_ids: bool, now: Instant) -> Self {
        Session {
            id,
            is_privileged,
            uses_topic_ids,
            created: now,
            epoch: super::next_epoch(INITIAL_EPOCH),
            partitions: BTreeMap::new(),
            places: BTreeMap::new(),
            next_place: 0,
            listed: None,
        }
    }

    pub(super) fn id(&self) -> i32 {
        self.id
    }

    pub(super) fn is_privileged(&self) -> bool {
        self.is_privileged
    }

    pub(super) fn uses_topic_ids(&self) -> bool {
        self.uses_topic_ids
    }

    pub(super) fn created(&self) -> Instant {
        self.created
    }

    /// The epoch that the next request must have.
    pub(super) fn epoch(&self) -> i32 {
        self.epoch
    }

    pub(super) fn set_epoch(&mut self, epoch: i32) {
        self.epoch = epoch;
    }

    pub(super) fn size(&self) -> usize {
        self.partitions.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.partitions.is_empty()
    }

    pub(super) fn partitions(&self) -> impl Iterator<Item = &RequestedPartition> {
        self.partitions.values().map(|cached| &cached.requested)
    }

    /// The partitions of the full fetch that the session begins with, and what it was told.
    pub(super) fn fill(&mut self, partitions: Vec<RequestedPartition>, told: &[PartitionOutcome]) {
        let untold = PartitionOutcome {
            high_watermark: -1,
            log_start_offset: -1,
            ..Default::default()
        };
        let told = told.iter().copied().chain(std::iter::repeat(untold));
        for (requested, outcome) in partitions.into_iter().zip(told) {
            self.append(Cached {
                requested,
                high_watermark: outcome.known_high_watermark(),
                log_start_offset: outcome.log_start_offset,
            });
        }
    }

    /// Takes over what an incremental request adds, changes and forgets.
    pub(super) fn update(
        &mut self,
        changed: &[RequestedPartition],
        forgotten: impl Iterator<Item = Key>,
    ) {
        for requested in changed {
            let place = self.places.get(&Key::of(requested));
            match place.and_then(|place| self.partitions.get_mut(place)) {
                Some(cached) => cached.requested.partition = requested.partition.clone(),
                None => self.append(Cached {
                    requested: requested.clone(),
                    high_watermark: -1,
                    log_start_offset: -1,
                }),
            }
        }
        for key in forgotten {
            if let Some(place) = self.places.remove(&key) {
                self.partitions.remove(&place);
            }
        }
    }

    /// Takes note of what is told, and says which partitions are: those with news. Those with
    /// records go to the end of the order, so that none is starved by the others.
    pub(super) fn record(&mut self, outcomes: &[PartitionOutcome]) -> Vec<bool> {
        let mut included = Vec::with_capacity(outcomes.len());
        let mut served = Vec::new();
        for ((place, cached), outcome) in self.partitions.iter_mut().zip(outcomes) {
            included.push(cached.tell(outcome));
            if outcome.records_size > 0 {
                served.push(*place);
            }
        }
        // With all of them served the order is as it was.
        if served.len() < self.partitions.len() {
            for place in served {
                if let Some(cached) = self.partitions.remove(&place) {
                    self.append(cached);
                }
            }
        }
        included
    }

    pub(super) fn check_invariants(&self) {
        assert_eq!(
            self.partitions.len(),
            self.places.len(),
            "every partition has one place"
        );
        for (key, place) in &self.places {
            let cached = self.partitions.get(place);
            let named = cached.map(|cached| Key::of(&cached.requested));
            assert_eq!(named.as_ref(), Some(key), "a partition is at its place");
        }
    }

    fn append(&mut self, cached: Cached) {
        let place = self.next_place;
        self.next_place += 1;
        self.places.insert(Key::of(&cached.requested), place);
        self.partitions.insert(place, cached);
    }
}

impl Cached {
    fn tell(&mut self, outcome: &PartitionOutcome) -> bool {
        let has_news = outcome.records_size > 0
            || outcome.must_tell
            || outcome.has_error
            || self.high_watermark != outcome.high_watermark
            || self.log_start_offset != outcome.log_start_offset;
        self.log_start_offset = outcome.log_start_offset;
        self.high_watermark = outcome.known_high_watermark();
        has_news
    }
}
