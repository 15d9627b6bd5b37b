//! What answers that nobody reads may cost: the more memory reads hold, the smaller an answer, so
//! that clients who ask for much and read slowly do not fill it. The last step still lets every
//! connection have one batch.

use ottla_log::bytes_held;

/// Below it, an answer is as large as its client asks for.
const PLENTY: usize = 256 << 20;
/// From here on, an answer is hardly more than a batch.
const TOO_MUCH: usize = 512 << 20;

/// The limit of an answer that is read now, in bytes; its first batch may be larger.
#[must_use]
pub fn affordable_answer() -> usize {
    affordable(bytes_held())
}

/// Whether a connection has to take what it has asked for before it may ask for more.
pub(crate) fn is_memory_short() -> bool {
    bytes_held() >= PLENTY
}

fn affordable(held: usize) -> usize {
    match held {
        0..PLENTY => usize::MAX,
        PLENTY..TOO_MUCH => 1 << 20,
        _ => 64 << 10,
    }
}

#[cfg(test)]
mod tests;
