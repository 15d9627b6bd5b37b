//! What a log directory does while its device is full: work that found no space waits here and is
//! tried again each second; nothing is lost by that, and everything else goes on.
//!
//! *State*: enough space → full, when a piece of work finds none → enough, when all that waited is
//! done. Each change is said once in the log.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ottla_log::{LogError, Remedy, Storage};

use crate::directory::Directory;
use crate::replica::Hosted;

/// How long to wait before asking a full device again.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);
/// So much work is tried at a time: on a full device it all fails alike.
const TRIES_MAX: usize = 100;

/// Work that can be made again from its beginning when the device was full.
pub(crate) type Attempt = Box<dyn FnMut() -> Result<(), LogError> + Send>;

/// The work that waits for space.
#[derive(Default)]
pub(crate) struct WaitingForSpace {
    state: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    work: VecDeque<Attempt>,
    /// Set by the first who found no space, taken away when nobody waits any more.
    is_full: bool,
}

impl WaitingForSpace {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<H: Hosted, S: Storage> Directory<H, S> {
    /// Whether something waits for space on the device.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.waiting_for_space().lock().is_full
    }

    /// Does work that may find no space; then it is done later. Blocks.
    pub(crate) fn attempt(self: &Arc<Self>, mut work: Attempt) {
        if let Err(error) = work() {
            self.put_off(work, &error);
        }
    }

    /// Takes work that failed: it is tried again later, if only the device was full.
    pub(crate) fn put_off(self: &Arc<Self>, work: Attempt, error: &LogError) {
        if error.remedy() != Remedy::Retry {
            return self.fail(error);
        }
        let was_full = {
            let waiting = &mut *self.waiting_for_space().lock();
            waiting.work.push_back(work);
            std::mem::replace(&mut waiting.is_full, true)
        };
        if !was_full {
            tracing::error!(
                directory = %self.path().display(),
                %error,
                "the log directory is full: producers get KAFKA_STORAGE_ERROR until there is space"
            );
            self.retry_later();
        }
    }

    fn retry_later(self: &Arc<Self>) {
        let directory = Arc::clone(self);
        self.after(RETRY_INTERVAL, Box::new(move || directory.retry()));
    }

    fn retry(self: &Arc<Self>) {
        let tries = self.waiting_for_space().lock().work.len().min(TRIES_MAX);
        for _ in 0..tries {
            let next = self.waiting_for_space().lock().work.pop_front();
            let Some(mut work) = next else { break };
            // On a failed directory nothing is tried any more.
            let done = if self.has_failed() { Ok(()) } else { work() };
            match done {
                Err(error) if error.remedy() == Remedy::Retry => {
                    self.waiting_for_space().lock().work.push_back(work);
                }
                Err(error) => self.fail(&error),
                Ok(()) => {}
            }
        }
        let is_full = {
            let waiting = &mut *self.waiting_for_space().lock();
            waiting.is_full = !waiting.work.is_empty();
            waiting.is_full
        };
        if is_full {
            self.retry_later();
        } else {
            tracing::info!(directory = %self.path().display(), "the log directory has space again");
        }
    }
}

#[cfg(test)]
mod tests;
