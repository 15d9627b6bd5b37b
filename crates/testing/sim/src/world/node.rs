//! The node as a whole: it starts on what its disk holds, serves, and hands out what its tasks
//! have left.

use std::path::Path;
use std::sync::{Arc, PoisonError};

use ottla_runtime::{Notice, Work, waiter_number};

use super::{Event, Given, Node, Thread, World};
use crate::broker::{Broker, Left, Tried, offsets_directory, partition_directory};
use crate::checkers::{Contents, Rule, ScannedLog, Survives, Violation, check_lookups, scan_log};
use crate::clients::Response;
use crate::network::Asker;

impl World {
    /// Begins to start the node.
    pub(super) fn start(&mut self) -> Result<(), Violation> {
        if !matches!(self.node, Node::Down) {
            return Ok(());
        }
        self.run += 1;
        let run = self.run;
        self.note(format_args!("run {run} starts"));
        self.node = Node::Starting;
        let (disk, clock) = (self.disk.clone(), self.clock.clone());
        let plan = self.plan.clone();
        let started = Arc::clone(&self.started);
        let work = Box::new(move || {
            let broker = Broker::open(&disk, &clock, &plan, run);
            *started.lock().unwrap_or_else(PoisonError::into_inner) = Some(broker);
        });
        self.start_task(Thread::Main, work)
    }

    /// The task that started or stopped the node has ended.
    pub(super) fn on_main_ended(&mut self) -> Result<(), Violation> {
        if let Node::Stopping(_) = self.node {
            self.note(format_args!("stopped"));
            self.crash(Survives::Kill, true);
            return Ok(());
        }
        let started = self.started.lock();
        let started = started.unwrap_or_else(PoisonError::into_inner).take();
        match started {
            Some(Ok(broker)) => self.on_started(broker),
            Some(Err(error)) if self.disk.was_failing() => {
                self.note(format_args!("cannot start: {error}"));
                self.crash(Survives::Kill, false);
                Ok(())
            }
            Some(Err(error)) => Err(Violation::new(Rule::RecoverySucceeds, error.to_string())),
            None => Ok(()),
        }
    }

    fn on_started(&mut self, broker: Broker) -> Result<(), Violation> {
        let survived = std::mem::replace(&mut self.survived, Survives::Kill);
        let run = self.run;
        self.note(format_args!("run {run} is up after {survived:?}"));
        for (index, replica) in broker.replicas().iter().enumerate() {
            let log = self.scan(&partition_directory(index), Contents::Records)?;
            if let Some(history) = self.histories.get_mut(index) {
                let compared = history.compare(&log, survived);
                compared.map_err(|violation| violation.of_partition(index))?;
            }
            check_lookups(replica, &log, &mut self.random)?;
            let marks = (log.start, log.end, log.batches.len());
            self.note(format_args!("partition {index} holds {marks:?}"));
        }
        let offsets = self.scan(&offsets_directory(), Contents::Anything)?;
        check_lookups(broker.offsets(), &offsets, &mut self.random)?;
        let survives = Survives::of_committed(&self.plan.offsets);
        self.commits.on_restarted(survives, survived);
        self.group_wake = None;
        self.node = Node::Up(Box::new(broker));
        self.schedule(self.plan.checkpoint_every, Event::Checkpoint(self.run));
        Ok(())
    }

    fn scan(&self, directory: &Path, contents: Contents) -> Result<ScannedLog, Violation> {
        scan_log(self.disk.files(), directory, contents)
    }

    /// Lets the coordinator do what time demands.
    pub(super) fn wake_groups(&mut self) {
        self.group_wake = None;
        if let Node::Up(broker) = &mut self.node {
            broker.wake_groups();
        }
    }

