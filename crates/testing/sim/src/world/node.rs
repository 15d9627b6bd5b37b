//! The node as a whole: it starts on what its disk holds, serves, and hands out what its tasks
//! have left.

use std::sync::{Arc, PoisonError};

use ottla_runtime::{Notice, Work, waiter_number};
use ottla_types::Duration;

use super::{Event, Given, Node, Thread, World};
use crate::broker::{Broker, Left, Replica, log_id};
use crate::checkers::{
    Contents, Rule, ScannedLog, Survives, Violation, check_lookups, rebuild_image, scan_log,
};
use crate::clients::Response;
use crate::network::Asker;
use crate::topics::{PartitionId, partition_directory, topic_number};

/// `broker.heartbeat.interval.ms`.
const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(2);

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
            self.take_left()?;
            return self.crash(Survives::Kill, true);
        }
        let started = self.started.lock();
        let started = started.unwrap_or_else(PoisonError::into_inner).take();
        match started {
            Some(Ok(broker)) => self.on_started(broker),
            Some(Err(error)) if self.disk.was_failing() => {
                self.note(format_args!("cannot start: {error}"));
                self.crash(Survives::Kill, false)
            }
            Some(Err(error)) => Err(Violation::new(Rule::RecoverySucceeds, error)),
            None => Ok(()),
        }
    }

    fn on_started(&mut self, broker: Broker) -> Result<(), Violation> {
        let survived = std::mem::replace(&mut self.survived, Survives::Kill);
        let run = self.run;
        self.note(format_args!("run {run} is up after {survived:?}"));
        let (published, replicas) = (broker.published(), broker.open_replicas());
        let offsets = broker.offsets();
        self.group_wake = None;
        self.quorum_wake = None;
        self.node = Node::Up(Box::new(broker));
        // What it has published while it started is the picture that all is compared with.
        self.take_left()?;
        let provenance = published.provenance.last_contained_offset;
        if rebuild_image(self.disk.files(), provenance)? != published.image {
            let detail = format!("the disk gives another image at {provenance}");
            return Err(Violation::new(Rule::CommittedMetadataSurvives, detail));
        }
        self.facts.compare(&published.image)?;
        // A directory that failed while it was opened has yet to end the process.
        if !self.disk.was_failing() {
            self.compare_directories(&published, &replicas)?;
        }
        for replica in &replicas {
            self.check_replica(replica, survived)?;
        }
        if offsets.is_some() {
            let survives = Survives::of_committed(&self.plan.offsets);
            self.commits.on_restarted(survives, survived);
        }
        self.schedule(self.plan.checkpoint_every, Event::Checkpoint(run));
        self.schedule(self.plan.retention_every, Event::Retention(run));
        self.schedule(HEARTBEAT_INTERVAL, Event::Heartbeat(run));
        Ok(())
    }

    fn check_replica(
        &mut self,
        replica: &Arc<Replica>,
        survived: Survives,
    ) -> Result<(), Violation> {
        let at = replica.topic_partition().clone();
        let Some(topic) = topic_number(at.topic.as_str()) else {
            let log = self.scan(replica, Contents::Anything)?;
            return self.check_reads(replica, &log);
        };
        let log = self.scan(replica, Contents::Records)?;
        let partition = PartitionId {
            topic,
            partition: at.partition.0,
        };
        let id = log_id(replica);
        self.check_none_is_gone(partition, log.records.values().copied())?;
        let sent = self.sent.entry(partition).or_default();
        if let Some(history) = self.histories.get_mut(&id) {
            let start = replica.look(|_, log| log.log_start_offset().0);
            let compared = history.compare(&log, survived, sent);
            let compared = compared.and_then(|()| history.compare_start(start));
            compared.map_err(|violation| violation.of_log(id))?;
            history.on_start_moved(start);
        }
        self.check_reads(replica, &log)?;
        let marks = (log.start, log.end, log.batches.len());
        self.note(format_args!("{at} holds {marks:?}"));
        Ok(())
    }

    /// Looks things up, unless the directory failed while it was opened, or the node was taken for
    /// dead while its disk was slow.
    fn check_reads(&mut self, replica: &Arc<Replica>, log: &ScannedLog) -> Result<(), Violation> {
        if self.disk.was_failing() || replica.leader().is_none() {
            return Ok(());
        }
        check_lookups(replica, log, &mut self.random)
    }

    fn scan(&self, replica: &Replica, contents: Contents) -> Result<ScannedLog, Violation> {
        let at = replica.topic_partition();
        let directory = partition_directory(at.topic.as_str(), at.partition.0);
        scan_log(self.disk.files(), &directory, contents)
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

    /// The broker says that it is there.
    pub(super) fn heartbeat(&mut self) {
        if let Node::Up(broker) = &self.node {
            broker.heartbeat();
            self.schedule(HEARTBEAT_INTERVAL, Event::Heartbeat(self.run));
        }
    }

    /// Has what is not to be kept removed.
    pub(super) fn retain(&mut self) {
        if let Node::Up(broker) = &self.node {
            broker.spawn_retention();
            self.schedule(self.plan.retention_every, Event::Retention(self.run));
        }
    }

    /// Wakes the quorum when it wants to be.
    fn wake_quorum(&mut self) {
        let (Node::Up(broker) | Node::Stopping(broker)) = &self.node else {
            return;
        };
        if self.busy.contains_key(&Thread::Quorum) {
            return;
        }
        let Some(deadline) = broker.next_quorum_deadline() else {
            return;
        };
        let now = self.now().monotonic;
        if deadline > now && self.quorum_wake.is_none_or(|at| deadline < at) {
            self.quorum_wake = Some(deadline);
            self.schedule_at(deadline, Event::QuorumDeadline(self.run));
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
        self.take_left()?;
        self.collect_groups();
        self.wake_quorum();
        let (Node::Up(broker) | Node::Stopping(broker)) = &self.node else {
            return Ok(());
        };
        if let Some(reason) = broker.ended() {
            self.note(format_args!("the process ends: {reason}"));
            if !self.disk.was_failing() {
                return Err(Violation::new(Rule::NodeRuns, reason));
            }
            return self.crash(Survives::Kill, false);
        }
        self.stop_if_idle()
    }

    fn take_left(&mut self) -> Result<(), Violation> {
        loop {
            let (Node::Up(broker) | Node::Stopping(broker)) = &mut self.node else {
                return Ok(());
            };
            let left = broker.outbox().take();
            if left.is_empty() {
                return Ok(());
            }
            for left in left {
                self.hand_out(left)?;
            }
        }
    }

    fn hand_out(&mut self, left: Left) -> Result<(), Violation> {
        let (Node::Up(broker) | Node::Stopping(broker)) = &mut self.node else {
            return Ok(());
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
                None
            }
            Left::Refused(waiter, error) => broker.on_refused(waiter, error),
            Left::Tried(number, reading, step) => broker.on_tried(number, reading, step).answer(),
            Left::ReadCold(number, answer) => broker.on_read_cold(number, answer).answer(),
            Left::DeletedRecords(asker, log, deleted) => {
                Some((asker, Response::DeletedRecords(log, deleted)))
            }
            Left::Decided(number, response) => match broker.take_change(number) {
                Some(asker) => Some((asker, Response::Changed(*response))),
                None => {
                    broker.on_decided(&response);
                    None
                }
            },
            Left::Snapshot(job) => {
                broker.snapshots.push_back(job);
                None
            }
            Left::Published(provenance, image) => {
                self.on_published(provenance, &image)?;
                None
            }
            Left::StoredLogStarts(starts) => {
                for (log, start) in starts {
                    if let Some(history) = self.histories.get_mut(&log) {
                        history.on_start_stored(start);
                    }
                }
                None
            }
        };
        if let Some((asker, response)) = answered {
            self.respond(asker, response);
        }
        Ok(())
    }

    pub(super) fn on_fetch_deadline(&mut self, number: u64) -> Result<(), Violation> {
        let (Node::Up(broker) | Node::Stopping(broker)) = &mut self.node else {
            return Ok(());
        };
        // Whoever waits for the disk may be about to wake it.
        let must_be_woken = self.busy.is_empty();
        let tried = broker.on_fetch_deadline(number, must_be_woken)?;
        if let Some((asker, response)) = tried.answer() {
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
        let has_work = has_jobs
            || broker.wants_commit()
            || !broker.pool.is_empty()
            || !broker.snapshots.is_empty();
        if has_work || !self.busy.is_empty() {
            return Ok(());
        }
        let work = broker.stop_work();
        self.note(format_args!("stops"));
        self.start_task(Thread::Main, work)
    }
}
