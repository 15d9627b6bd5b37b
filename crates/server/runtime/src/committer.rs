//! One thread per log directory, with helpers when many logs are written to, that puts what was
//! written on the device.
//!
//! Group commit without a timer: whoever wrote during one round is served by the next, so the round
//! is the batch. Every replica with written but not durable bytes takes part, whether somebody
//! waits or not: what consumers may see follows the disk.

use std::io;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use ottla_log::Storage;

use crate::directory::Directory;
use crate::notices::Notices;
use crate::pool::Pool;
use crate::replica::{Hosted, Replica};

/// From so many files on, waiting for them one after the other costs more than threads do.
const PARALLEL_FROM: usize = 8;
/// So many threads besides the committer itself.
const HELPERS: usize = 15;

/// The list of replicas to sync.
#[derive(Debug)]
pub(crate) struct Committer<H: Hosted, S: Storage> {
    queue: Mutex<Queue<H, S>>,
    changed: Condvar,
}

#[derive(Debug)]
struct Queue<H: Hosted, S: Storage> {
    replicas: Vec<Arc<Replica<H, S>>>,
    stopped: bool,
}

impl<H: Hosted, S: Storage> Default for Committer<H, S> {
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

impl<H: Hosted, S: Storage> Committer<H, S> {
    /// Lets a replica take part in the next round; it lists itself once per round.
    pub fn enqueue(&self, replica: Arc<Replica<H, S>>) {
        self.lock().replicas.push(replica);
        self.changed.notify_one();
    }

    pub fn stop(&self) {
        self.lock().stopped = true;
        self.changed.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, Queue<H, S>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The replicas of the next round; `None` once stopped and served.
    fn next_round(&self) -> Option<Vec<Arc<Replica<H, S>>>> {
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

    pub fn has_waiting(&self) -> bool {
        !self.lock().replicas.is_empty()
    }

    /// Serves those that wait now, on this thread.
    pub fn commit_waiting(&self, directory: &Arc<Directory<H, S>>) {
        let round = std::mem::take(&mut self.lock().replicas);
        commit_all(directory, &round);
    }

    pub fn start(directory: &Arc<Directory<H, S>>) -> io::Result<()> {
        let directory = Arc::clone(directory);
        thread::Builder::new()
            .name("committer".to_owned())
            .spawn(move || {
                let mut helpers = None;
                while let Some(round) = directory.committer().next_round() {
                    commit_round(&directory, &round, &mut helpers);
                }
            })?;
        Ok(())
    }
}

/// Serves a round; with helpers, which are made when a round needs them first.
pub(crate) fn commit_round<H: Hosted, S: Storage>(
    directory: &Arc<Directory<H, S>>,
    round: &[Arc<Replica<H, S>>],
    helpers: &mut Option<Pool>,
) {
    if round.len() < PARALLEL_FROM {
        return commit_all(directory, round);
    }
    if helpers.is_none() {
        *helpers = Pool::start("committer", HELPERS).ok();
    }
    let Some(helpers) = helpers else {
        return commit_all(directory, round);
    };
    let share = round.len().div_ceil(HELPERS + 1);
    let (own, others) = round.split_at(share);
    let (done, ended) = channel();
    for replicas in others.chunks(share) {
        let (directory, replicas) = (Arc::clone(directory), replicas.to_vec());
        let done = done.clone();
        helpers.spawn(move || {
            commit_all(&directory, &replicas);
            // Told by being dropped.
            drop::<Sender<()>>(done);
        });
    }
    drop(done);
    commit_all(directory, own);
    // Until nobody could send any more.
    while ended.recv().is_ok() {}
}

fn commit_all<H: Hosted, S: Storage>(
    directory: &Arc<Directory<H, S>>,
    replicas: &[Arc<Replica<H, S>>],
) {
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