    /// Hands out what the coordinator has answered, and wakes it when it wants to be.
    fn collect_groups(&mut self) {
        let Node::Up(broker) = &mut self.node else {
            return;
        };
        let answers = broker.take_group_answers();
        let deadline = broker.next_group_deadline();
        for (asker, response) in answers {
            self.respond(asker, response);
        }
        let Some(deadline) = deadline else { return };
        // Not at once again: what it was woken for last may not have had its turn.
        let soon = self.now().monotonic.after_ms(1);
        let deadline = deadline.max(soon);
        if self.group_wake.is_none_or(|at| deadline < at) {
            self.group_wake = Some(deadline);
            self.schedule_at(deadline, Event::GroupDeadline(self.run));
        }
    }

    /// Work that was to wait is given to the pool.
    pub(super) fn give(&mut self, work: Work) {
        if let Node::Up(broker) | Node::Stopping(broker) = &mut self.node {
            broker.pool.push_back(work);
        }
    }

    pub(super) fn checkpoint(&mut self) {
        if let Node::Up(broker) = &self.node {
            broker.spawn_checkpoint();
            self.schedule(self.plan.checkpoint_every, Event::Checkpoint(self.run));
        }
    }

    /// Hands out what the node's tasks have left, and sees whether it ends.
    pub(super) fn collect(&mut self) -> Result<(), Violation> {
        loop {
            let (Node::Up(broker) | Node::Stopping(broker)) = &mut self.node else {
                return Ok(());
            };
            let left = broker.outbox().take();
            if left.is_empty() {
                break;
            }
            for left in left {
                self.hand_out(left);
            }
        }
        self.collect_groups();
        let (Node::Up(broker) | Node::Stopping(broker)) = &self.node else {
            return Ok(());
        };
        if broker.has_failed() {
            self.note(format_args!("no log directory is left: the process ends"));
            self.crash(Survives::Kill, false);
            return Ok(());
        }
        self.stop_if_idle()
    }

    fn hand_out(&mut self, left: Left) {
        let (Node::Up(broker) | Node::Stopping(broker)) = &mut self.node else {
            return;
        };
        let answered = match left {
            Left::Notice(Notice::Produced(waiter, produced)) => {
                broker.on_produced(waiter, produced)
            }
            Left::Notice(Notice::Readable(fetch)) => {
                broker.on_readable(waiter_number(fetch));
                None
            }
            Left::After(wait, work) => {
                self.schedule(wait, Event::Given(self.run, Given(work)));
                return;
            }
            Left::Refused(waiter, error) => broker.on_refused(waiter, error),
            Left::Read(number, outcome) => match broker.on_read(number, outcome) {
                Tried::Answered(asker, response) => Some((asker, response)),
                Tried::Waits => None,
            },
        };
        if let Some((asker, response)) = answered {
            self.respond(asker, response);
        }
    }

    pub(super) fn on_fetch_deadline(&mut self, number: u64) -> Result<(), Violation> {
        let (Node::Up(broker) | Node::Stopping(broker)) = &mut self.node else {
            return Ok(());
        };
        if let Tried::Answered(asker, response) = broker.on_fetch_deadline(number)? {
            self.respond(asker, response);
        }
        Ok(())
    }

    fn respond(&mut self, asker: Asker, response: Response) {
        let now = self.now().monotonic;
        let at = self.network.answer(asker.client, now);
        self.schedule_at(at, Event::Answer(asker, response));
    }

    /// A node that is to stop does so once nothing is under way.
    fn stop_if_idle(&mut self) -> Result<(), Violation> {
        let Node::Stopping(broker) = &mut self.node else {
            return Ok(());
        };
        broker.collect_pool_work();
        let has_jobs = broker.reactors.iter().any(|queue| !queue.is_empty());
        let has_work = has_jobs || broker.wants_commit() || !broker.pool.is_empty();
        if has_work || !self.busy.is_empty() {
            return Ok(());
        }
        let work = broker.stop_work();
        self.note(format_args!("stops"));
        self.start_task(Thread::Main, work)
    }
}
