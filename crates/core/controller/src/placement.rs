//! Where the replicas of new partitions go: spread over racks, then over the brokers of a rack.
//!
//! Leaders walk over the racks and over the brokers of each rack, so that each broker leads about
//! as many partitions as any other. The other replicas walk over the racks as well, leaving out the
//! leader's rack once, so that they lie in as many racks as there are. A fenced broker gets
//! replicas only when its rack has no other broker left, and never leads. After as many partitions
//! as there are brokers that may lead, everything is shuffled, so that the same sets do not come
//! again and again.
//!
//! *Kafka*: `StripedReplicaPlacer`.

use ottla_machine::Random;
use ottla_types::NodeId;

use std::collections::BTreeMap;
use std::sync::Arc;

/// A broker that may hold new replicas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UsableBroker {
    pub(crate) id: NodeId,
    pub(crate) rack: Option<Arc<str>>,
    pub(crate) fenced: bool,
}

/// The replicas of `partitions` new partitions, leaders first.
///
/// # Errors
/// Kafka's text for INVALID_REPLICATION_FACTOR.
pub(crate) fn place(
    brokers: &[UsableBroker],
    partitions: i32,
    replication_factor: i16,
    random: &mut Random,
) -> Result<Vec<Vec<NodeId>>, String> {
    let unfenced = brokers.iter().filter(|broker| !broker.fenced).count();
    let wanted = usize::try_from(replication_factor).unwrap_or(0);
    if wanted == 0 {
        return Err(format!(
            "Invalid replication factor {replication_factor}: \
             the replication factor must be positive."
        ));
    }
    if unfenced == 0 {
        return Err(
            "All brokers are currently fenced, or have all their log directories \
                    cordoned."
                .to_owned(),
        );
    }
    if wanted > brokers.len() {
        return Err(format!(
            "The target replication factor of {replication_factor} cannot be reached because only \
             {} broker(s) are registered or some brokers have all their log directories cordoned.",
            brokers.len()
        ));
    }
    let mut racks = Racks::new(brokers, unfenced, random);
    Ok((0..partitions)
        .map(|_| racks.place(wanted, random))
        .collect())
}

/// Brokers handed out one after the other, each once per round.
#[derive(Debug, Default)]
struct Ring {
    brokers: Vec<NodeId>,
    start: usize,
    given: usize,
    round: usize,
}

impl Ring {
    fn next(&mut self, round: usize) -> Option<NodeId> {
        if self.round != round {
            self.round = round;
            self.given = 0;
            self.start = (self.start + 1) % self.brokers.len().max(1);
        }
        if self.given >= self.brokers.len() {
            return None;
        }
        let index = (self.start + self.given) % self.brokers.len();
        self.given += 1;
        self.brokers.get(index).copied()
    }

    fn start_anywhere(&mut self, random: &mut Random) {
        self.brokers.sort_unstable();
        self.start = below(random, self.brokers.len());
    }
}

#[derive(Debug, Default)]
struct Rack {
    unfenced: Ring,
    fenced: Ring,
}

#[derive(Debug)]
struct Racks {
    racks: Vec<Rack>,
    unfenced: usize,
    /// The rack that is next for a leader.
    offset: usize,
    /// Rises with every partition.
    round: usize,
}

impl Racks {
    fn new(brokers: &[UsableBroker], unfenced: usize, random: &mut Random) -> Racks {
        // Brokers without a rack are one rack, before those with names.
        let mut by_name: BTreeMap<Option<Arc<str>>, Rack> = BTreeMap::new();
        for broker in brokers {
            let rack = by_name.entry(broker.rack.clone()).or_default();
            let ring = if broker.fenced {
                &mut rack.fenced
            } else {
                &mut rack.unfenced
            };
            ring.brokers.push(broker.id);
        }
        let mut racks: Vec<Rack> = by_name.into_values().collect();
        for rack in &mut racks {
            rack.fenced.start_anywhere(random);
            rack.unfenced.start_anywhere(random);
        }
        let offset = below(random, racks.len());
        Racks {
            racks,
            unfenced,
            offset,
            round: 0,
        }
    }

    fn place(&mut self, replicas: usize, random: &mut Random) -> Vec<NodeId> {
        if self.round == self.unfenced && self.unfenced > 1 {
            self.shuffle(random);
            self.round = 0;
        }
        let count = self.racks.len();
        self.offset %= count;
        let mut placed = Vec::with_capacity(replicas);
        let mut leaders_rack = self.offset;
        // Ends: some rack has a broker that may lead, and each ring is fresh in every round.
        loop {
            let rack = self.racks.get_mut(leaders_rack).expect("below the count");
            if let Some(leader) = rack.unfenced.next(self.round) {
                placed.push(leader);
                break;
            }
            leaders_rack = (leaders_rack + 1) % count;
        }
        let mut left_out = Some(leaders_rack);
        let mut index = self.offset;
        // Ends: there are at least as many brokers as replicas, and each is given once per round.
        while placed.len() < replicas {
            if left_out == Some(index) {
                left_out = None;
            } else {
                let rack = self.racks.get_mut(index).expect("below the count");
                let next = rack.unfenced.next(self.round);
                placed.extend(next.or_else(|| rack.fenced.next(self.round)));
            }
            index = (index + 1) % count;
        }
        self.round += 1;
        self.offset += 1;
        placed
    }

    fn shuffle(&mut self, random: &mut Random) {
        shuffle(&mut self.racks, random);
        for rack in &mut self.racks {
            shuffle(&mut rack.unfenced.brokers, random);
            shuffle(&mut rack.fenced.brokers, random);
        }
    }
}

fn shuffle<T>(items: &mut [T], random: &mut Random) {
    for last in (1..items.len()).rev() {
        items.swap(last, below(random, last + 1));
    }
}

fn below(random: &mut Random, bound: usize) -> usize {
    let bound = u64::try_from(bound).expect("counts of brokers fit in 64 bits");
    usize::try_from(random.below(bound)).expect("below a count of brokers")
}

#[cfg(test)]
mod tests;
