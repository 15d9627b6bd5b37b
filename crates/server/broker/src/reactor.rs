//! What one reactor keeps for its requests: producers that wait for their acknowledgement, fetches
//! that wait for bytes, fetch sessions.

mod produces;

pub use produces::PendingProduce;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;
use ottla_fetch::{
    Effect, FinishedFetch, Input, PartitionOutcome, RequestedPartition, SessionContext,
    SessionLimits, Sessions, Waits,
};
use ottla_machine::Machine;
use ottla_messages::ApiKey;
use ottla_messages::fetch_request::FetchRequest;
use ottla_messages::produce_request::ProduceRequest;
use ottla_partition::WaiterId;
use ottla_runtime::{Connection, LineLimit, Notice, Service, clock, waiter_id, waiter_number};
use ottla_types::{Duration, Instant, RequestId};
use tokio::sync::Notify;

use crate::apis;
use crate::handlers::fetch::{self, ParkedFetches};
use crate::handlers::produce;
use crate::metrics::Metrics;
use crate::node::Node;
use crate::published::Published;
use crate::request::RequestContext;
use produces::PendingProduces;

/// A fetch session is safe from those that want its slot for so long, as in Kafka.
const MINIMUM_EVICTION_AGE: Duration = Duration::from_secs(120);

/// Anybody can send what is no request, as often as he likes.
static REFUSED_FRAMES: LineLimit = LineLimit::new(10);

/// What other threads tell a reactor's service.
#[derive(Debug)]
pub enum Message {
    /// Somebody who waits can go on.
    Notice(Notice),
    /// What was read from the disk for a fetch.
    ColdRead(fetch::ColdRead),
    /// The batches of a produce request were checked.
    Checked(produce::CheckedRequest),
}

/// The requests of one reactor.
pub struct ReactorService {
    index: usize,
    node: Arc<Node>,
    metrics: Arc<Metrics>,
    next_number: Cell<u64>,
    produces: RefCell<PendingProduces>,
    produce_waits: RefCell<Waits>,
    /// Requests whose batches another thread checks.
    being_checked: RefCell<BTreeMap<u64, RequestContext>>,
    fetches: RefCell<ParkedFetches>,
    fetch_waits: RefCell<Waits>,
    sessions: RefCell<Sessions>,
    scratch: RefCell<Vec<u8>>,
    armed: Cell<Option<Instant>>,
    deadline_changed: Notify,
}

impl ReactorService {
    /// The service of the reactor with this number.
    #[must_use]
    pub fn new(index: usize, node: Arc<Node>, metrics: Arc<Metrics>) -> ReactorService {
        let slots = node.config().fetch.max_incremental_session_cache_slots;
        let limits = SessionLimits {
            slots: usize::try_from(slots)
                .unwrap_or(0)
                .div_ceil(node.reactor_count()),
            minimum_eviction_age: MINIMUM_EVICTION_AGE,
        };
        let sessions = RefCell::new(Sessions::new(limits, node.random_seed()));
        ReactorService {
            index,
            node,
            metrics,
            next_number: Cell::new(0),
            produces: RefCell::default(),
            produce_waits: RefCell::default(),
            being_checked: RefCell::default(),
            fetches: RefCell::default(),
            fetch_waits: RefCell::default(),
            sessions,
            scratch: RefCell::default(),
            armed: Cell::new(None),
            deadline_changed: Notify::new(),
        }
    }

    /// The number of this reactor.
    #[must_use]
    pub fn index(&self) -> usize {
        self.index
    }

    /// The node it belongs to.
    #[must_use]
    pub fn node(&self) -> &Arc<Node> {
        &self.node
    }

    /// Its counters.
    #[must_use]
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    /// Takes consecutive numbers for those who will wait; the first one.
    pub fn reserve_waiter_numbers(&self, count: u64) -> u64 {
        let first = self.next_number.get();
        self.next_number.set(first + count.max(1));
        first
    }

    /// The id by which partitions know a waiter of this reactor.
    #[must_use]
    pub fn waiter_id(&self, number: u64) -> WaiterId {
        waiter_id(self.index, number)
    }

    /// Lends the buffer into which batches are inflated.
    pub fn with_scratch<T>(&self, work: impl FnOnce(&mut Vec<u8>) -> T) -> T {
        const KEPT: usize = 4 << 20;
        let mut scratch = self.scratch.borrow_mut();
        let result = work(&mut scratch);
        scratch.clear();
        scratch.shrink_to(KEPT);
        result
    }

    /// Hands a notice to the reactor it is for.
    pub fn deliver(self: &Rc<Self>, reactor: usize, notice: Notice) {
        if reactor == self.index {
            self.on_notice(notice);
        } else {
            self.node.reactor(reactor).send(Message::Notice(notice));
        }
    }

    /// Answers a produce request, or keeps it until its batches are done or its time is up.
    pub fn answer_or_park(&self, produce: PendingProduce, deadline: Instant) {
        if produce.is_done() {
            return produce.respond();
        }
        let id = RequestId(produce.first_number());
        self.produces.borrow_mut().park(produce);
        self.step(&self.produce_waits, Input::Park(id, deadline));
    }

    /// Has a thread that computes check the batches of a request. Its connection waits.
    pub(crate) fn check_elsewhere(
        &self,
        context: RequestContext,
        request: ProduceRequest,
        published: Arc<Published>,
    ) {
        let number = self.reserve_waiter_numbers(1);
        let version = context.version;
        context.connection().suspend();
        self.being_checked.borrow_mut().insert(number, context);
        let (node, reactor) = (Arc::clone(&self.node), self.index);
        self.node.compute().spawn(move || {
            let checked = produce::check_all(number, version, request, published);
            node.reactor(reactor).send(Message::Checked(checked));
        });
    }

