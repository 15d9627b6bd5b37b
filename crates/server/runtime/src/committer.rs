//! One thread per log directory that puts what was written on the device.
//!
//! Group commit without a timer: whoever wrote during one round is served by the next, so the round
//! is the batch. Every replica with written but not durable bytes takes part, whether somebody
//! waits or not: what consumers may see follows the disk.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::directory::Directory;
use crate::notices::Notices;
use crate::replica::{Hosted, Replica};

/// From so many files on, waiting for them one after the other costs more than threads do.
const PARALLEL_FROM: usize = 8;
const THREADS: usize = 16;

/// The list of replicas to sync.
#[derive(Debug)]
pub(crate) struct Committer<H: Hosted> {
    queue: Mutex<Queue<H>>,
    changed: Condvar,
}

#[derive(Debug)]
struct Queue<H: Hosted> {
    replicas: Vec<Arc<Replica<H>>>,
    stopped: bool,
}

impl<H: Hosted> Default for Committer<H> {
    fn default() -> Self {
        let queue = Queue {
            replicas: Vec::new(),
            stopped: false,
        };
        Committer {
            queue: Mutex::new(queue),
            changed: Condvar::new(),
        }
    }
}

impl<H: Hosted> Committer<H> {
    /// Lets a replica take part in the next round; it lists itself once per round.
    pub fn enqueue(&self, replica: Arc<Replica<H>>) {
        self.lock().replicas.push(replica);
        self.changed.notify_one();
    }

    pub fn stop(&self) {
        self.lock().stopped = true;
        self.changed.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, Queue<H>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The replicas of the next round; `None` once stopped and served.
    fn next_round(&self) -> Option<Vec<Arc<Replica<H>>>> {
        let mut queue = self.lock();
        loop {
            if !queue.replicas.is_empty() {
                return Some(std::mem::take(&mut queue.replicas));
            }
            if queue.stopped {
                return None;
            }
            queue = self
                .changed
                .wait(queue)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    pub fn start(directory: &Arc<Directory<H>>) -> io::Result<()> {
        let directory = Arc::clone(directory);
        thread::Builder::new()
            .name("committer".to_owned())
            .spawn(move || {
                while let Some(round) = directory.committer().next_round() {
                    commit_round(&directory, &round);
                }
            })?;
        Ok(())
    }
}

fn commit_round<H: Hosted>(directory: &Arc<Directory<H>>, round: &[Arc<Replica<H>>]) {
    if round.len() < PARALLEL_FROM {
        return commit_all(directory, round);
    }
    let share = round.len().div_ceil(THREADS);
    thread::scope(|scope| {
        for replicas in round.chunks(share) {
            scope.spawn(move || commit_all(directory, replicas));
        }
    });
}

fn commit_all<H: Hosted>(directory: &Arc<Directory<H>>, replicas: &[Arc<Replica<H>>]) {
    for replica in replicas {
        // After a failed sync nothing may be reported durable that a later one seems to cover.
        if directory.has_failed() {
            return;
        }
        let mut notices = Notices::default();
        if let Err(error) = replica.commit(&mut notices) {
            directory.fail(&error);
        }
        directory.deliver(notices);
    }
}
