//! The node's threads: who has work gets a turn some time, and a task that waits for the disk goes
//! on when the disk is done.

use ottla_runtime::Work;

use super::{Event, Node, Thread, World};
use crate::broker::REACTORS;
use crate::checkers::{Rule, Violation};
use crate::tasks::{Progress, TaskId};

const POOL_THREADS: usize = 4;

impl World {
    /// Gives every thread that has work, and neither a task nor a turn to come, a turn to come.
    pub(super) fn arm_threads(&mut self) {
        let (Node::Up(broker) | Node::Stopping(broker)) = &mut self.node else {
            return;
        };
        broker.collect_pool_work();
        let mut wanting = Vec::new();
        for index in 0..REACTORS {
            if broker
                .reactors
                .get(index)
                .is_some_and(|queue| !queue.is_empty())
            {
                wanting.push(Thread::Reactor(index));
            }
        }
        if broker.wants_commit() {
            wanting.push(Thread::Committer);
        }
        // Who starts or stops the node drives the quorum himself.
        if broker.wants_quorum_turn() && !self.busy.contains_key(&Thread::Main) {
            wanting.push(Thread::Quorum);
        }
        if !broker.snapshots.is_empty() {
            wanting.push(Thread::Snapshot);
        }
        if !broker.pool.is_empty() {
            wanting.extend((0..POOL_THREADS).map(Thread::Pool));
        }
        for thread in wanting {
            if !self.busy.contains_key(&thread) && self.armed.insert(thread) {
                let soon = self.random_duration(100);
                self.schedule(soon, Event::Turn(self.run, thread));
            }
        }
    }

    /// A thread takes up what there is.
    pub(super) fn turn(&mut self, thread: Thread) -> Result<(), Violation> {
        self.armed.remove(&thread);
        let is_main_busy = self.busy.contains_key(&Thread::Main);
        if self.busy.contains_key(&thread) || (thread == Thread::Quorum && is_main_busy) {
            return Ok(());
        }
        let (Node::Up(broker) | Node::Stopping(broker)) = &mut self.node else {
            return Ok(());
        };
        let work = match thread {
            Thread::Reactor(index) => {
                let job = broker
                    .reactors
                    .get_mut(index)
                    .and_then(|queue| queue.pop_front());
                job.and_then(|job| broker.job_work(index, job))
            }
            Thread::Pool(_) => broker.pool.pop_front(),
            Thread::Committer => broker.wants_commit().then(|| broker.commit_work()),
            Thread::Quorum => broker.wants_quorum_turn().then(|| broker.quorum_work()),
            Thread::Snapshot => broker.snapshot_work(),
            Thread::Main => None,
        };
        match work {
            Some(work) => self.start_task(thread, work),
            None => Ok(()),
        }
    }

    pub(super) fn start_task(&mut self, thread: Thread, work: Work) -> Result<(), Violation> {
        let (task, progress) = self.tasks.start(work);
        self.note(format_args!("{thread:?} begins: {progress:?}"));
        self.on_progress(thread, task, progress)
    }

    /// A task's wait for the disk is over.
    pub(super) fn go_on(&mut self, thread: Thread) -> Result<(), Violation> {
        let Some(task) = self.busy.get(&thread).copied() else {
            return Ok(());
        };
        let progress = self.tasks.go_on(task);
        self.note(format_args!("{thread:?} goes on: {progress:?}"));
        self.on_progress(thread, task, progress)
    }

    fn on_progress(
        &mut self,
        thread: Thread,
        task: TaskId,
        progress: Progress,
    ) -> Result<(), Violation> {
        match progress {
            Progress::Paused(duration) => {
                self.busy.insert(thread, task);
                self.schedule(duration, Event::GoOn(self.run, thread));
                Ok(())
            }
            Progress::Ended => {
                self.busy.remove(&thread);
                if thread == Thread::Main {
                    return self.on_main_ended();
                }
                Ok(())
            }
            Progress::Panicked | Progress::Stuck => {
                let detail = format!("{thread:?}: {progress:?}");
                Err(Violation::new(Rule::ThreadsRun, detail))
            }
        }
    }

    /// Lets every task run to its end on a disk that is dead.
    pub(super) fn end_tasks(&mut self) {
        for (_, task) in std::mem::take(&mut self.busy) {
            while let Progress::Paused(_) = self.tasks.go_on(task) {}
        }
        self.armed.clear();
    }
}