    /// What a fetch is about.
    pub(crate) fn resolve_fetch(&self, version: i16, request: &FetchRequest) -> SessionContext {
        self.sessions
            .borrow_mut()
            .resolve(clock::monotonic(), version, request)
    }

    /// The partitions to read, looked up.
    pub(crate) fn fetch_places(
        &self,
        session: &SessionContext,
        find: impl FnMut(&RequestedPartition) -> fetch::Place,
    ) -> Vec<fetch::Place> {
        self.sessions
            .borrow()
            .partitions(session)
            .map(find)
            .collect()
    }

    /// Ends a fetch: what its client is to hear of.
    pub(crate) fn finish_fetch(
        &self,
        session: SessionContext,
        outcomes: &[PartitionOutcome],
    ) -> FinishedFetch {
        self.sessions
            .borrow_mut()
            .finish(clock::monotonic(), session, outcomes)
    }

    /// Keeps a fetch that waits for partitions, until its time is up.
    pub(crate) fn park_fetch(&self, number: u64, fetch: fetch::ParkedFetch) {
        let park = Input::Park(RequestId(number), fetch.answer_by);
        self.keep_fetch(number, fetch);
        self.step(&self.fetch_waits, park);
    }

    /// Keeps a fetch that waits for something that is certain to come.
    pub(crate) fn keep_fetch(&self, number: u64, fetch: fetch::ParkedFetch) {
        self.fetches.borrow_mut().insert(number, fetch);
    }

    /// Takes a fetch that was kept; it waits for nothing any more.
    pub(crate) fn take_fetch(&self, number: u64) -> Option<fetch::ParkedFetch> {
        self.step(&self.fetch_waits, Input::Forget(RequestId(number)));
        self.fetches.borrow_mut().remove(number)
    }

    fn step(&self, waits: &RefCell<Waits>, input: Input) -> Vec<Effect> {
        let mut effects = Vec::new();
        let next = {
            let mut waits = waits.borrow_mut();
            waits.step(clock::now(), input, &mut effects);
            waits.next_deadline()
        };
        if next.is_some_and(|next| self.armed.get().is_none_or(|armed| next < armed)) {
            self.deadline_changed.notify_one();
        }
        effects
    }

    fn on_notice(self: &Rc<Self>, notice: Notice) {
        match notice {
            Notice::Produced(waiter, produced) => {
                let done = self.produces.borrow_mut().complete(waiter, &produced);
                if let Some(produce) = done {
                    let id = RequestId(produce.first_number());
                    self.step(&self.produce_waits, Input::Forget(id));
                    produce.respond();
                }
            }
            Notice::Readable(waiter) => {
                let id = RequestId(waiter_number(waiter));
                for effect in self.step(&self.fetch_waits, Input::Readable(id)) {
                    self.on_fetch_effect(effect);
                }
            }
        }
    }

    fn on_fetch_effect(self: &Rc<Self>, effect: Effect) {
        let (Effect::Retry(RequestId(number)) | Effect::Expire(RequestId(number))) = effect;
        let Some(fetch) = self.take_fetch(number) else {
            return;
        };
        match effect {
            Effect::Retry(_) => fetch::on_readable(self, number, fetch),
            Effect::Expire(_) => fetch::on_expired(self, number, fetch),
        }
    }
}

impl Service for ReactorService {
    type Message = Message;

    fn on_frame(self: &Rc<Self>, connection: &Rc<Connection>, frame: Bytes) {
        if let Err(refusal) = apis::dispatch(self, connection, frame) {
            if let Some(left_out) = REFUSED_FRAMES.admit() {
                tracing::info!(peer = %connection.peer, %refusal, left_out, "connection closed");
            }
            connection.close();
        }
    }

    /// Batches of a producer go to the disk together; all else sees what came before it, as in
    /// Kafka, whose brokers take one request of a connection at a time.
    fn overlaps(&self, frame: &[u8]) -> bool {
        frame.starts_with(&(ApiKey::Produce as i16).to_be_bytes())
    }

    fn on_message(self: &Rc<Self>, message: Message) {
        match message {
            Message::Notice(notice) => self.on_notice(notice),
            Message::ColdRead(read) => fetch::on_cold_read(self, read),
            Message::Checked(request) => {
                let context = self.being_checked.borrow_mut().remove(&request.number);
                let context = context.expect("a request is checked once");
                produce::on_checked(self, context, request);
            }
        }
    }

    fn on_deadline(self: &Rc<Self>) {
        for effect in self.step(&self.produce_waits, Input::Deadline) {
            if let Effect::Expire(id) | Effect::Retry(id) = effect
                && let Some(produce) = self.produces.borrow_mut().expire(id.0)
            {
                produce.respond();
            }
        }
        for effect in self.step(&self.fetch_waits, Input::Deadline) {
            self.on_fetch_effect(effect);
        }
    }

    fn next_deadline(&self) -> Option<Instant> {
        let produce = self.produce_waits.borrow().next_deadline();
        let fetch = self.fetch_waits.borrow().next_deadline();
        let next = produce.into_iter().chain(fetch).min();
        self.armed.set(next);
        next
    }

    fn deadline_changed(&self) -> &Notify {
        &self.deadline_changed
    }

    fn on_closed(self: &Rc<Self>, connection: &Connection) {
        // Answers of waiting producers go nowhere and cost nothing; a waiting fetch would be
        // tried again for nobody.
        let gone = self.fetches.borrow_mut().remove_connection(connection.id);
        for (number, mut fetch) in gone {
            fetch.reading.unwatch(self.waiter_id(number));
            self.step(&self.fetch_waits, Input::Forget(RequestId(number)));
        }
    }
}
