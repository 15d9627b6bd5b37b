//! What the device of a directory may begin with: planned by those who write, begun by one thread
//! of the directory at a time, so that the others stay for work that somebody waits for.
//!
//! Of what was written last a window is left to the kernel: a burst that fits costs nothing.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ottla_log::{Storage, WriteBackPlan};

use crate::directory::Directory;
use crate::replica::Hosted;

/// So much a directory lets wait, in bytes: little, because a roll waits until the device has it.
pub(crate) const WINDOW: u64 = 64 << 20;

/// The plans that wait, oldest first.
#[derive(Debug)]
pub(crate) struct WriteBacks<S: Storage> {
    window: u64,
    waiting: Mutex<Waiting<S>>,
}

#[derive(Debug)]
struct Waiting<S: Storage> {
    plans: VecDeque<WriteBackPlan<S>>,
    bytes: u64,
    /// Whether a thread performs them.
    is_running: bool,
}

impl<S: Storage> WriteBacks<S> {
    /// Of what waits, `window` bytes are let wait.
    pub fn new(window: u64) -> Self {
        let waiting = Waiting {
            plans: VecDeque::new(),
            bytes: 0,
            is_running: false,
        };
        WriteBacks {
            window,
            waiting: Mutex::new(waiting),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting<S>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a plan; true when somebody has to be made to perform the oldest ones.
    fn push(&self, plan: WriteBackPlan<S>) -> bool {
        let waiting = &mut *self.lock();
        waiting.bytes += plan.size_in_bytes();
        waiting.plans.push_back(plan);
        let is_too_much = waiting.bytes > self.window;
        is_too_much && !std::mem::replace(&mut waiting.is_running, true)
    }

    /// The next one that must not wait any longer.
    fn next(&self) -> Option<WriteBackPlan<S>> {
        let waiting = &mut *self.lock();
        let is_too_much = waiting.bytes > self.window;
        let next = is_too_much.then(|| waiting.plans.pop_front()).flatten();
        match &next {
            Some(plan) => waiting.bytes -= plan.size_in_bytes(),
            None => waiting.is_running = false,
        }
        next
    }
}

impl<H: Hosted, S: Storage> Directory<H, S> {
    /// Takes a plan, to be performed when more than the window waits.
    pub(crate) fn plan_write_back(self: &Arc<Self>, plan: WriteBackPlan<S>) {
        if self.write_backs().push(plan) {
            let directory = Arc::clone(self);
            self.pool().spawn(move || directory.start_write_back());
        }
    }

    fn start_write_back(self: &Arc<Self>) {
        while let Some(plan) = self.write_backs().next() {
            // Of a directory that failed nothing is wanted any more.
            if self.has_failed() {
                continue;
            }
            if let Err(error) = plan.perform() {
                self.fail(&error);
            }
        }
    }
}
