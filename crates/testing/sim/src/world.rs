//! One simulation: the scheduler that owns time and order, a node, its disk, its clients, and what
//! is checked of them.
//!
//! *State* of the node: down (a restart is due), starting (a task opens its logs), up, stopping.
//! *Invariant*: everything that happens is an event of one queue, ordered by time and then by the
//! order of being put there; so a seed is a history.

mod clients;
mod deletions;
mod faults;
mod metadata;
mod node;
mod threads;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex};

use ottla_controller::RequestBody;
use ottla_log::MemoryStorage;
use ottla_machine::Random;
use ottla_runtime::Work;
use ottla_types::{Duration, Instant, Now, TopicId};

use crate::broker::{Broker, format};
use crate::checkers::{
    Commits, Facts, History, Pictures, RecordId, Rule, Sent, Survives, Violation,
};
use crate::clients::{Administrator, Consumer, Direction, Member, Producer, Request, Response};
use crate::clock::SimulatedClock;
use crate::disk::SimulatedDisk;
use crate::network::{Asker, ClientId, Network};
use crate::plan::{Fault, Plan};
use crate::tasks::{TaskId, Tasks};
use crate::topics::{LogId, PartitionId};
use crate::trace::Trace;

/// By then everything must be answered.
const PATIENCE: Duration = Duration::from_secs(900);

/// A thread of the node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Thread {
    Reactor(usize),
    Pool(usize),
    Committer,
    /// The metadata quorum's.
    Quorum,
    /// Writes a snapshot of the metadata.
    Snapshot,
    /// Starts and stops the node.
    Main,
}

/// Something that happens. What belongs to a run of the node carries its number.
#[derive(Debug)]
enum Event {
    /// A request reaches the node.
    Arrive(Asker, usize, Request),
    /// An answer reaches its client.
    Answer(Asker, Response),
    /// A client notices that its connection ended.
    Disconnect(ClientId, u64),
    /// A client has waited long for an answer.
    RequestTimeout(Asker),
    /// A client wanted to be woken.
    Wake(ClientId),
    /// A producer gets an id.
    Identify(usize),
    /// A producer learns who leads.
    Leader(usize, PartitionId),
    /// A thread looks for work.
    Turn(u64, Thread),
    /// The disk is done with what a thread waits for.
    GoOn(u64, Thread),
    /// A fetch has waited long enough.
    FetchDeadline(u64, u64),
    /// Work for the pool has waited long enough.
    Given(u64, Given),
    /// The coordinator wanted to be woken.
    GroupDeadline(u64),
    /// The quorum wanted to be woken.
    QuorumDeadline(u64),
    /// The broker is to say that it is there.
    Heartbeat(u64),
    /// A look for what is to be removed is due.
    Retention(u64),
    /// A request that was held back reaches the controller.
    Change(u64, Asker, Box<RequestBody>),
    /// Checkpoints are due.
    Checkpoint(u64),
    /// The process is started again.
    Start,
    /// Trouble.
    Fault(Fault),
}

/// Work that waits.
struct Given(Work);

impl fmt::Debug for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("work")
    }
}

#[derive(Debug)]
enum Node {
    Down,
    Starting,
    Up(Box<Broker>),
    Stopping(Box<Broker>),
}

type Started = Arc<Mutex<Option<Result<Broker, String>>>>;

/// A simulation.
#[derive(Debug)]
pub struct World {
    plan: Plan,
    random: Random,
    clock: SimulatedClock,
    trace: Trace,
    tasks: Tasks,
    events: BTreeMap<(Instant, u64), Event>,
    next_event: u64,
    disk: SimulatedDisk,
    node: Node,
    /// The number of this run of the node.
    run: u64,
    started: Started,
    /// Threads that have a task.
    busy: BTreeMap<Thread, TaskId>,
    /// Threads that will look for work.
    armed: BTreeSet<Thread>,
    /// What happened to the disk since the histories were compared last.
    survived: Survives,
    network: Network,
    producers: Vec<Producer>,
    consumers: Vec<Consumer>,
    members: Vec<Member>,
    administrator: Administrator,
    commits: Commits,
    /// When the coordinator will be woken.
    group_wake: Option<Instant>,
    /// When the quorum will be woken.
    quorum_wake: Option<Instant>,
    wakes: BTreeMap<ClientId, Instant>,
    /// Producer ids that were given.
    producer_ids: BTreeSet<i64>,
    /// Topics as clients have heard of them: the id, and how many partitions.
    known: BTreeMap<usize, (TopicId, i32)>,
    /// What was sent where.
    sent: BTreeMap<PartitionId, Sent>,
    histories: BTreeMap<LogId, History>,
    /// Records of topics that were deleted.
    gone: BTreeMap<PartitionId, BTreeSet<RecordId>>,
    pictures: Pictures,
    facts: Facts,
    /// Set by the last crash, after which only checks are left.
    is_last_run: bool,
}

