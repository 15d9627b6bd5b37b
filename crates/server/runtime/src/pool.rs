//! A few threads for work that may wait for a disk: rolls, cold reads, deletions.

use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

type Work = Box<dyn FnOnce() + Send>;

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
        let (work, receiver) = channel();
        let receiver = Arc::new(Mutex::new(receiver));
        for index in 0..threads {
            let receiver = Arc::clone(&receiver);
            thread::Builder::new()
                .name(format!("{name}-{index}"))
                .spawn(move || run(&receiver))?;
        }
        Ok(Pool { work })
    }

    /// Has `work` done by one of the threads.
    pub fn spawn(&self, work: impl FnOnce() + Send + 'static) {
        self.work
            .send(Box::new(work))
            .expect("the threads live as long as the pool");
    }
}

fn run(receiver: &Mutex<Receiver<Work>>) {
    loop {
        let next = receiver
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .recv();
        match next {
            Ok(work) => work(),
            Err(_) => return,
        }
    }
}
