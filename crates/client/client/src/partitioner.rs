//! Which partition a record goes to: by the hash of its key as Java's clients compute it, or, for
//! records without key, to one partition until it got its share (KIP-794).

use ottla_machine::Random;

/// Java's murmur2 of a key: the same 32 bits for the same bytes, everywhere.
#[must_use]
pub fn murmur2(key: &[u8]) -> i32 {
    const SEED: u32 = 0x9747_b28c;
    const MULTIPLIER: u32 = 0x5bd1_e995;
    const ROTATION: u32 = 24;
    let mut hash = SEED ^ (key.len() as u32);
    let (words, rest) = key.as_chunks::<4>();
    for word in words {
        let mut k = u32::from_le_bytes(*word).wrapping_mul(MULTIPLIER);
        k ^= k >> ROTATION;
        k = k.wrapping_mul(MULTIPLIER);
        hash = hash.wrapping_mul(MULTIPLIER) ^ k;
    }
    if !rest.is_empty() {
        for (index, byte) in rest.iter().enumerate() {
            hash ^= u32::from(*byte) << (8 * index);
        }
        hash = hash.wrapping_mul(MULTIPLIER);
    }
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(MULTIPLIER);
    (hash ^ (hash >> 15)) as i32
}

/// The partition of a key among `partitions`; 0 if there are none.
///
/// ```
/// use ottla_client::{murmur2, partition_of_key};
///
/// assert_eq!(murmur2(b"foobar"), -790_332_482);
/// assert_eq!(partition_of_key(b"c7", 1), 0);
/// assert!(partition_of_key(b"c7", 12) < 12);
/// ```
#[must_use]
pub fn partition_of_key(key: &[u8], partitions: usize) -> usize {
    let positive = (murmur2(key) & i32::MAX) as usize;
    positive.checked_rem(partitions).unwrap_or(0)
}

/// Where records without key go: to one partition until `batch.size` bytes went there.
///
/// *State*: the partition in use and the bytes it got.
#[derive(Debug)]
pub(crate) struct StickyPartition {
    random: Random,
    current: Option<i32>,
    bytes: usize,
    batch_size: usize,
}

impl StickyPartition {
    pub fn new(seed: u64, batch_size: usize) -> StickyPartition {
        StickyPartition {
            random: Random::from_seed(seed),
            current: None,
            bytes: 0,
            batch_size,
        }
    }

    /// The partition for the next record; one of `available` (those with a leader), or of all when
    /// there is none such.
    pub fn choose(&mut self, available: &[i32], partitions: i32) -> i32 {
        let known = self
            .current
            .filter(|current| available.is_empty() || available.contains(current));
        if let Some(current) = known.filter(|_| self.bytes < self.batch_size) {
            return current;
        }
        let count = if available.is_empty() {
            usize::try_from(partitions).unwrap_or(0)
        } else {
            available.len()
        };
        let index = self.random.below(count as u64) as usize;
        let chosen = available.get(index).copied().unwrap_or(index as i32);
        self.current = Some(chosen);
        self.bytes = 0;
        chosen
    }

    /// Notes the bytes of a record that went to the partition in use.
    pub fn sent(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_add(bytes);
    }
}

#[cfg(test)]
mod tests;
