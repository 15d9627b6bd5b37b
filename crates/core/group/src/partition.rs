//! Which partition of a coordinator's topic holds a key.

/// The partition of `__consumer_offsets` that holds a group (or of `__transaction_state` that holds
/// a transactional id): Java's hash of the text over UTF-16 units, its absolute value with
/// `i32::MIN` counting as 0, modulo the number of partitions. 0 if there are none.
#[must_use]
pub fn partition_for(key: &str, partition_count: i32) -> i32 {
    let hash = key.encode_utf16().fold(0_i32, |hash, unit| {
        hash.wrapping_mul(31).wrapping_add(i32::from(unit))
    });
    hash.checked_abs()
        .unwrap_or(0)
        .checked_rem(partition_count)
        .unwrap_or(0)
}

#[cfg(test)]
mod tests;