impl World {
    /// The world of a plan, about to begin.
    #[must_use]
    pub fn new(plan: Plan) -> World {
        let mut random = Random::from_seed(plan.seed);
        let files = MemoryStorage::new();
        format(&files, &plan).expect("a new file system in memory takes a directory");
        let disk = SimulatedDisk::new(files, random.next_u64(), plan.pace, plan.bug);
        let producers = plan.producers.iter().cloned();
        let producers = producers
            .map(|producer| Producer::new(producer, random.next_u64()))
            .collect();
        let topics = plan.topics.len() as u64;
        let backward = (0..plan.backward_consumers).map(|_| {
            let partition = PartitionId {
                topic: usize::try_from(random.below(topics)).unwrap_or(0),
                partition: 0,
            };
            Consumer::new(partition, Direction::Backward, random.next_u64())
        });
        let consumers = backward.collect();
        let administrator = Administrator::new(
            plan.administrator,
            plan.topics.clone(),
            plan.offsets,
            random.next_u64(),
        );
        let members = (0..plan.members).map(|_| Member::new(random.next_u64()));
        let members = members.collect();
        let mut world = World {
            network: Network::new(random.next_u64()),
            random,
            clock: SimulatedClock::default(),
            trace: Trace::default(),
            tasks: Tasks::default(),
            events: BTreeMap::new(),
            next_event: 0,
            disk,
            node: Node::Down,
            run: 0,
            started: Started::default(),
            busy: BTreeMap::new(),
            armed: BTreeSet::new(),
            survived: Survives::Kill,
            producers,
            consumers,
            members,
            administrator,
            commits: Commits::default(),
            group_wake: None,
            quorum_wake: None,
            wakes: BTreeMap::new(),
            producer_ids: BTreeSet::new(),
            known: BTreeMap::new(),
            sent: BTreeMap::new(),
            histories: BTreeMap::new(),
            gone: BTreeMap::new(),
            pictures: Pictures::default(),
            facts: Facts::default(),
            is_last_run: false,
            plan,
        };
        world.schedule(Duration::ZERO, Event::Start);
        for (at, fault) in world.plan.faults.clone() {
            world.schedule_at(at, Event::Fault(fault));
        }
        for client in world.clients() {
            world.wake_at(client, Instant::ZERO);
        }
        world
    }

    /// Runs to the end.
    ///
    /// # Errors
    /// The first promise that is broken.
    pub fn run(&mut self) -> Result<(), Violation> {
        while let Some(((at, _), event)) = self.events.pop_first() {
            self.clock.advance_to(at);
            self.disk.set_clock(self.now().wall);
            self.happen(event)?;
            self.collect()?;
            self.arm_threads();
            if self.is_over()? {
                return Ok(());
            }
            if at > Instant::ZERO.after(PATIENCE) {
                return Err(Violation::new(Rule::Progress, self.who_waits()));
            }
        }
        Err(Violation::new(Rule::Progress, self.who_waits()))
    }

    /// Prints what happens from now on.
    pub fn print(&mut self) {
        self.trace.print();
    }

    /// What happened.
    #[must_use]
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    fn now(&self) -> Now {
        self.clock.now()
    }

    fn note(&mut self, what: fmt::Arguments<'_>) {
        let now = self.now();
        self.trace.note(now, what);
    }

