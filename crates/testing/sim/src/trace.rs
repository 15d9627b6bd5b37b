//! What happened: its last lines, and a hash of it all, by which two runs can be compared.

use std::collections::VecDeque;
use std::fmt;

use ottla_types::Now;

const KEPT: usize = 60;
const HASH_START: u64 = 0xcbf2_9ce4_8422_2325;
const HASH_FACTOR: u64 = 0x0100_0000_01b3;

/// The record of one simulation.
#[derive(Clone, Debug)]
pub struct Trace {
    hash: u64,
    count: u64,
    last: VecDeque<String>,
    is_printed: bool,
}

impl Default for Trace {
    fn default() -> Self {
        Trace {
            hash: HASH_START,
            count: 0,
            last: VecDeque::new(),
            is_printed: false,
        }
    }
}

impl Trace {
    /// Prints every line from now on.
    pub fn print(&mut self) {
        self.is_printed = true;
    }

    /// Notes a line.
    pub fn note(&mut self, now: Now, what: fmt::Arguments<'_>) {
        let microseconds = now.monotonic.0 / 1_000;
        let line = format!(
            "{:>7}.{:06} {what}",
            microseconds / 1_000_000,
            microseconds % 1_000_000
        );
        for byte in line.bytes() {
            self.hash = (self.hash ^ u64::from(byte)).wrapping_mul(HASH_FACTOR);
        }
        if self.is_printed {
            println!("{line}");
        }
        self.count += 1;
        if self.last.len() == KEPT {
            self.last.pop_front();
        }
        self.last.push_back(line);
    }

    /// A number that differs when anything happened otherwise.
    #[must_use]
    pub fn hash(&self) -> u64 {
        self.hash
    }

    /// How many lines there were.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The last lines.
    #[must_use]
    pub fn last_lines(&self) -> Vec<String> {
        self.last.iter().cloned().collect()
    }
}
