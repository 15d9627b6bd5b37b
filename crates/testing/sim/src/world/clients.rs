//! The clients' side: what they want is carried, what they hear is checked.

use ottla_group::{GroupRequest, GroupResponse};
use ottla_messages::ErrorCode;
use ottla_types::{Duration, Instant};

use super::{Event, Node, World};
use crate::checkers::{Survives, Violation};
use crate::clients::{
    FetchResponse, GROUP_PARTITIONS, MemberFact, ProducerAction, Request, Response,
};
use crate::network::{Asker, ClientId};

/// A client that has no answer by then takes its connection for dead.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(15);

impl World {
    pub(super) fn clients(&self) -> Vec<ClientId> {
        let producers = (0..self.producers.len()).map(ClientId::Producer);
        let consumers = (0..self.consumers.len()).map(ClientId::Consumer);
        let members = (0..self.members.len()).map(ClientId::Member);
        producers.chain(consumers).chain(members).collect()
    }

    /// Wakes a client at a time, and not at another that was asked for before.
    pub(super) fn wake_at(&mut self, client: ClientId, at: Instant) {
        if self.wakes.get(&client) != Some(&at) {
            self.wakes.insert(client, at);
            self.schedule_at(at, Event::Wake(client));
        }
    }

    pub(super) fn wake(&mut self, client: ClientId) {
        let now = self.now();
        if self.wakes.get(&client).is_none_or(|at| *at > now.monotonic) {
            return;
        }
        self.wakes.remove(&client);
        match client {
            ClientId::Producer(index) => {
                if let Some(producer) = self.producers.get_mut(index) {
                    let actions = producer.wake(now);
                    self.perform(index, actions);
                }
            }
            ClientId::Consumer(index) => self.fetch(index),
            ClientId::Member(index) => self.ask_group(index),
        }
    }

    fn perform(&mut self, index: usize, actions: Vec<ProducerAction>) {
        for action in actions {
            match action {
                ProducerAction::Send(number, request) => {
                    self.note_sent(index, &request);
                    self.send(ClientId::Producer(index), number, request);
                }
                ProducerAction::InitProducerId => {
                    let soon = self.random_duration(5_000);
                    self.schedule(soon, Event::Identify(index));
                }
                ProducerAction::FindLeader(partition) => {
                    let soon = self.random_duration(5_000);
                    self.schedule(soon, Event::Leader(index, partition));
                }
                ProducerAction::Acknowledged { .. } => {
                    unreachable!("acknowledgements are taken out where answers are checked")
                }
                ProducerAction::GaveUp(ids) => {
                    self.note(format_args!("producer {index} gives up {ids:?}"));
                }
            }
        }
        let wake = self
            .producers
            .get(index)
            .and_then(|producer| producer.next_wake());
        if let Some(at) = wake {
            self.wake_at(ClientId::Producer(index), at);
        }
    }

    fn note_sent(&mut self, index: usize, request: &Request) {
        let Some(origin) = self.producers.get(index).map(|producer| producer.origin()) else {
            return;
        };
        let Request::Produce { batches, .. } = request else {
            return;
        };
        for batch in batches {
            if let Some(history) = self.histories.get_mut(batch.partition) {
                history.on_sent(origin, &batch.ids);
            }
        }
    }

    fn send(&mut self, client: ClientId, number: u64, request: Request) {
        let connection = self.network.connection(client);
        let asker = Asker {
            client,
            connection: connection.id,
            number,
        };
        let at = self.network.arrival(client, self.now().monotonic);
        let arrival = Event::Arrive(asker, connection.reactor, request);
        self.schedule_at(at, arrival);
        self.schedule(REQUEST_TIMEOUT, Event::RequestTimeout(asker));
    }

    /// A request reaches the node, if it is there.
    pub(super) fn arrive(&mut self, asker: Asker, reactor: usize, request: Request) {
        self.note(format_args!("{:?} {} arrives", asker.client, asker.number));
        let is_member = matches!(asker.client, ClientId::Member(_));
        if is_member && !self.network.is_current(asker.client, asker.connection) {
            // A commit is not idempotent: one that comes behind the next may undo it.
            return;
        }
        let run = self.run;
        let Node::Up(broker) = &mut self.node else {
            let soon = self.random_duration(1_000);
            let end = Event::Disconnect(asker.client, asker.connection);
            return self.schedule(soon, end);
        };
        match request {
            Request::Produce { batches, acks_all } => {
                broker.accept_produce(asker, reactor, batches, acks_all);
            }
            Request::Group(request) => broker.accept_group(asker, request),
            Request::Fetch(request) => {
                let number = broker.accept_fetch(asker, reactor, request);
                let wait = Duration::from_millis(request.max_wait_ms.unsigned_abs());
                self.schedule(wait, Event::FetchDeadline(run, number));
            }
        }
    }

    /// An answer reaches its client, if the connection is still there.
    pub(super) fn answer(&mut self, asker: Asker, response: &Response) -> Result<(), Violation> {
        if !self.network.is_current(asker.client, asker.connection) {
            return Ok(());
        }
        let now = self.now();
        match (asker.client, response) {
            (ClientId::Producer(index), Response::Produce(results)) => {
                self.note(format_args!(
                    "producer {index} {}: {results:?}",
                    asker.number
                ));
                let Some(producer) = self.producers.get_mut(index) else {
                    return Ok(());
                };
                let actions = producer.answered(now, asker.number, results);
                self.take_acknowledgements(index, actions)
            }
            (ClientId::Consumer(index), Response::Fetch(response)) => self.fetched(index, response),
            (ClientId::Member(index), Response::Group(response)) => {
                self.group_answered(index, response)
            }
            _ => Ok(()),
        }
    }

