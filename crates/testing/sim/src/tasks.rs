//! Work that blocks on the simulated disk. Each piece has a thread, and of all threads, the
//! scheduler's included, one runs at a time: a task runs until it pauses in a call of the disk or
//! ends, so that the order of everything is the scheduler's and the shell's code is the real one.
//!
//! *Invariant*: a task pauses only in the disk. One that waits for anything else holds a lock while
//! it does IO, which the house forbids; it is found by waiting too long for it.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration as RealDuration;

use ottla_runtime::Work;
use ottla_types::Duration;

/// No task computes for so long.
const PATIENCE: RealDuration = RealDuration::from_secs(20);

/// How far a task has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// It waits for the disk, for so long.
    Paused(Duration),
    /// It is done.
    Ended,
    /// It panicked.
    Panicked,
    /// It waits for something that is not the disk.
    Stuck,
}

/// Names a task until it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TaskId(usize);

enum Command {
    Run(Work),
    GoOn,
}

#[derive(Debug)]
struct Worker {
    commands: Sender<Command>,
    progress: Receiver<Progress>,
}

/// What a worker's thread needs to pause.
struct Pauses {
    progress: Sender<Progress>,
    commands: Rc<Receiver<Command>>,
}

thread_local! {
    static PAUSES: RefCell<Option<Pauses>> = const { RefCell::new(None) };
}

/// The tasks of one simulation.
#[derive(Debug, Default)]
pub struct Tasks {
    workers: Vec<Worker>,
    idle: Vec<usize>,
}

impl Tasks {
    /// Begins a task and runs it as far as it goes.
    pub fn start(&mut self, work: Work) -> (TaskId, Progress) {
        let index = self.idle.pop().unwrap_or_else(|| {
            self.workers.push(spawn_worker());
            self.workers.len() - 1
        });
        (TaskId(index), self.command(index, Command::Run(work)))
    }

    /// Lets a paused task go on.
    pub fn go_on(&mut self, task: TaskId) -> Progress {
        self.command(task.0, Command::GoOn)
    }

    fn command(&mut self, index: usize, command: Command) -> Progress {
        let Some(worker) = self.workers.get(index) else {
            return Progress::Panicked;
        };
        if worker.commands.send(command).is_err() {
            return Progress::Panicked;
        }
        match worker.progress.recv_timeout(PATIENCE) {
            Ok(progress) => {
                if progress == Progress::Ended {
                    self.idle.push(index);
                }
                progress
            }
            Err(std::sync::mpsc::RecvTimeoutError::Timeout) => Progress::Stuck,
            Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => Progress::Panicked,
        }
    }
}

fn spawn_worker() -> Worker {
    let (commands, receiver) = channel();
    let (sender, progress) = channel();
    thread::Builder::new()
        .name("task".to_owned())
        .spawn(move || {
            let receiver = Rc::new(receiver);
            PAUSES.with_borrow_mut(|pauses| {
                *pauses = Some(Pauses {
                    progress: sender.clone(),
                    commands: Rc::clone(&receiver),
                });
            });
            while let Ok(Command::Run(work)) = receiver.recv() {
                work();
                if sender.send(Progress::Ended).is_err() {
                    return;
                }
            }
        })
        .expect("a thread can be made");
    Worker { commands, progress }
}

/// Lets others run for a simulated while. Returns at once outside of a task.
pub fn pause(duration: Duration) {
    PAUSES.with_borrow(|pauses| {
        let Some(pauses) = pauses else { return };
        if pauses.progress.send(Progress::Paused(duration)).is_ok() {
            // The scheduler being gone ends the pause as well.
            let _ = pauses.commands.recv();
        }
    });
}

#[cfg(test)]
mod tests;
