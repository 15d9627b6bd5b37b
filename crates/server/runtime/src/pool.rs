//! A few threads for work that would keep a reactor: what may wait for a disk, what takes long.

use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

/// Something that a reactor must not do.
pub type Work = Box<dyn FnOnce() + Send>;

/// Threads that take work in the order in which it was given.
#[derive(Clone, Debug)]
pub struct Pool {
    work: Sender<Work>,
}

impl Pool {
    /// Starts `threads` threads called `name`. They end when the last handle is dropped.
    ///
    /// # Errors
    /// When a thread cannot be made.
    pub fn start(name: &str, threads: usize) -> io::Result<Pool> {
        let (pool, given) = Pool::without_threads();
        let given = Arc::new(given);
        for index in 0..threads {
            let given = Arc::clone(&given);
            thread::Builder::new()
                .name(format!("{name}-{index}"))
                .spawn(move || {
                    while let Some(work) = given.wait() {
                        work();
                    }
                })?;
        }
        Ok(pool)
    }

    /// A pool whose work is done by whoever takes it.
    #[must_use]
    pub fn without_threads() -> (Pool, GivenWork) {
        let (work, receiver) = channel();
        let given = GivenWork {
            receiver: Mutex::new(receiver),
        };
        (Pool { work }, given)
    }

    /// Has `work` done by one of the threads.
    pub fn spawn(&self, work: impl FnOnce() + Send + 'static) {
        self.work
            .send(Box::new(work))
            .expect("the threads live as long as the pool");
    }
}

/// What a pool was given and nobody has begun.
#[derive(Debug)]
pub struct GivenWork {
    receiver: Mutex<Receiver<Work>>,
}

impl GivenWork {
    /// The next work, if there is some.
    #[must_use]
    pub fn take(&self) -> Option<Work> {
        self.lock().try_recv().ok()
    }

    /// Waits for the next work; `None` when the pool is gone.
    fn wait(&self) -> Option<Work> {
        self.lock().recv().ok()
    }

    fn lock(&self) -> MutexGuard<'_, Receiver<Work>> {
        self.receiver.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