    fn schedule(&mut self, after: Duration, event: Event) {
        let at = self.now().monotonic.after(after);
        self.schedule_at(at, event);
    }

    fn schedule_at(&mut self, at: Instant, event: Event) {
        let at = at.max(self.now().monotonic);
        self.events.insert((at, self.next_event), event);
        self.next_event += 1;
    }

    fn random_duration(&mut self, most_microseconds: u64) -> Duration {
        Duration::from_micros(1 + self.random.below(most_microseconds))
    }

    fn happen(&mut self, event: Event) -> Result<(), Violation> {
        match event {
            Event::Arrive(asker, reactor, request) => self.arrive(asker, reactor, request),
            Event::Answer(asker, response) => return self.answer(asker, &response),
            Event::Disconnect(client, connection) => self.disconnect(client, connection),
            Event::RequestTimeout(asker) => self.on_request_timeout(asker),
            Event::Wake(client) => self.wake(client),
            Event::Identify(producer) => return self.identify(producer),
            Event::Leader(producer, partition) => self.tell_leader(producer, partition),
            Event::Turn(run, thread) if run == self.run => return self.turn(thread),
            Event::GoOn(run, thread) if run == self.run => return self.go_on(thread),
            Event::FetchDeadline(run, number) if run == self.run => {
                return self.on_fetch_deadline(number);
            }
            Event::Checkpoint(run) if run == self.run => self.checkpoint(),
            Event::Given(run, given) if run == self.run => self.give(given.0),
            Event::GroupDeadline(run) if run == self.run => self.wake_groups(),
            Event::QuorumDeadline(run) if run == self.run => self.quorum_wake = None,
            Event::Heartbeat(run) if run == self.run => self.heartbeat(),
            Event::Retention(run) if run == self.run => self.retain(),
            Event::Change(run, asker, body) if run == self.run => self.change(asker, *body),
            // Of a run that is over.
            Event::Turn(..)
            | Event::GoOn(..)
            | Event::FetchDeadline(..)
            | Event::Given(..)
            | Event::GroupDeadline(_)
            | Event::QuorumDeadline(_)
            | Event::Heartbeat(_)
            | Event::Retention(_)
            | Event::Change(..)
            | Event::Checkpoint(_) => {}
            Event::Start => return self.start(),
            Event::Fault(fault) => return self.on_fault(fault),
        }
        Ok(())
    }

    /// Whether all is said and done: then the last crash is made, and after it nothing more.
    fn is_over(&mut self) -> Result<bool, Violation> {
        let Node::Up(broker) = &self.node else {
            return Ok(false);
        };
        if self.is_last_run {
            return Ok(true);
        }
        let at_end = |consumer: &Consumer| {
            let is_forward = consumer.direction() == Direction::Forward;
            let replica = broker.replica(consumer.partition());
            let Some(replica) = replica.filter(|_| is_forward) else {
                return true;
            };
            let end = replica.look(|_, log| log.log_end_offset().0);
            let log = crate::broker::log_id(&replica);
            consumer.log() == Some(log) && consumer.position() == end
        };
        let is_quiet = self.now().monotonic > self.plan.faults_end()
            && self.producers.iter().all(Producer::is_done)
            && self.administrator.is_done()
            && self.known.len() == self.plan.topics.len()
            && self.consumers.iter().all(at_end);
        if is_quiet {
            self.is_last_run = true;
            let torn = self.random.below(2) == 0;
            self.on_fault(Fault::PowerCut { torn })?;
        }
        Ok(false)
    }

    fn who_waits(&self) -> String {
        let producers = self.producers.iter();
        let producers = producers.filter(|producer| !producer.is_done()).count();
        let positions: Vec<_> = self.consumers.iter().map(Consumer::position).collect();
        let node = match &self.node {
            Node::Down => "down",
            Node::Starting => "starting",
            Node::Up(_) => "up",
            Node::Stopping(_) => "stopping",
        };
        let administrator = if self.administrator.is_done() {
            "has done all"
        } else {
            "waits"
        };
        format!(
            "{producers} producers wait, the administrator {administrator}, consumers are at \
             {positions:?}, the node is {node}"
        )
    }
}