    fn take_acknowledgements(
        &mut self,
        index: usize,
        actions: Vec<ProducerAction>,
    ) -> Result<(), Violation> {
        let acks_all = self
            .producers
            .get(index)
            .is_some_and(|producer| producer.acks_all());
        let mut others = Vec::new();
        for action in actions {
            let ProducerAction::Acknowledged {
                partition,
                base_offset,
                ids,
            } = action
            else {
                others.push(action);
                continue;
            };
            let survives = if acks_all {
                self.committed_survives(partition)
            } else {
                Survives::Kill
            };
            if let Some(history) = self.histories.get_mut(partition) {
                history.on_acknowledged(base_offset, &ids, survives)?;
            }
        }
        self.perform(index, others);
        Ok(())
    }

    /// What a committed record of a partition survives.
    fn committed_survives(&self, partition: usize) -> Survives {
        let plan = self.plan.partitions.get(partition);
        plan.map_or(Survives::Kill, Survives::of_committed)
    }

    fn fetched(&mut self, index: usize, response: &FetchResponse) -> Result<(), Violation> {
        let partition = response.request.partition;
        let survives = self.committed_survives(partition);
        let (Some(consumer), Some(history)) = (
            self.consumers.get_mut(index),
            self.histories.get_mut(partition),
        ) else {
            return Ok(());
        };
        let seen = consumer.answered(response, history.known_end())?;
        for (offset, id) in &seen {
            history.on_seen(*offset, *id, survives)?;
        }
        let (offset, error) = (response.request.offset, response.error);
        let count = seen.len();
        self.note(format_args!(
            "consumer {index} at {offset}: {count} records, {error:?}"
        ));
        let pause = match (error, count) {
            (ErrorCode::NONE, 1..) => self.random_duration(30_000),
            _ => self.random_duration(200_000),
        };
        let at = self.now().monotonic.after(pause);
        self.wake_at(ClientId::Consumer(index), at);
        Ok(())
    }

    fn fetch(&mut self, index: usize) {
        let Some(consumer) = self.consumers.get_mut(index) else {
            return;
        };
        if let Some((number, request)) = consumer.next_request() {
            self.send(ClientId::Consumer(index), number, Request::Fetch(request));
        }
    }

    /// A client notices that a connection ended.
    pub(super) fn disconnect(&mut self, client: ClientId, connection: u64) {
        if !self.network.cut(client, connection) {
            return;
        }
        self.note(format_args!("{client:?} is disconnected"));
        let now = self.now();
        match client {
            ClientId::Producer(index) => {
                if let Some(producer) = self.producers.get_mut(index) {
                    let actions = producer.disconnected(now);
                    self.perform(index, actions);
                }
            }
            ClientId::Consumer(index) => {
                if let Some(consumer) = self.consumers.get_mut(index) {
                    consumer.disconnected();
                }
                let pause = self.random_duration(300_000);
                self.wake_at(client, now.monotonic.after(pause));
            }
            ClientId::Member(index) => {
                if let Some(member) = self.members.get_mut(index) {
                    member.disconnected();
                }
                let pause = self.random_duration(500_000);
                self.wake_at(client, now.monotonic.after(pause));
            }
        }
    }

    pub(super) fn on_request_timeout(&mut self, asker: Asker) {
        let awaits = match asker.client {
            ClientId::Producer(index) => {
                let producer = self.producers.get(index);
                producer.is_some_and(|producer| producer.awaits(asker.number))
            }
            ClientId::Consumer(index) => {
                let consumer = self.consumers.get(index);
                consumer.is_some_and(|consumer| consumer.awaits(asker.number))
            }
            ClientId::Member(index) => {
                let member = self.members.get(index);
                member.is_some_and(|member| member.awaits(asker.number))
            }
        };
        if awaits {
            self.disconnect(asker.client, asker.connection);
        }
    }

    pub(super) fn identify(&mut self, index: usize) {
        let now = self.now();
        let id = self.next_producer_id;
        self.next_producer_id += 1;
        if let Some(producer) = self.producers.get_mut(index) {
            let actions = producer.identified(now, id);
            self.perform(index, actions);
        }
    }

    pub(super) fn tell_leader(&mut self, index: usize, partition: usize) {
        let (now, leader) = (self.now(), self.leader());
        if let Some(producer) = self.producers.get_mut(index) {
            let actions = producer.leader(now, partition, leader);
            self.perform(index, actions);
        }
    }

    fn ask_group(&mut self, index: usize) {
        let Some(member) = self.members.get_mut(index) else {
            return;
        };
        let Some((number, request, facts)) = member.next_request() else {
            return;
        };
        for fact in facts {
            if let MemberFact::Committing(partition, offset) = fact {
                self.commits.on_sent(partition, offset);
            }
        }
        if matches!(request, GroupRequest::OffsetFetch { .. }) {
            self.commits.on_asked(index, GROUP_PARTITIONS);
        }
        self.send(ClientId::Member(index), number, Request::Group(request));
    }

    fn group_answered(&mut self, index: usize, response: &GroupResponse) -> Result<(), Violation> {
        let Some(member) = self.members.get_mut(index) else {
            return Ok(());
        };
        let facts = member.answered(response);
        let pause = member.pause();
        self.note(format_args!("member {index}: {response:?}"));
        for fact in facts {
            match fact {
                MemberFact::Committed(partition, offset) => {
                    self.commits.on_acknowledged(partition, offset);
                }
                MemberFact::Fetched(partition, offset) => {
                    self.commits.on_fetched(index, partition, offset)?;
                }
                MemberFact::Committing(..) => {}
            }
        }
        let at = self.now().monotonic.after(pause);
        self.wake_at(ClientId::Member(index), at);
        Ok(())
    }
}
