//! Keeps what clients cause from flooding the log of the process.
//!
//! *State*: the window of time that is running, the lines that were let through in it, and those
//! that were left out since the last one that was.

use std::sync::{Mutex, PoisonError};

use ottla_types::{Duration, Instant};

use crate::clock;

/// How long lines are counted before the count begins anew.
const WINDOW: Duration = Duration::from_secs(10);

/// Lets so many lines of one kind through in ten seconds.
#[derive(Debug)]
pub struct LineLimit {
    lines_max: u64,
    window: Mutex<Window>,
}

#[derive(Debug)]
struct Window {
    began: Option<Instant>,
    let_through: u64,
    left_out: u64,
}

impl LineLimit {
    /// A limit for lines that an operator wants to see some of.
    #[must_use]
    pub const fn new(lines_max: u64) -> LineLimit {
        LineLimit {
            lines_max,
            window: Mutex::new(Window {
                began: None,
                let_through: 0,
                left_out: 0,
            }),
        }
    }

    /// Whether one more line may be written now: if so, how many were left out before it.
    pub fn admit(&self) -> Option<u64> {
        self.admit_at(clock::monotonic())
    }

    fn admit_at(&self, now: Instant) -> Option<u64> {
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        if window.began.is_none_or(|began| now.since(began) >= WINDOW) {
            window.began = Some(now);
            window.let_through = 0;
        }
        if window.let_through >= self.lines_max {
            window.left_out += 1;
            return None;
        }
        window.let_through += 1;
        Some(std::mem::take(&mut window.left_out))
    }
}

#[cfg(test)]
mod tests;
